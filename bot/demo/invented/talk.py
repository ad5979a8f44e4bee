"""Messages to an invented firm, of every sort that filing has to tell apart, with the right answer."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from bot.demo.invented import known, unknown
from bot.demo.invented.world import Earlier, Record, Said, Talk, only, stranger

_SORTS: Final[dict[str, tuple[int, Callable[[Talk, Record], Said]]]] = {
    "sender": (200, known.sender),
    "mail": (80, known.mail),
    "phone": (40, known.phone),
    "names another": (20, known.names_another),
    "other numbers": (20, known.other_numbers),
    "code against sender": (15, known.contradiction),
    "claimed": (5, known.claimed),
    "two hats": (20, known.two_hats),
    "another's chat": (10, known.wrong_room),
    "chat": (180, known.chat),
    "thread": (30, known.thread),
    "domain": (70, known.domain),
    "code": (60, unknown.code),
    "name": (100, unknown.naming),
    "signature": (25, unknown.signature),
    "two named": (15, unknown.two_named),
    "pinyin": (15, unknown.pinyin),
    "homophone": (15, unknown.homophone),
    "misspelt": (15, unknown.typo),
    "stranger": (50, stranger),
    "stranger's number": (10, unknown.numbers),
    "number like a code": (5, unknown.same_number),
    "nearly ours": (15, unknown.nearly_ours),
    "word of every day": (10, unknown.plain_word),
}
"""Sort → how many of a thousand, and what makes it."""


def earlier(firm: Record) -> list[Earlier]:
    """One mail with every hundredth customer."""
    return [
        Earlier(f"mail-{one['code']}", one["code"], only(one)) for one in firm["customers"][::100]
    ]


def messages(firm: Record, count: int, seed: int) -> Iterator[Said]:
    talk = Talk(firm, Random(seed))  # noqa: S311 - the same seed, the same messages
    sorts = list(_SORTS)
    shares = [share for share, _ in _SORTS.values()]
    for number in range(count):
        sort = talk.dice.choices(sorts, shares)[0]
        made = _SORTS[sort][1](talk, talk.dice.choice(firm["customers"]))
        here = {"chat": f"dm-{seed}-{number}", "sender": f"walk-in-{seed}-{number}"}
        given = {k: v for k, v in here.items() if not getattr(made, k)}
        yield replace(made, sort=sort, **given)
