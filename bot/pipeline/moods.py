"""How a text feels, as the pipeline hands it on."""

from dataclasses import dataclass
from typing import Literal

Label = Literal["negative", "neutral", "positive", "unscored"]


@dataclass(frozen=True, slots=True)
class Sentiment:
    """`score` is -1 … 1; `because` is the sentence that weighed most, "" where none did."""

    label: Label
    score: float = 0.0
    because: str = ""
    hints: tuple[str, ...] = ()
    """Signals that the regression finds in the same text; see `signals.find`."""
    surely: tuple[str, ...] = ()
    """Those of the hints that are beyond doubt."""
    rules: tuple[str, ...] = ()
    """Those that rules find in it."""
    confidence: float = 0.0
    """How probable the label is, 0 … 1."""
    familiar: bool = False
    """Whether the text is of a kind that the regression knows."""
