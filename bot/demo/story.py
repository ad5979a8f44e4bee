"""The demo firm: who is in it and what was said in its last ninety days, told as of a given day.

The data is written relative to the day it is loaded, so that the demo is always current:

| written | becomes, on 2026-11-21 |
|---|---|
| `{today-12}` `{today}` `{today+5}` | 2026-11-09 · 2026-11-21 · 2026-11-26 |
| `{zh+5}` `{en+5}` | 11月26日 · 26 November: a day as people write it |
| `{-57d 10:24}`, alone | 2026-09-25T10:24:00+08:00, the firm's own time |
| `{-57d 10:24}`, in a mail | Fri, 25 Sep 2026 10:24:00 +0800 |
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Where the firm is: every time of the story is told in this zone."""

# strftime would write the month in the machine's own language.
_MONTHS: Final = (
    "January February March April May June July August September October November December"
).split()
_DAY: Final = re.compile(r"\{(today|zh|en)([+-]\d+)?\}")
_MOMENT: Final = re.compile(r"\{(-\d+)d (\d\d:\d\d)\}")


def firm(today: date) -> dict[str, Any]:
    """Members, customers, projects and chats, in the format of `keqing load`."""
    return json.loads(_days(_data("firm.json").read_text("utf-8"), today))


def messages(today: date) -> Iterator[dict[str, Any]]:
    """Bodies of the hook, the oldest first; the last is of the day before `today`."""
    for line in _data("messages.jsonl").read_text("utf-8").splitlines():
        body = json.loads(_days(line, today))
        yield body | {
            "sent_at": _MOMENT.sub(lambda at: _moment(at, today).isoformat(), body["sent_at"])
        }


def mails(today: date) -> Iterator[tuple[str, bytes]]:
    """Mail files, name and bytes, the oldest first."""
    for file in sorted(_data("mails").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".eml"):
            text = _days(file.read_text("utf-8"), today)
            text = _MOMENT.sub(lambda at: format_datetime(_moment(at, today)), text)
            yield file.name, text.replace("\n", "\r\n").encode()


def lines(today: date) -> Iterator[tuple[str, str]]:
    """What members have entered themselves: who, and the command line, in order.

    `{waiting}` stands for the approval that waits for them.
    """
    for line in _days(_data("lines.txt").read_text("utf-8"), today).splitlines():
        who, said = line.split("\t")
        yield who, said


def _data(name: str) -> Traversable:
    return resources.files("bot.demo").joinpath("data", name)


def _days(text: str, today: date) -> str:
    return _DAY.sub(lambda found: _day(found, today), text)


def _day(found: re.Match[str], today: date) -> str:
    day = today + timedelta(days=int(found[2] or 0))
    match found[1]:
        case "zh":
            return f"{day.month}月{day.day}日"
        case "en":
            return f"{day.day} {_MONTHS[day.month - 1]}"
        case _:
            return day.isoformat()


def _moment(found: re.Match[str], today: date) -> datetime:
    day = today + timedelta(days=int(found[1]))
    return datetime.combine(day, time.fromisoformat(found[2]), ZONE)
