"""Calls from end to end: what is told while one is transcribed, and a person's hand on it after."""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot import ingest
from bot.app import Program
from bot.contract import (
    Answer,
    Asked,
    Audience,
    Heard,
    Kind,
    NoModel,
    Refused,
    RemoteFile,
    Segment,
    Transcript,
    TryLater,
    WaitingForModel,
    Window,
    Word,
)
from bot.jobs import progress
from bot.jobs.retention import Retention
from bot.people import HOME, own_chat, private_chat
from tests import play

SAID = (
    Segment(start=0, end=6, speaker="agent", text="您好，我是客情科技的李雷，您请讲。"),
    Segment(
        start=7,
        end=14,
        speaker="customer",
        text="三期已经是第三次延期了，我们很不满意。",
        words=(
            Word(start=7, end=10, text="三期已经是第三次延期了，"),
            Word(start=10.5, end=14, text="我们很不满意。"),
        ),
    ),
    Segment(start=15, end=20, speaker="agent", text="非常抱歉，我们周五前把新的计划发给您。"),
    Segment(start=26, end=30, speaker="customer", text="好的，那就这么定了。"),
)
SOUND = b"RIFF" + bytes(400)


class Engine:
    """Says what it is told, window by window; stops where `stop` says so."""

    def __init__(self, stop: Exception | None = None, after: int = 99) -> None:
        self.stop = stop
        self.after = after
        self.copy = b""
        self.began_with: list[int] = []
        self.hotwords: list[str] = []
        self.shares: Sequence[float] = ()
        self.goes_on = threading.Event()

    def transcribe(
        self,
        path: Path,
        *,
        hotwords: Sequence[str] = (),
        progress: Callable[[float], None],
        done: Sequence[Window] = (),
        keep: Callable[[Window], None] = lambda _: None,
    ) -> Transcript:
        assert path.is_file()
        self.began_with.append(len(done))
        self.hotwords = list(hotwords)
        for share in self.shares:
            progress(share)
            self.goes_on.wait(20)
            self.goes_on.clear()
        if self.stop and not self.after:
            raise self.stop
        segments = [one for window in done for one in window.segments]
        for number, segment in enumerate(SAID[len(done) :], len(done) + 1):
            keep(Window(until_s=segment.end, language="zh", segments=(segment,)))
            segments.append(segment)
            if self.stop and number == self.after:
                raise self.stop
        return Transcript(
            language="zh",
            duration_s=60,
            segments=tuple(segments),
            cost=Decimal("0.0060"),
            currency="USD",
        )

    def listening_copy(self, path: Path, into: Path) -> bool:
        if self.copy:
            into.write_bytes(self.copy)
        return bool(self.copy)

    def models(self) -> Any:
        return iter([("scripted", Path())])


@pytest.fixture
def engine(loaded: Program) -> Engine:
    made = Engine()
    loaded.transcriber._engine = lambda: made  # type: ignore[assignment,return-value]
    return made


async def call(program: Program, sender: str = "13800001111", **more: Any) -> int:
    file = await program.media.put_bytes("call.wav", "audio/wav", SOUND)
    said = {"channel": "calls", "chat": sender, "kind": Kind.CALL, "attachments": (file,)}
    await play.file_all(program, play.message("a", "", sender=sender, **{**said, **more}))
    return (await play.rows(program, "SELECT max(id) AS id FROM interaction"))[0]["id"]


async def dropped(program: Program, who: str = "陈总") -> tuple[int, str]:
    """A recording that a member has dropped in their own chat."""
    actor = await play.actor(program, who)
    chat = private_chat(actor.user_id or 0)
    async with program.db.transaction() as session:
        await own_chat(session, HOME, actor.user_id or 0)
    file = await program.media.put_bytes("13800001111_20261120100000.wav", "audio/wav", SOUND)
    found = await ingest.bring(program, file, chat)
    assert found is not None
    assert (found.new, found.again, found.unread) == (1, 0, ())
    while await program.drain.once():
        pass
    return (await play.rows(program, "SELECT max(id) AS id FROM interaction"))[0]["id"], chat


async def one(program: Program, id_: int) -> dict[str, Any]:
    (row,) = await play.rows(program, "SELECT * FROM interaction WHERE id = :id", id=id_)
    return row


