"""The card after a call: who talked, the longest silence, what is to be done."""

from datetime import UTC, datetime

from bot.commands import minutes
from bot.contract import Notice, Segment, Transcript
from bot.pipeline import hearing, summary
from storage.tables import Customer, Interaction, Project
from tests import play

ITEM = Interaction(
    id=7,
    channel="calls",
    kind="call",
    message_key="m",
    sentiment="negative",
    because="这已经是第三次延期了",
    occurred_at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
)
CUSTOMER = Customer(id=1, code="C-0001", name="华建")
PROJECT = Project(id=1, code="P-0001", name="三期", customer_id=1)
TALK = Transcript(
    language="zh",
    duration_s=95.0,
    segments=(
        Segment(
            start=0,
            end=30,
            speaker="customer",
            text="这已经是第三次延期了，请你们周五前给个说法。",
        ),
        Segment(start=29, end=30, speaker="agent", text="实在抱歉。"),
        Segment(
            start=42,
            end=51,
            speaker="agent",
            text="我们周三把新的计划发给您。李雷周四到现场处理。那就这么定了。",
        ),
        Segment(start=60, end=65, speaker="customer", text="好的，谢谢，这次处理得很好！"),
        Segment(start=66, end=70, speaker="customer", text="验收什么时候做？"),
        Segment(start=70, end=72, speaker="agent", text="我回去确认一下。"),
    ),
)


def card(
    language: str = "zh", project: Project | None = PROJECT, talk: Transcript = TALK
) -> Notice:
    assert language in {"zh", "en"}
    turns = hearing.turns(talk)
    gist = summary.of(turns, ITEM.occurred_at.date())
    whole = minutes.Talk(
        ITEM, CUSTOMER, project, turns, gist, hearing.shape(talk), ("李雷", "韩梅")
    )
    return minutes.notice(whole, language, "https://keqing.example/talks/7")


def fact(notice: Notice, label: str) -> str:
    return next((one.value for one in notice.facts if one.label == label), "")


def test_it_tells_length_mood_shares_talk_over_and_silence():
    told = card()
    assert "P-0001 三期" in told.title
    assert fact(told, "时长") == "1:35"
    assert fact(told, "情绪") == "负面：这已经是第三次延期了"
    assert fact(told, "谁说得多") == "我方 24%，客户 76%"
    assert fact(told, "抢话") == "1 次"
    assert fact(told, "最长停顿") == "12 秒，0:30 起"
    assert "处理得很好" in fact(told, "触动情绪的话")


def test_every_claim_names_its_second_and_who_said_it():
    told = card()
    assert "[0:00] 客户：这已经是第三次延期了" in told.text
    assert "· [0:48] 我方：那就这么定了。" in fact(told, "决定")
    assert "· [1:06] 客户：验收什么时候做？" in fact(told, "未答复的问题")


def test_what_is_to_be_done_has_an_owner_a_date_and_a_button():
    told = card()
    to_do = fact(told, "要办的事")
    assert "我们周三把新的计划发给您" in to_do
    assert "李雷周四到现场处理。（李雷，2026年11月26日）" in to_do
    assert "验收什么时候做" not in to_do
    lines = [one.command for one in told.buttons if one.command.startswith("/task new P-0001")]
    assert any("@李雷 due:2026-11-26 item:#7" in line for line in lines)
    assert [one.url for one in told.buttons if one.url] == ["https://keqing.example/talks/7"]


def test_mood_over_time_is_a_chart_with_words():
    chart = card().chart
    assert chart is not None
    assert [series.name for series in chart.series] == ["客户", "我方"]
    assert chart.across[-1] == (95.0, "1:35")
    assert "客户 差 → " in chart.words


def test_in_english_its_own_words_are_english():
    words = play.words(card("en"))
    for part in ("After the call", "negative", "12 s, from 0:30", "To be done", "our side 24%"):
        assert part in words


def test_without_a_project_there_is_no_task_to_take():
    words = play.words(card(project=None))
    assert "C-0001 华建" in words
    assert "task new" not in words


def test_one_voice_is_no_share_and_a_breath_no_silence():
    told = card(talk=TALK.model_copy(update={"segments": TALK.segments[:1]}))
    for label in ("谁说得多", "最长停顿", "抢话"):
        assert fact(told, label) == ""
    assert told.chart is None


def test_what_was_written_down_is_told_without_times():
    turns = minutes.written("李雷：周五前把图纸交给客户。\n会议决定采用方案B。\n散会")
    gist = summary.of(turns, ITEM.occurred_at.date(), timed=False)
    (done,) = gist.to_do
    assert (done.speaker, done.at, str(done.due)) == ("李雷", None, "2026-11-20")
    assert [point.words for point in gist.decisions] == ["会议决定采用方案B。"]
    assert minutes.line(done, "zh") == "李雷：周五前把图纸交给客户。"
