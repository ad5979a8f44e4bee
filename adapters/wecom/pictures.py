"""Charts as pictures: uploaded first, then sent as messages of their own.

Facts: developer.work.weixin.qq.com/document/path/90253 (upload), 90236, 90248 (messages of the app).
"""

import asyncio
from collections import OrderedDict
from typing import Final

from adapters.wecom import outbound, wire
from adapters.wecom.api import Api, Door
from adapters.wecom.errors import ApiError
from adapters.wecom.outbound import Message
from bot import log
from bot.contract import AdapterError, Picture, TryLater
from bot.render import chart

_REMEMBERED: Final = 1000

_log = log.get("wecom")


class Pictures:
    """The app's uploads.

    A repeat of a send gets the same picture, or none again: messages are told apart by their number
    and their content, and neither may change in between.
    """

    def __init__(self, api: Api, door: Door) -> None:
        self._api = api
        self._door = door
        self._known: OrderedDict[str, str] = OrderedDict()

    async def message(self, lane: str, drawn: Picture | None) -> Message | None:
        """The message that shows a chart; None where WeCom takes no picture, so that words stand in.

        Nobody has seen anything of an upload that was cut off: it may be repeated without harm.
        """
        if drawn is None:
            return None
        if lane not in self._known:
            self._known[lane] = await self._uploaded(drawn)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        media_id = self._known[lane]
        return outbound.picture(media_id) if media_id else None

    async def _uploaded(self, drawn: Picture) -> str:
        data = await asyncio.to_thread(chart.png, drawn)
        try:
            answer = await self._api.call(self._door, "media/upload", data, {"type": "image"})
        except (ApiError, AdapterError) as error:
            outcome = error.outcome() if isinstance(error, ApiError) else error
            if isinstance(outcome, TryLater):
                raise TryLater(str(outcome), after=outcome.after) from None
            _log.warning("wecom.no_picture", code=getattr(error, "code", 0))
            return ""
        return wire.as_text(answer.get("media_id"))
