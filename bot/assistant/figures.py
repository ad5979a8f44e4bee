"""Figures in a text, however they are written: 80%, 八成, eighty percent; 120万, 1,200,000, 1.2 million."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final, Literal

from bot.domain import dates, numerals

Kind = Literal["number", "percent", "date", "code", "name"]
BIG: Final = 1000
"""From here on a bare number can hardly be the same by chance."""


@dataclass(frozen=True, slots=True)
class Figure:
    kind: Kind
    words: str
    start: int
    value: Decimal | date | str
    slack: Decimal = Decimal(0)
    """How far from `value` may lie what it stands for: 八成 is said of 78 % too."""
    money: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.words)

    @property
    def telling(self) -> bool:
        """Whether it can hardly stand in two texts by chance."""
        if self.kind == "number":
            return self.money or (isinstance(self.value, Decimal) and self.value >= BIG)
        return self.kind in {"percent", "code"}


_HAN: Final = numerals.HAN + "壹贰叁肆伍陆柒捌玖拾佰仟萬億"
_HAN_DIGIT: Final = "零一二三四五六七八九两〇十壹贰叁肆伍陆柒捌玖拾"
_SCALES: Final = {
    "百": 100, "千": 1000, "k": 1000, "thousand": 1000, "万": 10_000, "萬": 10_000, "w": 10_000, "十万": 100_000,
    "百万": 1_000_000, "m": 1_000_000, "mio": 1_000_000, "mn": 1_000_000, "million": 1_000_000,
    "千万": 10_000_000, "亿": 100_000_000, "億": 100_000_000, "bn": 1_000_000_000, "billion": 1_000_000_000,
}  # fmt: skip
_DIGITS: Final = r"\d{1,3}(?:[,，' ]\d{3})+(?:\.\d+)?|\d{1,15}(?:\.\d+)?"
_SCALE: Final = (
    r"[多余来几]? ?(?P<scale>千万|百万|十万|[万萬亿億千百]"
    r"|(?:million|billion|thousand|mio|mn|bn|[kmw])(?![a-z]))?"
)
_UNIT: Final = (
    r"(?P<unit> ?(?:元|块|圆|人民币|rmb|cny|美元|usd|dollars?|欧元|eur(?:os?)?|英镑|gbp|港币|hkd))?"
)
_MONEY: Final = r"(?P<money>us\$|hk\$|[¥￥$€£]|rmb|cny|usd|eur|gbp|hkd)? ?"
_NUMBER: Final = re.compile(rf"(?<![a-z\d.]){_MONEY}(?P<n>{_DIGITS}){_SCALE}{_UNIT}")
_HAN_NUMBER: Final = re.compile(
    rf"(?<![第{_HAN}])(?P<n>[{_HAN_DIGIT}][{_HAN}]*)(?P<unit>多?(?:元|块|个月|个工作日|天|周|小时|分钟|台|人|倍|套|项|次))?"
)
_PERCENT: Final = (
    re.compile(r"(?P<n>\d{1,4}(?:\.\d{1,3})?) ?(?:%|percent|per cent|个百分点)"),
    re.compile(rf"百分之(?P<n>[{_HAN}]{{1,6}}|\d{{1,4}}(?:\.\d{{1,3}})?)"),
)
_TENTHS: Final = re.compile(
    r"(?<!第)(?P<n>[一二两三四五六七八九\d])[成折](?![为功立本果员熟交长就品绩分套型像])(?P<more>[一二三四五六七八九半])?"
)
_PARTS: Final = re.compile(rf"(?P<of>[{_HAN}]{{1,3}})分之(?P<n>[{_HAN}]{{1,3}})")
_HALF: Final = re.compile(r"一半|过半|半数|(?<![a-z])half(?![a-z])")
_FRACTIONS: Final = {
    "a quarter": 25, "one quarter": 25, "three quarters": 75, "a third": 33, "one third": 33, "two thirds": 67,
    "one fifth": 20, "two fifths": 40, "three fifths": 60, "four fifths": 80,
}  # fmt: skip
_FRACTION: Final = re.compile(rf"(?<![a-z])(?:{'|'.join(_FRACTIONS)})(?![a-z])")
_EN: Final = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen".split()
    )
} | {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2
    )
}
_EN_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_EN_WORDS: Final = re.compile(
    rf"(?<![a-z])(?:{'|'.join(_EN)})(?:[ -](?:and |point )?(?:{'|'.join([*_EN, *_EN_SCALES])}))*(?![a-z])"
    r"(?P<percent> ?(?:%|percent|per cent))?"
)
_EN_LEAST: Final = 10
"""Smaller numbers are said in passing: "one of us"."""
_CODE: Final = re.compile(r"(?<![a-z\d])(?:[cp]-\d{3,6}|t-\d{1,9}|#\d{1,12})(?!\d)")
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方"
    "石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_NAME: Final = re.compile(
    rf"(?<![\u4e00-\u9fff])?[{_SURNAMES}](?:总监|总|工(?!作|程|地|期|人|具|序|厂|业|艺)|经理|主任|老师|先生|女士|小姐|处长|科长|董事长)"
    r"|(?<![a-z])(?:mr|mrs|ms|dr)\.? [a-z][\w-]+"
)
_NUMBERING: Final = re.compile(r"^[ \t]*(?:[-*] )?\d{1,2}[.、)）](?!\d)", re.MULTILINE)


def clean(text: str) -> str:
    """Without characters that nobody sees; offsets of figures are those of this text."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def flat(text: str) -> str:
    """Lower case and half-width, character by character so that offsets stay."""
    return "".join(_flat(c) for c in text)


