"""`keqing transcribe`: a recording's words, mood and gist; no database needed."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from bot.cli import lines, models
from bot.contract import AdapterError, Transcript, Unreadable, WaitingForModel
from bot.pipeline import language, sentiment, summary
from bot.settings import Settings
from bot.texts import Text

_WORKING = Text("转写中", "Transcribing")
_MISSING = Text("没有这个文件：{file}", "there is no file {file}")
_NO_MODEL = Text(
    "还没有语音模型：keqing models pull small", "no speech model yet: keqing models pull small"
)
_FAILED = Text("转写服务没有完成：{why}", "the transcription server did not do it: {why}")
_SUMMARY = Text("要点", "In short")
_TOOK = Text("用时 {seconds} 秒", "took {seconds} s")
_COST = Text("，费用 {cost}", ", cost {cost}")
_STOPPED = Text("已停止", "stopped")


def run(settings: Settings, file: Path, fail: Callable[[str], NoReturn], *, as_json: bool) -> None:
    """Print what is said in `file`: one JSON object, or lines with times."""
    if not file.is_file():
        fail(_MISSING.in_(settings.language, file=file))
    began = time.monotonic()
    try:
        heard = _hear(settings, file)
    except WaitingForModel:
        fail(_NO_MODEL.in_(settings.language))
    except Unreadable as why:
        fail(str(why))
    except AdapterError as why:
        fail(_FAILED.in_(settings.language, why=why))
    if as_json:
        lines.show(as_object(heard))
        return
    _tell(settings, heard)
    took = _TOOK.in_(settings.language, seconds=f"{time.monotonic() - began:.1f}")
    cost = _COST.in_(settings.language, cost=f"{heard.cost} {heard.currency}")
    typer.echo(f"\n{took}{cost if heard.currency else ''}")


def _hear(settings: Settings, file: Path) -> Transcript:
    """Transcribe beside a progress bar. In a thread, because a model that reckons for a minute would
    not hear Ctrl-C.
    """
    said: Future[Transcript] = Future()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task(_WORKING.in_(settings.language), total=1.0)

        def work() -> None:
            try:
                engine = models.engine(settings)
                heard = engine.transcribe(
                    file, progress=lambda share: bar.update(task, completed=share)
                )
            except BaseException as error:  # noqa: BLE001 -- raised again where it is waited for
                said.set_exception(error)
            else:
                said.set_result(heard)

        Thread(target=work, daemon=True).start()
        try:
            return said.result()
        except KeyboardInterrupt:
            bar.stop()
            typer.echo(_STOPPED.in_(settings.language), err=True)
            # Nothing is written yet; the thread may be deep in the model, where nothing ends it.
            os._exit(130)


def _tell(settings: Settings, heard: Transcript) -> None:
    told = as_object(heard)
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