def told(notices: Sequence[Any]) -> list[str]:
    return [notice.title or notice.text for notice in notices]


# --- being transcribed -------------------------------------------------------------------------


async def test_a_run_that_was_cut_goes_on_behind_its_last_window(loaded: Program, engine: Engine):
    id_ = await call(loaded)
    engine.stop, engine.after = TryLater("the server is away"), 2
    with pytest.raises(TryLater):
        await loaded.transcriber.run(id_)
    assert (await one(loaded, id_))["status"] == "waiting_for_model"
    engine.stop = None
    await loaded.transcriber.run(id_)
    assert engine.began_with == [0, 2]
    found = await one(loaded, id_)
    texts = [segment["text"] for segment in found["transcript"]["segments"]]
    assert texts == [segment.text for segment in SAID]
    assert await play.rows(loaded, "SELECT id FROM transcript_window") == []


async def test_the_mood_of_a_call_is_the_customers(loaded: Program, engine: Engine):
    id_ = await call(loaded)
    await loaded.transcriber.run(id_)
    found = await one(loaded, id_)
    assert (found["sentiment"], "complaint" in found["signals"]) == ("negative", True)
    assert "不满意" in found["because"] or "延期" in found["because"]
    assert "抱歉" in found["text"]


async def test_hot_words_are_names_of_customer_projects_people_and_members(
    loaded: Program, engine: Engine
):
    await loaded.transcriber.run(await call(loaded))
    for name in ("王芳", "华建三期智慧工地", "陈总"):
        assert any(name in word for word in engine.hotwords), (name, engine.hotwords)


async def test_a_refusal_of_the_engine_is_told_and_kept(loaded: Program, engine: Engine):
    engine.stop, engine.after = Refused("the key is wrong"), 0
    id_, chat = await dropped(loaded)
    await loaded.transcriber.run(id_)
    found = await one(loaded, id_)
    assert (found["error"], found["status"]) == ("the key is wrong", "filed")
    (notice,) = await play.posted(loaded, chat)
    assert (notice.title, notice.text) == ("这段录音没能转写", "the key is wrong")


async def test_voice_notes_go_before_calls_and_what_is_asked_for_before_both(
    loaded: Program, engine: Engine
):
    id_ = await call(loaded)
    file = await loaded.media.put_bytes("v.ogg", "audio/ogg", SOUND)
    await play.file_all(loaded, play.message("v", "", attachments=(file,)))
    await loaded.transcriber.run(id_)
    await play.run(loaded, f"/重新转写 #{id_}")
    found = await play.rows(
        loaded,
        "SELECT priority FROM procrastinate_jobs WHERE task_name = 'transcribe' ORDER BY id",
    )
    assert [row["priority"] for row in found] == [0, 10, 20]
    assert engine.began_with == [0]


async def test_what_browsers_do_not_play_gets_a_copy_beside_it(loaded: Program, engine: Engine):
    engine.copy = b"mp4"
    id_ = await call(loaded)
    await loaded.transcriber.run(id_)
    await play.run(loaded, f"/重新转写 #{id_}")
    await loaded.transcriber.run(id_)
    files = await play.rows(loaded, "SELECT name, type, customer_id FROM attachment ORDER BY id")
    assert [(file["name"], file["type"]) for file in files] == [
        ("call.wav", "audio/wav"),
        ("call.m4a", "audio/mp4"),
    ]
    assert files[1]["customer_id"] == files[0]["customer_id"]


# --- what is told meanwhile ----------------------------------------------------------------------


async def test_who_brought_it_is_told_once_it_is_done(loaded: Program, engine: Engine):
    id_, chat = await dropped(loaded)
    await loaded.transcriber.run(id_)
    done = [n for n in await play.posted(loaded, chat) if n.title == "转写完成"]
    facts = {fact.label: fact.value for fact in done[0].facts}
    assert facts["时长"] == "1:00"
    assert facts["费用"] == "0.0060 USD"
    assert "C-0001" in facts["归属"] or "P-0001" in facts["归属"]
    assert f"/talks/{id_}" in done[0].buttons[0].url
    assert len(done) == 1


