"""Fetch a speech model from a hub or its mirror: plain GETs of a handful of files."""

import re
import shutil
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Final, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from bot.contract import Refused, TryLater
from bot.texts import Text

WEIGHTS: Final = "model.bin"
NEEDED: Final = ("config.json", "tokenizer.json")
# Each model has one of the two vocabularies; only the newest have the preprocessor's settings.
VOCABULARIES: Final = ("vocabulary.txt", "vocabulary.json")
OPTIONAL: Final = ("preprocessor_config.json",)
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
PIECE: Final = 1 << 20
TIMEOUT_S: Final = 60.0

BAD_NAME: Final = Text("模型名称无效：{name}", "not a model's name: {name}")
BAD_MIRROR: Final = Text(
    "镜像地址须以 http(s):// 开头：{mirror}", "a mirror begins with http(s)://: {mirror}"
)
NOT_THERE: Final = Text("镜像上没有 {url}（{status}）", "the mirror has no {url} ({status})")
FAILED: Final = Text("下载 {url} 中断：{why}", "fetching {url} failed: {why}")


def both(text: Text, **facts: object) -> str:
    """In both languages: who asked for the model is not known here."""
    return f"{text.in_('en', **facts)} / {text.in_('zh', **facts)}"


def fetch(name: str, mirror: str, into: Path, progress: Callable[[float], None]) -> Path:
    """Fetch model `name` into the folder `into / name`; `progress` gets 0..1.

    Files that are complete are not fetched again, and the folder appears only when all are. Raises
    `Refused` (no such model) or `TryLater` (network).
    """
    if not NAME.fullmatch(name):
        raise Refused(both(BAD_NAME, name=name))
    if urlsplit(mirror).scheme not in {"http", "https"}:
        raise Refused(both(BAD_MIRROR, mirror=mirror))
    folder = into / name
    if (folder / WEIGHTS).is_file():
        progress(1.0)
        return folder
    base = f"{mirror.rstrip('/')}/Systran/faster-whisper-{name}/resolve/main/"
    part = into / f".{name}.part"
    part.mkdir(parents=True, exist_ok=True)
    for file in NEEDED:
        _get(base + file, part / file)
    if not any(_got(base + file, part / file) for file in VOCABULARIES):
        raise Refused(both(NOT_THERE, url=base + VOCABULARIES[0], status=404))
    for file in OPTIONAL:
        _got(base + file, part / file)
    # The weights are all but a few hundred kilobytes of a model.
    _get(base + WEIGHTS, part / WEIGHTS, progress)
    if folder.exists():  # a folder without weights: what somebody began by hand
        shutil.rmtree(folder)
    part.rename(folder)
    progress(1.0)
    return folder


def _got(url: str, target: Path) -> bool:
    """Whether the far side has the file; it is fetched then."""
    try:
        _get(url, target)
    except Refused:
        return False
    return True


def _get(url: str, target: Path, progress: Callable[[float], None] = lambda _: None) -> None:
    if target.is_file():
        return
    unfinished = target.with_name(f"{target.name}.part")
    try:
        # The scheme was looked at: http or https.
        with urlopen(Request(url), timeout=TIMEOUT_S) as answer:  # noqa: S310
            _save(cast("HTTPResponse", answer), unfinished, progress)
    except HTTPError as error:
        error.close()
        if error.code in {401, 403, 404, 410}:
            raise Refused(both(NOT_THERE, url=url, status=error.code)) from error
        raise TryLater(both(FAILED, url=url, why=error.code)) from error
    except (URLError, HTTPException, OSError) as error:
        raise TryLater(both(FAILED, url=url, why=error)) from error
    unfinished.rename(target)


def _save(answer: HTTPResponse, target: Path, progress: Callable[[float], None]) -> None:
    size = int(answer.headers.get("Content-Length") or 0)
    done = 0
    with target.open("wb") as file:
        while piece := answer.read(PIECE):
            file.write(piece)
            done += len(piece)
            if size:
                progress(min(done / size, 1.0))
    if size and done != size:
        raise OSError(f"{done} of {size} bytes")
