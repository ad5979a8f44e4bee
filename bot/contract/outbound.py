"""What goes out: a notice, written once, and where it is sent."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from bot.contract.inbound import StoredFile
from bot.contract.words import Audience, Frozen


class Level(StrEnum):
    """How loud a notice is; platforms colour it."""

    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"


class Fact(Frozen):
    """A label and its value, shown on one line."""

    label: str
    value: str


class Table(Frozen):
    """Rows under headings; every row is as long as `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Series(Frozen):
    """Points (x, y) from left to right, under one name."""

    name: str
    points: tuple[tuple[float, float], ...]


class Chart(Frozen):
    """Lines over one horizontal axis; `bot.render.chart` draws it."""

    title: str
    series: tuple[Series, ...]
    low: float
    high: float
    """The range of y; what lies outside is drawn at its edge."""
    across: tuple[tuple[float, str], ...]
    """Marks below: where and what. The first and the last are the ends of the axis."""
    up: tuple[tuple[float, str], ...] = ()
    """Marks on the left."""
    words: str
    """What it shows in a line, for channels without pictures and for whoever does not see it."""


class Span(Frozen):
    """A line of a plan: a task from day to day, or a milestone on its day."""

    label: str
    first: date
    last: date
    share: float = 0.0
    """How much of it is done, 0 … 1."""
    strong: bool = False
    """On the critical path."""
    stone: bool = False


class Gantt(Frozen):
    """Tasks and milestones over days; `bot.render.gantt` draws it."""

    title: str
    rows: tuple[Span, ...]
    today: date
    idle: tuple[date, ...] = ()
    """Days that nobody works, in order, where they are few enough to be seen."""
    legend: tuple[str, str, str, str]
    """What it calls the critical path, other tasks, a milestone, and today."""
    more: str = ""
    """What of the plan is not shown."""
    words: str
    """As with a `Chart`."""


Picture = Chart | Gantt


class Button(Frozen):
    """A tap that says `command` for whoever taps, or opens `url`."""

    label: str
    command: str = ""
    url: str = ""
    primary: bool = False
    once: bool = False
    """A decision: its answer takes the place of the message, so that nobody taps again."""


class FieldKind(StrEnum):
    TEXT = "text"
    LONG = "long"
    DATE = "date"
    CHOICE = "choice"


class Choice(Frozen):
    value: str
    label: str


class Field(Frozen):
    """One thing to fill in."""

    name: str
    """A parameter of the form's command."""
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    choices: tuple[Choice, ...] = ()
    value: str = ""
    """What is filled in already."""


class Form(Frozen):
    """A command's parameters to fill in. Submitting it says `line(values)`, as a tap does."""

    command: str
    """Such as `/task new`."""
    title: str
    submit: str
    fields: tuple[Field, ...]

    def line(self, values: Mapping[str, str]) -> str:
        """The command line that filled-in values make; names that are no field are left out.

        >>> form = Form(command="/note", title="", submit="", fields=(Field(name="text", label=""),))
        >>> form.line({"text": 'say "hi"'})
        '/note text:"say ”hi”"'
        """
        known = [field.name for field in self.fields]
        given = [f"{name}:{quoted(values[name])}" for name in known if values.get(name, "").strip()]
        return " ".join([self.command, *given])


def quoted(text: str) -> str:
    """A text as one word of a command line, which nothing in it can end."""
    return '"' + text.replace('"', "”").strip() + '"'


class Notice(Frozen):
    """Something the assistant says, written once and rendered by every surface.

    Texts are already in the reader's language. `audience` says who may read it: an internal notice
    can never be sent to a customer's chat.
    """

    audience: Audience = Audience.INTERNAL
    level: Level = Level.INFO
    title: str = ""
    text: str = ""
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    chart: Picture | None = None
    files: tuple[StoredFile, ...] = ()
    """Files of the media store that go along."""
    buttons: tuple[Button, ...] = ()
    form: Form | None = None
    note: str = ""
    """Small print below: who reads this chat, what waits."""
    language: str = "zh"
    data: dict[str, Any] | None = None
    """The same for machines; only channels to other systems carry it."""


class Can(StrEnum):
    """What a channel is able to do; what it cannot show, `bot.render.degrade` writes as plain words."""

    BUTTONS = "buttons"
    TABLES = "tables"
    FORMS = "forms"
    CHANGES = "changes"
    """A message can be replaced: every `Sent.id` is a `Target.place`."""
    CHARTS = "charts"
    FILES = "files"


PAGE: Final = "page"
"""A `Target.place`: the page of the assistant that the member of a private chat opened."""


class Target(Frozen):
    """Where a notice goes."""

    chat: str
    thread: str = ""
    """The thread it belongs to, as an incoming message named it."""
    place: str = ""
    """The message whose place it takes, as a tap named it; a new message where that is too late."""
    copies: tuple[str, ...] = ()
    """Who else of a mail's conversation gets it, by address; other channels have one chat."""


class Budget(Frozen):
    """At most `count` messages in `seconds`.

    It counts the messages to one chat; with `across`, to all chats of the channel whose ids begin so
    ("": the whole channel). With `answering` it counts from the last message that came from the chat,
    and is closed `seconds` after that one.
    """

    count: int
    seconds: float
    across: str | None = None
    answering: bool = False


class Sent(Frozen):
    """The far side has it; `id` is its own name for the message, where it gave one."""

    id: str = ""
    messages: int = 1
    """How many messages of the far side's it took."""


class AdapterError(Exception):
    """What leaves an adapter when a send or a fetch did not work."""


class TryLater(AdapterError):
    """It may work later; `after` seconds where the far side said so.

    `unknown` tells that the far side may have taken it all the same (a time-out, say).
    """

    def __init__(self, why: str, *, after: float | None = None, unknown: bool = False) -> None:
        super().__init__(why)
        self.after = after
        self.unknown = unknown


class Refused(AdapterError):
    """It will never work like this."""


class NotSupported(AdapterError):
    """This channel cannot do it."""
