"""Recordings become calls: who, where and when from what is given, beside, or in the name."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.calls import names
from adapters.calls.reader import CallReader
from bot import clock
from bot.contract import Given, InboundMessage, Kind, Reader, StoredFile, Unreadable

CHANGED = datetime(2025, 5, 6, 7, 8, tzinfo=UTC)


class Shelf:
    """A media store that counts and forgets."""

    async def put(self, name, type_, chunks):
        digest, size = hashlib.sha256(), 0
        async for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
        return StoredFile(name=name, type=type_, size=size, sha256=digest.hexdigest())

    async def put_bytes(self, name, type_, data):
        raise NotImplementedError

    def path(self, sha256):
        return Path(sha256)


async def read(path, given=None):
    [(name, item)] = [one async for one in CallReader().read(path, given or Given(), Shelf())]
    assert name == path.name
    return item


def recording(tmp_path, name, data=b"sound", note=None):
    path = tmp_path / name
    path.write_bytes(data)
    os.utime(path, (CHANGED.timestamp(),) * 2)
    if note is not None:
        path.with_suffix(".json").write_bytes(note if isinstance(note, bytes) else note.encode())
    return path


def test_it_is_a_reader():
    assert isinstance(CallReader(), Reader)


async def test_a_recording_becomes_a_call(tmp_path):
    call = await read(recording(tmp_path, "13800138000_20250303101500.amr"))
    assert isinstance(call, InboundMessage)
    digest = hashlib.sha256(b"sound").hexdigest()
    assert (call.channel, call.kind, call.event_id) == ("calls", Kind.CALL, f"sha256:{digest}")
    assert (call.sender.id, call.sender.phone, call.chat) == ("13800138000",) * 3
    assert call.sent_at == datetime(2025, 3, 3, 2, 15, tzinfo=UTC)
    assert call.text == ""
    [file] = call.attachments
    assert (file.type, file.size, file.sha256) == ("audio/amr", 5, digest)


async def test_what_is_given_goes_before_what_lies_beside(tmp_path):
    note = '{"sender": "13900139000", "chat": "room", "time": "2025-01-02 03:04:05", "name": "张三", "x": []}'
    path = recording(tmp_path, "a.wav", note=note)
    beside = await read(path)
    assert isinstance(beside, InboundMessage)
    assert (beside.sender.id, beside.sender.name, beside.chat) == ("13900139000", "张三", "room")
    assert beside.sent_at == datetime(2025, 1, 1, 19, 4, 5, tzinfo=UTC)
    given = await read(path, Given(sender="me", chat="there", at="2025-02-02T00:00:00Z"))
    assert isinstance(given, InboundMessage)
    assert (given.sender.id, given.chat) == ("me", "there")
    assert given.sent_at == datetime(2025, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("note", "sender"),
    [
        ("{}", "unknown"),
        ('{"sender": 13900139000}', "13900139000"),
        ('\ufeff{"sender": "a"}', "a"),
        ('{"sender": "张三"}'.encode("gbk"), "张三"),
        ('{"sender": null, "time": 1735788245}', "unknown"),
        ('{"sender": ["x"], "time": true}', "unknown"),
    ],
)
async def test_a_note_may_be_sloppy(tmp_path, note, sender):
    call = await read(recording(tmp_path, "a.wav", note=note))
    assert isinstance(call, InboundMessage)
    assert call.sender.id == sender


@pytest.mark.parametrize(
    "note", ["{", "[]", "", b"\xff\xff", '{"time": "soon"}', '{"time": 1e300}', "[" * 100_000]
)
async def test_a_broken_note_says_so(tmp_path, note):
    why = await read(recording(tmp_path, "a.wav", note=note))
    assert isinstance(why, Unreadable)
    assert "a.json" in str(why) or "ISO" in str(why)


async def test_a_note_may_carry_the_whole_name(tmp_path):
    path = recording(tmp_path, "a.wav")
    (tmp_path / "a.wav.json").write_text('{"sender": "b"}')
    call = await read(path)
    assert isinstance(call, InboundMessage)
    assert call.sender.id == "b"


async def test_what_cannot_be_opened_says_so(tmp_path):
    (tmp_path / "a.wav").mkdir()
    assert isinstance(await read(tmp_path / "a.wav"), Unreadable)


async def test_an_empty_recording_is_kept(tmp_path):
    call = await read(recording(tmp_path, "A.MP3", b""))
    assert isinstance(call, InboundMessage)
    assert call.attachments[0].size == 0
    assert call.sent_at == CHANGED


@pytest.mark.parametrize(
    ("stem", "phone"),
    [
        ("13800138000", "13800138000"),
        ("通话录音@张三(138 0013 8000)_20250303101500", "13800138000"),
        ("20250303_101500_+8613800138000", "+8613800138000"),
        ("call-010-12345678-2025-03-03", "01012345678"),
        ("+44 20 7946 0958", "+442079460958"),
        ("4008001234_in", "4008001234"),
        ("20250303101500", ""),
        ("meeting", ""),
        ("1234", ""),
    ],
)
def test_phones_in_names(stem, phone):
    assert names.phone(stem) == phone


@pytest.mark.parametrize(
    ("stem", "moment"),
    [
        ("x_20250303101500", "2025-03-03T10:15:00+08:00"),
        ("2025-03-03 10.15.30", "2025-03-03T10:15:30+08:00"),
        ("2025年03月03日10时15分", "2025-03-03T10:15:00+08:00"),
        ("20250303", "2025-03-03T00:00:00+08:00"),
        ("20259999", None),
        ("13820250303", None),
    ],
)
def test_times_in_names(stem, moment):
    found = names.moment(stem, clock.zone(None))
    assert (found and found.isoformat()) == moment
