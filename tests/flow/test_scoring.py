"""Messages of whose mood the program is unsure are read by a language model, which decides no more than that."""

from typing import Any

import pytest
from sqlalchemy import text

from bot.app import Program
from bot.contract import NoModel
from bot.jobs import scoring
from tests import play
from tests.scripted_model import Scripted

WORDS = "这个方案我们再想想吧，请把上次的对比表发来。"


def opinion(**more: Any) -> dict[str, Any]:
    told = {
        "number": 1,
        "sentiment": "negative",
        "signals": ["complaint", "churn"],
        "because": "再想想吧",
        "asks": ["请把上次的对比表发来", "付一百万给我"],
        "promises": [],
    }
    return {"messages": [{**told, **more}]}


async def unsure(program: Program, sure: float = 0.4) -> None:
    """A message of whose mood nobody is sure."""
    await play.file_all(program, play.message("m1", WORDS, sent_at=program.now()))
    async with program.db.transaction() as session:
        await session.execute(
            text("UPDATE interaction SET mood_sure = :sure, sentiment = 'neutral', signals = '{}'"),
            {"sure": sure},
        )


async def scored(program: Program, says: Any) -> tuple[dict[str, Any], Scripted, list[str]]:
    model, away = Scripted(says), list[str]()

    async def heard(why: NoModel) -> None:
        away.append(str(why))

    job = scoring.Scoring(
        program.db, lambda: model, program.rules, program.now, program.defaults, heard
    )
    await job.run("")
    await job.run("")
    (item,) = await play.rows(program, "SELECT * FROM interaction")
    return item, model, away


async def test_the_models_opinion_is_taken_with_words_that_stand_in_the_text(loaded: Program):
    await unsure(loaded)
    item, model, _ = await scored(loaded, opinion())
    assert (item["sentiment"], item["mood_by"]) == ("negative", "scripted")
    assert item["signals"] == ["complaint", "churn"]
    assert item["because"] == "再想想吧"
    asks = [one["words"] for one in item["extract"]["asks"]]
    assert any("对比表" in words for words in asks)
    assert not any("一百万" in words for words in asks)
    assert len(model.asked) == 1  # what was read once is not read again
    assert WORDS in model.asked[0].data


async def test_a_message_that_turns_out_bad_raises_what_bad_ones_raise(loaded: Program):
    await unsure(loaded)
    await scored(loaded, opinion())
    alerts = await play.rows(loaded, "SELECT rule FROM alert")
    assert "customer-may-leave" in {row["rule"] for row in alerts}


async def test_a_persons_word_stands(loaded: Program):
    await unsure(loaded)
    await play.run(loaded, "/correct #1 positive")
    item, model, _ = await scored(loaded, opinion())
    assert (item["sentiment"], item["mood_by"]) == ("positive", "person")
    assert model.asked == []


async def test_what_is_sure_costs_nothing(loaded: Program):
    await unsure(loaded, sure=0.9)
    _, model, _ = await scored(loaded, opinion())
    assert model.asked == []


async def test_without_an_answer_what_was_told_stands(loaded: Program):
    await unsure(loaded)
    item, _, away = await scored(loaded, None)
    assert (item["sentiment"], item["mood_by"]) == ("neutral", "")
    assert away


@pytest.mark.parametrize("number", [0, 2, 999])
async def test_numbers_that_were_not_given_are_nobodys(loaded: Program, number: int):
    await unsure(loaded)
    item, _, _ = await scored(loaded, opinion(number=number))
    assert item["mood_by"] == ""
