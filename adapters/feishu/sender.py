"""Notices on their way out: each part once, whatever happens on the way."""

import asyncio
from typing import Final

from adapters.feishu import outbound
from adapters.feishu.api import Api, section, text
from adapters.feishu.errors import UNANSWERABLE, UNCHANGEABLE, Fault
from adapters.feishu.outbound import Call
from bot.contract import Notice, Sent, Target

_AT_ONCE: Final = 4
"""Feishu takes five messages a second in one chat."""


class Sender:
    """Sends notices. Raises `TryLater` and `Refused`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def send(self, target: Target, notice: Notice, key: str) -> Sent:
        """Each part has a uuid made of the key: what is there already is not shown again."""
        calls = outbound.calls(target, notice, key)
        last = ""
        try:
            for number, call in enumerate(calls):
                if number and number % _AT_ONCE == 0:
                    await asyncio.sleep(1)
                last = await self._one(target, notice, key, call, number)
        except Fault as fault:
            raise fault.for_outbox(notice.language) from None
        return Sent(id=last, messages=len(calls))

    async def _one(self, target: Target, notice: Notice, key: str, call: Call, part: int) -> str:
        """A part; where what it belongs to is gone, it goes to the chat as a message of its own."""
        try:
            answer = await self._ask(call)
        except Fault as fault:
            gone = UNCHANGEABLE if call.method == "PATCH" else UNANSWERABLE
            replies = call.method == "PATCH" or target.thread
            if fault.code not in gone or not replies:
                raise
            return await self._instead(target, notice, key, part, threaded=call.method == "PATCH")
        if call.method == "PATCH":
            return target.place
        return text(section(answer, "data"), "message_id")

    async def _instead(
        self, target: Target, notice: Notice, key: str, part: int, *, threaded: bool
    ) -> str:
        contents = outbound.messages(target, notice)
        call = outbound.fresh(target, contents, key, part, thread=threaded)
        plain = target.model_copy(update={"place": ""})
        if threaded and target.thread:
            return await self._one(plain, notice, key, call, part)
        return text(section(await self._ask(call), "data"), "message_id")

    async def _ask(self, call: Call) -> dict[str, object]:
        return await self._api.call(call.method, call.path, params=call.params, body=call.body)
