"""Customers and projects in a sentence: by code, by name, by part of a name, misspelt.

They are looked up by how names begin; only those that the asker may see are found.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import text as sql
from sqlmodel import col, select

from bot.commands.plain.lexicon import Item
from bot.commands.registry import Ask
from bot.domain import names
from storage import customers, directory, projects
from storage.tables import Alias

_CODE: Final = re.compile(r"(?<![a-z\d_-])[a-z]{1,6}\d{0,6}-\d{1,9}(?:-\d{1,6})?(?![a-z\d_-])")
_MOST_NAMES: Final = 200
_MOST_SHARED: Final = 20
_WHOLE: Final = sql("""
SELECT norm, customer_id, project_id, nth FROM (
  SELECT norm, customer_id, project_id, row_number() OVER (PARTITION BY norm) AS nth
  FROM alias WHERE head = ANY(:heads) AND strpos(:text, norm) > 0
) AS named WHERE nth <= :most
""")
_Row = tuple[int, int | None]
"""A customer, and a project where the name is that of one."""


@dataclass(frozen=True, slots=True)
class Named:
    """Rows that a name may mean, by their codes."""

    words: str
    customers: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    """The customers of the projects."""
    only: str = ""
    """The only open project of the only customer, where there is just one."""


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    code: str
    names: tuple[str, ...]
    customer: str


class Taken:
    """Items that do not overlap; who comes first keeps the place."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def add(self, item: Item) -> None:
        if item.end > item.start and all(
            item.end <= other.start or item.start >= other.end for other in self.items
        ):
            self.items.append(item)

    def sorted(self) -> list[Item]:
        return sorted(self.items, key=lambda item: item.start)


async def spot(ask: Ask, text: str, taken: Taken) -> None:
    """Customers and projects: by code, by name, by part of a name, misspelt."""
    coded = list(_CODE.finditer(text))
    by_code = await directory.codes(ask.session, {found.group().upper() for found in coded})
    spans: dict[tuple[int, int], set[_Row]] = {}
    for found in coded:
        if row := by_code.get(found.group().upper()):
            spans[found.span()] = {row}
    for start, end, row in await _named(ask, text):
        spans.setdefault((start, end), set()).add(row)
    chat = ask.chat.customer_id if ask.chat else None
    firms = {firm for rows in spans.values() for firm, _ in rows} | ({chat} if chat else set())
    visible = {
        row.id: row.code
        for row in await customers.with_ids(ask.session, ask.actor.scope, sorted(firms))
    }
    open_ = await _projects(
        ask, sorted(firms), {p for rows in spans.values() for _, p in rows if p}
    )
    rows_of = {row.id: row for row in open_}
    for (start, end), rows in sorted(spans.items(), key=lambda pair: pair[0][0] - pair[0][1]):
        named = _meant(text[start:end], rows, visible, rows_of)
        if named:
            taken.add(Item(start, end, text[start:end], kind="name", value=named))
    for found in coded:
        taken.add(Item(*found.span(), found.group(), kind="code", value=found.group().upper()))
    _parts(text, taken, [row for row in open_ if row.customer], visible.get(chat or 0, ""))
    _of_their_customer(taken, open_)


def _meant(
    words: str,
    rows: set[_Row],
    visible: dict[int, str],
    open_: dict[int, Row],
) -> Named | None:
    firms = sorted({visible[firm] for firm, project in rows if project is None and firm in visible})
    found = [open_[p] for _, p in sorted(rows, key=str) if p is not None and p in open_]
    if not firms and not found:
        return None
    only = (
        [row.code for row in open_.values() if row.customer == firms[0]] if len(firms) == 1 else []
    )
    return Named(
        words,
        tuple(firms),
        tuple(row.code for row in found),
        tuple(row.customer for row in found),
        only[0] if len(only) == 1 else "",
    )


async def _named(ask: Ask, text: str) -> list[tuple[int, int, _Row]]:
    """Where names stand in a text: whole, else by their beginning, sound, or nearly."""
    heads = names.probes(text)
    # Of a name that very many share, the customer beside it tells which is meant.
    rows = await ask.session.execute(
        _WHOLE, {"heads": list(heads), "text": text, "most": _MOST_SHARED + 1}
    )
    whole = [(str(row[0]), int(row[1]), row[2], int(row[3])) for row in rows]
    shared = {norm for norm, _, _, nth in whole if nth > _MOST_SHARED}
    found: list[tuple[int, int, _Row]] = []
    for norm, firm, project, _ in whole:
        if norm not in shared and (norm not in names.GENERIC or project is not None):
            found += [(start, end, (firm, project)) for start, end in names.spans(text, norm)]
    begun = await ask.session.exec(
        select(Alias.norm, Alias.customer_id, Alias.project_id)
        .where(col(Alias.head).in_(heads), Alias.norm != Alias.head)
        .limit(_MOST_NAMES)
    )
    for norm, firm, project in begun.all():
        for start, end in _beginning(text, norm):
            if not any(s <= start and end <= e for s, e, _ in found):
                found.append((start, end, (firm or 0, project)))
    return found or await _sounding(ask, text)


