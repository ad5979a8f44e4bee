"""Weights of the firm's own, made from what its members have corrected."""

from pathlib import Path
from typing import Final

import typer

from bot.pipeline import regression
from bot.texts import Language, Text

_NAME: Final = "weights.json"
"""Beside what is kept; `make train CORRECTIONS=…` writes it."""
_BAD = Text(
    "{file} 不是可用的权重（{why}），改用自带的",
    "{file} holds no usable weights ({why}); using ours",
)


def use_own(kept: Path, language: Language) -> None:
    """Tell moods by the firm's own weights, where there are any."""
    own = kept / _NAME
    if not own.is_file():
        return
    try:
        regression.use(own)
    except (OSError, ValueError) as error:
        typer.echo(_BAD.in_(language, file=own, why=error), err=True)
