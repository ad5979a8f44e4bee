"""Telephone systems post their calls: over real HTTP, signed, with the recording or where it lies."""

import json
import time
from base64 import b64encode
from datetime import UTC, datetime

import pytest
from aiohttp import web

from adapters.calls import adapter as calls
from bot.contract import (
    Adapter,
    Busy,
    Fetching,
    Kind,
    Notice,
    NotSupported,
    Refused,
    Target,
    TryLater,
    Working,
)
from tests import play
from tests.adapters.calls.telephone import Pbx, call, wav
from tests.contract.harness import Inside, serving


def recorded(data: bytes | None = None, **more):
    return call(recording=b64encode(wav() if data is None else data).decode(), **more)


async def test_it_is_an_adapter_that_says_nothing():
    adapter = calls.build({}, Inside().ports)
    assert isinstance(adapter, Adapter)
    assert isinstance(adapter, Fetching)
    assert isinstance(adapter, Working)
    assert (adapter.channel, adapter.can, adapter.budgets("x")) == ("calls", frozenset(), ())
    with pytest.raises(NotSupported, match="nothing can be said into a phone line"):
        await adapter.send(Target(chat="13800001111"), Notice(text="hi"), key="k")
    with pytest.raises(NotSupported):
        await adapter.find(Target(chat="13800001111"), "k")


def test_settings_that_cannot_be_used_name_themselves():
    with pytest.raises(ValueError, match=r"calls\.pattern: .*no such group: phone"):
        calls.build({"pattern": "(?P<phone>.)"}, Inside().ports)


async def test_a_call_with_its_recording():
    async with Pbx().running() as pbx:
        assert await pbx.post(recorded(note="问报价")) == (200, {"ok": True, "again": False})
        assert await pbx.post(recorded()) == (200, {"ok": True, "again": True})
    [one, _] = pbx.inside.delivered
    assert (one.channel, one.kind, one.message_id) == ("calls", Kind.CALL, "c-1")
    assert (one.chat, one.sender.id, one.sender.phone) == ("13800001111",) * 3
    assert (one.recipients, one.sender.proven) == (("6021",), False)
    assert one.sent_at == datetime(2026, 11, 20, 6, 3, 22, tzinfo=UTC)
    assert (one.subject, one.text) == ("问报价", "")
    [file] = one.attachments
    assert (file.name, file.type) == ("recording.wav", "audio/wav")
    assert pbx.inside.media.files[file.sha256] == wav()
    assert json.loads(one.raw)["recording"] is None
    [again] = pbx.adapter.translate(one.raw)
    assert (again.event_id, again.chat, again.sent_at) == (one.event_id, one.chat, one.sent_at)


@pytest.mark.parametrize(
    ("body", "chat", "ours"),
    [
        (call(direction="out", caller="6021", callee="13800001111"), "13800001111", ("6021",)),
        (call(caller=13800001111, callee=6021), "13800001111", ("6021",)),
        (call(caller="tel:+86 138-0000 1111", callee=""), "+8613800001111", ()),
        (call(caller="", callee="6021"), "unknown", ("6021",)),
        (call(caller="sip:wang@huajian.example"), "sip:wang@huajian.example", ("6021",)),
    ],
)
async def test_the_customers_side_is_the_chat(body, chat, ours):
    async with Pbx().running() as pbx:
        assert (await pbx.post(body))[0] == 200
    [one] = pbx.inside.delivered
    assert (one.chat, one.sender.id, one.recipients) == (chat, chat, ours)
    assert (one.sender.phone is not None) == chat.lstrip("+").isdecimal()


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({}, "通话（无录音） / phone call, not recorded"),
        ({"duration_s": 200.5}, "通话 3:20（无录音） / phone call of 3:20, not recorded"),
        ({"duration_s": 9, "note": " 请回电 "}, "请回电"),
        ({"recording": "", "url": None, "name": None}, "通话（无录音） / phone call, not recorded"),
    ],
)
async def test_a_call_without_a_recording_is_a_call(more, text):
    async with Pbx().running() as pbx:
        assert (await pbx.post(call(**more)))[0] == 200
    [one] = pbx.inside.delivered
    assert (one.kind, one.text, one.attachments, one.files) == (Kind.CALL, text, (), ())


