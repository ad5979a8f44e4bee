"""The firm's own systems that rules tell: where they are, and who gets there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver

from adapters.hook import far, guard, outbound
from bot.contract import Key, Notice, Refused, Sent, TryLater, signing

_ENTRY: Final = re.compile(r"(private:)?([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)=(\S+)")


@dataclass(frozen=True, slots=True)
class System:
    url: str = field(repr=False)
    private: bool
    """The operator knows that it is in the house: no address is kept from it."""


def read(setting: str) -> dict[str, System]:
    """`erp=https://erp.example.cn/in private:mes=http://10.0.0.5/in`; raises `ValueError`."""
    found: dict[str, System] = {}
    for entry in setting.split():
        parts = _ENTRY.fullmatch(entry)
        if parts is None:
            raise ValueError("write name=https://… or private:name=http://…, with spaces between")
        private, name, url = bool(parts[1]), parts[2], parts[3]
        if name in found:
            raise ValueError(f"{name} is named twice")
        _check(name, url, private=private)
        found[name] = System(url, private)
    return found


def _check(name: str, url: str, *, private: bool) -> None:
    address = urlsplit(url)
    if address.scheme not in ({"http", "https"} if private else {"https"}):
        raise ValueError(f"{name}: https:// is needed, unless it is private:{name}=…")
    if not address.hostname or address.username is not None or address.fragment:
        raise ValueError(f"{name}: a host, and neither a user nor a # is needed")
    if not private and _is_number(address.hostname) and not guard.is_public(address.hostname):
        raise ValueError(f"{name}: that is no public address; write private:{name}=…")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Systems:
    """Signed notices to each of them; public ones are reached at public addresses only."""

    def __init__(
        self, known: Mapping[str, System], key: Key, resolver: AbstractResolver | None = None
    ) -> None:
        self._known = known
        self._key = key
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    @property
    def names(self) -> list[str]:
        return list(self._known)

    async def start(self) -> None:
        inner = self._resolver or ThreadedResolver()
        for private in {one.private for one in self._known.values()}:
            # Names are asked for anew each time, so that no answer outlives its check.
            connector = aiohttp.TCPConnector(
                resolver=inner if private else guard.PublicOnly(inner), use_dns_cache=False
            )
            # No environment proxy: it would look names up by itself, past the guard.
            self._sessions[private] = aiohttp.ClientSession(
                connector=connector,
                timeout=far.TIMEOUT,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )

    async def stop(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def send(self, name: str, notice: Notice, key: str) -> Sent:
        """Raises as `Adapter.send` does."""
        system = self._known.get(name)
        if system is None:
            raise Refused(f"the settings name no system {name}")
        if notice.data is None:
            raise Refused("a system is told what rules say, and nothing else")
        session = self._sessions.get(system.private)
        if session is None:
            raise TryLater("not started")
        secret = signing.of_system(self._key, name).encode()
        return await far.post(
            session, system.url, outbound.told(notice, key), secret=secret, key=key
        )
