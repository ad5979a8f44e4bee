"""What a sentence names: customers, projects, members, tasks, dates, amounts, numbers.

Only what the asker may see is found: the name of anybody else stays a word.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlmodel import col, select

from bot.commands.plain import firms, lexicon
from bot.commands.plain.firms import Taken
from bot.commands.plain.lexicon import Item
from bot.commands.registry import Ask
from bot.domain import dates, names, numerals
from storage import customers, projects
from storage.tables import FieldDefinition, User

_TASK: Final = re.compile(r"(?<![a-z\d_-])t-(\d{1,17})(?!\d)")
_QUOTED: Final = re.compile(r"[\"“「『《]([^\"”」』》]{1,400})[\"”」』》]")
_AT: Final = re.compile(r"@([^\s@,，。:：、;；]{1,60})")
_HAN: Final = rf"[{numerals.HAN}半]"
_PERCENT: Final = re.compile(
    rf"(\d{{1,3}}) ?(?:%|percent|per cent)|百分之({_HAN}{{1,4}}|\d{{1,3}})|([一二三四五六七八九])成"
)
_AMOUNT: Final = re.compile(
    r"[¥$€] ?(\d[\d,]*(?:\.\d{1,2})?) ?(万|千|亿|k|m|w)?(?:元|块钱?)?"
    r"|(?<![\da-z.-])(\d[\d,]*(?:\.\d{1,2})?) ?(?:(万|千|亿|k|m|w|thousand|million)(?![a-z])"
    r"(?:元|块钱?)?|(?:元|块钱?|rmb|cny|yuan|dollars?)(?![a-z]))"
    rf"|({_HAN}+?)(万|千|亿)?(?:元|块钱?)|([一二两三四五六七八九十百千]+[万亿][零一二三四五六七八九十百千]*)"
)
_SCALE: Final = {
    "万": 10_000, "w": 10_000, "千": 1000, "k": 1000, "thousand": 1000, "m": 1_000_000,
    "million": 1_000_000, "亿": 100_000_000,
}  # fmt: skip
_NUMBER: Final = re.compile(
    rf"第 ?(\d{{1,9}}|{_HAN}{{1,4}}) ?[条号个通封]|(?<![a-z\d_.-])#?(\d{{1,9}}) ?[条号]?(?![\d.-]|[a-z])"
)


async def entities(ask: Ask, text: str, wanted: Collection[str]) -> list[Item]:
    """What a text names; `wanted` are the concepts in it, for what is looked up only then."""
    taken = Taken()
    for found in _QUOTED.finditer(text):
        taken.add(_item(found, "quote", found.group(1)))
    for name in ("email", "phone"):
        for found in shapes()[name].finditer(text):
            taken.add(_item(found, name, found.group()))
    for found in _TASK.finditer(text):
        taken.add(_item(found, "task", f"T-{found.group(1)}"))
    await _members(ask, text, taken)
    await firms.spot(ask, text, taken)
    await _others(ask, text, wanted, taken)
    # Names are kept as they are written; all else is read in one script.
    simple = lexicon.simplified(text)
    # 提醒一下下周五 names the next Friday, not the one after.
    for start, end, when in dates.find(simple.replace("一下下", "  下"), ask.now):
        taken.add(Item(start, end, text[start:end], kind="date", value=when))
    for item in _figures(simple):
        taken.add(item)
    return taken.sorted()


def _item(found: re.Match[str], kind: str, value: Any) -> Item:
    return Item(found.start(), found.end(), found.group(), kind=kind, value=value)


@cache
def shapes() -> dict[str, re.Pattern[str]]:
    """Values of plain parameters that show by their form what they are."""
    return {
        name: re.compile(source) for name, source in lexicon.load("commands.toml")["shapes"].items()
    }


def _figures(text: str) -> Iterator[Item]:
    for found in _PERCENT.finditer(text):
        plain = numerals.whole(found.group(1) or found.group(2) or "")
        value = plain if plain is not None else 10 * (numerals.whole(found.group(3) or "") or 0)
        if value <= 100:
            yield _item(found, "percent", value)
    for name, shape in shapes().items():
        for found in shape.finditer(text):
            words = next((group for group in found.groups() if group), found.group()).strip()
            number = numerals.whole(words)
            yield _item(found, name, words if number is None else str(number))
    for found in _AMOUNT.finditer(text):
        groups = [group for group in found.groups() if group]
        number = numerals.number(groups[0])
        if number is not None:
            yield _item(found, "amount", number * (_SCALE[groups[1]] if len(groups) > 1 else 1))
    for found in _NUMBER.finditer(text):
        value = numerals.whole(next(group for group in found.groups() if group))
        if value is not None:
            yield _item(found, "number", value)


async def _members(ask: Ask, text: str, taken: Taken) -> None:
    rows = await ask.session.exec(select(User.name).where(col(User.active)))
    known = {lexicon.normal(name): name for name in rows if name}
    at = {found.group(1).replace("\xa0", " "): found for found in _AT.finditer(text)}
    for said, found in at.items():
        if name := known.get(said):
            taken.add(_item(found, "user", name))
    short: dict[str, list[str]] = {}
    for norm, name in known.items():
        for part in _short_names(norm):
            short.setdefault(part, []).append(name)
    named = [*known.items(), *((part, of[0]) for part, of in short.items() if len(of) == 1)]
    for norm, name in sorted(named, key=lambda pair: -len(pair[0])):
        if norm not in text or norm in names.GENERIC:
            continue
        for start, end in names.spans(text, norm):
            taken.add(Item(start, end, norm, kind="user", value=name))


def _short_names(norm: str) -> list[str]:
    """The first name of a Latin name, the given name of a Chinese one of three characters."""
    first, _, rest = norm.partition(" ")
    if rest and len(first) > 2 and first.isascii():
        return [first]
    return [norm[1:]] if len(norm) == 3 and all(map(names.is_cjk, norm)) else []


async def _others(ask: Ask, text: str, wanted: Collection[str], taken: Taken) -> None:
    """Names that only some commands ask for: fields, contacts, milestones, tasks."""
    asked = set(wanted)
    here = [item.value for item in taken.items if item.kind == "name"]
    owners = sorted({code for named in here for code in (*named.customers, *named.owners)})
    coded = sorted({code for named in here for code in named.projects})
    if {"FIELD", "FILL_IN", "CHANGE"} & asked:
        for name in await ask.session.exec(select(FieldDefinition.name)):
            _spot(text, name, "field", name, taken)
    for code in owners if {"CONSENT", "MOOD"} & asked else ():
        firm = await customers.by_code(ask.session, ask.actor.scope, code)
        for person in await customers.people(ask.session, firm.id) if firm else ():
            _spot(text, person.contact.name, "contact", person.contact.name, taken)
    for code in coded if {"MILESTONE", "DONE"} <= asked else ():
        project = await projects.by_code(ask.session, ask.actor.scope, code)
        for one in await projects.milestones(ask.session, project.id) if project else ():
            _spot(text, one.name, "milestone", one.name, taken)
    if {"DONE", "ASSIGN"} & asked and not any(item.kind == "task" for item in taken.items):
        await _tasks(ask, text, coded, taken)


async def _tasks(ask: Ask, text: str, coded: Sequence[str], taken: Taken) -> None:
    """Tasks by their names: the asker's own, and those of a project that is named."""
    session, scope = ask.session, ask.actor.scope
    rows = (
        []
        if ask.actor.user_id is None
        else [*await projects.tasks(session, scope, assignee_id=ask.actor.user_id)]
    )
    project = await projects.by_code(session, scope, coded[0]) if coded else None
    if project is not None:
        rows += await projects.tasks(session, scope, project_id=project.id)
    for task, _ in sorted(rows, key=lambda row: -len(row[0].name)):
        _spot(text, task.name, "task", f"T-{task.id}", taken)


def _spot(text: str, name: str, kind: str, value: str, taken: Taken) -> None:
    norm = lexicon.normal(name)
    if len(norm) > 1:
        for start, end in names.spans(text, norm):
            taken.add(Item(start, end, norm, kind=kind, value=value))
