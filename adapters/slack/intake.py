"""What Slack sends, over either transport: made durable, and only then acknowledged."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast
from urllib.parse import parse_qsl

import orjson

from adapters.slack import inbound, taps
from adapters.slack.inbound import CHANNEL, BadEvent
from bot import log
from bot.contract import Busy, InboundMessage, Ports

IGNORED: Final = frozenset(["view_closed", "block_suggestion", "interactive_message"])
_TRANSLATED: Final[Mapping[str, Callable[[Mapping[str, Any], bytes], list[InboundMessage]]]] = {
    "event_callback": inbound.messages,
    "block_actions": taps.said,
    "view_submission": taps.submitted,
    "message_action": taps.shortcut,
    "shortcut": taps.shortcut,
}
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_CHALLENGE: Final = 1_000

_log = log.get("slack")


@dataclass(frozen=True, slots=True)
class Answer:
    """What Slack is told; over a socket anything but 200 is told by silence."""

    status: int = 200
    data: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Interactions(Protocol):
    """Who takes buttons, modals, shortcuts and slash commands; None: nobody knows this one."""

    async def __call__(self, payload: Mapping[str, Any], raw: bytes) -> Answer | None: ...


def payload_of(kind: str, body: bytes, received: str) -> dict[str, Any]:
    """The payload in a request's body; raises `BadEvent` where there is none."""
    if kind != _FORM:
        return loaded(body)
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError as error:
        raise BadEvent(f"the form cannot be read: {type(error).__name__}") from None
    if "payload" in form:
        return {**loaded(form["payload"].encode("utf-8", "surrogatepass")), taps.RECEIVED: received}
    return {**form, taps.RECEIVED: received}


def loaded(body: bytes) -> dict[str, Any]:
    """A JSON object, forgiving lone surrogates; raises `BadEvent` for anything else."""
    try:
        found: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            found = json.loads(body.decode("utf-8", "replace"), strict=False)
        except (ValueError, RecursionError) as error:
            raise BadEvent(f"the body is not JSON: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise BadEvent("the body is no JSON object")
    return cast("dict[str, Any]", found)


def packed(payload: Mapping[str, Any]) -> bytes:
    """A payload as bytes again, for where it did not come as JSON."""
    try:
        return orjson.dumps(payload)
    except (orjson.JSONEncodeError, RecursionError):
        return json.dumps(payload).encode()


def messages(payload: Mapping[str, Any], raw: bytes) -> Sequence[InboundMessage]:
    """The messages in any payload; raises `BadEvent`."""
    kind = payload.get("type")
    if kind is None and "command" in payload:
        return taps.typed(payload, raw)
    translated = _TRANSLATED.get(kind) if isinstance(kind, str) else None
    if translated is None:
        raise BadEvent(f"unknown event: {str(kind)[:80]}")
    return translated(payload, raw)


class Intake:
    """Events are taken here, at a few µs each; what people tap and type goes through Bolt."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.interactions: Interactions | None = None

    async def take(self, payload: Mapping[str, Any], raw: bytes) -> Answer:
        """The answer, once all that the payload says is durable."""
        told = payload.get("type")
        kind = told if isinstance(told, str) else None
        try:
            if kind == "url_verification":
                return _challenged(payload)
            if kind == "event_callback":
                await self.deliver(inbound.messages(payload, raw))
                return Answer()
            if kind in IGNORED or (kind is None and "ssl_check" in payload):
                return Answer()
            if kind == "app_rate_limited":
                _log.warning(
                    "slack.rate_limited", minute=str(payload.get("minute_rate_limited"))[:20]
                )
                raise BadEvent("app_rate_limited: Slack held events back")  # noqa: TRY301
            return await self._interacted(payload, raw)
        except BadEvent as error:
            await self._ports.reject(CHANNEL, raw, str(error))
            return Answer()
        except Busy as busy:
            return Answer(429, headers={"Retry-After": str(busy.after)})

    async def deliver(self, found: Sequence[InboundMessage]) -> None:
        for message in found:
            await self._ports.deliver(message)

    async def _interacted(self, payload: Mapping[str, Any], raw: bytes) -> Answer:
        kind = payload.get("type")
        known = isinstance(kind, str) or "command" in payload
        answer = await self.interactions(payload, raw) if known and self.interactions else None
        if answer is None:
            raise BadEvent(f"unknown event: {str(kind)[:80]}")
        return answer


def _challenged(payload: Mapping[str, Any]) -> Answer:
    challenge = payload.get("challenge")
    if not isinstance(challenge, str) or len(challenge) > _MOST_CHALLENGE:
        raise BadEvent("challenge: missing")
    return Answer(data={"challenge": challenge})
