"""Service levels and their clocks: until when to answer and to solve, and when to warn of it."""

import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from importlib import resources
from statistics import median
from typing import Any, Final

from bot.domain import workdays, worktime
from bot.domain.workdays import Calendar
from bot.texts import Text

_HALF_HOUR: Final = timedelta(minutes=30)
GAPS: Final = ("contact", "customer", "project", "member")
"""What the words of a reply may leave to be filled in."""
_GAP: Final = re.compile(r"\{([^{}]*)\}")


class CaseKind(StrEnum):
    REQUEST = "request"
    COMPLAINT = "complaint"
    FAULT = "fault"

    @property
    def text(self) -> Text:
        return {
            "request": Text("请求", "request"),
            "complaint": Text("投诉", "complaint"),
            "fault": Text("故障", "fault"),
        }[self.value]


class CaseState(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"

    @property
    def text(self) -> Text:
        return {
            "open": Text("处理中", "open"),
            "waiting": Text("等客户", "waiting for the customer"),
            "solved": Text("已解决", "solved"),
            "closed": Text("已关闭", "closed"),
        }[self.value]


@dataclass(frozen=True, slots=True)
class Level:
    """What is promised: spans of working time, or of any time where it is kept around the clock."""

    text: Text
    answer: timedelta
    solve: timedelta
    always: bool = False

    def hurried(self) -> "Level":
        """The same for what is urgent: half the time."""
        return Level(self.text, self.answer / 2, self.solve / 2, self.always)

    def due(self, start: datetime, span: timedelta, calendar: Calendar) -> datetime:
        """When the span is over; `start` is aware, in the zone of who works."""
        if self.always:
            return (start.astimezone(UTC) + span).astimezone(start.tzinfo)
        return worktime.after(start, span, calendar)

    def left(self, now: datetime, due: datetime, calendar: Calendar) -> timedelta:
        """The time that is left; below zero once it is late."""
        if self.always:
            return due.astimezone(UTC) - now.astimezone(UTC)
        return worktime.between(now, due.astimezone(now.tzinfo), calendar)


def typical(
    level: Level, spans: Iterable[tuple[datetime, datetime]], zone: tzinfo, calendar: Calendar
) -> float | None:
    """The median of what (begin, end) pairs took, in hours that the level counts: nights are nobody's
    delay but of who is served around the clock. None where there are none.
    """
    took = [
        level.left(begin.astimezone(zone), end.astimezone(zone), calendar) / timedelta(hours=1)
        for begin, end in spans
    ]
    return median(took) if took else None


def heads_up(span: timedelta) -> timedelta:
    """How long before its end a span is warned of: a quarter of it, half an hour at least.

    Of spans under an hour the first half stays quiet, else the warning would come with the question.
    """
    return min(max(span / 4, _HALF_HOUR), span / 2)


@cache
def _data() -> dict[str, Any]:
    source = resources.files("bot.domain").joinpath("data", "service.toml").read_text("utf-8")
    return tomllib.loads(source)


@cache
def levels() -> dict[str, Level]:
    return {
        name: Level(
            Text(one["zh"], one["en"]),
            timedelta(minutes=one["answer"]),
            timedelta(minutes=one["solve"]),
            one.get("always", False),
        )
        for name, one in _data()["level"].items()
    }


def level(tier: str, agreed: str, *, urgent: bool = False) -> Level:
    """The level agreed with a customer, else the one of their tier."""
    found = levels()
    one = found.get(agreed) or found.get(tier) or found["normal"]
    return one.hurried() if urgent else one


def unsure(due: datetime) -> bool:
    """Whether a promise rests on a year whose public holidays are not known yet."""
    return not workdays.is_published(due.year)


def span_text(span: timedelta) -> Text:
    """A span as people say it, to the minute: the sign is the caller's.

    >>> span_text(timedelta(minutes=135)).en
    '2 h 15 min'
    """
    minutes = int(abs(span).total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, " 小时", " h"), (minutes, " 分钟", " min")]
    said = [one for one in parts if one[0]] or parts[1:]
    return Text(
        " ".join(f"{n}{zh}" for n, zh, _ in said), " ".join(f"{n}{en}" for n, _, en in said)
    )


_CLOSING: Final = re.compile(
    r"(?:好(?:的|滴|嘞|呀|吧)?|嗯+|行|可以|收到|知道了?|明白了?|了解了?|没事了?|不用了|解决了|已解决|没问题了?"
    r"|搞定了?|ok|okay|got it|noted|never mind|solved|all good|understood|👌|👍)"
)
_POLITE: Final = re.compile(
    r"(?:谢谢|多谢|感谢|辛苦|麻烦|客气|你们?|您|大家|各位|啦|了|哈+|呀|啊|哦|们|老师|总|经理|再见|拜拜"
    r"|thanks?|thank you|thx|cheers|you|so|very|much|a lot|bye|🙏|😊|😄|❤️?|🌹|🎉)"
)
_GREETING: Final = re.compile(
    r"(?:早上?|上午|中午|下午|晚上?)好|(?:新年|春节|元旦|中秋|国庆|端午|节日|圣诞|周末|假期|元宵)(?:节)?(?:快乐|愉快|好)"
    r"|恭喜发财|身体健康|阖家|万事如意|祝|happy (?:new year|holidays?|birthday|weekend)|merry christmas"
)
_HELLO: Final = re.compile(r"(?:[你您]好|在吗|hi|hello|hey)\b.*")
_MOST: Final = 40
"""Characters; what is longer than this is more than a nod."""


class Wants(StrEnum):
    """What a customer's words want of us."""

    ANSWER = "answer"
    NOTHING = "nothing"
    """A thank you or a greeting: nobody need answer, and what was asked before still stands."""
    CLOSED = "closed"
    """A nod: what was asked before is done with."""


def wants(text: str, *, asks: bool, signals: Collection[str] = ()) -> Wants:
    """What words want; `asks`: a question or a request was found in them."""
    said = re.sub(r"[\s，,。.!！~～、]+", " ", text.casefold()).strip()
    if not said:
        return Wants.NOTHING
    loud = {"complaint", "churn", "urgency", "payment", "scope"} & set(signals)
    if asks or loud or len(said) > _MOST or _HELLO.fullmatch(said):
        return Wants.ANSWER
    if _GREETING.search(said):
        return Wants.NOTHING
    left, nods = _CLOSING.subn("", said)
    left, polite = _POLITE.subn("", left)
    if left.strip():
        return Wants.ANSWER
    return Wants.CLOSED if nods else Wants.NOTHING if polite else Wants.ANSWER


def shipped_reply(name: str, language: str) -> str:
    """The words that come with the program; empty where there are none of this name."""
    return _data()["reply"].get(name, {}).get("en" if language == "en" else "zh", "")


def shipped_replies() -> list[str]:
    return list(_data()["reply"])


def gaps(words: str) -> list[str]:
    """The gaps in words, each once, in order.

    >>> gaps("{contact}您好，{weather}")
    ['contact', 'weather']
    """
    return list(dict.fromkeys(_GAP.findall(words)))


def filled(words: str, values: dict[str, str]) -> str:
    """Words with their gaps filled; braces in what fills them stay as they are."""
    return _GAP.sub(lambda found: values.get(found.group(1), found.group()), words)
