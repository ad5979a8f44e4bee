"""What the words around a name in a text tell: a firm that is meant, a part of another's name, chance."""

import re
from typing import Final

from bot.domain import names
from bot.domain.firm_words import LEGAL_WORDS, PLACES, TRADE_EN, TRADE_ZH

_FIRM_ZH: Final = "(?:股份|有限|责任|公司|集团|控股)"
# These begin a sentence as well ("设备收到了"): a firm's only before its legal form.
_SOFT: Final = (
    "设备|管理|服务|设计|工程|信息|数据|系统|技术|网络|材料|安装|检测|规划|发展|投资|交通|消防"
)
_AFTER_ZH: Final = re.compile(
    rf"(?:{TRADE_ZH})*{_FIRM_ZH}+|(?!{_SOFT})(?:{TRADE_ZH})+|(?:{_SOFT})+(?=这边|那边|的|$|[,，.。:：\s])"
)
_AFTER_EN: Final = re.compile(rf"(?:[ ,.]+(?:{TRADE_EN}|{LEGAL_WORDS})(?![a-z0-9]))+")
_ENDS: Final = re.compile(rf"(?:公司|(?<![a-z])(?:{LEGAL_WORDS})\.?)$")
_EACH_ZH: Final = re.compile(TRADE_ZH)
_EACH_EN: Final = re.compile(rf"(?<![a-z0-9])(?:{TRADE_EN})(?![a-z0-9])")


def goes_on(norm_text: str, start: int, end: int, full_name: str) -> bool:
    """Whether a name found in a text is part of another firm's: of another trade, or elsewhere.

    >>> goes_on("深圳华建装饰有限公司", 2, 4, "上海华建工程集团有限公司")
    True
    >>> goes_on("上海华建集团的人", 2, 4, "上海华建工程集团有限公司")
    False
    """
    full = names.normal(full_name)
    if _ENDS.search(norm_text[start:end]):
        return False
    if after := _AFTER_ZH.match(norm_text, end):
        if any(trade not in full for trade in _EACH_ZH.findall(after.group())):
            return True
    elif after := _AFTER_EN.match(norm_text, end):
        theirs = set(_EACH_EN.findall(full))
        if theirs and set(_EACH_EN.findall(after.group())) - theirs:
            return True
    before = norm_text[max(0, start - 4) : start].removesuffix("市")
    place = next((place for place in PLACES if before.endswith(place)), None)
    return place is not None and place not in full and any(map(full.startswith, PLACES))


def sides(norm_text: str, start: int, end: int, loose: str) -> int:
    """On how many sides of a short name the words around show that it stands by itself: 0 to 2.

    `loose` is the text with the spaces that a normal form has lost.
    """
    name = re.escape(norm_text[start:end])
    before, after = norm_text[:start], norm_text[end:]
    leads = _LEADS.search(before) or _PRESENTED.search(before)
    follows = _FOLLOWS.match(after) or _PRESENTS.match(after) or followed(norm_text, end)
    return bool(leads or re.search(rf"\s{name}", loose)) + bool(
        follows or re.search(rf"{name}\s", loose)
    )


def leads(norm_text: str, start: int) -> bool:
    """Whether a name may begin here: nothing before it looks like a part of it."""
    before = norm_text[:start]
    return bool(_LEADS.search(before) or _PRESENTED.search(before))


def listed(norm_text: str, start: int, end: int) -> bool:
    """Whether something stands in a list of names, as in "华建和长城"."""
    return bool(re.search(r"(?:[、&]|和|与|跟|及| and )$", norm_text[:start])) and bool(
        _FOLLOWS.match(norm_text[end:])
    )


def trade(word: str) -> bool:
    """Whether a word tells but what a firm does."""
    return bool(_EACH_ZH.fullmatch(word) or _EACH_EN.fullmatch(word))


def presented(norm_text: str, start: int, end: int) -> bool:
    """Whether the words around say expressly that a firm is meant."""
    return bool(
        _PRESENTED.search(norm_text[:start])
        or _PRESENTS.match(norm_text[end:])
        or followed(norm_text, end)
    )


_CITIES: Final = frozenset(place for place in PLACES if len(place) == 2)
_PRESENTED: Final = re.compile(
    r"(?:我是|我们是|这里是|这是|来自|关于|客户|[\[【「“\"@#]|(?<![a-z])(?:i am with|i'm with|i am from|"
    r"this is|about|regarding|re|customer|client|here at)) ?$"
)
_PRESENTS: Final = re.compile(
    r"(?:这边|那边|公司|集团|项目|的?[一二三四五六七八九]期|[\]】」]| here(?![a-z])|'s (?:project|site|office)"
    r"| project(?![a-z])| team(?![a-z]))"
)
_LEADS: Final = re.compile(
    r"(?:^|[\s,.:;、，。(（/]|你好|您好|请|帮|给|和|与|跟|找|联系|[是在问从为把让到对天下个了过看发说由及或但就也都还再又我你他您们会要想]|早上|上午|晚上|刚才|现在|告诉|[一二三四五六七八九]期|"
    r"(?<![a-z])(?:from|for|with|at|of|to|by|and|hi|hello|dear) )$"
)
_FOLLOWS: Final = re.compile(
    r"(?:$|[\s,.:;、，。)）!?/]|的|这|那|项|公|集|方|[一二三四五六七八九\d]|[要想有在说问催和与跟什怎为能会不没也都就还又再我你他您们今明昨下上发给来去到把让被已刚现吗呢吧啊了何几多请麻谢收]|'s)"
)


def splits_a_place(norm_text: str, start: int, end: int) -> bool:
    """Whether a name begins with the end of a city's, or ends with the beginning of one.

    >>> splits_a_place("上海丰安园林", 1, 3), splits_a_place("上海海丰", 2, 4)
    (True, False)
    """
    return any(edge > 0 and norm_text[edge - 1 : edge + 1] in _CITIES for edge in (start, end))


def followed(norm_text: str, end: int) -> bool:
    """Whether a firm's trade or legal form follows, as in "华建集团"."""
    return bool(_AFTER_ZH.match(norm_text, end) or _AFTER_EN.match(norm_text, end))


def short(norm: str) -> bool:
    """Whether a name is so short that it may stand in a text by chance."""
    return len(norm) <= 3 if norm and names.is_cjk(norm[0]) else not re.search(r"[^a-z0-9]", norm)
