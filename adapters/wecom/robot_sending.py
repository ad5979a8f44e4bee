"""The intelligent robot, to whom has written to it: by the connection, or by a `response_url`."""

import time
from typing import Final

from adapters.wecom import errors, robot_outbound
from adapters.wecom.api import Api
from adapters.wecom.errors import ApiError
from adapters.wecom.invisible import digest
from adapters.wecom.outbound import Message
from adapters.wecom.robot_connection import Connection
from adapters.wecom.robot_marks import LASTS_S, Chat, Chats
from adapters.wecom.senders import Progress
from bot.contract import Notice, Refused, Sent, Target, TryLater

_WRITE_FIRST: Final = (
    "没有送达：请先给机器人发一条消息 / not delivered: write to the robot first, then it may answer"
)
_SINGLE: Final = 1
_GROUP: Final = 2


class Robot:
    def __init__(
        self, api: Api, marks: Chats, connection: Connection | None, *, listens: bool
    ) -> None:
        """`listens`: callbacks are set up, so that answers have a `response_url`."""
        self._api = api
        self._marks = marks
        self._connection = connection
        self._listens = listens
        self._progress = Progress()

    async def send(self, to: str, target: Target, notice: Notice, key: str) -> Sent:
        chat = await self._marks.get(to)
        if chat is None:
            raise Refused(_WRITE_FIRST)
        by = digest(to, key)
        if chat.code and chat.by == by and chat.sure:
            return Sent()
        connection = self._connection
        usable = bool(chat.code) and chat.by in {"", by} and time.time() - chat.at < LASTS_S
        here = connection is not None and connection.is_open
        if usable and (self._listens or not here):
            return await self._reply(to, chat, notice, by)
        if connection is None:
            raise Refused(_WRITE_FIRST)
        if not here:
            # Another replica may hold it: the notice goes round until that one takes it.
            raise TryLater("the robot's connection is not here", after=5)
        if target.place and await self._replace(connection, target.place, notice, by):
            return Sent()

        async def send(message: Message) -> str:
            return await self._push(connection, to, chat, message)

        made = robot_outbound.messages(notice, by)
        return await self._progress.through(by, made, send)

    async def _push(self, connection: Connection, to: str, chat: Chat, message: Message) -> str:
        body = {"chatid": to, "chat_type": _GROUP if chat.group else _SINGLE, **message}
        try:
            await connection.call("aibot_send_msg", body)
        except ApiError as error:
            if not error.is_repeat:
                raise error.outcome() from None
        return ""

    async def _replace(self, connection: Connection, place: str, notice: Notice, key: str) -> bool:
        """Whether all of the notice stands where the card stood: that is possible for 5 seconds."""
        request, _, task = place.partition(" ")
        if not connection.answers(request):
            return False
        body, whole = robot_outbound.replacing(notice, key, task)
        try:
            await connection.call("aibot_respond_update_msg", body, request)
        except (ApiError, TryLater):
            # A second change of the same card is the same card, so a new message is right here.
            return False
        return whole

    async def _reply(self, to: str, chat: Chat, notice: Notice, by: str) -> Sent:
        """One message by the newest code. What may have been taken is remembered for its repeat."""
        message = robot_outbound.one(notice, by)
        tried = chat.by == by
        await self._marks.settle(to, chat, by=by, sure=False)
        query = {"response_code": chat.code}
        try:
            await self._api.ask("POST", "aibot/response", message, query)
        except TryLater as error:
            if not error.unknown and not tried:
                await self._marks.settle(to, chat, by="", sure=False)
            raise
        except ApiError as error:
            gone = error.code in errors.REPLY_GONE or "response_code" in error.told
            if not gone:
                await self._marks.settle(to, chat, by=by if tried else "", sure=False)
                raise error.outcome() from None
            await self._marks.settle(to, chat, by=by, sure=tried)
            if not tried:
                raise Refused(_WRITE_FIRST) from None
            return Sent()  # an earlier try, whose outcome nobody knew, has used the code
        await self._marks.settle(to, chat, by=by, sure=True)
        return Sent()
