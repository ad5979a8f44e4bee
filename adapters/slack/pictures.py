"""Charts as pictures: uploaded to nobody, then shown by a block that names the file.

Facts (2026-11): docs.slack.dev, files.getUploadURLExternal, files.completeUploadExternal (without a
channel the file is the app's own), and the Slack file object of an image block.
"""

import asyncio
from typing import Any, Final, cast

from adapters.slack.api import Api, Failed
from bot import log
from bot.contract import Picture, TryLater
from bot.render import chart

NOT_YET: Final = frozenset(["invalid_blocks", "file_not_found", "slack_file_not_found"])
"""What a message is refused with while Slack has not worked through its picture."""
_NAME: Final = "chart.png"

_log = log.get("slack")


async def uploaded(api: Api, shown: Picture) -> str:
    """The id of the chart's picture; empty where Slack does not take it, so that words stand in.

    Nobody has seen anything of a picture that was cut off: it may be sent again without harm.
    """
    data = await asyncio.to_thread(chart.png, shown)
    try:
        return await _put(api, data)
    except Failed as error:
        _log.warning("slack.no_picture", code=error.code)
        return ""
    except TryLater as error:
        raise TryLater(str(error), after=error.after) from None


async def _put(api: Api, data: bytes) -> str:
    told = await api.read("files.getUploadURLExternal", filename=_NAME, length=str(len(data)))
    url, id_ = told.data.get("upload_url"), told.data.get("file_id")
    if not isinstance(url, str) or not isinstance(id_, str):
        raise Failed("no_upload_url", "files.getUploadURLExternal: no address came")
    await api.upload(url, data)
    files = [{"id": id_, "title": _NAME}]
    done = await api.write("files.completeUploadExternal", {"files": files})
    kept = cast("list[dict[str, Any]]", done.data.get("files") or files)
    return str(kept[0].get("id", id_))
