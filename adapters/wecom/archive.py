"""`keqing wecom-archive`: customers' conversations out of WeCom's archive, in a process of its own."""

import os
from pathlib import Path
from typing import Any, Final

import typer

from adapters.wecom import archive_keys, archive_native
from adapters.wecom.archive_native import Native, NativeError
from adapters.wecom.archive_pull import Pace, Puller
from adapters.wecom.robot_doctor import BAD_KEYS, NO_LIBRARY
from adapters.wecom.settings import WeComSettings
from bot.contract import Ports
from bot.texts import Text, language_of

NOT_SET: Final = Text(
    "会话存档没有配置：填写 KEQING_WECOM__CORP_ID 与 KEQING_WECOM__ARCHIVE_SECRET"
    "（管理后台 → 管理工具 → 会话内容存档 → Secret）",
    "the archive is not set up: set KEQING_WECOM__CORP_ID and KEQING_WECOM__ARCHIVE_SECRET (admin "
    "console → 管理工具 → 会话内容存档 → Secret)",
)
_NOT_LOADED: Final = Text("会话存档组件无法加载：{why}", "the archive's library fails: {why}")
_WRONG: Final = 2


async def pull(
    settings: dict[str, Any],
    ports: Ports,
    *,
    once: bool,
    library: Any = None,
    pace: Pace | None = None,
) -> int:
    """Read the archive until cancelled, or once to its end; the exit code.

    2: something is missing, and what it is has been said. 1: a single round did not work. `library`
    stands in for the vendor's.
    """
    wecom = WeComSettings.model_validate(settings)
    language = language_of(os.environ.get("KEQING_LANGUAGE"))
    if not wecom.has_archive or not wecom.archive_secret:
        return _said(NOT_SET.in_(language))
    path = wecom.archive_library
    if library is None and not (path and Path(path).is_file()):
        return _said(NO_LIBRARY.in_(language))
    try:
        keys = archive_keys.load(wecom.archive_keys)
    except archive_keys.BadKey as error:
        return _said(BAD_KEYS.in_(language, why=error))
    try:
        loaded = library or archive_native.load(path)
        native = Native(loaded, wecom.corp_id, wecom.archive_secret.get_secret_value())
    except (OSError, NativeError) as error:
        return _said(_NOT_LOADED.in_(language, why=error))
    puller = Puller(native, keys, ports, corp=wecom.corp_id, app=wecom.has_app, pace=pace)
    failed: list[str] = []

    async def work() -> None:
        if once:
            failed.append(await puller.round())
        else:
            await puller.rounds()

    try:
        await ports.hold("wecom.archive", work)
    finally:
        native.close()
    return _said(failed[0], 1) if failed and failed[0] else 0


def _said(words: str, code: int = _WRONG) -> int:
    typer.echo(words, err=True)
    return code
