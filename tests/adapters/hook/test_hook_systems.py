"""Systems that rules tell: only those that the operator names, only where they may be."""

import ipaddress
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from adapters.hook import inbound
from adapters.hook.guard import PublicOnly, is_public
from adapters.hook.systems import Systems, read
from bot.contract import Level, Notice, Refused, TryLater, signing
from tests.contract import harness

SAID = Notice(
    level=Level.DANGER,
    title="逾期",
    text="三期",
    data={"rule": "late", "facts": {"task.key": True}},
)


def key(purpose: str) -> bytes:
    return purpose.encode().ljust(32, b"!")


class Names(AbstractResolver):
    """A name server that answers what it is told to."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host=one, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for one in self._addresses
        ]

    async def close(self) -> None: ...


class Receiver:
    """A system of the firm's: it keeps what it hears, and answers as it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[web.Response] = []

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        assert signing.is_right(
            signing.of_system(key, "erp").encode(),
            request.headers[signing.TIMESTAMP],
            request.headers[signing.SIGNATURE],
            raw,
            time.time(),
        )
        self.heard.append((request.path, json.loads(raw)))
        return self.answers.pop(0) if self.answers else web.Response()


@asynccontextmanager
async def reached(
    setting: str, resolver: AbstractResolver | None = None
) -> AsyncIterator[tuple[Systems, Receiver]]:
    """`setting` with the receiver's own address in the place of HERE, its port in that of PORT."""
    receiver = Receiver()
    async with harness.serving(web.route("*", "/{path:.*}", receiver.take)) as here:
        named = setting.replace("HERE", here).replace("PORT", here.rpartition(":")[2])
        systems = Systems(read(named), key, resolver)
        await systems.start()
        try:
            yield systems, receiver
        finally:
            await systems.stop()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("2002:a00:1::", "2001:db8::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_no_address_in_a_house_is_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2002:808:808::"]
)
def test_addresses_of_the_internet_are_public(address: str):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_what_is_public_is_global_whichever_way_it_is_written(address: ipaddress.IPv4Address):
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast
    assert not is_public(f"::ffff:{address}")


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("erp", "write name="),
        ("ERP=https://a.example", "write name="),
        ("erp=http://erp.example.cn/in", "https:// is needed"),
        ("private:erp=ftp://erp.example.cn", "https:// is needed"),
        ("erp=https://127.0.0.1/in", "no public address"),
        ("erp=https://[::1]/in", "no public address"),
        ("erp=https://169.254.169.254/latest", "no public address"),
        ("erp=https://me:secret@erp.example.cn", "neither a user"),
        ("erp=https:///in", "a host"),
        ("erp=https://a.example erp=https://b.example", "named twice"),
    ],
)
def test_a_setting_that_cannot_be_used_says_why(setting: str, why: str):
    with pytest.raises(ValueError, match=why):
        read(setting)


def test_an_address_is_not_told_where_systems_are_shown():
    (system,) = read("erp=https://erp.example.cn/in?token=hush").values()
    assert "hush" not in repr(system)


async def test_a_private_system_hears_it_signed_with_the_same_id_each_time():
    async with reached("private:erp=HERE/in") as (systems, receiver):
        receiver.answers = [web.Response(status=503), web.Response(status=425)]
        for _ in range(2):
            with pytest.raises(TryLater):
                await systems.send("erp", SAID, "rule:1")
        await systems.send("erp", SAID, "rule:1")
    assert (
        receiver.heard
        == [
            (
                "/in",
                {
                    "id": "rule:1",
                    "level": "danger",
                    "title": "逾期",
                    "text": "三期",
                    "language": "zh",
                    "rule": "late",
                    "facts": {"task.key": True},
                },
            )
        ]
        * 3
    )


async def test_it_gives_up_on_a_plain_no_and_follows_nobody_elsewhere():
    async with reached("private:erp=HERE/in") as (systems, receiver):
        moved = web.Response(status=307, headers={"Location": "/elsewhere"})
        receiver.answers = [moved, web.Response(status=422)]
        for answer in ("307", "422"):
            with pytest.raises(Refused, match=f"answered {answer}"):
                await systems.send("erp", SAID, "rule:1")
    assert [path for path, _ in receiver.heard] == ["/in", "/in"]


@pytest.mark.parametrize("resolver", [None, Names("127.0.0.1"), Names("10.0.0.1", "::1")])
async def test_a_public_name_that_leads_into_the_house_is_refused(resolver: Names | None):
    name = "erp.example.cn" if resolver else "localhost"
    async with reached(f"erp=https://{name}:PORT/in", resolver) as (systems, receiver):
        with pytest.raises(Refused, match=f"{name} leads to no public address"):
            await systems.send("erp", SAID, "rule:1")
    assert receiver.heard == []


async def test_of_several_addresses_only_the_public_ones_are_asked():
    found = await PublicOnly(Names("10.0.0.1", "1.1.1.1")).resolve("erp.example.cn", 443)
    assert [one["host"] for one in found] == ["1.1.1.1"]


async def test_it_tells_nothing_but_what_rules_say_to_nobody_but_whom_settings_name():
    async with reached("private:erp=HERE/in") as (systems, receiver):
        with pytest.raises(Refused, match="no system mes"):
            await systems.send("mes", SAID, "rule:1")
        with pytest.raises(Refused, match="nothing else"):
            await systems.send("erp", Notice(text="内部"), "rule:1")
    assert receiver.heard == []


def test_nobody_speaks_in_the_chat_of_a_system():
    with pytest.raises(inbound.BadBody, match="chat: must not begin with system:"):
        inbound.read(
            b'{"id":"1","chat":"system:erp","sender":{"id":"a"},"sent_at":"2026-01-01T00:00:00Z"}'
        )
