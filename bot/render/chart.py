"""A chart as SVG for pages, and as PNG for chats and mails.

The PNG is drawn with the font that lies beside this file and no other: it looks the same on a server
without fonts.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.contract import Gantt, Picture
from bot.render import curve, gantt

if TYPE_CHECKING:
    from typst import Fonts

FONTS: Final = Path(__file__).with_name("fonts")
INK: Final = "#1d2433"
PAPER: Final = "#ffffff"
PPI: Final = 144.0


def svg(chart: Picture, *, ink: str = "currentColor", paper: str = "none") -> str:
    """The chart as an SVG element; its words are what a screen reader says."""
    if isinstance(chart, Gantt):
        return gantt.svg(chart, ink, paper)
    return curve.svg(chart, ink, paper)


def png(chart: Picture) -> bytes:
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
