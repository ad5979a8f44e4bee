"""What comes in: one shape for all that people say and do in a channel."""

from enum import StrEnum

from pydantic import Field

from bot.contract.words import Body, ChannelName, Frozen, Kind, Line, Moment


class Sender(Frozen):
    """Who sent a message, as its channel tells it.

    `id` is the channel's own (a mail address for mail, a phone number for calls). `proven` is true
    only where the channel itself vouches for the sender; everything else is a claim.
    """

    id: Line
    name: Line = ""
    email: Line | None = None
    phone: Line | None = None
    proven: bool = False
    outside: bool = False
    """The channel says that they are not of the firm: an outsider in a chat makes it the customer's."""


class StoredFile(Frozen):
    """A file that is already safe in the media store, named by the SHA-256 of its bytes (hex)."""

    name: Line
    type: Line = "application/octet-stream"
    size: int
    sha256: str


class RemoteFile(Frozen):
    """A file that still lies with the platform; its adapter fetches it by `ref` after the ack."""

    ref: Line
    """Whatever the adapter needs to fetch it, as one text; no secrets."""
    name: Line
    type: Line = "application/octet-stream"
    size: int | None = None
    voice: bool = False
    """A voice note, spoken into the chat: a message. Any other recording is taken for a call."""


class Mention(Frozen):
    """Somebody named in a text, where it has `@` and their id on the channel."""

    id: Line
    name: Line = ""


class Happening(StrEnum):
    """What happened to a chat, where nobody said anything."""

    ADDED = "added"
    """The assistant was taken into the chat; the sender is who did it."""
    REMOVED = "removed"
    """The assistant was put out of the chat, or the chat was closed."""
    JOINED = "joined"
    LEFT = "left"
    RENAMED = "renamed"
    MET = "met"
    """A customer's person and a member became contacts of each other."""
    PARTED = "parted"
    OPENED = "opened"
    """A member opened their page of the assistant; see `PAGE`."""


class InboundMessage(Frozen):
    """One thing somebody said: a chat line, a mail, a call; or what happened to a chat."""

    channel: ChannelName
    event_id: Line
    """Unique per channel: the same event delivered again has the same id. Any length."""
    message_id: Line = ""
    """The message's own id, which edits, recalls and replies name; the event's where empty."""
    chat: Line
    """Where it was said. A private chat with the assistant is named by its member, so that pushes
    to the member and answers to them are one lane."""
    chat_name: Line = ""
    sender: Sender
    text: Body = ""
    """Mentions stand in it as `@` and the id that `mentions` names."""
    subject: Line = ""
    sent_at: Moment
    kind: Kind = Kind.MESSAGE
    thread: Line | None = None
    references: tuple[Line, ...] = ()
    """Ids of earlier messages this one answers, oldest first."""
    recipients: tuple[Line, ...] = ()
    """Mail addresses or phone numbers it was sent to."""
    labels: tuple[Line, ...] = ()
    """Folders and labels that a mail lies under; `private` or `personal` where it says so itself."""
    mentions: tuple[Mention, ...] = ()
    attachments: tuple[StoredFile, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    """Files that are fetched after the acknowledgement."""
    edits: Line | None = None
    recalls: Line | None = None
    happened: Happening | None = None
    people: tuple[Sender, ...] = ()
    """Whom `happened` is about: who joined, left, met."""
    addressed: bool = False
    """Said to the assistant itself: a private chat with it, or a mention of it."""
    brought_in: Line = ""
    """The member's own chat that a file was dropped in; what becomes of it is told there."""
    private: bool = False
    """A chat between one member and the assistant."""
    direct: Line = ""
    """The chat on this channel that the sender alone reads; empty where there is none."""
    tapped: bool = False
    """`text` is the command of a button or a form: run it for a member, or drop it; never talk."""
    place: Line = ""
    """The message that a button was tapped in, where the answer may take its place."""
    about: Line = ""
    """Id of the message that a command is about: a reply to it, a shortcut on it."""
    auto: bool = False
    """An automatic reply, bounce or list mail: filed, never answered."""
    undelivered: Line = ""
    """Id of a message of ours that this one says never arrived, as `Sent.id` had it."""
    quoted: Body = ""
    """What the mail quotes of earlier ones, and its signature; folded on the page."""
    raw: bytes = Field(default=b"", repr=False)
    """What arrived, byte for byte, where it is small enough to keep beside the message."""


class Delivered(Frozen):
    """The answer to a delivery: it is durable. `again` tells that it was known already."""

    inbox_id: int | None
    again: bool


class Busy(Exception):
    """More arrives than can be stored at once; come back after `after` seconds."""

    after = 1