@pytest.mark.parametrize(
    ("data", "name", "kept", "type_"),
    [
        (b"#!AMR\nx", None, "recording.amr", "audio/amr"),
        (b"ID3x", "a.mp3", "a.mp3", "audio/mpeg"),
        (b"\xff\xfbx", "../../a.MP3", "a.MP3", "audio/mpeg"),
        (b"OggS", "C:\\rec\\a", "a.ogg", "audio/ogg"),
        (b"\x00\x00\x00\x18ftypM4A ", None, "recording.m4a", "audio/mp4"),
        (b"??", "a.wma", "a.wma", "audio/x-ms-wma"),
        (b"??", "a.mp4", "a.mp4", "audio/mp4"),
        (b"??", "..", "recording", "audio/x-unknown"),
        (b"??", None, "recording", "audio/x-unknown"),
    ],
)
async def test_what_a_recording_is_called(data, name, kept, type_):
    async with Pbx().running() as pbx:
        assert (await pbx.post(recorded(data, name=name)))[0] == 200
    [file] = pbx.inside.delivered[0].attachments
    assert (file.name, file.type) == (kept, type_)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "the body is not JSON"),
        (b"[]", "body: "),
        (b"\xff", "the body is not JSON"),
        (call(id=""), "id: "),
        (call(id="x" * 201), "id: "),
        (call(id=True), "id: "),
        (call(caller=None), "caller: "),
        ({k: v for k, v in call().items() if k != "callee"}, "callee: "),
        (call(direction="up"), "direction: "),
        (call(started_at="soon"), "started_at: must be a time"),
        (call(started_at=1e300), "started_at: must be a time"),
        (call(started_at=None), "started_at: must be a time"),
        (call(duration_s=-1), "duration_s: "),
        (call(recording="@@@"), "recording: not valid base64"),
        (call(recording=7), "recording: "),
        (call(url="ftp://pbx.example.com/a.wav"), "url: must be an https:// address"),
        (call(url="https://u:p@pbx.example.com/a.wav"), "url: must hold no user name"),
        (call(url="https://[/a.wav"), "url: "),
        (recorded(url="https://pbx.example.com/a.wav"), "body: either recording or url"),
    ],
)
async def test_what_is_wrong_is_told_and_kept(body, why):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with Pbx().running() as pbx:
        status, answer = await pbx.post(raw)
    assert status == 400
    assert answer["error"].startswith(why)
    assert pbx.inside.delivered == []
    [(channel, kept, reason)] = pbx.inside.rejected
    assert (channel, kept, reason) == ("calls", raw, answer["error"])


def test_a_recorded_body_that_nobody_can_read_says_why():
    with pytest.raises(ValueError, match="direction: "):
        calls.build({}, Inside().ports).translate(json.dumps(call(direction="up")).encode())


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Keqing-Signature": "sha256=" + "0" * 64},
        {"X-Keqing-Signature": ""},
        {"X-Keqing-Signature": "ä"},
        {"X-Keqing-Timestamp": "0"},
        {"X-Keqing-Timestamp": "now"},
        {"X-Keqing-Timestamp": ""},
        {"X-Keqing-Timestamp": "²"},
        {"X-Keqing-Timestamp": "9" * 400},
    ],
)
async def test_what_is_not_signed_is_not_read(changed):
    raw = json.dumps(call()).encode()
    async with Pbx().running() as pbx:
        assert (await pbx.post(raw, play.signed(raw) | changed))[0] == 401
        assert (await pbx.post(raw, {}))[0] == 401
        assert (await pbx.post(raw, play.signed(raw, secret=b"other")))[0] == 401
        assert (await pbx.post(raw, play.signed(raw + b" ")))[0] == 401
    assert pbx.inside.delivered == pbx.inside.rejected == []


@pytest.mark.parametrize(("age", "status"), [(-290, 200), (290, 200), (-310, 401), (310, 401)])
async def test_a_signature_lasts_five_minutes(age, status):
    raw = json.dumps(call()).encode()
    async with Pbx().running() as pbx:
        assert (await pbx.post(raw, play.signed(raw, at=time.time() - age)))[0] == status


