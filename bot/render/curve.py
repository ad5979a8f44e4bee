"""Lines over one axis as SVG. Attributes alone give the looks, which a strict content policy allows."""

from typing import Final

from bot.contract import Chart, Series
from bot.render import drawing
from bot.render.drawing import COLOURS

WIDTH: Final = 640
HEIGHT: Final = 220
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 44, 32


def svg(chart: Chart, ink: str, paper: str) -> str:
    low, high = chart.low, max(chart.high, chart.low + 1e-9)
    parts = [
        drawing.head(WIDTH, HEIGHT, chart.words),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{paper}"/>',
        drawing.words(LEFT, 18, chart.title, ink, size=16),
        *_legend(chart, ink),
        *(_level(chart, value, mark, ink) for value, mark in chart.up if low <= value <= high),
        *(_mark(chart, value, mark, ink) for value, mark in chart.across),
        *(_line(chart, series, number) for number, series in enumerate(chart.series)),
        "</svg>",
    ]
    return "".join(parts)


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
        name = drawing.short(series.name)
        at -= 16 + sum(15 if ord(c) > 0x2E7F else 8 for c in name)
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<circle cx="{at}" cy="14" r="4" fill="{colour}"/>')
        parts.append(drawing.words(at + 8, 18, name, ink))
    return parts


def _level(chart: Chart, value: float, mark: str, ink: str) -> str:
    y = _y(chart, value)
    return (
        f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{ink}"'
        ' stroke-opacity="0.15"/>' + drawing.words(LEFT - 8, y + 4, mark, ink, anchor="end")
    )


def _mark(chart: Chart, value: float, mark: str, ink: str) -> str:
    x = _x(chart, value)
    anchor = "start" if x <= LEFT else "end" if x >= WIDTH - RIGHT else "middle"
    return drawing.words(x, HEIGHT - 8, mark, ink, anchor=anchor)
