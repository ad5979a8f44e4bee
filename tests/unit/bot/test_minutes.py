"""The card after a call: who talked, the longest silence, what is to be done."""

from datetime import UTC, datetime

from bot.contract import Segment, Transcript
from bot.jobs import minutes
from storage.tables import Customer, Interaction, Project
from tests import play

ITEM = Interaction(
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
        Segment(start=0, end=30, speaker="A", text="这已经是第三次延期了，请你们周五前给个说法。"),
        Segment(start=42, end=52, speaker="B", text="我们周三把新的计划发给您。"),
    ),
)


def said(language: str = "zh", project: Project | None = PROJECT) -> str:
    assert language in {"zh", "en"}
    return play.words(minutes.notice(ITEM, TALK, CUSTOMER, project, language))


def test_it_tells_mood_shares_silence_and_what_is_to_be_done():
    words = said()
    for part in ("P-0001 三期", "1:35", "负面", "第三次延期", "A 75%，B 25%", "12 秒，0:30 起"):
        assert part in words
    assert "我们周三把新的计划发给您" in words
    assert 'task new P-0001 "' in words
    assert "due:2026-11-2" in words


def test_in_english_its_own_words_are_english():
    words = said("en")
    for part in ("After the call", "negative", "12 s, from 0:30", "To be done"):
        assert part in words


def test_without_a_project_there_is_no_task_to_take():
    words = said(project=None)
    assert "C-0001 华建" in words
    assert "task new" not in words


def test_one_voice_is_no_share_and_a_breath_no_silence():
    one = TALK.model_copy(update={"segments": TALK.segments[:1]})
    words = play.words(minutes.notice(ITEM, one, CUSTOMER, PROJECT, "zh"))
    assert "谁说得多" not in words
    assert "最长停顿" not in words
