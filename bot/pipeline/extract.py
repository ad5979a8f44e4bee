"""What a text asks, promises and names: asks, promises, questions, decisions, dates, amounts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final, TypeVar

from bot.domain import dates, numerals
from bot.pipeline.sentences import head, plain, split, visible

MOST: Final = 20
"""Items of each sort that are kept."""


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence or clause of the text; `due` is the first day it names."""

    words: str
    due: date | None = None


@dataclass(frozen=True, slots=True)
class DateNamed:
    words: str
    value: date


@dataclass(frozen=True, slots=True)
class AmountNamed:
    """`currency` is an ISO 4217 code."""

    words: str
    value: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Extract:
    """At most MOST of each, in the order of the text, none twice."""

    asks: tuple[Words, ...] = ()
    promises: tuple[Words, ...] = ()
    dates: tuple[DateNamed, ...] = ()
    amounts: tuple[AmountNamed, ...] = ()
    questions: tuple[Words, ...] = ()
    decisions: tuple[Words, ...] = ()


_ASK: Final = re.compile(
    r"请(?!问|假|客|柬|示|勿念)|麻烦|烦请|劳烦|帮(?:忙|我|我们)|希望(?:你|贵|能|可以|尽快|下)|务必|需要(?:你|贵司|你们|您)"
    r"|(?:能不能|能否|可不可以|可否|可以不可以|能)[^，,。？?]{0,30}(?:[？?]|吗|一下|发|给|改|做|加|提供|安排|处理|看)"
    r"|(?:发|给|补|提供|安排|确认|处理|回复|更新|修改|看|查|改|寄|传)(?:我|我们)?一下|尽快[^，,。]|要求(?:你们|贵司)?|(?:想|要)(?:再)?加一?个"
    r"|\b(?:please|pls|plz|kindly|could you|can you|would you|will you|can we get|can i get|could we|we need|i need|need you to"
    r"|we would like|i would like|we\x27d like|i\x27d like|make sure|asap|let us know|let me know|send (?:me|us)|we require)\b"
)
_SOFT: Final = re.compile(
    r"请查收|请知悉|请放心|请多关照|敬请|谢谢|please find|please see|please note|find attached"
)
_FOR_US: Final = re.compile(
    r"(?:给|发|寄|交|传|回复|答复|告诉|通知|提供)(?:一下|给)?我(?!们?(?:会|将|负责|这边会))(?:们|方|司|这边)?"
    r"|\b(?:send|give|tell|let|show|get back to) (?:me|us)\b"
)
"""What is asked for comes to the writer: "请下周三前把图纸发给我们" promises nothing."""
_PROMISE: Final = re.compile(
    r"(?:我们?|我方|我司|我这边|这边|咱们|财务|法务|老板|领导|团队|项目组|[\u4e00-\u9fff]工|小[\u4e00-\u9fff])[^，,。；;？?！!]{0,16}"
    r"(?:会(?!议|上|后)|将(?!来)|保证|承诺|负责|争取|一定|给你|给您|发你|发您|发给|回复|反馈|安排|提交|提供|完成|处理|付|打款|寄|到场|到现场|落实|跟进|解决|更新|back|交付|上线)"
    r"|(?:保证|承诺|争取|一定|确保)[^，,。；;？?！!]{0,20}(?:完成|交|发|解决|到|给|付|回复|上线|搞定|处理)"
    r"|(?:今天|今晚|明天|后天|下?周[一二三四五六日]|月底|下班前|稍后|晚点|回头|马上|随后)[^，,。；;？?！!]{0,10}"
    r"(?:给你|给您|发你|发您|发给|回复|答复|反馈|付款|打款|提交|交付|寄出|到现场|到账|安排)"
    r"|\b(?:i|we|our \w+|my \w+)(?: will|\x27ll| shall| promise| commit| guarantee| undertake| plan to| intend to| are going to|\x27re going to| am going to)\b"
    r"|\b(?:will be (?:paid|sent|delivered|transferred|ready|done|fixed)|you will (?:get|have|receive))\b"
)
_NO_PROMISE: Final = re.compile(
    r"不会|不再|不打算|不能|无法|没法|没有?给|没(?:收到|回复)|未(?:回复|收到)|才会|就会|会不会|如果|要是|否则"
    r"|\b(?:will not|won\x27t|will have to|if you|unless|otherwise)\b"
)
_QUESTION: Final = re.compile(
    r"[?？]|吗(?:[。.!！~ ]|$)|呢(?:[。.!！~ ]|$)|请问|什么时候|啥时候|几点|多少钱|为什么|怎么(?:样|弄|办|回事|用|还|做|算)|能不能|可不可以|是不是|有没有|是否|哪(?:里|个|天|位)"
    r"|^(?:what|when|where|why|who|which|how|is|are|do|does|did|can|could|would|will|should|may|has|have)\b[^.]{3,}$"
)
_DECIDED: Final = re.compile(
    r"(?:就|那)这么(?:定|办)|(?:最终|最后|一致|会议|双方|我们|大家)?(?:决定|商定|敲定|议定|拍板)|定(?:下来|了|在)|达成一致"
    r"|(?:双方|大家|一致)?同意|确定(?:了|为|采用|由|在)|说定"
    r"|\b(?:we (?:have )?(?:decided|agreed|settled)|agreed(?: to| on| that)?|it(?:'s| is) settled|decision:|let's go with"
    r"|we(?:'ll| will) go with)\b"
)
_NOT_DECIDED: Final = re.compile(
    r"(?:没|没有|还没|尚未|未|不|无法|不能)(?:有|能|再)?(?:决定|商定|敲定|定下来|确定|同意|达成)|不确定|待定|再(?:决定|定)|如果|要是|是否|吗"
    r"|\?|\b(?:not|haven't|didn't|if|whether|undecided)\b"
)
_EDGES: Final = re.compile(r"[，,；;、]\s*")

