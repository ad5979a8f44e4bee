"""What the border is made of: frozen models, text that every part can hold, times in reach."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, NewType

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict

ChannelName = NewType("ChannelName", str)
"""A platform's name, such as "hook" or "slack". The set is open: no enum lists them."""

MAX_TEXT: Final = 1_000_000
"""Characters of text kept for analysis and reading; the raw form beside it stays whole."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def storable(value: object) -> object:
    """Make text that every part of the system can hold: no NUL, no lone surrogates."""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
        if not value.isascii():
            value = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


def _cut(value: object) -> object:
    value = storable(value)
    return value[:MAX_TEXT] if isinstance(value, str) else value


_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


def _in_reach(value: datetime) -> datetime:
    """Moments at the calendar's ends cannot be shown in other zones; wrong clocks send them."""
    return min(max(value, _EARLIEST), _LATEST)


Line = Annotated[str, BeforeValidator(storable)]
Body = Annotated[str, BeforeValidator(_cut)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class Audience(StrEnum):
    """Who reads a text or a chat. A chat nobody has declared counts as the customer's."""

    INTERNAL = "internal"
    CUSTOMER = "customer"


class Kind(StrEnum):
    """What sort of contact an item is."""

    MESSAGE = "message"
    MAIL = "mail"
    CALL = "call"
    MEETING = "meeting"
    NOTE = "note"


class Frozen(BaseModel):
    """A shape of the border: complete when made, and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
