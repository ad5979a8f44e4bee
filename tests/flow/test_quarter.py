"""A quarter of the demo firm, September to December with the National Day, as its manager reads it.

`KEQING_GOLDEN=write` writes `tests/data/quarter/*.md` anew.
"""

import os
from collections import Counter
from datetime import time
from pathlib import Path

import pytest

from bot import demo
from bot.app import Program
from bot.contract import Audience
from bot.domain import workdays
from tests import play, quarter

KEPT = Path(__file__).parents[1] / "data" / "quarter"
SECRETS = ("毛利", "预算", "budget", "margin", "林国栋", "沈若溪", "T-")
ASKED_FOR = frozenset({"reminder"})
"""Their times were chosen by a member."""


async def test_a_quarter_of_the_demo_firm(program: Program, monkeypatch: pytest.MonkeyPatch):
    quarter.move_clock(monkeypatch)
    said = await quarter.talk(program)
    quarter.go_to(quarter.FIRST, time(8))
    await demo.prepare(program)
    played = quarter.Quarter(program, said)
    await played.run()
    assert played.people.refused == []
    told = await quarter.told(program)
    pages = quarter.pages(told)
    if os.environ.get("KEQING_GOLDEN") == "write":
        for name, words in pages.items():
            (KEPT / name).write_text(words, "utf-8")
    assert [one for one in told if disturbs(one)] == []
    assert [one for one in told if betrays(one)] == []
    # An answer's clock and an approval's step may stand for several; whatever else is said once.
    once = [one for one in told if one.kind not in {"answer", "approve"}]
    twice = Counter((one.to, one.at.date(), play.words(one.notice)) for one in once)
    assert [what for what, times in twice.items() if times > 1] == []
    assert sorted(pages) == sorted(path.name for path in KEPT.glob("*.md"))
    for name, words in pages.items():
        assert words == (KEPT / name).read_text("utf-8"), name


def disturbs(one: quarter.Told) -> bool:
    """Whether a member is told something at night or on a day off that they have not asked for."""
    if one.notice.audience is Audience.CUSTOMER or one.kind in ASKED_FOR:
        return False
    by_day = time(8) <= one.at.time() < time(21)
    return not (by_day and workdays.china().is_workday(one.at.date()))


def betrays(one: quarter.Told) -> bool:
    """Whether a customer reads what is not for them."""
    words = "\n".join([one.notice.title, *quarter.body(one.notice)])
    return one.notice.audience is Audience.CUSTOMER and any(word in words for word in SECRETS)