_UNITS: Final = {
    "元": "CNY", "块": "CNY", "块钱": "CNY", "人民币": "CNY", "rmb": "CNY", "cny": "CNY", "¥": "CNY", "￥": "CNY", "圆": "CNY",
    "美元": "USD", "美金": "USD", "usd": "USD", "$": "USD", "us$": "USD", "dollars": "USD", "dollar": "USD", "刀": "USD",
    "欧元": "EUR", "eur": "EUR", "€": "EUR", "euros": "EUR", "euro": "EUR", "英镑": "GBP", "gbp": "GBP", "£": "GBP", "pounds": "GBP",
    "港币": "HKD", "港元": "HKD", "hkd": "HKD", "hk$": "HKD", "日元": "JPY", "jpy": "JPY", "新台币": "TWD", "twd": "TWD",
    "新币": "SGD", "sgd": "SGD", "s$": "SGD",
}  # fmt: skip
_SCALES: Final = {
    "": 1, "万": 10_000, "w": 10_000, "千": 1000, "k": 1000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000,
    "m": 1_000_000, "million": 1_000_000, "thousand": 1000, "bn": 1_000_000_000, "billion": 1_000_000_000,
}  # fmt: skip
_FIGURES: Final = r"(?P<n>\d{1,3}(?:,\d{3}){1,5}(?:\.\d{1,4})?|\d{1,15}(?:\.\d{1,4})?)"
_SCALE: Final = r" ?(?P<scale>千万|百万|万|亿|千|million|billion|thousand|bn|[kmw](?![a-z]))?"
_AMOUNTS: Final = (
    re.compile(
        rf"(?<![a-z\d])(?P<unit>us\$|hk\$|s\$|[¥￥$€£]|人民币|rmb|cny|usd|eur|gbp|hkd|jpy|sgd) ?{_FIGURES}{_SCALE}"
    ),
    re.compile(
        rf"(?<![\d.,]){_FIGURES}{_SCALE}多? ?(?P<unit>元|块钱|块(?!板|地|石|玻|屏|牌|钢|砖)|圆|人民币|rmb|cny|美元|美金|usd|dollars?|欧元|eur(?:os?)?|英镑|gbp|pounds"
        r"|港币|港元|hkd|日元|jpy|新台币|twd|新币|sgd|€|£)(?![a-z])"
    ),
    re.compile(
        rf"(?P<n>[{numerals.HAN}]{{1,12}})(?P<scale>)(?P<unit>元|块钱|圆|美元|欧元|英镑|港币)"
    ),
    # 尾款30万: a bare number of ten thousands is money beside a word for money.
    re.compile(
        rf"(?:款|费|价|金额|预算|报价|总额|合同额?|付了?|欠|扣|罚|赔|优惠|便宜)[^\d,，。]{{0,6}}?{_FIGURES} ?(?P<scale>万|亿|[wk](?![a-z]))(?!件|个|台|人|平|米|次|吨|条)(?P<unit>)"
    ),
)