async def test_closed_without_a_secret():
    async with Pbx(secret=None).running() as pbx:
        assert (await pbx.post(call()))[0] == 404
        raw = json.dumps(call()).encode()
        assert (await pbx.post(raw, play.signed(raw, secret=b"")))[0] == 404


async def test_a_body_has_an_end():
    async with Pbx().running() as pbx:
        assert (await pbx.post(b" " * (calls.MOST_BYTES + 1)))[0] == 413
        large = recorded(b"RIFF0000WAVE" + bytes(8 * 1024 * 1024))
        assert (await pbx.post(large))[0] == 200


async def test_what_cannot_be_stored_is_asked_for_again():
    async with Pbx().running() as pbx:
        pbx.inside.hurdle = Busy()
        assert (await pbx.post(call()))[0] == 429
        pbx.inside.hurdle = RuntimeError("no database")
        status, answer = await pbx.post(call())
        assert (status, "no database" in str(answer)) == (503, False)
        pbx.inside.hurdle = None
        assert (await pbx.post(call()))[0] == 200


class Shelf:
    """The telephone system's own web server."""

    def __init__(self, **headers: str) -> None:
        self.asked = 0
        self.status = 200
        self.headers = headers

    async def give(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(status=self.status, body=wav(), headers=self.headers)


async def test_a_recording_by_its_address_is_fetched_later():
    shelf = Shelf()
    async with (
        serving(web.get("/rec/{file}", shelf.give)) as there,
        Pbx(hosts=[there]).running() as pbx,
    ):
        url = f"{there}/rec/a%20b.wav"
        assert (await pbx.post(call(url=url)))[0] == 200
        assert shelf.asked == 0
        [one] = pbx.inside.delivered
        [file] = one.files
        assert (file.ref, file.name, file.type) == (url, "a b.wav", "audio/wav")
        assert (one.text, one.raw) == ("", json.dumps(call(url=url)).encode())
        stored = await pbx.adapter.fetch(file)
        assert pbx.inside.media.files[stored.sha256] == wav()
        assert (stored.name, stored.type) == ("a b.wav", "audio/wav")
        shelf.status = 503
        with pytest.raises(TryLater):
            await pbx.adapter.fetch(file)
        shelf.status = 404
        with pytest.raises(Refused):
            await pbx.adapter.fetch(file)


async def test_an_address_without_an_ending_gets_its_type_from_whoever_has_it():
    shelf = Shelf(**{"Content-Type": "audio/mpeg"})
    async with serving(web.get("/rec", shelf.give)) as there, Pbx(hosts=[there]).running() as pbx:
        await pbx.post(call(url=f"{there}/rec?id=5"))
        [file] = pbx.inside.delivered[0].files
        assert file.type.startswith("audio/")
        assert (await pbx.adapter.fetch(file)).type == "audio/mpeg"


@pytest.mark.parametrize("hosts", [[], ["https://pbx.example.com"], ["https://*.example.com"]])
async def test_a_foreign_host_is_never_asked(hosts):
    shelf = Shelf()
    async with serving(web.get("/a.wav", shelf.give)) as there, Pbx(hosts=hosts).running() as pbx:
        assert (await pbx.post(call(url=f"{there}/a.wav")))[0] == 200
        with pytest.raises(Refused, match="host"):
            await pbx.adapter.fetch(pbx.inside.delivered[0].files[0])
    assert shelf.asked == 0


async def test_an_allowed_host_cannot_send_us_elsewhere():
    shelf = Shelf()
    async with serving(web.get("/a.wav", shelf.give)) as foreign:

        async def away(_: web.Request) -> web.Response:
            raise web.HTTPFound(f"{foreign}/a.wav")

        async with serving(web.get("/a.wav", away)) as there, Pbx(hosts=[there]).running() as pbx:
            await pbx.post(call(url=f"{there}/a.wav"))
            with pytest.raises(Refused):
                await pbx.adapter.fetch(pbx.inside.delivered[0].files[0])
    assert shelf.asked == 0
