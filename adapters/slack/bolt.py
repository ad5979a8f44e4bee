"""Buttons, modals, shortcuts and slash commands, through Slack's own Bolt; imported when Slack is on.

Bolt acknowledges by itself unless told otherwise, and knows neither our keeping of unknown events nor
their ids: so events do not pass it, and each listener here acknowledges once its message is durable.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack import buttons, taps, views
from adapters.slack.api import Api
from adapters.slack.inbound import BadEvent
from adapters.slack.intake import Answer, Intake, messages
from adapters.slack.shapes import View
from bot import log
from bot.contract import AdapterError

_PAYLOAD: Final = "keqing_payload"
_RAW: Final = "keqing_raw"
_ERRORS: Final = "keqing_errors"
_ANY: Final = re.compile(".*", re.DOTALL)

_log = log.get("slack")


class Listeners:
    """Bolt's listeners. It gets payloads that are read and proven already, whatever their transport."""

    def __init__(self, intake: Intake, api: Api) -> None:
        self._intake = intake
        self._api = api
        self._app = _app()
        self._app.action(re.compile(f"^{buttons.SAY}"))(self._said)
        self._app.action(re.compile(f"^{buttons.FILL}"))(self._opened)
        self._app.action(re.compile(f"^{buttons.OPEN}"))(_nothing)
        self._app.view(buttons.MODAL)(self._said)
        self._app.shortcut(_ANY)(self._said)
        self._app.command(_ANY)(self._said)
        self._app.error(_raised)

    async def __call__(self, payload: Mapping[str, Any], raw: bytes) -> Answer | None:
        errors: list[Exception] = []
        context = {_PAYLOAD: payload, _RAW: raw, _ERRORS: errors}
        request = AsyncBoltRequest(body=_shape(payload), mode="socket_mode", context=context)
        response = await self._app.async_dispatch(request)
        if errors:
            raise errors[0]
        return Answer() if response.status == 200 else None

    async def _said(self, ack: AsyncAck, context: AsyncBoltContext) -> None:
        await self._intake.deliver(messages(context[_PAYLOAD], context[_RAW]))
        await ack()

    async def _opened(self, ack: AsyncAck, context: AsyncBoltContext) -> None:
        """The button of a form opens its modal: within three seconds, so before anything else."""
        tap = taps.interaction(context[_PAYLOAD])
        action = next(one for one in tap.actions if one.action_id.startswith(buttons.FILL))
        try:
            view = views.modal(buttons.read(action.value), taps.origin(tap))
        except (ValueError, TypeError, IndexError, KeyError) as error:
            raise BadEvent(f"actions.value: {type(error).__name__}") from None
        try:
            await self._api.write("views.open", {"trigger_id": tap.trigger_id, "view": view})
        except AdapterError as error:
            # Nothing was said, so nothing is lost: whoever tapped sees no form and taps again.
            _log.warning("slack.form_not_opened", why=str(error))
        await ack()


def _shape(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What Bolt needs to choose a listener; it stumbles over odd types in the rest. Ours is checked."""
    if "command" in payload:
        return {"command": str(payload["command"])}
    tap = taps.interaction(payload)
    shape: dict[str, Any] = {"type": tap.type, "callback_id": tap.callback_id}
    if tap.actions:
        shape["actions"] = [{"action_id": one.action_id} for one in tap.actions]
    if tap.view or tap.type.startswith("view"):
        view = tap.view or View()
        named = {"type": view.type, "callback_id": view.callback_id}
        shape["view"] = {**named, "app_installed_team_id": view.app_installed_team_id}
    return shape


async def _nothing(ack: AsyncAck) -> None:
    """A button that opens an address tells of its tap too."""
    await ack()


async def _raised(error: Exception, context: AsyncBoltContext) -> BoltResponse:
    """Errors leave Bolt as they are, instead of in its log with all that was said."""
    context[_ERRORS].append(error)
    return BoltResponse(status=500)


async def _authorized(**_: Any) -> AuthorizeResult:
    """Calls do not pass Bolt, so it needs no token; without this it asks Slack for one's owner."""
    return AuthorizeResult(enterprise_id=None, team_id=None)


def _app() -> AsyncApp:
    # Bolt writes whole bodies into its warnings; what matters is told by our own log.
    silent = logging.getLogger("adapters.slack.silent")
    silent.setLevel(logging.CRITICAL + 1)
    return AsyncApp(
        name="keqing",
        logger=silent,
        process_before_response=True,
        signing_secret="checked before",  # noqa: S106 - required by Bolt, used by nobody
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        authorize=_authorized,
    )