_T = TypeVar("_T")


def find(text: str, today: date) -> Extract:
    """Asks, promises, questions, decisions, dates and amounts in `text`, Chinese or English.

    Relative dates are read on `today`. A clause is an ask or a promise, not both; an ask put as a
    question counts as both ask and question. Reads the first `sentences.LIMIT` characters.
    """
    now = datetime.combine(today, time(0), UTC)
    text = visible(head(text))
    asks: list[Words] = []
    promises: list[Words] = []
    questions: list[Words] = []
    decisions: list[Words] = []
    for sentence in split(text):
        if _QUESTION.search(plain(sentence)):
            questions.append(_words(sentence, now))
        if decides(sentence):
            decisions.append(_words(sentence, now))
        for clause in _clauses(sentence):
            sort = _sort(plain(clause))
            if sort == "ask":
                asks.append(_words(clause, now))
            elif sort == "promise":
                promises.append(_words(clause, now))
    return Extract(
        _first(asks),
        _first(promises),
        _first(_dates(text, now)),
        _first(_amounts(text)),
        _first(questions),
        _first(decisions),
    )


def decides(sentence: str) -> bool:
    """Whether a sentence tells a decision.

    >>> decides("那就这么定了，周五上线。"), decides("还没有确定哪家供应商")
    (True, False)
    """
    words = plain(sentence)
    return bool(_DECIDED.search(words)) and not _NOT_DECIDED.search(words)


def dated(words: str, today: date) -> Words:
    """A sentence with the first day that it names."""
    return _words(words, datetime.combine(today, time(0), UTC))


def _words(words: str, now: datetime) -> Words:
    found = dates.find(words, now)
    return Words(words, _day(found[0][2]) if found else None)


def _day(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def _clauses(sentence: str) -> list[str]:
    """A long sentence in clauses, a short one whole: an ask reads best with its reason, but not with
    a promise.
    """
    words = plain(sentence)
    mixed = _PROMISE.search(words) and _ASK.search(_SOFT.sub("", words))
    if len(sentence) <= 40 and not mixed:
        return [sentence]
    parts = [part.strip() for part in _EDGES.split(sentence)]
    return [part for part in parts if part]


def _sort(words: str) -> str:
    asks = _ASK.search(_SOFT.sub("", words))
    if asks and _FOR_US.search(words):
        return "ask"
    if _PROMISE.search(words) and not _NO_PROMISE.search(words) and not words.endswith("?"):
        return "promise"
    return "ask" if asks else ""


def _dates(text: str, now: datetime) -> list[DateNamed]:
    return [DateNamed(text[start:end], _day(value)) for start, end, value in dates.find(text, now)]


def _amounts(text: str) -> list[AmountNamed]:
    words = text.lower() if len(text.lower()) == len(text) else text
    taken: list[tuple[int, AmountNamed]] = []
    ends: list[tuple[int, int]] = []
    for pattern in _AMOUNTS:
        for match in pattern.finditer(words):
            start = match.start("n")
            value = numerals.number(match["n"])
            if value is None or any(a <= start < b for a, b in ends):
                continue
            ends.append(match.span())
            money = value * _SCALES[match["scale"] or ""]
            taken.append(
                (
                    start,
                    AmountNamed(
                        text[slice(*match.span())], money, _UNITS.get(match["unit"], "CNY")
                    ),
                )
            )
            if len(ends) > 4 * MOST:
                break
    return [amount for _, amount in sorted(taken, key=lambda pair: pair[0])]


def _first(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))[:MOST]
