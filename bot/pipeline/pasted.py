"""Talk copied out of WeChat, line by line: who said what, and when."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from bot.pipeline.sentences import visible

LINES: Final = 5_000
"""Lines of a block that are read; a longer one is cut there."""

_LONGEST_HEAD: Final = 80


@dataclass(frozen=True, slots=True)
class PastedLine:
    """What one person said; `at` is aware. `text` may have several lines."""

    name: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class _Head:
    """The line above somebody's words; `day` or `clock` is None where it names none."""

    name: str
    day: date | None
    clock: time | None
    sure: bool = False
    """It could hardly be anything else, even alone."""


_NAME: Final = r"(?P<name>[^\s:：,，。!！?？\[\]（(][^:：\t\n，。！？]{0,39}?)"
_DAY: Final = (
    r"(?:(?P<y>\d{4})[-/.年](?P<mo>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"|(?P<mo2>\d{1,2})[月/-](?P<d2>\d{1,2})日?|(?P<near>今天|昨天|前天|(?:星期|周)[一二三四五六日天]))"
)
_CLOCK: Final = (
    r"(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上)? ?(?P<h>\d{1,2})[:：](?P<mi>\d{2})(?:[:：](?P<s>\d{2}))?"
    r"(?: ?(?P<ap>[AaPp])[Mm])?"
)
_HEADS: Final = tuple(
    re.compile(source)
    for source in (
        rf"{_NAME}[\s:：]+{_DAY}\s*{_CLOCK}$",
        rf"[\[(（]?{_DAY}\s*{_CLOCK}[\])）]?[\s,，]+{_NAME}[:：]?$",
        rf"{_NAME}\s+{_CLOCK}$",
        rf"[\[(（]?{_CLOCK}[\])）]?\s+{_NAME}[:：]?$",
    )
)
_RULED: Final = re.compile(
    r"[—–\-─=*•·]{3,40}\s*(?P<y>\d{4})[-/.年](?P<mo>\d{1,2})[-/.月](?P<d>\d{1,2})日?[^\d]{0,12}[—–\-─=*•·]{3,40}$"
)
_SAID: Final = re.compile(r"(?P<name>[^\s:：,，。!！?？/]{1,20})[:：]\s*(?P<text>.*)$")
_LABELS: Final = frozenset(
    [
        "时间",
        "地点",
        "主题",
        "议题",
        "参会人",
        "电话",
        "地址",
        "邮箱",
        "备注",
        "附件",
        "联系人",
        "收件人",
        "发件人",
        "主送",
        "抄送",
        "金额",
        "账号",
        "开户行",
        "户名",
        "税号",
        "日期",
        "编号",
        "注",
        "例如",
        "如下",
        "问题",
        "原因",
        "现象",
        "建议",
        "结论",
        "要求",
        "说明",
        "项目",
        "客户",
        "内容",
        "subject",
        "from",
        "to",
        "cc",
        "date",
        "time",
        "place",
        "note",
        "notes",
        "re",
        "fwd",
        "tel",
        "phone",
        "email",
        "address",
        "agenda",
        "http",
        "https",
        "ps",
    ]
)
_NEAR: Final = {"今天": 0, "昨天": -1, "前天": -2}


def read(text: str, now: datetime, zone: tzinfo) -> list[PastedLine] | None:
    """The lines of pasted talk in order, or None where `text` is not such a block.

    Reads heads like "张三 2026/11/20 14:03", "张三 14:03:22", "张三 11月20日 下午2:03",
    "2026-11-20 14:03:22 张三" with the words below them, day rules ("———— 2026-11-20 ————") as merged
    forwards have them, and two or more lines "张三: 好的". Times are in `zone`; a missing year or
    day gives the latest one that is not after `now` (aware). "张三:" without a time has the time of
    the head before it, or `now`. At most LINES lines are read.
    """
    here = now.astimezone(zone)
    raw = [row.strip() for row in text.split("\n", LINES)[:LINES]]
    rows = [visible(row.replace("\xa0", " ")).strip() for row in raw]
    heads = [_head(row, here) for row in rows]
    if _is_block(rows, heads):
        return _talk(raw, heads, here) or None
    return _said(raw, here)


