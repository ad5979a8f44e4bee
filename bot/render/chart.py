"""A chart as SVG for pages, and as PNG for chats and mails.

The PNG is drawn with the font that lies beside this file and no other: it looks the same on a server
without fonts. SVG attributes alone give the looks, which a strict content policy allows.
"""

from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.contract import Chart, Series

if TYPE_CHECKING:
    from typst import Fonts

FONTS: Final = Path(__file__).with_name("fonts")
FAMILY: Final = "Noto Sans CJK SC"
WIDTH: Final = 640
HEIGHT: Final = 220
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 44, 32
COLOURS: Final = ("#d6336c", "#1f6fd6", "#2b8a3e", "#e67700")
INK: Final = "#1d2433"
PAPER: Final = "#ffffff"
PPI: Final = 144.0
_MOST_MARK: Final = 24
"""Characters of a mark or a name; longer ones end in three dots."""


def svg(chart: Chart, *, ink: str = "currentColor", paper: str = "none") -> str:
    """The chart as an SVG element; its words are what a screen reader says."""
    low, high = chart.low, max(chart.high, chart.low + 1e-9)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" aria-label="{_safe(chart.words)}"'
        f' font-family="{FAMILY}, sans-serif" font-size="14" class="chart">'
    )
    parts = [
        head,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{paper}"/>',
        _words(LEFT, 18, chart.title, ink, size=16),
        *_legend(chart, ink),
        *(_level(chart, value, mark, ink) for value, mark in chart.up if low <= value <= high),
        *(_mark(chart, value, mark, ink) for value, mark in chart.across),
        *(_line(chart, series, number) for number, series in enumerate(chart.series)),
        "</svg>",
    ]
    return "".join(parts)


def png(chart: Chart) -> bytes:
    """The chart on white, twice as large as it is shown. Takes some 50 ms: run it in a thread."""
    import typst  # noqa: PLC0415 - 30 MB that few processes need

    page = (
        "#set page(width: auto, height: auto, margin: 0pt)\n"
        '#image(bytes(sys.inputs.svg), format: "svg")\n'
    )
    return typst.compile(
        page.encode(),
        format="png",
        ppi=PPI,
        font_paths=_fonts(),
        sys_inputs={"svg": svg(chart, ink=INK, paper=PAPER)},
    )


@cache
def _fonts() -> "Fonts":
    from typst import Fonts  # noqa: PLC0415 - see png

    return Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _x(chart: Chart, value: float) -> float:
    first, last = chart.across[0][0], chart.across[-1][0]
    share = (value - first) / (last - first) if last > first else 0.5
    return round(LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)


def _y(chart: Chart, value: float) -> float:
    span = max(chart.high - chart.low, 1e-9)
    share = min(max((value - chart.low) / span, 0.0), 1.0)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)


def _line(chart: Chart, series: Series, number: int) -> str:
    """Points joined, each marked, so that one alone is seen too."""
    colour = COLOURS[number % len(COLOURS)]
    points = [(_x(chart, x), _y(chart, y)) for x, y in series.points]
    joined = " ".join(f"{x},{y}" for x, y in points)
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points)
    return (
        f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"'
        f' stroke-linejoin="round"/>{dots}'
    )


def _legend(chart: Chart, ink: str) -> list[str]:
    """Names from the right, where there are several lines to tell apart."""
    if len(chart.series) < 2:
        return []
    parts: list[str] = []
    at = WIDTH - RIGHT
    for number, series in reversed(list(enumerate(chart.series))):
        name = _short(series.name)
        at -= 16 + sum(15 if ord(c) > 0x2E7F else 8 for c in name)
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<circle cx="{at}" cy="14" r="4" fill="{colour}"/>')
        parts.append(_words(at + 8, 18, name, ink))
    return parts


def _level(chart: Chart, value: float, mark: str, ink: str) -> str:
    y = _y(chart, value)
    return (
        f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{ink}"'
        ' stroke-opacity="0.15"/>' + _words(LEFT - 8, y + 4, mark, ink, anchor="end")
    )


def _mark(chart: Chart, value: float, mark: str, ink: str) -> str:
    x = _x(chart, value)
    anchor = "start" if x <= LEFT else "end" if x >= WIDTH - RIGHT else "middle"
    return _words(x, HEIGHT - 8, mark, ink, anchor=anchor)


def _words(
    x: float, y: float, words: str, ink: str, *, anchor: str = "start", size: int = 14
) -> str:
    return (
        f'<text x="{x}" y="{y}" fill="{ink}" text-anchor="{anchor}" font-size="{size}">'
        f"{_safe(_short(words))}</text>"
    )


def _short(words: str) -> str:
    return words if len(words) <= _MOST_MARK else words[: _MOST_MARK - 1] + "…"


def _safe(words: str) -> str:
    """Text that no markup can begin in, without what XML cannot hold."""
    kept = "".join(c for c in words.encode("utf-8", "replace").decode() if c.isprintable())
    return escape(kept, quote=True)
