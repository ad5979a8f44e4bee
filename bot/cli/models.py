"""`keqing models`: which speech models are there, and fetching one."""

from collections.abc import Callable
from typing import NoReturn

from rich.progress import Progress

from bot import parts
from bot.contract import AdapterError, SpeechEngine
from bot.settings import Settings
from bot.texts import Text

_NONE = Text(
    "还没有语音模型。用 keqing models pull small 下载；录音会一直保留，等模型到位后自动转写。",
    "There is no speech model yet. Fetch one with: keqing models pull small. Recordings are kept and"
    " transcribed once it is there.",
)
_THERE = Text("模型已就绪：{path}", "The model is ready: {path}")
_FAILED = Text(
    "下载失败：{why}\n可以用 KEQING_SPEECH__MIRROR 换一个镜像地址。",
    "The download failed: {why}\nAnother mirror can be set as KEQING_SPEECH__MIRROR.",
)


def engine(settings: Settings) -> SpeechEngine:
    branch = settings.branch("speech")
    return parts.speech(str(branch.get("engine") or "faster-whisper"))(
        branch, settings.data_dir / "models"
    )


def pull(settings: Settings, name: str, fail: Callable[[str], NoReturn]) -> None:
    """Fetch a model with a progress bar."""
    with Progress() as bar:
        task = bar.add_task(name, total=1.0)
        try:
            path = engine(settings).pull(name, lambda share: bar.update(task, completed=share))
        except AdapterError as error:
            bar.stop()
            fail(_FAILED.in_(settings.language, why=error))
    print(_THERE.in_(settings.language, path=path))  # noqa: T201 - for the person at the terminal


def show(settings: Settings) -> None:
    found = list(engine(settings).models())
    for name, path in found:
        print(f"{name}\t{path}")  # noqa: T201 - for the person at the terminal
    if not found:
        print(_NONE.in_(settings.language))  # noqa: T201 - for the person at the terminal
