"""Who speaks in which chats: the app, its groups, group robots. 微信客服 is in `kf_sending`."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from adapters.wecom import cards, outbound
from adapters.wecom.api import Api, Door
from adapters.wecom.errors import ApiError
from adapters.wecom.outbound import Message
from adapters.wecom.pictures import Pictures
from bot.contract import AdapterError, Notice, Refused, Sent, Target, TryLater
from bot.render import chart

DUPLICATES_S: Final = 1800
_REMEMBERED: Final = 1000


class Speaker(Protocol):
    """Sends to the chats of one prefix; `to` is what follows it."""

    async def send(self, to: str, target: Target, notice: Notice, key: str) -> Sent: ...


class Progress:
    """How many messages of a notice have gone out, while it is not through.

    Groups cannot tell a repeat; so a notice of several messages that broke off goes on where it was,
    as long as this process lives.
    """

    def __init__(self) -> None:
        self._done: OrderedDict[str, int] = OrderedDict()

    async def through(
        self, key: str, messages: Sequence[Message], send: Callable[[Message], Awaitable[str]]
    ) -> Sent:
        """Send what has not gone out yet, one after the other; the id is the last one's."""
        id_ = ""
        for number, message in enumerate(messages):
            if number < self._done.get(key, 0):
                continue
            id_ = await send(message)
            self._done[key] = number + 1
            self._done.move_to_end(key)
        self._done.pop(key, None)
        while len(self._done) > _REMEMBERED:
            self._done.popitem(last=False)
        return Sent(id=id_[:200], messages=max(1, len(messages)))


class Members:
    """The app, to one member."""

    def __init__(self, api: Api, door: Door, agent_id: str) -> None:
        self._api = api
        self._door = door
        self._agent = int(agent_id)
        self._pictures = Pictures(api, door)
        self._progress = Progress()

    async def send(self, to: str, target: Target, notice: Notice, key: str) -> Sent:
        if target.place and await self._replace(to, target.place, notice, key):
            return Sent()

        async def send(message: Message) -> str:
            return await self._send(to, message)

        lane = f"{to}\n{key}"
        shown = await self._pictures.message(lane, notice.chart)
        return await self._progress.through(lane, outbound.private(notice, lane, shown), send)

    async def _send(self, to: str, message: Message) -> str:
        body = {
            "touser": to,
            "agentid": self._agent,
            **message,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": DUPLICATES_S,
        }
        try:
            answer = await self._api.call(self._door, "message/send", body)
        except ApiError as error:
            if error.is_repeat:
                return ""
            raise error.outcome() from None
        if answer.get("invaliduser"):
            raise Refused(
                "没有送达：该成员不在应用的可见范围内，或已离职 / not delivered: the member is "
                "outside of the app's visible range, or has left"
            )
        if answer.get("unlicenseduser"):
            raise Refused(
                "没有送达：该成员没有接口许可 / not delivered: the member has no API licence"
            )
        return str(answer.get("msgid", ""))

    async def _replace(self, to: str, response_code: str, notice: Notice, key: str) -> bool:
        """Whether the notice stands where the card stood: its code is good once, for 72 hours."""
        card = cards.replacing(notice, key)
        change: Mapping[str, Any] = (
            {"template_card": card} if card else {"button": {"replace_name": cards.decided(notice)}}
        )
        body = {"userids": [to], "agentid": self._agent, "response_code": response_code, **change}
        try:
            await self._api.call(self._door, "message/update_template_card", body)
        except ApiError as error:
            failed = error.outcome()
            if isinstance(failed, TryLater):
                raise failed from None
            return False
        return card is not None


class Groups:
    """The app, to a group that it made."""

    def __init__(self, api: Api, door: Door) -> None:
        self._api = api
        self._door = door
        self._pictures = Pictures(api, door)
        self._progress = Progress()

    async def send(self, to: str, target: Target, notice: Notice, key: str) -> Sent:  # noqa: ARG002
        async def send(message: Message) -> str:
            try:
                await self._api.call(self._door, "appchat/send", {"chatid": to, **message})
            except ApiError as error:
                raise error.outcome() from None
            return ""

        lane = f"{to}\n{key}"
        shown = await self._pictures.message(lane, notice.chart)
        return await self._progress.through(lane, outbound.group(notice, shown), send)


class Robots:
    """Webhooks of group robots: their key is a secret, so chats are named by a name of one's own."""

    def __init__(self, api: Api, keys: Mapping[str, str]) -> None:
        self._api = api
        self._keys = keys
        self._progress = Progress()

    async def send(self, to: str, target: Target, notice: Notice, key: str) -> Sent:  # noqa: ARG002
        if to not in self._keys:
            raise Refused(
                f"设置里没有名为 {to} 的群机器人 / no group robot is called {to} in settings"
            )

        async def send(message: Message) -> str:
            query = {"key": self._keys[to]}
            try:
                await self._api.ask("POST", "webhook/send", message, query)
            except ApiError as error:
                raise error.outcome() from None
            return ""

        shown = None
        if notice.chart:
            shown = outbound.whole_picture(await asyncio.to_thread(chart.png, notice.chart))
        return await self._progress.through(f"{to}\n{key}", outbound.robot(notice, shown), send)


class Closed:
    """In place of a speaker whose settings are missing."""

    def __init__(self, missing: str) -> None:
        self._missing = missing

    async def send(self, to: str, target: Target, notice: Notice, key: str) -> Sent:  # noqa: ARG002
        raise self.error()

    def error(self) -> AdapterError:
        return TryLater(f"WeCom is not set up: {self._missing}", after=3600)
