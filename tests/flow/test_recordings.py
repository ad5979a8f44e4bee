"""Recordings: kept at once, turned into words when a model is there, then read like any message."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.app import Program
from bot.contract import Kind, Sender
from bot.jobs import transcribe
from bot.people import HOME, own_message
from bot.runtime import SPEECH
from tests import play, scripted_whisper, voices

WORDS = "你好，这里是华建集团。\n这已经是第三次延期了，麻烦给个说法。"
ORDERED = (0.0, "周五", "提醒我给王总", "打电话", 3.0)
WONDERED = (0.0, "华建三期", "进度怎么样", 3.0)
ABOUT = (0.0, "你好，", "三期的摄像头", "什么时候装？", 4.0)


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("voices") / "cmn.wav"
    return voices.speak("您好，这里是华建集团。", path).read_bytes()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that complain, ask for a project by its name, or say what a member might."""
    folder = tmp_path_factory.mktemp("models")
    scripted_whisper.build(folder / "complains")
    scripted_whisper.build(folder / "asks", ABOUT)
    scripted_whisper.build(folder / "orders", ORDERED)
    scripted_whisper.build(folder / "wonders", WONDERED)
    return folder


def install(program: Program, models: Path, name: str = "complains") -> None:
    """Put a model where the program looks for one."""
    folder = program.settings.data_dir / "models"
    folder.mkdir(exist_ok=True)
    (folder / name).symlink_to(models / name)


async def call(program: Program, id_: str, sound: bytes, sender: str = "13800001111") -> int:
    """File a call; answers its interaction."""
    file = await program.media.put_bytes(f"{id_}.wav", "audio/wav", sound)
    await play.file_all(
        program,
        play.message(
            id_,
            "",
            channel="calls",
            chat=sender,
            sender=sender,
            kind=Kind.CALL,
            attachments=(file,),
        ),
    )
    return (await play.rows(program, "SELECT max(id) AS id FROM interaction"))[0]["id"]


async def item(program: Program, id_: int) -> dict[str, Any]:
    (row,) = await play.rows(
        program,
        """SELECT i.*, c.code AS customer, p.code AS project FROM interaction i
           LEFT JOIN customer c ON c.id = i.customer_id LEFT JOIN project p ON p.id = i.project_id
           WHERE i.id = :id""",
        id=id_,
    )
    return row


async def jobs(program: Program) -> list[int]:
    """Interactions that were handed to the speech worker, in order."""
    sql = "SELECT args FROM procrastinate_jobs WHERE task_name = :name ORDER BY id"
    found = await play.rows(program, sql, name=transcribe.JOB)
    return [row["args"]["interaction_id"] for row in found]


async def test_a_recording_is_filed_by_its_caller_and_waits(loaded: Program, voice: bytes):
    id_ = await call(loaded, "a", voice)
    found = await item(loaded, id_)
    assert (found["customer"], found["project"], found["kind"]) == ("C-0001", None, "call")
    assert (found["status"], found["text"]) == ("waiting_for_model", "")
    assert await jobs(loaded) == [id_]
    await loaded.transcriber.run(id_)
    assert await item(loaded, id_) == found


async def test_with_a_model_it_is_transcribed_and_read(loaded: Program, voice: bytes, models: Path):
    install(loaded, models)
    id_ = await call(loaded, "a", voice)
    await loaded.transcriber.run(id_)
    found = await item(loaded, id_)
    assert (found["status"], found["text"], found["language"]) == ("filed", WORDS, "zh")
    assert found["sentiment"] == "negative"
    assert "complaint" in found["signals"]
    assert "第三次延期" in found["because"]
    segments = found["transcript"]["segments"]
    assert [segment["text"] for segment in segments] == WORDS.split("\n")
    assert found["error"] is None
    assert "第三次延期" in await play.said(loaded, "搜索 第三次延期")


async def test_rules_hear_what_was_said(loaded: Program, voice: bytes, models: Path):
    install(loaded, models)
    id_ = await call(loaded, "a", voice)
    assert await play.posted(loaded) == []
    await loaded.transcriber.run(id_)
    titles = [notice.title for notice in await play.posted(loaded)]
    assert titles.count("VIP 客户投诉") == 2
    assert await play.rows(loaded, "SELECT rule FROM alert") == [{"rule": "vip-complaint"}]


