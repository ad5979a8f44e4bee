"""`keqing transcribe`: a recording's words, mood and gist; no database needed."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

from bot.cli import lines, models
from bot.contract import Transcript, Unreadable, WaitingForModel
from bot.pipeline import language, sentiment, summary
from bot.settings import Settings
from bot.texts import Text

_WORKING = Text("转写中", "Transcribing")
_MISSING = Text("没有这个文件：{file}", "there is no file {file}")
_NO_MODEL = Text(
    "还没有语音模型：keqing models pull small", "no speech model yet: keqing models pull small"
)
_SUMMARY = Text("要点", "In short")


def run(settings: Settings, file: Path, fail: Callable[[str], NoReturn], *, as_json: bool) -> None:
    """Print what is said in `file`: one JSON object, or lines with times."""
    if not file.is_file():
        fail(_MISSING.in_(settings.language, file=file))
    try:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(_WORKING.in_(settings.language), total=1.0)
            heard = models.engine(settings).transcribe(
                file, progress=lambda share: bar.update(task, completed=share)
            )
    except WaitingForModel:
        fail(_NO_MODEL.in_(settings.language))
    except Unreadable as why:
        fail(str(why))
    told = as_object(heard)
    if as_json:
        lines.show(told)
        return
    for part in told["segments"]:
        at = f"{int(part['start']) // 60:02}:{int(part['start']) % 60:02}"
        typer.echo(" ".join(filter(None, (at, part["speaker"], part["text"]))))
    if told["summary"]:
        typer.echo("\n" + _SUMMARY.in_(settings.language))
        for one in told["summary"]:
            typer.echo(f"- {one}")


def as_object(heard: Transcript) -> dict[str, Any]:
    """A transcript as whoever scripts against the program reads it."""
    texts = [segment.text for segment in heard.segments]
    return {
        "language": heard.language,
        "duration_s": heard.duration_s,
        "segments": [
            {
                "start": part.start,
                "end": part.end,
                "speaker": part.speaker,
                "text": part.text,
                "confidence": part.confidence,
                "sentiment": sentiment.score(part.text, language.detect(part.text)).label,
            }
            for part in heard.segments
        ],
        "summary": list(summary.lines(texts, datetime.now(UTC).date())),
    }
