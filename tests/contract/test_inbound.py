"""The adapter contract for what comes in, over the webhook's real HTTP."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from adapters.hook import adapter as hook
from bot.contract import (
    Busy,
    ChannelName,
    InboundMessage,
    Notice,
    Sender,
    StoredFile,
    Target,
    TryLater,
    signing,
)
from storage.db import Database
from tests import play
from tests.contract import harness

SAID = Notice(text="Ready")


async def test_a_recorded_event_becomes_exactly_this_message(far: harness.Hook):
    raw = json.dumps(
        {
            "id": 4711,
            "chat": "g-huajian",
            "sender": {"id": 13800001111, "name": "王芳", "email": "w@h.cn", "phone": 13800001111},
            "text": "三期何时验收？",
            "subject": "验收",
            "sent_at": "2026-11-20T10:00:00+08:00",
            "attachments": [
                {"name": "../../方案.pdf", "type": "application/pdf", "base64": "SGVs\nbG8="}
            ],
            "unknown": {"is": "left alone"},
        }
    ).encode()
    status, _, answer = await far.post(raw)
    assert (status, answer) == (200, {"ok": True, "again": False})
    sha256 = "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969"
    assert far.inside.delivered == [
        InboundMessage(
            channel=ChannelName("hook"),
            event_id="4711",
            message_id="4711",
            chat="g-huajian",
            sender=Sender(id="13800001111", name="王芳", email="w@h.cn", phone="13800001111"),
            text="三期何时验收？",
            subject="验收",
            sent_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
            attachments=(
                StoredFile(name="方案.pdf", type="application/pdf", size=5, sha256=sha256),
            ),
            raw=raw,
        )
    ]
    assert far.inside.media.files[sha256] == b"Hello"


async def test_a_sender_is_never_proven_by_a_webhook(far: harness.Hook):
    await far.post(play.body("m1", sender="m-chen", addressed=True, proven=True, private=True))
    (message,) = far.inside.delivered
    assert (message.sender.proven, message.addressed, message.private) == (False, False, False)


async def test_it_answers_only_after_the_message_is_stored(far: harness.Hook):
    far.inside.hurdle = asyncio.Event()
    asked = asyncio.create_task(far.post(play.body("m1")))
    done, _ = await asyncio.wait({asked}, timeout=0.3)
    assert not done
    far.inside.hurdle.set()
    assert (await asked)[0] == 200


@pytest.mark.parametrize(
    "error",
    [OperationalError("INSERT", {}, Exception("gone")), RuntimeError("x"), OSError("disk full")],
    ids=["database", "bug", "disk"],
)
async def test_what_was_not_stored_is_never_acknowledged(far: harness.Hook, error: Exception):
    far.inside.hurdle = error
    assert (await far.post(play.body("m1")))[0] == 500
    assert far.inside.rejected == []


async def test_the_real_inbox_without_its_database_is_a_5xx():
    from bot.inbox import Inbox

    db = Database("postgresql://nobody:none@127.0.0.1:1/none?connect_timeout=2", b"k" * 32)
    made = harness.Hook()
    made.inside.deliver = Inbox(db, lambda: None).accept  # type: ignore[method-assign]
    async with made.running():
        assert (await made.post(play.body("m1")))[0] == 500
    await db.close()


async def test_when_too_much_arrives_it_says_when_to_come_back(far: harness.Hook):
    far.inside.hurdle = Busy()
    status, headers, _ = await far.post(play.body("m1"))
    assert (status, headers["Retry-After"]) == (429, "1")


async def test_the_same_raw_twice_has_the_same_event_id(far: harness.Hook):
    raw = play.body("m1")
    assert (await far.post(raw))[2] == {"ok": True, "again": False}
    assert (await far.post(raw))[2] == {"ok": True, "again": True}
    first, second = far.inside.delivered
    assert first.event_id == second.event_id


async def test_an_edit_is_an_event_of_its_own_and_so_is_the_next(far: harness.Hook):
    for words in ("one", "two", "two"):
        await far.post(play.body("m1", words, edits="m1"))
    await far.post(play.body("m1", "", recalls="m1"))
    await far.post(play.body("m1", "zero"))
    ids = [message.event_id for message in far.inside.delivered]
    assert len(set(ids)) == 4
    assert ids[1] == ids[2]


def wrong_headers(raw: bytes) -> dict[str, dict[str, str]]:
    right = harness.headers(raw)
    old, early = harness.timestamp(400), harness.timestamp(-400)
    return {
        "none": {},
        "no signature": {signing.TIMESTAMP: right[signing.TIMESTAMP]},
        "no timestamp": {signing.SIGNATURE: right[signing.SIGNATURE]},
        "another secret": play.signed(raw, secret=b"other"),
        "another body": play.signed(raw + b" "),
        "old": harness.headers(raw, **{signing.TIMESTAMP: old}),
        "from the future": harness.headers(raw, **{signing.TIMESTAMP: early}),
        "another time": right | {signing.TIMESTAMP: harness.timestamp(7)},
        "no scheme": right | {signing.SIGNATURE: right[signing.SIGNATURE][7:]},
        "cut": right | {signing.SIGNATURE: right[signing.SIGNATURE][:-1]},
        "not ASCII": right | {signing.SIGNATURE: "sha256=é你"},
        "a time in words": harness.headers(raw, **{signing.TIMESTAMP: "now"}),
        "a negative time": harness.headers(raw, **{signing.TIMESTAMP: "-1"}),
        "a huge time": harness.headers(raw, **{signing.TIMESTAMP: "9" * 400}),
    }


@pytest.mark.parametrize("which", wrong_headers(b""))
@pytest.mark.parametrize("raw", [play.body("m1"), b"not json"], ids=["good", "broken"])
async def test_a_wrong_signature_is_refused_before_anything_is_read(
    far: harness.Hook, which: str, raw: bytes
):
    status, _, answer = await far.post(raw, wrong_headers(raw)[which])
    assert (status, set(answer)) == (401, {"error"})
    assert (far.inside.delivered, far.inside.rejected) == ([], [])
    assert far.inside.media.files == {}


async def test_without_a_secret_the_webhook_is_closed():
    async with harness.Hook(secret=None).running() as far:
        assert (await far.post(play.body("m1")))[0] == 404
        assert (await far.post(play.body("m1"), play.signed(play.body("m1"), secret=b"")))[0] == 404
        assert far.inside.delivered == []
        with pytest.raises(TryLater):
            await far.adapter.send(Target(chat="room"), SAID, key="k")


def without(field: str) -> bytes:
    return json.dumps({k: v for k, v in json.loads(play.body("m1")).items() if k != field}).encode()


def file(**fields: Any) -> bytes:
    return play.body("m1", attachments=[{"name": "a", "base64": "SGk=", **fields}])


WRONG = {
    "not JSON": (b"{", "the body is not JSON"),
    "empty": (b"", "the body is not JSON"),
    "bytes": (b"\xff\xfe\x00", "the body is not JSON"),
    "deep": (b"[" * 100_000, "the body is not JSON"),
    "a list": (b"[]", "body"),
    "null": (b"null", "body"),
    **{f"no {name}": (without(name), f"{name}: ") for name in ("id", "chat", "sender", "sent_at")},
    "sender in words": (play.body("m1", sender="x").replace(b'{"id": "x"}', b'"x"'), "sender: "),
    "sender without id": (play.body("m1").replace(b'"u-wang"', b"null"), "sender.id: "),
    "empty id": (play.body(""), "id: "),
    "id is a list": (play.body("m1").replace(b'"m1"', b'["m1"]'), "id: "),
    "id is true": (play.body("m1").replace(b'"m1"', b"true"), "id: "),
    "id is a share": (play.body("m1").replace(b'"m1"', b"1.5"), "id: "),
    "text is a number": (play.body("m1", text=7), "text: "),
    "time in words": (play.body("m1", sent_at="yesterday"), "sent_at: "),
    "time is null": (play.body("m1", sent_at=None), "sent_at: "),
    "time is true": (play.body("m1", sent_at=True), "sent_at: "),
    "time is endless": (play.body("m1").replace(b'"2026-11-20T10:00:00+08:00"', b"1e999"), "sent_"),
    "time is huge": (play.body("m1", sent_at=10**400), "sent_at: "),
    "attachments in words": (play.body("m1", attachments="a"), "attachments: "),
    "file without bytes": (play.body("m1", attachments=[{"name": "a"}]), "attachments.0.base64: "),
    "broken base64": (file(base64="S*k="), "attachments: 'a'"),
    "cut base64": (file(base64="SGk"), "attachments: 'a'"),
    "foreign base64": (file(base64="你好"), "attachments: 'a'"),
    "file name is a number": (file(name=1), "attachments.0.name: "),
}


@pytest.mark.parametrize(("raw", "why"), WRONG.values(), ids=WRONG.keys())
async def test_what_cannot_be_read_is_refused_with_the_field_and_kept(
    far: harness.Hook, raw: bytes, why: str
):
    status, _, answer = await far.post(raw)
    assert status == 400
    assert answer["error"].startswith(why)
    assert len(answer["error"]) < 300
    assert far.inside.rejected == [("hook", raw, answer["error"])]
    assert far.inside.delivered == []


async def test_ten_megabytes_are_taken_and_one_byte_more_is_not(far: harness.Hook):
    start, end = play.body("m1").split("你好".encode())
    full = start + b"x" * (hook.MOST_BYTES - len(start) - len(end)) + end
    assert (await far.post(full))[0] == 200
    assert len(far.inside.delivered[0].text) == 1_000_000
    assert far.inside.delivered[0].raw == full
    assert (await far.post(full + b" "))[0] == 413
    assert len(far.inside.delivered) == 1


async def test_a_body_of_unknown_length_stops_at_the_limit(far: harness.Hook):
    async def endless():
        for _ in range(64):
            yield b" " * 1024 * 1024

    try:
        async with far.http.post(far.url, data=endless()) as response:
            assert response.status == 413
    except aiohttp.ClientConnectionError:
        pass  # the line was cut before the answer could be read
    assert (far.inside.delivered, far.inside.rejected) == ([], [])


@pytest.mark.parametrize("text", harness.TEXTS.values(), ids=harness.TEXTS)
async def test_what_is_written_is_read_as_it_is(far: harness.Hook, text: str):
    assert (await far.post(play.body("m1", text)))[0] == 200
    assert far.inside.delivered[0].text == text


@pytest.mark.parametrize("written", [rb"\u0000", rb"\ud83d", rb"\udc00x\ud800", b"\xff"])
async def test_what_no_database_can_hold_is_replaced_and_the_raw_stays(
    far: harness.Hook, written: bytes
):
    raw = play.body("m1", "a-b").replace(b"a-b", b"a" + written + b"b")
    assert (await far.post(raw))[0] == 200
    (message,) = far.inside.delivered
    assert "\N{REPLACEMENT CHARACTER}" in message.text
    assert (message.text[0], message.text[-1], message.raw) == ("a", "b", raw)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0001-01-01T00:00:00+14:00", "1900-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59-12:00", "9000-01-01T00:00:00+00:00"),
        ("2026-11-20T10:00:00", "2026-11-20T10:00:00+00:00"),
        (1795140000, "2026-11-20T02:00:00+00:00"),
        (1795140000500, "2026-11-20T02:00:00.500000+00:00"),
    ],
)
async def test_a_clock_that_is_wrong_sends_a_time_that_can_be_shown(
    far: harness.Hook, given: Any, kept: str
):
    assert (await far.post(play.body("m1", sent_at=given)))[0] == 200
    assert far.inside.delivered[0].sent_at.isoformat() == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\secret\\合同.docx", "合同.docx"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b/..", "file"),
        ("x" * 999, "x" * 200),
        ("a/\ud800.pdf", "\N{REPLACEMENT CHARACTER}.pdf"),
    ],
)
async def test_a_path_in_a_files_name_is_cut(far: harness.Hook, given: str, kept: str):
    raw = json.dumps(json.loads(play.body("m1")) | {"attachments": [{"name": given, "base64": ""}]})
    assert (await far.post(raw.encode()))[0] == 200
    assert far.inside.delivered[0].attachments[0].name == kept
