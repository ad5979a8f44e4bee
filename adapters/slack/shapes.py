"""What Slack sends, as far as we read it. Anything else in it is ignored."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

_STAMP: Final = re.compile(r"\d{1,11}\.\d{1,9}")


def _stamp(value: str) -> str:
    if not _STAMP.fullmatch(value):
        raise ValueError("must be a time stamp, as 1763712000.000100")
    return value


def _filled(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


Id = Annotated[str, AfterValidator(_filled)]
Stamp = Annotated[str, AfterValidator(_stamp)]
Maybe = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A text that Slack leaves out, or sends as null."""


def at(stamp: str) -> datetime:
    """The moment of a time stamp."""
    return datetime.fromtimestamp(float(stamp), UTC)


class Raw(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Named(Raw):
    id: Id
    name: Maybe = ""


class Team(Raw):
    id: Maybe = ""
    enterprise_id: Maybe = ""


class Authorization(Raw):
    team_id: Maybe = ""
    enterprise_id: Maybe = ""
    user_id: Maybe = ""
    is_bot: bool = False


class File(Raw):
    id: Id
    name: Maybe = ""
    title: Maybe = ""
    mimetype: Maybe = ""
    size: int | None = None
    mode: Maybe = ""
    subtype: Maybe = ""
    file_access: Maybe = ""
    url_private: Maybe = ""
    url_private_download: Maybe = ""


class Attachment(Raw):
    text: Maybe = ""
    fallback: Maybe = ""


class Said(Raw):
    """A message, as events and the messages inside them have it."""

    subtype: Maybe = ""
    user: Maybe = ""
    bot_id: Maybe = ""
    text: Maybe = ""
    ts: Maybe = ""
    thread_ts: Maybe = ""
    team: Maybe = ""
    user_team: Maybe = ""
    source_team: Maybe = ""
    files: tuple[File, ...] = ()
    blocks: tuple[Any, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class Event(Said):
    type: Id
    channel: Named | Maybe = ""
    channel_type: Maybe = ""
    event_ts: Maybe = ""
    message: Said | None = None
    previous_message: Said | None = None
    deleted_ts: Maybe = ""
    inviter: Maybe = ""
    actor_id: Maybe = ""
    tab: Maybe = ""
    connected_team_id: Maybe = ""


class Envelope(Raw):
    """An event with what Slack wraps around it."""

    team_id: Maybe = ""
    context_team_id: Maybe = ""
    context_enterprise_id: Maybe = ""
    event: Event
    event_id: Id
    event_time: int = 0
    authorizations: tuple[Authorization, ...] = ()
    is_ext_shared_channel: bool = False

    @property
    def own(self) -> str:
        """Our own user there."""
        return next((one.user_id for one in self.authorizations if one.is_bot), "")

    def is_ours(self, team: str) -> bool:
        """Whether a workspace, or an organisation of workspaces, is the firm's.

        `team_id` is where the event happened, which in a shared channel may be the other firm's.
        """
        ours = {self.context_team_id, self.context_enterprise_id}
        for one in self.authorizations:
            ours |= {one.team_id, one.enterprise_id}
        ours.discard("")
        return team in (ours or {self.team_id})


class Person(Raw):
    id: Id
    name: Maybe = ""
    username: Maybe = ""
    team_id: Maybe = ""


class Action(Raw):
    action_id: Maybe = ""
    value: Maybe = ""
    action_ts: Maybe = ""


class Container(Raw):
    type: Maybe = ""
    message_ts: Maybe = ""
    channel_id: Maybe = ""
    thread_ts: Maybe = ""


class View(Raw):
    id: Maybe = ""
    type: Maybe = ""
    callback_id: Maybe = ""
    private_metadata: Maybe = ""
    state: dict[str, Any] = {}
    app_installed_team_id: Maybe = ""


class Interaction(Raw):
    """Buttons, modals and shortcuts."""

    type: Id
    user: Person
    team: Team | None = None
    enterprise: Named | None = None
    channel: Named | None = None
    container: Container = Container()
    message: Said | None = None
    view: View | None = None
    actions: tuple[Action, ...] = ()
    callback_id: Maybe = ""
    trigger_id: Maybe = ""
    action_ts: Maybe = ""
    message_ts: Maybe = ""

    @property
    def outside(self) -> bool:
        """The tapping person's workspace is not the one where the app is installed.

        In an organisation of workspaces the person's team is the organisation (E…).
        """
        ours = {self.team.id, self.team.enterprise_id} if self.team else set[str]()
        ours |= {self.enterprise.id} if self.enterprise else set()
        ours |= {self.view.app_installed_team_id} if self.view else set()
        ours.discard("")
        return bool(ours) and bool(self.user.team_id) and self.user.team_id not in ours


class Slash(Raw):
    command: Id
    text: Maybe = ""
    user_id: Id
    user_name: Maybe = ""
    channel_id: Id
    channel_name: Maybe = ""
    trigger_id: Id
