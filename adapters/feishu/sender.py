"""Notices on their way out: each part once, whatever happens on the way."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from adapters.feishu import outbound, pictures
from adapters.feishu.api import Api, section, segment, text
from adapters.feishu.errors import NO_CARD, UNANSWERABLE, UNCHANGEABLE, Fault
from adapters.feishu.outbound import Call
from bot.contract import Notice, Sent, Target

_AT_ONCE: Final = 4
"""Feishu takes five messages a second in one chat."""


@dataclass(frozen=True, slots=True)
class _Job:
    target: Target
    notice: Notice
    picture: str
    key: str


class Sender:
    """Sends notices. Raises `TryLater` and `Refused`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def send(self, target: Target, notice: Notice, key: str) -> Sent:
        """Each part has a uuid made of the key: what is there already is not shown again."""
        notice, picture = await pictures.shown(self._api, notice)
        job = _Job(target, notice, picture, key)
        calls = outbound.calls(target, notice, key, picture)
        last = ""
        try:
            for number, call in enumerate(calls):
                if number and number % _AT_ONCE == 0:
                    await asyncio.sleep(1)
                last = await self._one(job, call, number)
        except Fault as fault:
            raise fault.for_outbox(notice.language) from None
        return Sent(id=last, messages=len(calls))

    async def _one(self, job: _Job, call: Call, part: int) -> str:
        """A part; where what it belongs to is gone, it goes to the chat as a message of its own."""
        changes = call.method == "PATCH"
        try:
            answer = await self._ask(call)
        except Fault as fault:
            gone = UNCHANGEABLE if changes else UNANSWERABLE
            if fault.code not in gone or not (changes or job.target.thread):
                raise
            if changes and fault.code == NO_CARD:
                return await self._over_words(job, part)
            return await self._instead(job, part, threaded=changes)
        if changes:
            return job.target.place
        return text(section(answer, "data"), "message_id")

    async def _instead(self, job: _Job, part: int, *, threaded: bool) -> str:
        contents = outbound.messages(job.target, job.notice, job.picture)
        call = outbound.fresh(job.target, contents, job.key, part, thread=threaded)
        if threaded and job.target.thread:
            placeless = job.target.model_copy(update={"place": ""})
            return await self._one(_Job(placeless, job.notice, job.picture, job.key), call, part)
        return text(section(await self._ask(call), "data"), "message_id")

    async def _over_words(self, job: _Job, part: int) -> str:
        """A text becomes another text. It cannot become a card: that stands below, the text goes.

        A text that is too old stays: Feishu lets nobody change or recall it.
        """
        place = job.target.place
        if edit := outbound.edit(job.target, job.notice):
            with suppress(Fault):
                await self._ask(edit)
                return place
        made = await self._instead(job, part, threaded=True)
        with suppress(Fault):
            await self._api.call("DELETE", f"im/v1/messages/{segment(place)}")
        return made

    async def _ask(self, call: Call) -> dict[str, object]:
        return await self._api.call(call.method, call.path, params=call.params, body=call.body)