def _flat(c: str) -> str:
    plain = unicodedata.normalize("NFKC", c).lower()
    return plain if len(plain) == 1 else c


def find(text: str, day: date) -> list[Figure]:
    """All figures in `clean` text, in order, none within another; "Friday" is read on `day`."""
    words = flat(text)
    taken = [match.span() for match in _NUMBERING.finditer(words)]
    found: list[Figure] = []
    for one in _all(words, text, day):
        if all(one.end <= start or one.start >= end for start, end in taken):
            taken.append((one.start, one.end))
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def _all(words: str, text: str, day: date) -> Iterator[Figure]:
    for match in _CODE.finditer(words):
        yield Figure("code", text[slice(*match.span())], match.start(), match.group())
    yield from _percents(words, text)
    for start, end, value in dates.find(text, datetime.combine(day, time(0), UTC)):
        when = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        yield Figure("date", text[start:end], start, when)
    for match in _NAME.finditer(words):
        yield Figure("name", text[slice(*match.span())], match.start(), match.group())
    yield from _numbers(words, text)


def _percents(words: str, text: str) -> Iterator[Figure]:
    def made(match: re.Match[str], value: Decimal, slack: str) -> Figure:
        whole = text[slice(*match.span())]
        return Figure("percent", whole, match.start(), value, Decimal(slack))

    for pattern in _PERCENT:
        for match in pattern.finditer(words):
            value = numerals.number(match["n"])
            if value is not None:
                yield made(match, value, "0.5")
    for match in _TENTHS.finditer(words):
        tenths = numerals.number(match["n"]) or Decimal(0)
        more = numerals.number(match["more"]) if match["more"] else Decimal(0)
        ones = Decimal(5) if match["more"] == "半" else more or Decimal(0)
        yield made(match, tenths * 10 + ones, "1" if match["more"] else "2.5")
    for match in _PARTS.finditer(words):
        of, n = numerals.number(match["of"]), numerals.number(match["n"])
        if of and n is not None and match["of"] != "百":
            yield made(match, 100 * n / of, "2.5")
    for match in _HALF.finditer(words):
        yield made(match, Decimal(50), "2.5")
    for match in _FRACTION.finditer(words):
        yield made(match, Decimal(_FRACTIONS[match.group()]), "2.5")
    for match in _EN_WORDS.finditer(words):
        if match["percent"]:
            yield made(match, english(match.group().removesuffix(match["percent"])), "0.5")


def _numbers(words: str, text: str) -> Iterator[Figure]:
    for match in _NUMBER.finditer(words):
        digits = re.sub(r"[,，' ]", "", match["n"])
        scale = Decimal(_SCALES[match["scale"]] if match["scale"] else 1)
        value = Decimal(digits) * scale
        unit = scale.scaleb(-len(digits.partition(".")[2]))
        money = bool(match["money"] or match["unit"])
        yield _number(match, text, value, unit, money=money)
    for match in _HAN_NUMBER.finditer(words):
        value = numerals.number(match["n"])
        counted = match["unit"] or set(match["n"]) & set("十百千万亿拾佰仟萬億") - set("十")
        if value is None or not (counted or len(match["n"]) > 2):
            continue
        unit = Decimal(10_000) if match["n"][-1:] in "万萬" else Decimal(1)
        money = (match["unit"] or "").strip("多") in {"元", "块"}
        yield _number(match, text, value, unit, money=money)
    for match in _EN_WORDS.finditer(words):
        value = english(match.group())
        if value >= _EN_LEAST:
            yield _number(match, text, value, Decimal(1), money=False)


def _number(
    match: re.Match[str], text: str, value: Decimal, unit: Decimal, *, money: bool
) -> Figure:
    start, end = match.span()
    whole = text[start:end]
    start += len(whole) - len(whole.lstrip())
    slack = min(unit / 2, value / 100) if unit > 1 else Decimal(0)
    return Figure("number", whole.strip(), start, value, slack, money)


def english(words: str) -> Decimal:
    """The value of number words.

    >>> english("one point two million"), english("eighty-five"), english("two hundred and ten")
    (Decimal('1200000.0'), Decimal('85'), Decimal('210'))
    """
    total = section = Decimal(0)
    place = Decimal(0)
    for word in re.split(r"[ -]+", words.strip()):
        if word == "point":
            place = Decimal("0.1")
        elif word in _EN and place:
            section += _EN[word] * place
            place /= 10
        elif word in _EN:
            section += _EN[word]
        elif word == "hundred":
            section *= 100
        elif word in _EN_SCALES:
            total += section * _EN_SCALES[word]
            section = place = Decimal(0)
    return total + section


def same(one: Figure, other: Figure) -> bool:
    """Whether two figures say the same thing."""
    if one.kind != other.kind:
        return False
    if isinstance(one.value, Decimal) and isinstance(other.value, Decimal):
        return abs(one.value - other.value) <= max(one.slack, other.slack)
    if isinstance(one.value, date) and isinstance(other.value, date):
        if isinstance(one.value, datetime):
            return one.value == other.value
        return one.value == _day(other.value)
    return one.value == other.value


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
