"""Charts as pictures: uploaded first, then named by a card."""

import asyncio
from typing import Final

from adapters.feishu.api import Api, section, text
from adapters.feishu.errors import Fault
from bot import log
from bot.contract import Can, Notice, Picture, TryLater
from bot.render import chart
from bot.render.degrade import degrade

_WITHOUT: Final = frozenset(Can) - {Can.CHARTS}

_log = log.get("feishu")


async def shown(api: Api, notice: Notice) -> tuple[Notice, str]:
    """The notice and the key of its chart's picture; where Feishu takes none, words stand in it.

    Raises `TryLater`. Nobody has seen anything of a picture that was cut off, so another try is
    without harm.
    """
    if notice.chart is None:
        return notice, ""
    try:
        key = await _uploaded(api, notice.chart)
    except Fault as fault:
        if isinstance(later := fault.for_outbox(notice.language), TryLater):
            raise later from None
        _log.warning("feishu.no_picture", code=fault.code)
        key = ""
    except TryLater as error:
        raise TryLater(str(error), after=error.after) from None
    return (notice, key) if key else (degrade(notice, _WITHOUT), "")


async def _uploaded(api: Api, drawn: Picture) -> str:
    data = await asyncio.to_thread(chart.png, drawn)
    answer = await api.call("POST", "im/v1/images", body=data)
    return text(section(answer, "data"), "image_key")
