"""The conversation archive: pulled, decrypted, with its files, and the cursor behind all of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from adapters.wecom import archive_marks, archive_native
from adapters.wecom.adapter import build
from adapters.wecom.archive import pull
from adapters.wecom.archive_pull import Pace
from bot.contract import Busy, Refused, Target
from bot.contract import Notice as Said
from tests.adapters.wecom.archive_stand_in import CORP, SECRET, Library, pem
from tests.adapters.wecom.harness import Heard, WeCom

CUSTOMER = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"
ROOM = "wrOgQhDgAAcwMTB7YmDkbeBsgT_AAAA1"
OTHER_KEY = generate_private_key(65537, 2048)


def line(id_: str, text: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "msgid": id_,
        "action": "send",
        "from": CUSTOMER,
        "tolist": ["LiLei"],
        "roomid": ROOM,
        "msgtime": 1795140000000,
        "msgtype": "text",
        "text": {"content": text or id_},
        **fields,
    }


class Side:
    def __init__(self, tmp_path: Path) -> None:
        self.inside = Heard()
        self.ports = self.inside.ports
        self.library = Library()
        key = tmp_path / "key1.pem"
        key.write_bytes(pem())
        self.settings: dict[str, Any] = {
            "corp_id": CORP,
            "archive_secret": SECRET,
            "archive_keys": {"1": str(key)},
        }

    async def once(self) -> int:
        return await pull(self.settings, self.ports, once=True, library=self.library)

    async def seq(self) -> int:
        return await archive_marks.seq(self.ports.cursors, CORP)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.inside.delivered]


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return Side(tmp_path)


async def test_talk_is_delivered_in_order_and_once(side: Side):
    for number in range(5):
        side.library.tell(line(f"m{number}"))
    assert await side.once() == 0
    assert side.texts == ["m0", "m1", "m2", "m3", "m4"]
    assert await side.seq() == 5
    assert await side.once() == 0
    assert len(side.texts) == 5
    assert (side.library.alive, side.library.sdks) == (set(), 0)


async def test_pages_are_read_to_the_end(side: Side):
    for number in range(1203):
        side.library.tell(line(f"m{number}"))
    assert await side.once() == 0
    assert len(side.texts) == 1203
    assert [call[1] for call in side.library.calls] == [0, 500, 1000]


async def test_the_cursor_moves_only_behind_what_is_stored(side: Side):
    for number in range(3):
        side.library.tell(line(f"m{number}"))
    side.inside.hurdle = RuntimeError("the database is away")
    assert await side.once() == 1
    assert (await side.seq(), side.texts) == (0, [])
    side.inside.hurdle = None
    assert await side.once() == 0
    assert side.texts == ["m0", "m1", "m2"]


async def test_what_was_stored_before_it_broke_off_is_not_read_again(side: Side):
    library = side.library
    for number in range(3):
        library.tell(line(f"m{number}"))
    library.faults["DecryptData"] = [0, 10001]
    assert await side.once() == 1
    assert (await side.seq(), side.texts) == (1, ["m0"])
    assert await side.once() == 0
    assert side.texts == ["m0", "m1", "m2"]


async def test_a_busy_inbox_is_waited_for(side: Side):
    busy = Busy()
    busy.after = 0  # type: ignore[assignment]
    side.inside.hurdle = busy
    side.library.tell(line("m0"))
    pulling = asyncio.create_task(side.once())
    for failures in range(3):
        while side.inside.failures <= failures:
            side.inside.changed.clear()
            await side.inside.changed.wait()
    side.inside.hurdle = None
    assert await pulling == 0
    assert side.texts == ["m0"]


async def test_what_cannot_be_opened_is_kept_and_passed(side: Side):
    side.library.tell(line("m1"), version=7)
    side.library.tell(line("m2"), key=OTHER_KEY)
    side.library.tell(b"not json")
    side.library.tell({"msgid": "m4"})
    side.library.tell(line("m5"))
    side.library.entries[0]["encrypt_random_key"] = "?"
    assert await side.once() == 0
    assert side.texts == ["m5"]
    assert await side.seq() == 5
    whys = [why for _, _, why in side.inside.rejected]
    assert ["version 7" in whys[0], "version 1" in whys[1]] == [True, True]
    assert len(whys) == 4
    assert side.inside.rejected[2][1] == b"not json"


@pytest.mark.parametrize("odd", [7, None, [], "x", {"publickey_ver": []}, {"publickey_ver": True}])
async def test_odd_entries_are_survived(side: Side, odd: Any):
    side.library.answer = {"errcode": 0, "chatdata": [odd, {"seq": 9, "x": odd}]}
    assert await side.once() == 0
    assert await side.seq() == 9
    assert side.texts == []


@pytest.mark.parametrize(
    ("answer", "faults", "words"),
    [
        ({"errcode": 301052, "errmsg": "expired"}, [], "301052"),
        ({"errcode": 40001, "errmsg": "x"}, [], "Secret"),
        ({}, [10001], "network"),
        ({}, [10009], "可信 IP"),
    ],
)
async def test_a_round_that_fails_says_why(
    side: Side, capsys: pytest.CaptureFixture[str], answer: Any, faults: list[int], words: str
):
    side.library.answer = answer
    side.library.faults["GetChatData"] = faults
    assert await side.once() == 1
    assert words in capsys.readouterr().err
    assert side.library.alive == set()


async def test_a_gap_is_told(side: Side, capfd: pytest.CaptureFixture[str]):
    side.library.tell(line("m1"))
    await side.once()
    side.library.tell(line("m9"), seq=9)
    await side.once()
    told = capfd.readouterr()
    assert "wecom.archive.gap" in told.out + told.err
    assert side.texts == ["m1", "m9"]


# --- files -------------------------------------------------------------------------------------


async def test_files_are_stored_at_once_and_whole(side: Side):
    data = bytes(range(256)) * 20
    voice = {**side.library.file(b"#!AMR" + data), "voice_size": 5125}
    side.library.tell(line("m1", msgtype="image", image=side.library.file(data)))
    side.library.tell(line("m2", msgtype="voice", voice=voice))
    named = {**side.library.file(b"PK" + data), "filename": "..\\合同.docx", "fileext": "docx"}
    side.library.tell(line("m3", msgtype="file", file=named))
    assert await side.once() == 0
    kept = [one for message in side.inside.delivered for one in message.attachments]
    assert [(one.name, one.type) for one in kept] == [
        ("image.jpg", "image/jpeg"),
        ("voice.amr", "audio/amr"),
        ("合同.docx", "application/octet-stream"),
    ]
    assert side.inside.media.files[kept[0].sha256] == data
    assert side.texts == ["", "", ""]
    assert side.library.alive == set()


@pytest.mark.parametrize(
    ("file", "faults", "words"),
    [
        ({"md5sum": "0" * 32}, [], "未能取回"),
        ({"sdkfileid": "gone"}, [], "未能取回"),
        ({}, [0, 10010], "未能取回"),
        ({"filesize": 200 * 1024 * 1024}, [], "太大"),
    ],
)
async def test_a_file_that_cannot_be_had_is_a_line(
    side: Side, file: dict[str, Any], faults: list[int], words: str
):
    side.library.faults["GetMediaData"] = faults
    side.library.tell(line("m1", msgtype="image", image={**side.library.file(b"x" * 999), **file}))
    side.library.tell(line("m2"))
    assert await side.once() == 0
    first, second = side.texts
    assert words in first
    assert "image.jpg" in first
    assert second == "m2"
    assert side.inside.delivered[0].attachments == ()


async def test_a_passing_fault_of_a_file_is_tried_again_and_then_waits(side: Side):
    side.library.tell(line("m1", msgtype="image", image=side.library.file(b"x" * 999)))
    side.library.faults["GetMediaData"] = [10001, 0, 10001, 10001]
    assert await side.once() == 0
    assert len(side.inside.delivered[0].attachments) == 1
    side.library.tell(line("m2", msgtype="image", image=side.library.file(b"y" * 999)))
    side.library.faults["GetMediaData"] = [10001] * 3
    assert await side.once() == 1
    assert await side.seq() == 1
    assert await side.once() == 0
    assert len(side.inside.delivered[1].attachments) == 1


# --- the command -------------------------------------------------------------------------------


async def test_what_is_missing_is_said(
    side: Side, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert await pull({}, side.ports, once=True) == 2
    assert "ARCHIVE_SECRET" in capsys.readouterr().err
    assert await pull(side.settings, side.ports, once=True) == 2
    assert "libWeWorkFinanceSdk_C.so" in capsys.readouterr().err
    fake = tmp_path / "libWeWorkFinanceSdk_C.so"
    fake.write_bytes(b"not a library")
    with_fake = {**side.settings, "archive_library": str(fake)}
    assert await pull(with_fake, side.ports, once=True) == 2
    assert capsys.readouterr().err
    (tmp_path / "key1.pem").write_text("not a key")
    assert await side.once() == 2
    assert "version 1" in capsys.readouterr().err
    side.settings["archive_keys"] = {}
    assert await side.once() == 2


async def test_a_secret_that_is_turned_down_is_said(side: Side, capsys: pytest.CaptureFixture[str]):
    side.settings["archive_secret"] = "made-up-wrong"
    assert await side.once() == 2
    told = capsys.readouterr()
    assert "10000" in told.err
    assert "made-up-wrong" not in told.out + told.err
    assert side.library.sdks == 0


async def test_it_pulls_at_once_when_wecom_says_so(side: Side):
    pace = Pace(every_s=600, look_s=0.001)
    working = asyncio.create_task(
        pull(side.settings, side.ports, once=False, library=side.library, pace=pace)
    )
    await asyncio.to_thread(side.library.asked.wait, 10)
    side.library.tell(line("m1"))
    await archive_marks.put_due(side.ports.cursors, 1795140000)
    await side.inside.heard("m1")
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert side.texts == ["m1"]
    assert side.library.sdks == 0


async def test_it_outlives_faults(side: Side):
    pace = Pace(every_s=0.001, look_s=0.001)
    side.library.faults["GetChatData"] = [10001, 10003]
    side.library.tell(line("m1"))
    working = asyncio.create_task(
        pull(side.settings, side.ports, once=False, library=side.library, pace=pace)
    )
    await side.inside.heard("m1")
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert side.texts == ["m1"]


async def test_the_callback_says_that_talk_waits(wecom: WeCom):
    raw = wecom.xml("sys", "event", Event="msgaudit_notify", AgentID="2000004")
    before = await archive_marks.due(wecom.adapter._ports.cursors)
    assert await wecom.post(raw, agent="2000004") == 200
    assert await archive_marks.due(wecom.adapter._ports.cursors) != before
    assert (wecom.inside.delivered, wecom.inside.rejected) == ([], [])


async def test_nobody_speaks_in_an_archived_chat(side: Side):
    adapter = build(side.settings, side.ports)
    assert adapter.on
    with pytest.raises(Refused, match="只能读"):
        await adapter.send(Target(chat=f"archive:{ROOM}"), Said(text="x"), key="k")


async def test_the_doctor_names_library_and_keys(side: Side, tmp_path: Path):
    library, keys = await build(side.settings, side.ports).check()
    assert (library.ok, keys.ok) == (False, True)
    assert "91774" in library.text.en
    fake = tmp_path / "lib.so"
    fake.write_bytes(b"")
    set_ = {**side.settings, "archive_library": str(fake), "archive_keys": {"2": "/nowhere"}}
    library, keys = await build(set_, side.ports).check()
    assert (library.ok, keys.ok) == (True, False)
    assert "version 2" in keys.text.in_("en", **keys.facts)


def test_a_library_without_the_functions_is_not_taken():
    with pytest.raises(OSError, match=r"NewSdk|cannot open|not found"):
        archive_native.load("libc.so.6")
