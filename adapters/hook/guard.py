"""The way out to systems whose addresses are written down: only to what the whole internet may reach.

Checked on the addresses that are connected to, so that a name whose answer changes between two
questions (DNS rebinding) leads nowhere else.
"""

import socket
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

_UNICAST: Final = IPv6Network("2000::/3")
"""All that is given out of IPv6 (IANA, IPv6 Global Unicast Address Assignments)."""


class NotPublic(OSError):
    """A name leads to no public address."""


def is_public(address: str) -> bool:
    """Whether it is one host that the whole internet may reach.

    IPv4 addresses that are written as IPv6 ones are not.

    >>> [is_public(one) for one in ("1.1.1.1", "10.0.0.1", "::ffff:1.1.1.1", "169.254.169.254")]
    [True, False, False, False]
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        tunnelled = found.sixtofour
        inside = tunnelled is not None and not is_public(str(tunnelled))
        return found in _UNICAST and found.is_global and not inside
    return found.is_global and not found.is_multicast


class PublicOnly(AbstractResolver):
    """Answers the public addresses of a name, and none but those."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise NotPublic(f"{host} leads to no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()
