"""From an event to a stored message, however it came: over the web or over the long connection."""

import asyncio
import time
from collections import OrderedDict
from typing import Any, Final

from adapters.feishu import inbound
from adapters.feishu.api import Api, section, segment, text
from adapters.feishu.errors import Fault
from adapters.feishu.events import BadEvent, Envelope, Known, envelope, with_known
from bot import log
from bot.contract import InboundMessage, Ports, TryLater, storable

_QUICK_S: Final = 1.5
"""An event is to be acknowledged within 3 s; so long may a question about it take."""
_BOT_AGAIN_S: Final = 60
_REMEMBERED: Final = 4096
_log = log.get("feishu")
_GOT: Final = {
    "toast": {
        "type": "success",
        "content": "已收到",
        "i18n": {"zh_cn": "已收到", "en_us": "Got it"},
    }
}
_NOT_GOT: Final = {
    "toast": {
        "type": "error",
        "content": "这个按钮已不能用",
        "i18n": {"zh_cn": "这个按钮已不能用", "en_us": "This button no longer works"},
    }
}


class Intake:
    """Asks Feishu what an event lacks, translates it, and stores it before it is acknowledged."""

    def __init__(self, api: Api, ports: Ports) -> None:
        self._api = api
        self._ports = ports
        self._bot = ""
        self._asking = asyncio.Lock()
        self._asked_bot: float | None = None
        self._wrote: OrderedDict[str, tuple[str, bool]] = OrderedDict()
        """Who wrote the latest messages, and whether privately; a recall does not say."""

    async def take(self, raw: bytes) -> dict[str, Any]:
        """What Feishu gets as the answer. Raises what `deliver` does: then it sends again."""
        kind = ""
        try:
            event = envelope(raw)
            kind = event.header.event_type
            known = await self._known(event)
            event = event.model_copy(update={"known": known})
            messages = inbound.translated(event, with_known(raw, known))
        except BadEvent as error:
            await self._ports.reject(inbound.CHANNEL, raw, str(storable(str(error))))
            return _NOT_GOT if kind == inbound.TAPPED else {}
        for message in messages:
            await self._ports.deliver(message)
            self._remember(message)
        return _GOT if kind == inbound.TAPPED else {}

    async def own_id(self) -> str:
        """The bot's open_id, asked once; empty where it cannot be told now."""
        async with self._asking:
            if not self._bot and self._may_ask():
                self._bot = await self._ask_own_id()
        return self._bot

    async def _ask_own_id(self) -> str:
        try:
            async with asyncio.timeout(_QUICK_S):
                answer = await self._api.call("GET", "bot/v3/info")
        except (TryLater, Fault, TimeoutError) as error:
            _log.warning("feishu.bot_unknown", why=type(error).__name__)
            return ""
        return text(section(answer, "bot"), "open_id")

    def _may_ask(self) -> bool:
        now = time.monotonic()
        if self._asked_bot is not None and now - self._asked_bot < _BOT_AGAIN_S:
            return False
        self._asked_bot = now
        return True

    async def _known(self, event: Envelope) -> Known:
        kind = event.header.event_type
        if kind == inbound.RECALLED:
            return await self._writer(text(event.event, "message_id"), text(event.event, "chat_id"))
        if kind not in {inbound.RECEIVED, inbound.UPDATED}:
            return Known()
        message = section(event.event, "message")
        items: tuple[dict[str, Any], ...] = ()
        if message.get("message_type") == "merge_forward":
            items = await self._merged(text(message, "message_id"))
        return Known(bot=await self.own_id() if message.get("mentions") else "", items=items)

    async def _merged(self, message_id: str) -> tuple[dict[str, Any], ...]:
        """The messages in a merged forward; none where Feishu does not tell them at once."""
        try:
            async with asyncio.timeout(_QUICK_S):
                return await self._items(message_id)
        except (TryLater, Fault, TimeoutError) as error:
            _log.warning("feishu.forward_unread", why=type(error).__name__)
            return ()

    async def _items(self, message_id: str) -> tuple[dict[str, Any], ...]:
        answer = await self._api.call("GET", f"im/v1/messages/{segment(message_id)}")
        items = section(answer, "data").get("items")
        found = items if isinstance(items, list) else []
        return tuple(one for one in found if isinstance(one, dict))

    async def _writer(self, message_id: str, chat: str) -> Known:
        """Who wrote a message that was recalled.

        Raises `TryLater` where Feishu does not answer: it sends the event again, and a recall
        must not be lost.
        """
        if message_id in self._wrote:
            who, private = self._wrote[message_id]
            return Known(sender=who, private=private)
        if not message_id or not chat:
            return Known()
        try:
            async with asyncio.timeout(_QUICK_S):
                items = await self._items(message_id)
                answer = await self._api.call("GET", f"im/v1/chats/{segment(chat)}")
        except TimeoutError:
            raise TryLater("Feishu did not tell who wrote a recalled message") from None
        except Fault as fault:
            _log.warning("feishu.recall_by_unknown", code=fault.code)
            return Known()
        sender = section(items[0], "sender") if items else {}
        who = text(sender, "id") if sender.get("sender_type") == "user" else ""
        return Known(sender=who, private=section(answer, "data").get("chat_mode") == "p2p")

    def _remember(self, message: InboundMessage) -> None:
        if message.tapped or message.happened or message.recalls:
            return
        self._wrote[message.message_id] = (message.sender.id, message.private)
        if len(self._wrote) > _REMEMBERED:
            self._wrote.popitem(last=False)
