"""`keqing corrections`: what members said against moods that were told, for `make train`."""

from typing import Final

import typer

from bot.app import Program
from bot.cli import lines
from bot.texts import Text
from storage import moods

MOODS: Final = {"negative": "-", "neutral": "0", "positive": "+"}
SIGNALS: Final = {
    "complaint": "c",
    "churn": "h",
    "payment": "y",
    "scope": "s",
    "praise": "r",
    "urgency": "u",
}
_UNFIT: Final = {
    "negative": {"praise"},
    "neutral": {"complaint", "praise"},
    "positive": {"complaint"},
}
"""Signals that a mood rules out: who says that a text is not negative says it is no complaint."""
_COUNT = Text("{count} 条更正", "{count} corrections")


async def run(program: Program, *, as_json: bool) -> int:
    """Lines of sentiment, signals and text, as benchmarks/corpus has them."""
    async with program.db.transaction() as session:
        found = await moods.corrected(session)
    if as_json:
        lines.show({"corrections": len(found)})
        return 0
    for one in found:
        kept = (name for name in one.signals if name not in _UNFIT[one.after])
        signals = "".join(SIGNALS[name] for name in kept)
        words = one.text.replace("\t", " ").replace("\r", "").replace("\n", "\\n")
        typer.echo(f"{MOODS[one.after]}\t{signals}\t{words}")
    typer.echo(_COUNT.in_(program.settings.language, count=len(found)), err=True)
    return 0
