"""Dates and times as people write them, in Chinese and English.

Read against `now`, aware and in the person's own zone. A phrase without a clock time is a `date`,
one with a clock time an aware `datetime` in that zone. For Wednesday 2026-11-18 10:00:

| written | means |
|---|---|
| 今天 today · 明天 tomorrow · 后天 · 大后天 · 昨天 yesterday | 18 · 19 · 20 · 21 · 17 Nov |
| 周五 星期五 礼拜五 fri friday · 周三 | the next such day, 20 Nov · today where it is today |
| 本周五 this friday · 下周三 next wednesday · 下下周一 · 上周二 last tuesday | 20 · 25 · 30 · 10 Nov: by calendar week, Monday first |
| 本周 this week · 下周 next week · 周末 weekend · 周内 eow | 20 · 27 · 21 · 20 Nov: a week is over on its Friday |
| 月底 月末 eom end of month · 下月底 · 月初 · 年底 eoy | 30 Nov · 31 Dec · 1 Dec · 31 Dec |
| 2026-12-01 2026/12/1 2026年12月1日 · 明年1月15日 · 12月1日 12月1号 12/1 dec 1 1 december · 25号 the 25th | that day; without a year or month, the next one |
| 3天后 三天内 in 3 days within 3 days · 两周后 in two weeks · 半个月后 · 三个月后 · 三个工作日内 | 21 · 2 Dec · 3 Dec · 18 Feb · 23 Nov, by China's calendar |
| 明天下午三点 tomorrow 3pm · 今晚八点半 · 上午10:30 · 3pm · 周五中午 | that time; alone, the next such time |
| 2小时后 in 2 hours · 半小时内 | that many hours from now, to the minute |

Full-width digits and Chinese numerals count as digits. `12/1` is month/day. 内 and "within" give the
last day allowed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.domain import numerals, workdays

When = date | datetime

LIMIT: Final = 20_000
"""Characters of a text that `find` reads."""

_N: Final = r"(?:\d{1,4}|[零一二三四五六七八九十百两半〇]{1,4})"
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAYS: Final = {c: n for n, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 5}
_WEEKDAYS: Final = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAY: Final = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r?s?(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)"
)
_NEAR: Final = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今晚": 0, "今早": 0, "今儿": 0,
    "明天": 1, "明日": 1, "明晚": 1, "明早": 1, "明儿": 1, "后天": 2, "後天": 2, "大后天": 3, "当天": 0,
    "today": 0, "tonight": 0, "tomorrow": 1, "tmr": 1, "yesterday": -1, "the day after tomorrow": 2,
}  # fmt: skip
_WORDS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "a couple of": 2, "a few": 3,
}  # fmt: skip
_EN_N: Final = r"(?:\d{1,3}|a couple of|a few|one|two|three|four|five|six|seven|eight|nine|ten|an?)"
_PART: Final = (
    r"凌晨|清晨|早上|早晨|上午|中午|下午|午后|傍晚|晚上|夜里|今晚|明晚|昨晚|今早|明早|晚|早"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], datetime], When | None]


def parse(text: str, now: datetime) -> When | None:
    """What the whole of `text` says, or None where it is not a date or time."""
    words = _plain(text.strip())
    if not words or len(words) > 60:
        return None
    spans = list(_spans(words, now))
    return spans[0][2] if len(spans) == 1 and spans[0][:2] == (0, len(words)) else None


def find(text: str, now: datetime) -> list[tuple[int, int, When]]:
    """The dates and times in running text: start, end (offsets in `text`) and value, in order.

    Reads the first LIMIT characters.
    """
    return list(_spans(_plain(text[:LIMIT]), now))


def _plain(text: str) -> str:
    """Lower case and half-width, character by character so that offsets stay."""
    if text.isascii():
        return text.lower()
    return "".join(_one(c) for c in text)


def _one(c: str) -> str:
    plain = unicodedata.normalize("NFKC", c).lower()
    return plain if len(plain) == 1 else c


def _spans(words: str, now: datetime) -> Iterator[tuple[int, int, When]]:
    at = 0
    while found := _next(words, at, now):
        start, end, _ = found
        yield found
        at = max(end, start + 1)


def _next(words: str, at: int, now: datetime) -> tuple[int, int, When] | None:
    while match := _ANY.search(words, at):
        day, end = _first(words, match.start(), now)
        if day is not None:
            return _with_clock(words, match.start(), end, day, now)
        clock = _CLOCK.match(words, match.start())
        moment = _moment(clock, None, now) if clock else None
        if clock and moment:
            return match.start(), clock.end(), moment
        at = match.end() if match.end() > match.start() else match.start() + 1
    return None


def _first(words: str, start: int, now: datetime) -> tuple[When | None, int]:
    for rule in _RULES:
        if match := rule.pattern.match(words, start):
            try:
                value = rule.read(match, now)
            except (ValueError, OverflowError):  # the 31st of February, the year 20000
                continue
            if value is not None:
                return value, match.end()
    return None, start


def _with_clock(
    words: str, start: int, end: int, day: When, now: datetime
) -> tuple[int, int, When]:
    if isinstance(day, datetime):
        return start, end, day
    # 今晚 and 明早 name a part of the day themselves.
    inside = end - 1 if words[end - 1] in "晚早" else end
    clock = _CLOCK.match(words, inside) or _CLOCK.match(words, _JOINED.match(words, end).end())  # pyright: ignore[reportOptionalMemberAccess] it matches the empty text too
    moment = _moment(clock, day, now) if clock else None
    return (start, clock.end(), moment) if clock and moment else (start, end, day)


_JOINED: Final = re.compile(r"(?:[ ,]{0,2}(?:at|by|before|的|之前|前)?[ ]?)")
_CLOCK: Final = re.compile(
    rf"(?![早晚]一点(?![钟半整]))(?P<part>{_PART})?[ ]?(?:"
    r"(?P<h>\d{1,2})[:：](?P<m>\d{2})(?::\d{2})?(?!\d)(?: ?(?P<ap>am|pm|a\.m\.|p\.m\.)(?![a-z]))?"
    rf"|(?P<hz>\d{{1,2}}|[零一二三四五六七八九十两]{{1,3}})[点點时](?!间|候|机|常|代|刻|效|段|长|差)"
    r"(?!意见|建议|要求|问题|说明|原因|内容|疑问)(?:钟|整|(?P<half>半)|(?P<q>[一三])刻|(?P<mz>\d{1,2}|[零一二三四五六七八九十]{1,3})分?)?"
    r"|(?P<he>\d{1,2}) ?(?P<ape>am|pm|a\.m\.|p\.m\.)(?![a-z])|(?P<noon>noon|midday|正午)(?![a-z]))"
)


def _moment(match: re.Match[str], day: date | None, now: datetime) -> datetime | None:
    hour, minute = _hour_minute(match)
    # 一点 alone is "a little", 三点 alone are three points.
    alone = match["hz"] and day is None and not match["part"] and match[0][-1] in "点點时"
    if hour is None or minute > 59 or alone:
        return None
    later = (match["ap"] or match["ape"] or "")[:1]
    hour = _by_part(hour, match["part"] or "", later)
    if hour > 24:
        return None
    base = day or now.date()
    try:
        moment = datetime.combine(base, time(hour % 24, minute), now.tzinfo)
        moment += timedelta(days=hour // 24)
        return moment + timedelta(days=1) if day is None and moment < now else moment
    except (ValueError, OverflowError):
        return None


def _hour_minute(match: re.Match[str]) -> tuple[int | None, int]:
    if match["noon"]:
        return 12, 0
    hour = numerals.whole(match["h"] or match["hz"] or match["he"])
    if match["half"]:
        return hour, 30
    if match["q"]:
        return hour, 15 * (numerals.whole(match["q"]) or 0)
    return hour, numerals.whole(match["m"] or match["mz"] or "0") or 0


def _by_part(hour: int, part: str, later: str) -> int:
    if later:
        return hour % 12 + (12 if later == "p" else 0) if hour <= 12 else hour
    if part in {"下午", "午后", "傍晚"} and hour < 12:
        return hour + 12
    if part.endswith(("晚", "晚上", "夜里")):
        # 晚上一点 is past midnight, 晚上十二点 is midnight.
        return hour + 12 if 4 < hour <= 12 else hour + 24 if hour <= 4 else hour
    if part == "中午" and hour < 3:
        return hour + 12
    return hour


def _near(match: re.Match[str], now: datetime) -> date:
    return now.date() + timedelta(days=_NEAR[match[0]])


def _zh_week(match: re.Match[str], now: datetime) -> date:
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    which, day = match["which"] or "", match["day"]
    number = _DAYS.get(day, 0) if not day.isdigit() else (int(day) - 1) % 7
    if not which:
        return today + timedelta(days=(number - today.weekday()) % 7)
    weeks = which.count("下") - which.count("上")
    return monday + timedelta(days=7 * weeks + number)


def _whole_week(match: re.Match[str], now: datetime) -> date:
    today = now.date()
    words = match[0]
    weeks = words.count("下") or int(words.startswith("next"))
    return today - timedelta(days=today.weekday()) + timedelta(days=4 + 7 * weeks)


def _en_week(match: re.Match[str], now: datetime) -> date:
    today = now.date()
    number = _WEEKDAYS.index(match["day"][:3])
    weeks = {"next": 1, "last": -1, "this": 0}.get(match["which"] or "")
    if weeks is None:
        return today + timedelta(days=(number - today.weekday()) % 7)
    return today + timedelta(days=7 * weeks + number - today.weekday())


def _weekend(match: re.Match[str], now: datetime) -> date:
    today = now.date()
    return today - timedelta(days=today.weekday() - 5 - 7 * int(match[0].startswith("next")))


def _month_end(match: re.Match[str], now: datetime) -> date:
    words = match[0]
    ahead = int(words.startswith(("下", "next")) or "next" in words)
    return _months(now.date().replace(day=1), ahead + 1) - timedelta(days=1)


def _month_start(_: re.Match[str], now: datetime) -> date:
    return _months(now.date().replace(day=1), 1)


def _year_end(match: re.Match[str], now: datetime) -> date:
    return date(now.year + int("明" in match[0] or "next" in match[0]), 12, 31)


def _named_month_end(match: re.Match[str], now: datetime) -> date | None:
    month = numerals.whole(match["m"])
    if month is None or not 1 <= month <= 12:
        return None
    year = now.year + int(month < now.month)
    return _months(date(year, month, 1), 1) - timedelta(days=1)


def _full(match: re.Match[str], _: datetime) -> date | None:
    year, month, day = (numerals.whole(match[name]) for name in ("y", "m", "d"))
    if year is None or month is None or day is None:
        return None
    return date(year + 2000 if year < 100 else year, month, day)


def _month_day(match: re.Match[str], now: datetime) -> date | None:
    month, day = numerals.whole(match["m"]), numerals.whole(match["d"])
    return None if month is None or day is None else _coming(month, day, now.date())


def _in_a_year(match: re.Match[str], now: datetime) -> date | None:
    month, day = numerals.whole(match["m"]), numerals.whole(match["d"])
    ahead = {"今": 0, "明": 1, "后": 2, "去": -1}[match["y"][0]]
    return None if month is None or day is None else date(now.year + ahead, month, day)


def _en_month_day(match: re.Match[str], now: datetime) -> date:
    month = _MONTHS.index(match["m"][:3]) + 1
    day = int(match["d"])
    return date(int(match["y"]), month, day) if match["y"] else _coming(month, day, now.date())


def _coming(month: int, day: int, today: date) -> date:
    # A year holds every day but 29 February; within eight there is one.
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    raise ValueError(f"no day {month}/{day}")


def _day_of_month(match: re.Match[str], now: datetime) -> date | None:
    day = numerals.whole(match["d"])
    if day is None or not 1 <= day <= 31:
        return None
    first = now.date().replace(day=1)
    for ahead in range(12):
        month = _months(first, ahead)
        length = (_months(month, 1) - month).days
        if day <= length and month.replace(day=day) >= now.date():
            return month.replace(day=day)
    return None


def _ahead(match: re.Match[str], now: datetime) -> When | None:
    words, unit = match["n"], match["unit"]
    count = numerals.number(words) if words not in _WORDS else numerals.number(str(_WORDS[words]))
    if count is None:
        return None
    amount, today = float(count) + (0.5 if "半" in (match["half"] or "") else 0), now.date()
    if unit.startswith(("小时", "钟头", "hour", "hr", "分", "min")):
        seconds = amount * (60 if unit.startswith(("分", "min")) else 3600)
        return (now + timedelta(seconds=seconds)).replace(second=0, microsecond=0)
    return _days_ahead(today, amount, unit)


def _days_ahead(today: date, amount: float, unit: str) -> date:
    if unit.startswith(("工作日", "working", "business", "work")):
        return workdays.china().add(today, min(int(amount), 2000))
    if unit.startswith(("天", "日", "day")):
        return today + timedelta(days=round(amount))
    if unit.startswith(("周", "星期", "礼拜", "week")):
        return today + timedelta(days=round(7 * amount))
    if unit.startswith(("月", "month")):
        return _months(today, int(amount)) + timedelta(days=15 if amount % 1 else 0)
    return _months(today, round(12 * amount))


def _months(day: date, ahead: int) -> date:
    """The same day `ahead` months later, or that month's last where it is shorter."""
    month = day.month - 1 + ahead
    first = date(day.year + month // 12, month % 12 + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - timedelta(days=1)).day))


_ZH_UNIT: Final = r"(?P<unit>工作日|小时|钟头|分钟|天|日(?!元)|周|星期|礼拜|月|年)"
_EN_UNIT: Final = r"(?P<unit>(?:working|business|work) ?days?|days?|weeks?|months?|years?|hours?|hrs?|minutes?|mins?)"
_NEAR_WORDS: Final = "|".join(sorted(_NEAR, key=len, reverse=True))

# A number must not begin inside another, nor a word inside a word; CJK letters may stand beside.
_EDGE: Final = r"(?<![\da-z.])"
_STOP: Final = r"(?![a-z0-9])"
_SOURCES: Final[tuple[tuple[str, Callable[[re.Match[str], datetime], When | None]], ...]] = (
    (rf"{_EDGE}(?P<y>\d{{4}})[-/.年](?P<m>\d{{1,2}})[-/.月](?P<d>\d{{1,2}})(?:日|号)?(?!\d)t?", _full),
    (r"(?P<y>[二〇零一二三四五六七八九]{4})年(?P<m>[一二三四五六七八九十]{1,2})月(?P<d>[一二三四五六七八九十]{1,3})[日号]", _full),
    (r"(?P<y>[今明后去]年)(?:的)?(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})[日号]?", _in_a_year),
    (r"(?<![\d.])(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})[日号]", _month_day),
    (rf"{_EDGE}(?P<m>\d{{1,2}})/(?P<d>\d{{1,2}})(?![\d/])", _month_day),
    (rf"{_EDGE}(?P<m>{_MONTH})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>20\d\d))?{_STOP}", _en_month_day),
    (rf"{_EDGE}(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<m>{_MONTH})(?:,? (?P<y>20\d\d))?{_STOP}", _en_month_day),
    (r"(?<!\d)(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月(?:月)?[底末]", _named_month_end),
    (rf"(?<![\d.第])(?P<n>{_N})个?(?P<half>半)?{_ZH_UNIT}(?:之?内|以内|之?后|以后)", _ahead),
    (rf"{_EDGE}(?:in|within) (?P<n>{_EN_N}) (?P<half>)?{_EN_UNIT}{_STOP}", _ahead),
    (rf"(?:{_NEAR_WORDS})(?![a-z])", _near),
    (r"(?P<which>本|这个?|这一|下{1,3}个?|上{1,3}个?)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末]|[1-7](?!\d))(?![年期])", _zh_week),
    (rf"{_EDGE}(?:(?P<which>next|this|last) )?(?P<day>{_WEEKDAY}){_STOP}", _en_week),
    (rf"(?:这个?|本)?周内|(?:本|这|下{{1,2}})个?(?:周|星期|礼拜)(?:内|底)?|{_EDGE}(?:eow|(?:by )?(?:the )?end of (?:the |this )?week|this week|next week){_STOP}", _whole_week),
    (rf"{_EDGE}(?:this |next |the )?weekend{_STOP}", _weekend),
    (rf"(?:下个?|本|这个?)?月[底末]|{_EDGE}(?:eom|(?:the )?end of (?:the |this |next )?month){_STOP}", _month_end),
    (r"(?:下个?)?月初", _month_start),
    (rf"(?:今|明|本)?年[底末]|{_EDGE}(?:eoy|(?:the )?end of (?:the |this |next )?year|year[- ]end){_STOP}", _year_end),
    (r"(?<![\d.月第])(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})[号](?!楼|线|厂|机|店|院|门|馆|仓|井|库|桌|柜|房|室|车|文|码|位|称|召|线|泵|炉|地|井|塔|桥|段|段|段)", _day_of_month),
    (rf"{_EDGE}the (?P<d>\d{{1,2}})(?:st|nd|rd|th){_STOP}", _day_of_month),
)  # fmt: skip
_RULES: Final = tuple(_Rule(re.compile(source), read) for source, read in _SOURCES)
# Where a date or time may begin; a cheap look before the rules are tried one by one.
_ANY: Final = re.compile(
    r"(?<![\da-z.])(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun"
    r"|in |within |the |this |next |last |end |by |eo|today|ton|tom|tmr|yes|year|noon|midday|weekend)"
    rf"|(?:{_PART})[ ]?[\d零一二三四五六七八九十两]|正午"
    r"|[零一二三四五六七八九十百两半〇今明昨去前后後大当本这下上周星礼月年]"
)
