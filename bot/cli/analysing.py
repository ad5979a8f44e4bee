"""`keqing analyse`: language, sentiment and signals of texts; no database needed."""

from collections.abc import Iterable
from typing import Any, TextIO

from bot.cli import lines
from bot.pipeline import language, sentiment, signals


def run(source: Iterable[bytes], out: TextIO) -> int:
    """One line out for each line in; answers the exit code: 1 where a line was bad."""
    failed = False
    for item in lines.read(source):
        result = one(item)
        failed |= "error" in result
        lines.write(out, result)
    out.flush()
    return int(failed)


def one(item: dict[str, Any]) -> dict[str, Any]:
    """The analysis of {"id", "text"}."""
    if "error" in item and "text" not in item:
        return {"id": item.get("id"), "error": item["error"]}
    text = item.get("text")
    if not isinstance(text, str):
        return {"id": item.get("id"), "error": "text is missing or not a string"}
    tongue = language.detect(text)
    mood = sentiment.score(text, tongue)
    return {
        "id": item.get("id"),
        "language": tongue,
        "sentiment": {"label": mood.label, "score": round(mood.score, 4), "because": mood.because},
        "signals": list(signals.find(text, mood)),
    }
