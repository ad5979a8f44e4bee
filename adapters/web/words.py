"""Words, days and times as the reader of a page writes them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from bot.commands import cards
from bot.texts import Language, Text

_DAY: Final[dict[Language, str]] = {"zh": "M月d日", "en": "d MMM"}
_DAY_AND_YEAR: Final[dict[Language, str]] = {"zh": "y年M月d日", "en": "d MMM y"}


@dataclass(frozen=True, slots=True)
class Words:
    reader: Language
    zone: ZoneInfo

    def t(self, zh: str | Text, en: str = "", **facts: object) -> str:
        """A text of ours in the reader's language, from both of its forms."""
        return (zh if isinstance(zh, Text) else Text(zh, en)).in_(self.reader, **facts)

    def moment(self, at: datetime) -> str:
        """A time in the reader's zone; the year is said only where it is not this one."""
        local = at.astimezone(self.zone)
        form = f"{self._form(local)} HH:mm"
        return format_datetime(local, form, locale=cards.locale(self.reader))

    def day(self, value: date | None) -> str:
        if value is None:
            return ""
        return format_date(value, self._form(value), locale=cards.locale(self.reader))

    def _form(self, value: date) -> str:
        this_year = value.year == datetime.now(self.zone).year
        return (_DAY if this_year else _DAY_AND_YEAR)[self.reader]
