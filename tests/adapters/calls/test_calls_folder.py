"""A folder that a telephone system fills: each recording is taken once it has come to rest, once."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime

import pytest
import structlog

from adapters.calls import adapter as calls
from adapters.calls import looking, pattern
from adapters.calls.reader import TYPES
from bot.contract import Busy, Kind
from bot.pipeline import media
from tests.adapters.calls.telephone import Line, wav
from tests.contract.harness import Inside

NAME = "20261120-140322_13800001111_6021.wav"


@pytest.fixture
def line(tmp_path):
    return Line(tmp_path)


async def test_a_recording_that_came_to_rest_becomes_a_call(line):
    path = line.put(f"2026/11/{NAME}")
    await line.looks(2)
    assert line.delivered == []
    await line.looks(1)
    [call] = line.delivered
    assert (call.channel, call.kind) == ("calls", Kind.CALL)
    assert (call.chat, call.sender.id, call.sender.phone) == ("13800001111",) * 3
    assert call.recipients == ("6021",)
    assert call.sent_at == datetime(2026, 11, 20, 6, 3, 22, tzinfo=UTC)
    [file] = call.attachments
    assert line.media.files[file.sha256] == wav() == path.read_bytes()
    await line.looks(5)
    assert len(line.delivered) == line.media.puts == 1


async def test_a_growing_file_is_left_alone(line):
    sound = wav()
    for end in (100, 200, 300, len(sound)):
        line.put(NAME, sound[:end])
        await line.looks(2)
    assert line.delivered == []
    await line.looks(1)
    [call] = line.delivered
    assert call.attachments[0].size == len(sound)


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="leases are Linux'")
async def test_a_file_that_somebody_writes_to_is_left_alone(line):
    path = line.put(NAME)
    with path.open("ab"):
        await line.looks(6)
        assert line.delivered == []
    await line.looks(3)
    assert len(line.delivered) == 1


async def test_an_empty_file_may_be_a_call_that_goes_on(line):
    path = line.put(NAME, b"")
    await line.looks(4)
    assert line.delivered == []
    old = time.time() - looking.EMPTY_S - 1
    os.utime(path, (old, old))
    await line.looks(3)
    assert [one.attachments[0].size for one in line.delivered] == [0]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.wav", "a.wav.part", "a.wav.tmp", "a.wav~", "~$a.wav", ".cache/a.wav", "Thumbs.db",
        "@eaDir/a.wav", "a.wav.FILEPART", "alone.json", "alone.JSON",
    ],
)  # fmt: skip
async def test_what_is_no_recording_yet_is_left_alone(line, name):
    line.put(name)
    await line.looks(4)
    assert line.delivered == line.rejected == []
    assert line.media.puts == 0


async def test_links_are_not_followed(line, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "a.wav").write_bytes(wav())
    (line.folder / "b.wav").symlink_to(outside / "a.wav")
    (line.folder / "sub").symlink_to(outside)
    (line.folder / "ring").symlink_to(line.folder)
    await line.looks(4)
    assert line.delivered == line.rejected == []


async def test_a_replaced_file_is_another_call_and_the_same_bytes_are_the_same(line):
    line.put(NAME, wav(440))
    await line.looks()
    line.put(NAME, wav(880, 0.1))
    await line.looks()
    first, second = line.delivered
    assert first.event_id != second.event_id
    path = line.put(NAME, wav(440))
    os.utime(path, (1, 1))
    await line.looks()
    assert line.delivered[2].event_id == first.event_id


async def test_the_same_announcement_under_two_names_is_two_calls(line):
    line.put(NAME)
    line.put("20261120-150000_13900002222_6021.wav")
    await line.looks()
    assert len({call.event_id for call in line.delivered}) == 2


async def test_a_restart_reads_nothing_again(line):
    for number in range(250):
        line.put(f"{number % 7}/1380000{number:04}_20261120140322.wav")
    line.put("notes.txt", b"x")
    await line.looks(2)
    assert [await line.watch._round() for _ in range(3)] == [True, True, False]
    assert (len(line.delivered), len(line.rejected), line.media.puts) == (250, 1, 250)
    assert len(line.cursor) == 251 * 12
    line.restart()
    line.put("new/13900002222_20261120140322.wav", wav(500))
    await line.looks(5)
    assert (len(line.delivered), len(line.rejected), line.media.puts) == (251, 1, 251)


async def test_oldest_first(line):
    for age, name in enumerate(("c.wav", "a.wav", "b.wav")):
        os.utime(line.put(name), (1000 - age, 1000 - age))
    await line.looks()
    assert [call.attachments[0].name for call in line.delivered] == ["b.wav", "a.wav", "c.wav"]


async def test_files_that_are_gone_are_forgotten_but_not_with_a_folder_that_is(line):
    one, two = line.put("a.wav"), line.put("b.wav")
    await line.looks()
    assert len(line.cursor) == 24
    one.unlink()
    await line.looks(1)
    assert len(line.cursor) == 12
    two.rename(line.folder.parent / "kept.wav")
    line.restart()
    await line.looks(1)
    assert len(line.cursor) == 12
    line.folder.rename(line.folder.parent / "elsewhere")
    with pytest.raises(FileNotFoundError):
        await line.looks(1)
    assert len(line.cursor) == 12


async def test_a_cursor_that_nobody_can_read_is_as_none(line):
    await line.kept.cursors.put("calls.folder", "not base64!")
    line.put(NAME)
    await line.looks()
    assert len(line.delivered) == 1


async def test_a_note_beside_it_is_read(line):
    line.put(NAME)
    line.put(NAME.replace(".wav", ".json"), json.dumps({"name": "张三", "chat": "room"}).encode())
    await line.looks()
    [call] = line.delivered
    assert (call.sender.id, call.sender.name, call.chat) == ("13800001111", "张三", "room")
    assert line.rejected == []


async def test_a_broken_note_is_refused_once_and_read_again_when_corrected(line):
    line.put(NAME)
    note = NAME.replace(".wav", ".json")
    line.put(note, b"{")
    await line.looks(6)
    [(channel, raw, why)] = line.rejected
    assert (channel, raw) == ("calls", NAME.encode())
    assert "13800001111" not in why
    assert "….json" in why
    line.restart()
    await line.looks(4)
    assert len(line.rejected) == 1
    line.put(note, b"{}")
    await line.looks()
    assert (len(line.delivered), len(line.rejected)) == (1, 1)


async def test_what_is_no_recording_is_refused_once_by_name(line):
    line.put("sub/手册.pdf", b"%PDF")
    line.put("none", b"x")
    line.put(os.fsdecode(b"\xff\xfe.txt"), b"x")
    await line.looks(5)
    assert {raw for _, raw, _ in line.rejected} == {
        "sub/手册.pdf".encode(),
        b"none",
        b"\xff\xfe.txt",
    }
    assert len(line.rejected) == 3
    for _, _, why in line.rejected:
        why.encode()
    line.restart()
    await line.looks(5)
    assert len(line.rejected) == 3


async def test_a_name_in_no_encoding_is_a_call_too(line):
    line.put(os.fsdecode(b"\xff_13800001111.wav"))
    await line.looks()
    [call] = line.delivered
    assert call.chat == "13800001111"
    call.model_dump_json()


async def test_the_firms_own_pattern_is_used(line):
    line.restart(pattern.compiled(r"T(?P<time>\d+)C(?P<caller>\d+)"))
    line.put("T1795154602C62345678.wav")
    await line.looks()
    [call] = line.delivered
    assert call.chat == "62345678"
    assert call.sent_at == datetime(2026, 11, 20, 6, 3, 22, tzinfo=UTC)


@pytest.mark.parametrize("trouble", [RuntimeError("no database"), Busy()])
async def test_nothing_is_lost_while_nothing_can_be_stored(line, trouble):
    line.put("a.wav", wav(300))
    line.put("b.wav", wav(400))
    line.hurdle = trouble
    await line.looks(2)
    with pytest.raises(type(trouble)):
        await line.looks(1)
    assert line.cursor == ""
    line.hurdle = None
    await line.looks(1)
    assert len(line.delivered) == 2


async def test_one_that_cannot_be_stored_holds_up_no_other(line, monkeypatch):
    os.utime(line.put("bad.wav", wav(300)), (1, 1))
    line.put("good.wav", wav(400))
    store = line.media.put_bytes

    async def put_bytes(name, type_, data):
        if name == "bad.wav":
            raise OSError("cannot be read")
        return await store(name, type_, data)

    monkeypatch.setattr(line.media, "put_bytes", put_bytes)
    await line.looks(2)
    with pytest.raises(OSError, match="cannot be read"):
        await line.looks(1)
    with pytest.raises(OSError, match="cannot be read"):
        await line.looks(1)
    assert [call.attachments[0].name for call in line.delivered] == ["good.wav"]
    assert len(line.cursor) == 12


async def test_a_file_that_changes_while_it_is_read_waits(line, monkeypatch):
    path = line.put(NAME)
    store = line.media.put_bytes

    async def put_bytes(name, type_, data):
        with path.open("ab") as file:
            file.write(b"more")
        monkeypatch.undo()
        return await store(name, type_, data)

    monkeypatch.setattr(line.media, "put_bytes", put_bytes)
    await line.looks(3)
    assert line.delivered == line.rejected == []
    await line.looks(3)
    [call] = line.delivered
    assert call.attachments[0].size == len(wav()) + 4


async def until(is_so):
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in files and threads
            await asyncio.sleep(0.01)


async def ended(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_runs_until_cancelled_through_every_trouble(line):
    """The folder comes late, the database goes and comes back; then it ends at once."""
    line.folder /= "late"
    line.restart()
    line.hurdle = RuntimeError("no database")
    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(line.watch.run())
        await until(lambda: logs)
        line.put(NAME)
        await until(lambda: line.media.puts)
        line.hurdle = None
        await until(lambda: logs[-1]["event"] == "calls.folder.back" and line.delivered)
        await ended(task)
    down, back = "calls.folder.down", "calls.folder.back"
    assert [one["event"] for one in logs] == [down, back, down, "calls.taken", back]
    assert "13800001111" not in str(logs)
    assert (logs[3]["number"], logs[3]["size"]) == (1, len(wav()))


async def test_the_adapter_watches_its_folder_under_a_hold(tmp_path, monkeypatch):
    monkeypatch.setattr("adapters.calls.folder.LOOK_S", 0.01)
    inside, held = Inside(), []
    ports = inside.ports

    async def hold(name, work):
        held.append(name)
        await work()

    object.__setattr__(ports, "hold", hold)
    (tmp_path / NAME).write_bytes(wav())
    adapter = calls.build({"folder": tmp_path}, ports)
    await adapter.start()
    task = asyncio.create_task(adapter.work())
    await until(lambda: inside.delivered)
    assert held == ["calls.folder"]
    await ended(task)
    await adapter.stop()


async def test_without_a_folder_it_waits():
    task = asyncio.create_task(calls.build({}, Inside().ports).work())
    await asyncio.sleep(0)
    assert not task.done()
    await ended(task)


@pytest.mark.parametrize("ending", sorted(TYPES))
async def test_whatever_is_taken_is_transcribed(line, ending):
    line.put(f"a{ending.upper()}")
    await line.looks()
    [call] = line.delivered
    assert media.recording(call) == call.attachments[0]
