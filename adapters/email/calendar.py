"""A meeting in a mail as readable lines. Format: RFC 5545, 5546. Nothing here raises on any text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapters.email.headers import one_line

TYPES: Final = frozenset({"text/calendar", "application/ics"})
_LINE: Final = re.compile(r'([A-Za-z0-9-]{1,60})((?:;[^:";=]{1,60}=(?:"[^"]*"|[^":;]*))*):(.*)')
_PARAMETER: Final = re.compile(r';([^:";=]+)=("[^"]*"|[^":;]*)')
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")
_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_MOST_EVENTS: Final = 10
_MOST_PEOPLE: Final = 30
_MOST_LINES: Final = 5_000
_MOST_WORDS: Final = 2_000
_METHODS: Final = {
    "REQUEST": "会议邀请 / Meeting invitation",
    "CANCEL": "会议取消 / Meeting cancelled",
    "REPLY": "会议答复 / Answer to a meeting",
    "COUNTER": "会议改期建议 / Another time proposed",
}
_MEETING: Final = "会议 / Meeting"
_ANSWERS: Final = {
    "ACCEPTED": "接受 / accepted",
    "DECLINED": "谢绝 / declined",
    "TENTATIVE": "暂定 / tentative",
    "DELEGATED": "转交 / delegated",
}


@dataclass(frozen=True, slots=True)
class _Value:
    text: str
    parameters: dict[str, str]


_Event = dict[str, list[_Value]]


@dataclass(slots=True)
class _Calendar:
    method: str = ""
    events: list[_Event] = field(default_factory=list[_Event])


def to_text(ics: str) -> str:
    """Its meetings, each in a few lines that say what, when, where and who; "" where there is none."""
    calendar = _read(ics)
    return "\n\n".join(_meeting(one, calendar.method) for one in calendar.events[:_MOST_EVENTS])


def _read(ics: str) -> _Calendar:
    calendar = _Calendar()
    inside: list[str] = []
    for name, value in _lines(ics):
        if name == "BEGIN":
            inside.append(value.text.upper())
            if inside[-1] == "VEVENT":
                calendar.events.append({})
        elif name == "END":
            inside[-1:] = []
        elif name == "METHOD" and len(inside) <= 1:
            calendar.method = value.text.upper()
        elif inside and inside[-1] == "VEVENT":
            calendar.events[-1].setdefault(name, []).append(value)
    return calendar


def _lines(ics: str) -> Iterator[tuple[str, _Value]]:
    unfolded = re.sub(r"\r?\n[ \t]", "", ics)
    for line in unfolded.splitlines()[:_MOST_LINES]:
        if found := _LINE.match(line):
            named = {
                one[1].upper(): one[2].strip('"') for one in _PARAMETER.finditer(found[2] or "")
            }
            yield found[1].upper(), _Value(found[3].strip(), named)


def _meeting(event: _Event, method: str) -> str:
    rows = [
        (_METHODS.get(method, _MEETING), _words(event, "SUMMARY")),
        ("时间 / When", _when(event)),
        ("重复 / Repeats", _words(event, "RRULE")),
        ("地点 / Where", _words(event, "LOCATION")),
        ("组织者 / Organiser", ", ".join(map(_person, event.get("ORGANIZER", [])))),
        ("参加 / Attendees", _people(event)),
    ]
    return "\n".join(
        f"{label}: {said}" for at, (label, said) in enumerate(rows) if said or not at
    ).strip()


def _words(event: _Event, name: str) -> str:
    said = event.get(name)
    if not said:
        return ""
    return one_line(_ESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], said[0].text))[
        :_MOST_WORDS
    ]


def _when(event: _Event) -> str:
    begins, ends = (next(iter(event.get(name, [])), None) for name in ("DTSTART", "DTEND"))
    if begins is None:
        return ""
    start = _moment(begins.text)
    end = _moment(ends.text) if ends else ""
    if end[:10] == start[:10]:
        end = end[11:]
    zone = "UTC" if begins.text.endswith("Z") else begins.parameters.get("TZID", "")
    length = "" if ends else _words(event, "DURATION")
    until = f" – {end}" if end else ""
    return " ".join(filter(None, (f"{start}{until}", length, f"({zone})" if zone else "")))


def _moment(value: str) -> str:
    found = _MOMENT.fullmatch(value)
    if not found:
        return one_line(value)[:60]
    year, month, day, hour, minute, _ = found.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "")


def _person(value: _Value) -> str:
    address = re.sub(r"(?i)^mailto:", "", value.text).strip()
    name = one_line(value.parameters.get("CN", ""))
    shown = f"{name} <{address}>" if name and name != address else address
    answer = _ANSWERS.get(value.parameters.get("PARTSTAT", "").upper(), "")
    return f"{shown} ({answer})" if answer else shown


def _people(event: _Event) -> str:
    people = event.get("ATTENDEE", [])
    more = f" … +{len(people) - _MOST_PEOPLE}" if len(people) > _MOST_PEOPLE else ""
    return ", ".join(map(_person, people[:_MOST_PEOPLE])) + more