def _is_block(rows: list[str], heads: list[_Head | None]) -> bool:
    """Heads begin it, after a title at most, and one of them is no mere "会议 14:00"."""
    filled = [head for row, head in zip(rows, heads, strict=True) if row]
    named = [head for head in filled if head and head.name]
    begins = any(head is not None for head in filled[:2])
    return begins and (len(named) > 1 or any(head.sure for head in named))


def _head(row: str, now: datetime) -> _Head | None:
    if not row or len(row) > _LONGEST_HEAD:
        return None
    try:
        if ruled := _RULED.match(row):
            return _Head("", date(int(ruled["y"]), int(ruled["mo"]), int(ruled["d"])), None)
        for pattern in _HEADS:
            if match := pattern.match(row):
                parts = match.groupdict()
                name = match["name"].strip()
                if not name or name.lower() in _LABELS:
                    return None
                day = _day(parts, now)
                sure = bool(parts["s"]) or (day is not None and pattern is _HEADS[0])
                return _Head(name, day, _clock(parts), sure)
    except ValueError:  # the 45th of November, 29:99
        return None
    return None


def _day(parts: dict[str, str | None], now: datetime) -> date | None:
    today = now.date()
    if parts.get("y"):
        return date(int(parts["y"] or 0), int(parts["mo"] or 0), int(parts["d"] or 0))
    if near := parts.get("near"):
        if near in _NEAR:
            return today + timedelta(days=_NEAR[near])
        weekday = "一二三四五六日".index(near[-1].replace("天", "日"))
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    if parts.get("mo2"):
        month, day = int(parts["mo2"] or 0), int(parts["d2"] or 0)
        return _latest(month, day, today)
    return None


def _latest(month: int, day: int, today: date) -> date:
    """The latest such day up to today; one year of eight has a 29 February at least."""
    for year in range(today.year, today.year - 9, -1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    raise ValueError(f"no day {month}/{day}")


def _clock(parts: dict[str, str | None]) -> time:
    hour = int(parts["h"] or 0)
    part, later = parts.get("part") or "", (parts.get("ap") or "").lower()
    if hour < 12 and (part in {"下午", "傍晚", "晚上"} or later == "p"):
        hour += 12
    elif hour == 12 and (later == "a" or part == "凌晨"):
        hour = 0
    return time(hour, int(parts["mi"] or 0), int(parts["s"] or 0))


def _talk(rows: list[str], heads: list[_Head | None], now: datetime) -> list[PastedLine]:
    found: list[PastedLine] = []
    day: date | None = None
    for head, words in _blocks(rows, heads):
        day = head.day or day
        if not head.name or not words:
            continue
        at = _at(day, head.clock, now)
        found.append(PastedLine(head.name, at, words))
    return found


def _blocks(rows: list[str], heads: list[_Head | None]) -> Iterator[tuple[_Head, str]]:
    """Each head with the words below it."""
    current: _Head | None = None
    below: list[str] = []
    for row, head in zip(rows, heads, strict=True):
        if head is None:
            below.append(row)
            continue
        if current:
            yield current, "\n".join(below).strip()
        current, below = head, []
    if current:
        yield current, "\n".join(below).strip()


def _at(day: date | None, clock: time | None, now: datetime) -> datetime:
    if clock is None:
        return now
    at = datetime.combine(day or now.date(), clock, now.tzinfo)
    # A time alone was today, or yesterday where that is still to come.
    return at - timedelta(days=1) if day is None and at > now else at


def _said(rows: list[str], now: datetime) -> list[PastedLine] | None:
    """Lines "name: words"; a block of them has two at least, and each row belongs to one."""
    found: list[PastedLine] = []
    for row in rows:
        match = _SAID.match(row)
        if match and not match["text"].startswith("//") and not match["name"].isdigit():
            found.append(PastedLine(match["name"], now, match["text"]))
        elif found and row:
            last = found[-1]
            found[-1] = PastedLine(last.name, now, f"{last.text}\n{row}".strip())
    found = [line for line in found if line.text]
    return found if _is_talk(found) else None


def _is_talk(lines: list[PastedLine]) -> bool:
    """A form also has "label: value" rows; people answer each other, labels come once."""
    names = [line.name.lower() for line in lines]
    if (
        len(lines) < 2
        or _LABELS & set(names)
        or any(name.strip("().、").isdigit() for name in names)
    ):
        return False
    return len(set(names)) < len(names) or len(names) == 2
