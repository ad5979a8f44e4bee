"""What all pictures are drawn with: words that no markup can begin in, one font, the same colours."""

from html import escape
from typing import Final

FAMILY: Final = "Noto Sans CJK SC"
COLOURS: Final = ("#d6336c", "#1f6fd6", "#2b8a3e", "#e67700")
_MOST_MARK: Final = 24
"""Characters of a mark or a name; longer ones end in three dots."""


def head(width: float, height: float, words: str) -> str:
    """How a picture begins; its words are what a screen reader says."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-label="{safe(words)}"'
        f' font-family="{FAMILY}, sans-serif" font-size="14" class="chart">'
    )


def words(x: float, y: float, said: str, ink: str, *, anchor: str = "start", size: int = 14) -> str:
    return (
        f'<text x="{x}" y="{y}" fill="{ink}" text-anchor="{anchor}" font-size="{size}">'
        f"{safe(short(said))}</text>"
    )


def short(said: str) -> str:
    return said if len(said) <= _MOST_MARK else said[: _MOST_MARK - 1] + "…"


def fitting(said: str, width: float, size: int) -> str:
    """As much of a text as goes into a width, in pixels."""
    left = width
    for at, mark in enumerate(said):
        left -= wide(mark, size)
        if left < (size if at + 1 < len(said) else 0):
            return said[:at].rstrip() + "…"
    return said


def wide(said: str, size: int) -> float:
    """About how wide a text is, in pixels."""
    return sum(size if ord(mark) > 0x2E7F else 0.58 * size for mark in said)


def safe(said: str) -> str:
    """Text that no markup can begin in, without what XML cannot hold."""
    kept = "".join(c for c in said.encode("utf-8", "replace").decode() if c.isprintable())
    return escape(kept, quote=True)