async def test_transcribing_twice_changes_nothing(loaded: Program, voice: bytes, models: Path):
    install(loaded, models)
    id_ = await call(loaded, "a", voice)
    await loaded.transcriber.run(id_)
    first = await item(loaded, id_)
    await loaded.transcriber.run(id_)
    assert await item(loaded, id_) == first
    assert len(await play.posted(loaded)) == 3
    audits = "SELECT id FROM audit_entry WHERE action = 'interaction.transcribed'"
    assert len(await play.rows(loaded, audits)) == 1


async def test_two_workers_at_one_recording_keep_one_result(
    loaded: Program, voice: bytes, models: Path
):
    install(loaded, models)
    id_ = await call(loaded, "a", voice)
    await asyncio.gather(loaded.transcriber.run(id_), loaded.transcriber.run(id_))
    assert len(await play.posted(loaded)) == 3
    assert len(await play.rows(loaded, "SELECT id FROM alert")) == 1


async def test_the_words_find_the_project(loaded: Program, voice: bytes, models: Path):
    install(loaded, models, "asks")
    id_ = await call(loaded, "a", voice)
    await loaded.transcriber.run(id_)
    found = await item(loaded, id_)
    assert (found["customer"], found["project"], found["status"]) == ("C-0001", "P-0001", "filed")


async def test_the_words_find_the_customer_of_an_unknown_caller(
    loaded: Program, voice: bytes, models: Path
):
    install(loaded, models)
    id_ = await call(loaded, "a", voice, sender="13999999999")
    assert (await item(loaded, id_))["customer"] is None
    await loaded.transcriber.run(id_)
    found = await item(loaded, id_)
    assert (found["customer"], found["status"]) == ("C-0001", "filed")
    assert found["evidence"]


async def test_what_somebody_filed_meanwhile_stays_where_they_put_it(
    loaded: Program, voice: bytes, models: Path
):
    id_ = await call(loaded, "a", voice, sender="13999999999")
    assert "P23-001" in await play.said(loaded, f"/file {id_} P23-001")
    install(loaded, models)
    await loaded.transcriber.run(id_)
    found = await item(loaded, id_)
    assert (found["customer"], found["project"]) == ("C-0002", "P23-001")
    assert (found["text"], found["status"]) == (WORDS, "filed")


@pytest.mark.parametrize(
    ("sound", "why"),
    [
        (b"", "0 bytes"),
        (b"RIFF", "not a recording"),
        (b"not a recording at all " * 99, "not a recording"),
        (b"\x02#!SILK_V3" + bytes(200), "SILK"),
    ],
    ids=["empty", "cut", "text", "silk"],
)
async def test_what_cannot_be_heard_stays_and_says_why(
    loaded: Program, models: Path, sound: bytes, why: str
):
    install(loaded, models)
    id_ = await call(loaded, "a", sound)
    await loaded.transcriber.run(id_)
    found = await item(loaded, id_)
    assert (found["customer"], found["text"]) == ("C-0001", "")
    assert why in found["error"]
    assert found["status"] != "waiting_for_model"
    files = await play.rows(loaded, "SELECT sha256 FROM attachment")
    assert loaded.media.path(files[0]["sha256"]).read_bytes() == sound
    await loaded.transcriber.run(id_)
    assert await item(loaded, id_) == found


async def test_of_an_unknown_caller_it_waits_for_a_person(loaded: Program, models: Path):
    install(loaded, models)
    id_ = await call(loaded, "a", b"", sender="13999999999")
    await loaded.transcriber.run(id_)
    assert (await item(loaded, id_))["status"] in {"doubt", "stranger"}


async def test_a_recording_whose_file_is_gone_says_so(loaded: Program, voice: bytes, models: Path):
    install(loaded, models)
    id_ = await call(loaded, "a", voice)
    (row,) = await play.rows(loaded, "SELECT sha256 FROM attachment")
    loaded.media.path(row["sha256"]).unlink()
    await loaded.transcriber.run(id_)
    assert "is missing" in (await item(loaded, id_))["error"]


async def test_what_waited_is_queued_when_a_model_comes(
    loaded: Program, voice: bytes, models: Path
):
    first = await call(loaded, "a", voice)
    second = await call(loaded, "b", voice + b"\0\0", sender="13999999999")
    assert await loaded.transcriber.queue_waiting() == 0
    assert await jobs(loaded) == [first, second]
    await loaded.jobs.run((SPEECH,), concurrency=1, wait=False)  # which finds no model
    install(loaded, models)
    assert await loaded.transcriber.queue_waiting() == 2
    assert await loaded.transcriber.queue_waiting() == 0  # they are in the queue
    assert await jobs(loaded) == [first, second, first, second]
    for id_ in (first, second):
        await loaded.transcriber.run(id_)
        assert (await item(loaded, id_))["text"] == WORDS
    assert await loaded.transcriber.queue_waiting() == 0