async def _sounding(ask: Ask, text: str) -> list[tuple[int, int, _Row]]:
    if not any(map(names.is_cjk, text)):
        return []
    windows = names.sound_windows(text, 200)
    rows = await ask.session.exec(
        select(Alias.pinyin, Alias.customer_id, Alias.project_id)
        .where(col(Alias.pinyin).in_(windows))
        .limit(_MOST_NAMES)
    )
    return [
        (*_heard(text, len(sound.split()), sound), (firm or 0, project))
        for sound, firm, project in rows
        if sound
    ]


def _heard(text: str, length: int, sound: str) -> tuple[int, int]:
    for start in range(len(text) - length + 1):
        if names.sound(text[start : start + length]) == sound:
            return start, start + length
    return 0, 0


def _beginning(text: str, alias: str) -> list[tuple[int, int]]:
    """Where the beginning of a name stands for it: three characters, a Latin word, one slip."""
    head = names.head(alias)
    latin = head.isascii()
    if head == alias or head in names.GENERIC or len(head) < 3:
        return []
    found: list[tuple[int, int]] = []
    for start, end in names.spans(text, head):
        stop = end
        while stop < len(text) and stop - start < len(alias) and text[stop] == alias[stop - start]:
            stop += 1
        while (
            latin and stop > end and (text[stop - 1 : stop + 1].isalnum() or text[stop - 1] == " ")
        ):
            stop -= 1
        # 新华建材 for 新华建筑: nearly the whole name, one character wrong.
        slip = text[start : start + len(alias)]
        if len(alias) >= directory.LEAST_NEAR and len(slip) == len(alias) > stop - start:
            wrong = sum(a != b for a, b in zip(slip, alias, strict=True))
            stop = start + len(alias) if wrong == 1 else stop
        found.append((start, stop))
    return found


async def _projects(ask: Ask, firms: Sequence[int], more: Collection[int]) -> list[Row]:
    """Open projects of customers, and those that were named, as far as they may be seen."""
    known = await directory.projects(ask.session, firms) if firms else {}
    ids = [row.id for rows in known.values() for row in rows if row.open or row.id in more]
    ids += [id_ for id_ in more if id_ not in ids]
    if not ids:
        return []
    found = await projects.with_ids(ask.session, ask.actor.scope, ids[:_MOST_NAMES])
    owners = await directory.customers(ask.session, {row.customer_id for row in found})
    also = {row.id: row.aliases for rows in known.values() for row in rows}
    return [
        Row(p.id, p.code, (names.normal(p.name), *also.get(p.id, ())), owners[p.customer_id][0])
        for p in found
    ]


def _parts(text: str, taken: Taken, rows: Sequence[Row], chat: str) -> None:
    """A project by a word of its name, beside its customer's name or in its customer's chat."""
    here = [item.value for item in taken.items if item.kind == "name"]
    firms = {code for named in here for code in named.customers} | ({chat} if chat else set())
    if any(named.projects for named in here):
        return
    best: dict[str, tuple[int, int, int]] = {}
    for row in rows:
        if row.customer not in firms:
            continue
        for word in {word for name in row.names for word in _words(name)}:
            for start, end in names.spans(text, word):
                free = all(end <= i.start or start >= i.end for i in taken.items)
                if free and end - start > best.get(row.code, (0, 0, 0))[0]:
                    best[row.code] = (end - start, start, end)
    longest = max((size for size, _, _ in best.values()), default=0)
    meant = [(code, span) for code, span in best.items() if span[0] == longest]
    if len(meant) == 1:
        code, (_, start, end) = meant[0]
        owner = next(row.customer for row in rows if row.code == code)
        named = Named(text[start:end], projects=(code,), owners=(owner,))
        taken.add(Item(start, end, named.words, kind="name", value=named))


def _words(name: str) -> Iterator[str]:
    for word in re.findall(r"[a-z0-9]{3,}", name):
        if word not in names.GENERIC:
            yield word
    for run in re.findall(r"[\u4e00-\u9fff]{2,}", name):
        for length in range(2, min(len(run), 12) + 1):
            for start in range(len(run) - length + 1):
                part = run[start : start + length]
                if part[-1] == "期" or part not in names.GENERIC:
                    yield part


def _of_their_customer(taken: Taken, rows: Sequence[Row]) -> None:
    """Of several projects with one name, the one of the customer that is named too."""
    firms = {
        item.value.customers[0]
        for item in taken.items
        if item.kind == "name" and len(item.value.customers) == 1 and not item.value.projects
    }
    owner = {row.code: row.customer for row in rows}
    for at, item in enumerate(taken.items):
        if item.kind == "name" and len(item.value.projects) > 1 and firms:
            kept = tuple(code for code in item.value.projects if owner[code] in firms)
            if kept:
                named = replace(item.value, projects=kept, owners=tuple(owner[c] for c in kept))
                taken.items[at] = replace(item, value=named)
