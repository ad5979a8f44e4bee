"""Notices on their way to Slack: as new messages, in place of one, or as a member's page."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, cast

from adapters.slack import outbound, pictures
from adapters.slack.api import Api, Failed
from bot.contract import PAGE, Notice, NotSupported, Refused, Sent, Target

_MARK: Final = "keqing"
_PAGES: Final = 5
_PAGE: Final = 200
"""A lost message is looked for among so many times so many of the newest."""
_TRIED: Final = 10_000
_PAUSES_S: Final = (0.0, 1.0, 1.0, 2.0)
"""Before each try: a picture can be named only once Slack has worked through it, which takes about
a second (python-slack-sdk #1521).
"""
_GONE: Final = frozenset(
    """
    cant_broadcast_message cant_update_message channel_not_found edit_window_closed
    message_not_found update_failed
    """.split()
)
"""The message cannot be changed, or no longer: a new one says it."""


class Sending:
    """Sends, and finds what was sent: our key stands in each message's metadata."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._tried: OrderedDict[str, None] = OrderedDict()

    async def send(self, target: Target, notice: Notice, key: str) -> Sent:
        if _is_page(target):
            view = outbound.home(notice)
            await self._api.write("views.publish", {"user_id": target.chat, "view": view})
            return Sent(id=f"{PAGE}:{target.chat}")
        picture = await pictures.uploaded(self._api, notice.chart) if notice.chart else ""
        for pause in _PAUSES_S if picture else ():
            await asyncio.sleep(pause)
            try:
                return await self._said(target, outbound.messages(notice, picture), key)
            except Failed as error:
                if error.code not in pictures.NOT_YET:
                    raise
        return await self._said(target, outbound.messages(notice), key)

    async def _said(self, target: Target, parts: Sequence[dict[str, Any]], key: str) -> Sent:
        again = self._is_again(key)
        shown = await self._shown_already(target, key) if again or len(parts) > 1 else {}
        place, last = target.place, ""
        for number, part in enumerate(parts, 1):
            if number in shown:
                last = shown[number]
                continue
            body = {**part, "metadata": _metadata(key, number, len(parts))}
            last = await self._one(target, body, place if number == 1 else "")
        return Sent(id=last, messages=len(parts))

    def _is_again(self, key: str) -> bool:
        """Whether this process has tried it before; then Slack is asked what is there already."""
        again = key in self._tried
        self._tried[key] = None
        self._tried.move_to_end(key)
        if len(self._tried) > _TRIED:
            self._tried.popitem(last=False)
        return again

    async def _one(self, target: Target, body: dict[str, Any], place: str) -> str:
        """The message's name."""
        if place:
            changed = await self._changed(place, body)
            if changed:
                return changed
        thread = {"thread_ts": target.thread} if target.thread else {}
        answer = await self._api.write(
            "chat.postMessage", {"channel": target.chat, **thread, **body}
        )
        return _name(answer.data)

    async def _changed(self, place: str, body: Mapping[str, Any]) -> str:
        channel, _, stamp = place.partition(":")
        told = {name: body[name] for name in ("text", "blocks", "parse", "link_names", "metadata")}
        try:
            answer = await self._api.write("chat.update", {"channel": channel, "ts": stamp, **told})
        except Failed as error:
            if error.code in _GONE:
                return ""
            raise
        return _name(answer.data)

    async def _shown_already(self, target: Target, key: str) -> dict[int, str]:
        """Parts that an earlier try of the same send left there: number → name."""
        try:
            return (await self._parts(target, key))[0]
        except Refused:
            return {}  # It may not read there: better a part twice than none.

    async def find(self, target: Target, key: str) -> Sent | None:
        if _is_page(target):
            raise NotSupported("a page is published again")
        try:
            shown, whole = await self._parts(target, key)
        except Failed as error:
            raise NotSupported(str(error)) from None
        if not shown or len(shown) < whole:
            return None
        return Sent(id=shown[max(shown)], messages=len(shown))

    async def _parts(self, target: Target, key: str) -> tuple[dict[int, str], int]:
        """The parts that are there, and how many there must be."""
        shown: dict[int, str] = {}
        whole = 0
        async for channel, message in self._looked_through(target):
            payload = _payload(message)
            if payload.get("key") == key:
                shown[int(payload.get("part", 1))] = f"{channel}:{message.get('ts')}"
                whole = int(payload.get("of", 1))
                if len(shown) >= whole:
                    break
        return shown, whole

    async def _looked_through(self, target: Target) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Where a message of this target can be: in its place, its thread, its chat."""
        channel, _, stamp = target.place.partition(":")
        if stamp:
            with suppress(Failed):  # It is gone: a new one has taken its place.
                async for message in self._listed("conversations.replies", channel, ts=stamp):
                    yield channel, message
        else:
            channel = await self._opened(target.chat)
        thread = {"ts": target.thread} if target.thread else {}
        method = "conversations.replies" if thread else "conversations.history"
        async for message in self._listed(method, channel, **thread):
            yield channel, message

    async def _opened(self, chat: str) -> str:
        """The id of the channel that is the private chat with a member."""
        if chat[:1] not in {"U", "W"}:
            return chat
        answer = await self._api.write("conversations.open", {"users": chat})
        return str(cast("dict[str, Any]", answer.data.get("channel", {})).get("id", ""))

    async def _listed(
        self, method: str, channel: str, **more: str
    ) -> AsyncIterator[dict[str, Any]]:
        asked = {"channel": channel, "limit": str(_PAGE), "include_all_metadata": "true", **more}
        for _ in range(_PAGES):
            answer = await self._api.read(method, **asked)
            for message in answer.data.get("messages", ()):
                yield message
            cursor = answer.data.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return
            asked["cursor"] = cursor


def _is_page(target: Target) -> bool:
    """Also by the name that a page had when it was sent."""
    return target.place.partition(":")[0] == PAGE


def _metadata(key: str, part: int, whole: int) -> dict[str, Any]:
    return {"event_type": _MARK, "event_payload": {"key": key, "part": part, "of": whole}}


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != _MARK:
        return {}
    return cast("dict[str, Any]", metadata.get("event_payload", {}))


def _name(data: Mapping[str, Any]) -> str:
    return f"{data.get('channel')}:{data.get('ts')}"