async def test_the_worker_itself_works_through_the_queue(
    loaded: Program, voice: bytes, models: Path
):
    install(loaded, models)
    id_ = await call(loaded, "a", voice)
    await loaded.jobs.run((SPEECH,), concurrency=1, wait=False)
    assert (await item(loaded, id_))["text"] == WORDS
    sql = "SELECT status FROM procrastinate_jobs"
    assert await play.rows(loaded, sql) == [{"status": "succeeded"}]


async def test_an_interaction_that_is_gone_is_no_trouble(loaded: Program):
    await loaded.transcriber.run(987_654)


async def test_after_a_call_its_minutes_are_told_in_the_projects_chat(
    loaded: Program, voice: bytes, models: Path
):
    install(loaded, models, "asks")
    id_ = await call(loaded, "a", voice)
    async with loaded.db.transaction() as session:
        await session.execute(
            text("UPDATE conversation SET customer_id = 1, project_id = 1 WHERE chat = 'i-p1'")
        )
    await loaded.transcriber.run(id_)
    (notice,) = [n for n in await play.posted(loaded, "i-p1") if "通话要点" in n.title]
    said = play.words(notice)
    for words in ("P-0001", "什么时候装", "时长", "情绪"):
        assert words in said


async def test_a_voice_note_has_no_minutes(loaded: Program, voice: bytes, models: Path):
    install(loaded, models)
    file = await loaded.media.put_bytes("note.wav", "audio/wav", voice)
    await play.file_all(loaded, play.message("v", "", attachments=(file,)))
    (row,) = await play.rows(loaded, "SELECT id FROM interaction")
    await loaded.transcriber.run(row["id"])
    assert not any("通话要点" in notice.title for notice in await play.posted(loaded))


async def spoken(
    program: Program, voice: bytes, models: Path, model: str, channel: str = "hook"
) -> str:
    """What the assistant answers a member who has said this into their own chat."""
    install(program, models, model)
    file = await program.media.put_bytes("note.wav", "audio/wav", voice)
    if channel == HOME:
        actor = await play.actor(program, "李雷")
        said = own_message(HOME, actor, "", program.now(), file)
    else:
        said = play.message(
            "v",
            "",
            sender=Sender(id="m-li", proven=True),
            chat="dm-li",
            private=True,
            attachments=(file,),
        )
    await play.file_all(program, said)
    (row,) = await play.rows(program, "SELECT id FROM interaction")
    await program.transcriber.run(row["id"])
    await program.transcriber.run(row["id"])
    found = await item(program, row["id"])
    assert (found["status"], found["audience"]) == ("filed", "internal")
    notice = (await play.posted(program))[-1]
    return play.words(notice) + "\n" + notice.note


@pytest.mark.parametrize("channel", ["hook", HOME])
async def test_a_question_spoken_into_ones_own_chat_is_answered(
    loaded: Program, voice: bytes, models: Path, channel: str
):
    said = await spoken(loaded, voice, models, "wonders", channel)
    assert "听到：「华建三期进度怎么样」" in said
    assert "P-0001 华建三期智慧工地" in said
    assert "60%" in said


async def test_an_order_that_was_spoken_is_shown_before_it_is_done(
    loaded: Program, voice: bytes, models: Path
):
    said = await spoken(loaded, voice, models, "orders")
    assert "请确认" in said
    assert "给王总打电话" in said
    assert await play.rows(loaded, "SELECT id FROM reminder") == []
    await play.run(loaded, "/yes", "李雷")
    assert len(await play.rows(loaded, "SELECT id FROM reminder")) == 1


async def test_a_customers_voice_is_never_an_order(loaded: Program, voice: bytes, models: Path):
    install(loaded, models, "orders")
    file = await loaded.media.put_bytes("note.wav", "audio/wav", voice)
    await play.file_all(loaded, play.message("v", "", attachments=(file,)))
    (row,) = await play.rows(loaded, "SELECT id FROM interaction")
    await loaded.transcriber.run(row["id"])
    assert await play.rows(loaded, "SELECT id FROM pending") == []
    assert (await item(loaded, row["id"]))["customer"] == "C-0001"
