"""What is kept of the robot's chats, for all replicas: that somebody has written, and how to answer."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Final

from adapters.wecom import wire
from adapters.wecom.robot_inbound import Heard
from bot.contract import Cursors

LASTS_S: Final = 3300.0
"""A `response_url` is good for an hour; this leaves a margin."""
TROUBLE: Final = "wecom.robot.trouble"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat in which somebody has written."""

    group: bool
    code: str = ""
    """The newest `response_code`: one message may be sent by it."""
    at: float = 0.0
    """When the code came, in seconds since 1970."""
    by: str = ""
    """The message that has been sent by the code, or may have been."""
    sure: bool = False
    """It has."""


class Chats:
    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def get(self, id_: str) -> Chat | None:
        """None where nobody has written yet: nothing can be sent there."""
        try:
            found = wire.as_object(wire.loads(await self._cursors.get(_name(id_)) or "null"))
            return Chat(**found) if found else None
        except (ValueError, TypeError):
            return None

    async def put(self, id_: str, chat: Chat) -> None:
        await self._cursors.put(_name(id_), json.dumps(asdict(chat)))

    async def learn(self, id_: str, heard: Heard, now: float) -> None:
        """A repeated delivery does not make a code new that is used up."""
        known = await self.get(id_)
        if known and known.group == heard.group and heard.code in {"", known.code}:
            return
        code, at = (heard.code, now) if heard.code else (known.code, known.at) if known else ("", 0)
        await self.put(id_, Chat(heard.group, code, at))

    async def settle(self, id_: str, chat: Chat, *, by: str, sure: bool) -> None:
        """What became of a chat's code, unless a newer one has come in the meantime."""
        known = await self.get(id_)
        if known and known.code == chat.code:
            await self.put(id_, replace(known, by=by, sure=sure))

    async def trouble(self) -> str:
        """Why the connection does not work, as whoever holds it last said."""
        return await self._cursors.get(TROUBLE)

    async def put_trouble(self, why: str) -> None:
        await self._cursors.put(TROUBLE, why)


def _name(id_: str) -> str:
    return f"wecom.robot.reply:{id_}"
