"""Words of a text that look like a firm's name. Pure; a person decides whether they are one."""

import re
from collections.abc import Iterator
from typing import Final

from bot.domain import firm_words, names

MOST: Final = 5
_LONGEST: Final = 600
_CJK: Final = r"\u4e00-\u9fff"
_KIND: Final = (
    rf"有限公司|公司|集团|研究院|设计院|事务所|[一二三四五六七八九十]局|{firm_words.TRADE_ZH}"
)
_STOP: Final = "我们你您他她它这那的了是在和与跟为给让把将对从向由到于及或被也都就还很请问想要说做来去有没不吗呢吧啊里边侧方"
_PRESENTED: Final = re.compile(
    rf"(?:我们?是|这里是|这边是|来自|代表)([{_CJK}A-Za-z0-9]{{2,14}}?)(?=的|[,，。.!！\s]|$)"
)
_FIRM: Final = re.compile(rf"(?:(?![{_STOP}])[{_CJK}]){{1,8}}?(?:{_KIND})+(?![{_CJK}]*(?:{_KIND}))")
_QUOTED: Final = re.compile(r"[「“《]([^「」“”《》\n]{2,20})[」”》]")
_ENGLISH: Final = re.compile(
    r"(?:\bfrom|\bat|\bwith|\bof|\bfor|\brepresent)\s+((?:[A-Z][\w&'-]*)(?:\s+[A-Z][\w&'-]*){0,3})"
)


def firms(text: str) -> list[str]:
    """Names of firms that a text may hold, the likeliest first.

    >>> firms("您好，我是华建三局的小李，想问下进度")
    ['华建三局']
    >>> firms("Hi, this is Bob from Northwind Traders, about the invoice")
    ['Northwind Traders']
    """
    found: dict[str, str] = {}
    for word in _found(text[:_LONGEST]):
        norm = names.normal(word)
        usable = len(norm) >= 2 and norm not in names.GENERIC and norm not in firm_words.PLACES
        if usable and not firm_words.plain(norm):
            found.setdefault(norm, word)
    return [
        word
        for norm, word in found.items()
        if not any(norm != other and norm in other for other in found)
    ][:MOST]


def _found(text: str) -> Iterator[str]:
    for pattern in (_PRESENTED, _QUOTED, _ENGLISH):
        yield from (match.group(1).strip() for match in pattern.finditer(text))
    yield from (match.group().strip() for match in _FIRM.finditer(text))