async def test_long_work_shows_how_far_it_is_in_one_message(
    loaded: Program, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(progress, "EVERY_S", 0.01)
    engine.shares = (0.4, 0.45, 0.8)
    id_, chat = await dropped(loaded)
    job = asyncio.create_task(loaded.transcriber.run(id_))

    async def shown(title: str) -> None:
        async with asyncio.timeout(20):
            while await titles(loaded, chat) != [title]:
                await play.send_all(loaded)
                await asyncio.sleep(0.01)

    await shown("转写中 40 %")
    engine.goes_on.set()
    await asyncio.sleep(0.1)
    engine.goes_on.set()
    await shown("转写中 80 %")
    engine.goes_on.set()
    await job
    await play.send_all(loaded)
    assert (await titles(loaded, chat))[0] == "转写完成"
    told_ = [n.title for n in await play.posted(loaded, chat) if n.title.startswith("转写中")]
    assert told_[-1] == "转写中 80 %"
    assert "转写中 45 %" not in told_


async def titles(program: Program, chat: str) -> list[str]:
    """What the lines of a member's own chat are called."""
    lines = await play.rows(
        program, "SELECT body FROM chat_line WHERE chat = :chat ORDER BY id", chat=chat
    )
    return [json.loads(bytes(line["body"])).get("title", "") for line in lines]


async def test_customers_never_read_of_it(loaded: Program, engine: Engine):
    id_ = await call(loaded, channel="hook", chat="g-huajian", kind=Kind.CALL)
    await loaded.transcriber.run(id_)
    assert await play.posted(loaded, "g-huajian") == []


async def test_without_a_model_it_is_said_once(loaded: Program, engine: Engine):
    engine.stop, engine.after = WaitingForModel("none"), 0
    id_, chat = await dropped(loaded)
    await loaded.transcriber.run(id_)
    await loaded.transcriber.run(id_)
    assert [n.text for n in await play.posted(loaded, chat)] == [
        "录音已保存，等待语音模型：keqing models pull small"
    ]


async def test_a_recording_in_a_members_group_is_a_call(loaded: Program, engine: Engine):
    file = RemoteFile(ref="r1", name="会议.mp3", type="audio/mpeg")
    note = RemoteFile(ref="r2", name="voice.ogg", type="audio/ogg", voice=True)
    for id_, files, words in (("f", (file,), "[文件] 会议.mp3"), ("v", (note,), "")):
        await play.file_all(
            loaded, play.message(id_, words, chat="i-p1", sender="u-han", files=files)
        )
    found = await play.rows(loaded, "SELECT kind, subject, text FROM interaction ORDER BY id")
    assert found == [
        {"kind": "call", "subject": "[文件] 会议.mp3", "text": ""},
        {"kind": "message", "subject": "", "text": ""},
    ]


# --- after it ------------------------------------------------------------------------------------


@pytest.fixture
async def spoken(loaded: Program, engine: Engine) -> int:
    id_ = await call(loaded)
    await loaded.transcriber.run(id_)
    return id_


async def test_the_card_of_a_call(loaded: Program, spoken: int):
    notice = (await play.run(loaded, f"/通话 #{spoken}")).notice
    words = play.words(notice)
    for part in ("[0:07] 客户：三期已经是第三次延期了", "我方", "要办的事", "决定", "/task new"):
        assert part in words or part == "/task new", part
    assert notice.chart is not None
    assert notice.audience is Audience.INTERNAL


async def test_a_task_is_taken_from_a_call(loaded: Program, spoken: int):
    await play.run(loaded, f"/归档 #{spoken} P-0001")
    notice = (await play.run(loaded, f"/通话 #{spoken}")).notice
    line = next(one.command for one in notice.buttons if one.command.startswith("/task new"))
    assert (await play.run(loaded, line)).ok
    (task,) = await play.rows(
        loaded, "SELECT name, due, interaction_id FROM task WHERE interaction_id IS NOT NULL"
    )
    assert task["interaction_id"] == spoken
    assert "新的计划" in task["name"]
    assert str(task["due"]) == "2026-11-20"


async def test_sides_that_were_mixed_up_change_places(loaded: Program, spoken: int):
    assert (await one(loaded, spoken))["sentiment"] == "negative"
    assert (await play.run(loaded, f"/说话人 #{spoken} 我方 客户")).ok
    found = await one(loaded, spoken)
    assert [part["speaker"] for part in found["transcript"]["segments"]] == [
        "customer",
        "agent",
        "customer",
        "agent",
    ]
    assert "延期" not in found["because"]
    assert (await play.run(loaded, "/撤销")).ok
    assert (await one(loaded, spoken))["sentiment"] == "negative"


async def test_a_speaker_gets_a_name(loaded: Program, spoken: int):
    await play.run(loaded, f"/speaker #{spoken} 我方 李雷")
    assert "李雷" in await play.said(loaded, f"/通话 #{spoken}")
    refused = await play.run(loaded, f"/speaker #{spoken} 王五 赵六")
    assert not refused.ok
    assert "李雷" in play.words(refused.notice)


async def test_a_line_is_corrected_and_read_anew(loaded: Program, spoken: int):
    assert (await play.run(loaded, f"/更正转写 #{spoken} 2 三期进展顺利，我们很满意")).ok
    found = await one(loaded, spoken)
    assert found["sentiment"] == "positive"
    assert found["transcript"]["segments"][1]["words"] == []
    assert "进展顺利" in await play.said(loaded, "搜索 进展顺利")
    versions = await play.rows(loaded, "SELECT reason, text FROM interaction_version")
    assert [row["reason"] for row in versions] == ["corrected"]
    assert "不满意" in versions[0]["text"]
    assert not (await play.run(loaded, f"/更正转写 #{spoken} 9 好")).ok


async def test_hearing_it_again_keeps_what_was_said(loaded: Program, spoken: int, engine: Engine):
    await play.run(loaded, f"/更正转写 #{spoken} 2 我们很满意")
    assert (await play.run(loaded, f"/重新转写 #{spoken}")).ok
    assert not (await play.run(loaded, f"/重新转写 #{spoken}")).ok
    await loaded.transcriber.run(spoken)
    assert engine.began_with == [0, 0]
    assert (await one(loaded, spoken))["sentiment"] == "negative"
    reasons = "SELECT reason FROM interaction_version ORDER BY id"
    assert [row["reason"] for row in await play.rows(loaded, reasons)] == [
        "corrected",
        "transcribed",
    ]


async def test_minutes_of_a_text_that_somebody_pastes(loaded: Program):
    text = "/纪要 P-0001 李雷：周五前把图纸交给客户。\n王芳：验收什么时候做？\n会议决定采用方案B。"
    notice = (await play.run(loaded, text)).notice
    words = play.words(notice)
    for part in (
        "会议纪要：P-0001",
        "会议决定采用方案B",
        "李雷：周五前把图纸交给客户",
        "验收什么时候做",
    ):
        assert part in words, words
    (found,) = await play.rows(
        loaded,
        "SELECT kind, direction, audience, project_id FROM interaction WHERE kind = 'meeting'",
    )
    assert (found["direction"], found["audience"]) == ("internal", "internal")
    assert not (await play.run(loaded, "/纪要")).ok


async def test_minutes_of_nobodys_wait_to_be_filed_and_a_wrong_code_is_said(loaded: Program):
    refused = await play.run(loaded, "/纪要 P-9999 会议决定采用方案B。")
    assert "P-9999" in refused.notice.text
    assert not refused.ok
    assert (await play.run(loaded, "/minutes 会议决定采用方案B。")).ok
    assert "方案B" in await play.said(loaded, "/待归档")


async def test_consent_is_noted_and_shown(loaded: Program):
    assert "没有记录" in await play.said(loaded, "/录音同意 C-0001 王芳")
    await play.run(loaded, "/录音同意 C-0001 王芳 2026-11-01 电话中口头同意")
    assert "电话中口头同意" in await play.said(loaded, "/录音同意 C-0001 王芳")
    assert not (await play.run(loaded, "/录音同意 C-0001 无此人")).ok


# --- with a language model -----------------------------------------------------------------------


class Model:
    """Answers what it is told, or that there is none."""

    on = True
    masks = False

    def __init__(self, value: dict[str, Any] | None) -> None:
        self.value = value
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
        self.asked.append(asked)
        if self.value is None:
            raise NoModel("budget spent")
        return Answer(self.value, "scripted-1", 100)


WRITTEN: dict[str, Any] = {
    "lines": [
        {"text": "客户对三期第三次延期不满。", "line": 2},
        {"text": "没有这一行。", "line": 99},
    ],
    "decisions": [{"text": "按新计划\x00执行", "line": 4}],
    "to_do": [{"text": "发送新的计划", "line": 3, "owner": "李雷", "due": "2026-11-27"}],
    "open": [],
}


async def test_a_model_writes_the_minutes_and_each_claim_keeps_its_second(
    loaded: Program, engine: Engine
):
    model = Model(WRITTEN)
    loaded.transcriber._minutes._model = lambda: model
    id_ = await call(loaded)
    await loaded.transcriber.run(id_)
    (asked,) = model.asked
    assert "2 [0:07] customer: 三期已经是第三次延期了" in asked.data
    assert "2026-11-20" in asked.system
    assert "延期" not in asked.system
    notice = (await play.run(loaded, f"/通话 #{id_}")).notice
    words = play.words(notice)
    assert "[0:07] 客户：客户对三期第三次延期不满。" in words
    assert "没有这一行" not in words
    assert "按新计划\N{REPLACEMENT CHARACTER}执行" in words
    assert "发送新的计划（李雷，2026年11月27日）" in words
    assert notice.note == "由语言模型 scripted-1 整理，以录音为准"
    await play.run(loaded, f"/更正转写 #{id_} 2 三期进展顺利")
    assert (await play.run(loaded, f"/通话 #{id_}")).notice.note == ""


async def test_without_a_usable_model_sentences_are_chosen(loaded: Program, engine: Engine):
    model = Model(None)
    loaded.transcriber._minutes._model = lambda: model
    id_ = await call(loaded)
    await loaded.transcriber.run(id_)
    assert len(model.asked) == 1
    notice = (await play.run(loaded, f"/通话 #{id_}")).notice
    assert "三期已经是第三次延期了，我们很不满意" in play.words(notice)
    assert notice.note == ""


# --- retention -----------------------------------------------------------------------------------


async def test_old_recordings_go_their_words_stay(loaded: Program, spoken: int):
    (file,) = await play.rows(loaded, "SELECT sha256 FROM attachment")
    path = loaded.media.path(file["sha256"])
    late = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=40)
    await Retention(loaded.db, loaded.files, 60, lambda: late).run("")
    await Retention(loaded.db, loaded.files, 0, lambda: late).run("")
    assert path.is_file()
    await Retention(loaded.db, loaded.files, 30, lambda: late).run("")
    assert not path.exists()
    (file,) = await play.rows(loaded, "SELECT sha256, error, name FROM attachment")
    assert (file["sha256"], file["name"]) == ("", "call.wav")
    assert "保留期限" in file["error"]
    assert "延期" in (await one(loaded, spoken))["text"]
    assert not (await play.run(loaded, f"/重新转写 #{spoken}")).ok


async def test_what_somebody_keeps_stays(loaded: Program, spoken: int):
    await play.run(loaded, f"/保留 #{spoken}")
    late = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=40)
    await Retention(loaded.db, loaded.files, 30, lambda: late).run("")
    assert await play.rows(loaded, "SELECT error FROM attachment") == [{"error": None}]
    await play.run(loaded, f"/保留 #{spoken}")
    await Retention(loaded.db, loaded.files, 30, lambda: late).run("")
    assert (await play.rows(loaded, "SELECT sha256 FROM attachment"))[0]["sha256"] == ""


async def test_a_file_that_something_else_has_too_stays(loaded: Program, spoken: int):
    file = await loaded.media.put_bytes("call.wav", "audio/wav", SOUND)
    late = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=40)
    await play.file_all(
        loaded,
        play.message("b", "见附件", attachments=(file,), sent_at=late - timedelta(days=1)),
    )
    await Retention(loaded.db, loaded.files, 30, lambda: late).run("")
    found = await play.rows(loaded, "SELECT sha256 FROM attachment ORDER BY id")
    assert [bool(row["sha256"]) for row in found] == [False, True]
    assert loaded.media.path(file.sha256).is_file()
    assert spoken
