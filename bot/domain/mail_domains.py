"""Mail domains: which say nothing about a firm, and how to walk from a host to its owner."""

from collections.abc import Iterator
from typing import Final

FREE: Final = frozenset(
    """
    qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com vip.126.com yeah.net 188.com sina.com
    sina.cn vip.sina.com sohu.com aliyun.com tom.com 139.com 189.cn wo.cn 21cn.com 263.net
    outlook.com hotmail.com live.com live.cn msn.com gmail.com googlemail.com yahoo.com yahoo.cn
    yahoo.com.cn yahoo.co.jp yahoo.co.uk ymail.com icloud.com me.com mac.com aol.com proton.me
    protonmail.com gmx.com gmx.de gmx.net web.de mail.com mail.ru yandex.com yandex.ru zoho.com
    fastmail.com hey.com tutanota.com naver.com daum.net hanmail.net t-online.de orange.fr free.fr
    laposte.net libero.it btinternet.com comcast.net verizon.net att.net qq.vip.com email.cn 2980.com
    """.split()
)
"""Anybody may have an address there: such a domain never tells the customer."""


def domain_of(address: str) -> str:
    """The domain of a mail address, lower case; empty for what is not one."""
    local, at, domain = address.strip().lower().rpartition("@")
    return domain if local and at and "." in domain else ""


def walk(domain: str) -> Iterator[str]:
    """A domain and the ones above it, down to two labels; nothing for a free-mail domain.

    >>> list(walk("mail.hz.acme.com.cn"))
    ['mail.hz.acme.com.cn', 'hz.acme.com.cn', 'acme.com.cn', 'com.cn']
    """
    if domain in FREE:
        return
    labels = domain.split(".")
    for i in range(len(labels) - 1):
        yield ".".join(labels[i:])
