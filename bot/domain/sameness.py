"""Whether two contacts are one person: what speaks for it, weighed. Wrong is worse than missed. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from bot.domain import mail_domains

_ROLES: Final = frozenset(
    "info sales office admin contact service support finance hr mail hello purchase purchasing buyer "
    "accounting accounts billing invoice marketing webmaster postmaster noreply no-reply reception "
    "enquiries inquiry team help caiwu xiaoshou kefu 财务 销售 客服 采购 行政 人事 前台 办公室".split()
)
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_CJK: Final = re.compile(r"[\u4e00-\u9fff]")


def role_address(address: str) -> bool:
    """Whether a mail address is an office's, not a person's.

    >>> role_address("info@acme.example"), role_address("wang.fang@acme.example")
    (True, False)
    """
    local = address.partition("@")[0].lower()
    return local in _ROLES or re.split(r"[\d._-]", local)[0] in _ROLES


def spelt(name: str, local: str) -> bool:
    """Whether the first part of a mail address is a Chinese name in pinyin, either part first.

    >>> spelt("王芳", "wang.fang"), spelt("王芳", "fangwang"), spelt("王芳", "wf")
    (True, True, False)
    """
    if not 2 <= len(name) <= 4 or not all(_CJK.match(char) for char in name):
        return False
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 40 ms that a start need not pay

    family, *given = lazy_pinyin(name)
    letters = re.sub(r"[^a-z]", "", local.lower())
    return letters in {family + "".join(given), "".join(given) + family}


def personal(channel: str, address: str) -> bool:
    """Whether an address is one person's: no office's mail, no switchboard's number."""
    if channel == "email":
        return not role_address(address)
    if channel == "phone":
        return _MOBILE.fullmatch(address) is not None
    return True


def compatible(one: str, other: str) -> bool:
    """Whether two names may be one person's: the same, or one of them no name, or in another script."""
    if one.strip().casefold() == other.strip().casefold():
        return True
    return "@" in one or "@" in other or bool(_CJK.search(one)) != bool(_CJK.search(other))


def apart(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> bool:
    """Whether two have a mail address each at one firm's domain: a firm gives one to a person."""
    return bool(_domains(one) & _domains(other)) and not set(one) & set(other)


def _domains(addresses: Sequence[tuple[str, str]]) -> set[str]:
    mails = [mail_domains.domain_of(a) for channel, a in addresses if channel == "email"]
    return {mail for mail in mails if mail and list(mail_domains.walk(mail))}
