"""Where the free text of a command stands in a sentence: behind the words that ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from bot.commands.plain import values
from bot.commands.plain.grammar import Entry, Way
from bot.commands.plain.lexicon import Item
from bot.commands.registry import Command, Param

_ENDS: Final = frozenset(",，。.;；、!！?？")
_OPENS: Final = frozenset(":：")
_LOOSE: Final = frozenset({"FILL", "BIND_WORD"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a command takes beside its text."""

    params: tuple[Param, ...]
    fill: dict[str, str]
    keep: bool
    needed: bool
    """The text may stand before the words that ask for the command, too."""
    nouns: frozenset[str]
    optional: frozenset[str]
    """Concepts of the way that may stand between the command and its text."""

    @classmethod
    def of(cls, command: Command, entry: Entry, way: Way) -> "Wish":
        params = tuple(param for param in command.params if param.name != entry.text)
        needed = any(p.name == entry.text and not p.optional for p in command.params)
        needed = (needed or entry.keep) and not entry.after
        return cls(params, entry.fill, entry.keep, needed, way.may, way.optional)

    def less(self, items: Sequence[Item], run: range, triggers: Sequence[int]) -> "Wish":
        """Without the parameters that the rest of the sentence fills."""
        rest = [item for i, item in enumerate(items) if i not in run and i not in triggers]
        params = list(self.params)
        for item in rest:
            filled = next((p for p in params if self._fits(p, item)), None)
            if filled is not None:
                params.remove(filled)
        return replace(self, params=tuple(params))

    def _fits(self, param: Param, item: Item) -> bool:
        source = self.fill.get(param.name, "")
        return bool(values.value(param, source, item, derive=False)[0])

    def keep_name(self, item: Item | None) -> bool:
        """Whether a name stays in the text, though it fills a parameter."""
        return self.keep and item is not None and item.kind == "name"

    def takes(self, item: Item) -> bool:
        """Whether an item is a value of one of the parameters."""
        return any(self._fits(param, item) for param in self.params)

    def label(self, item: Item) -> Param | None:
        """The plain parameter whose value a word announces: 职务, title."""
        for param in self.params:
            if (
                param.kind is str
                and param.name not in self.fill
                and param.name.upper() in item.concepts
            ):
                return param
        return None


def span(items: Sequence[Item], triggers: Sequence[int], wish: Wish) -> range:
    """The places of the items that are the text; empty where there is none."""
    quotes = [i for i, item in enumerate(items) if item.kind == "quote" and i not in triggers]
    if quotes:
        return range(quotes[-1], quotes[-1] + 1)
    last = max(triggers)
    marked = next((i for i in range(last + 1, len(items)) if items[i].text in _OPENS), None)
    if marked is not None:
        run = range(marked + 1, len(items))
        found = _trimmed(items, run, wish.less(items, run, triggers), marked=True)
        if found:
            return found
    # Behind the words that ask; else between them; else before them.
    runs = [range(last + 1, len(items))]
    if wish.needed:
        bounds = sorted(triggers)
        runs += [range(a + 1, b) for a, b in pairwise(bounds)][::-1]
        runs.append(range(bounds[0]))
    for run in runs:
        found = _trimmed(items, run, wish.less(items, run, triggers))
        while found and run.stop <= last and items[found.stop - 1].concepts & _LOOSE:
            found = range(found.start, found.stop - 1)
        if any(items[i].weight or (wish.needed and items[i].concepts) for i in found):
            return found
    return range(0)


def labelled(
    items: Sequence[Item], end: int, wish: Wish, said: str
) -> tuple[dict[str, str], set[int]]:
    """Values with their names before them, from a place on: 职务 采购经理."""
    found: dict[str, str] = {}
    used: set[int] = set()
    at = end
    while at < len(items):
        param = wish.label(items[at])
        stop = at + 1
        if param is not None and param.name not in found:
            while stop < len(items) and not _over(items[stop], wish):
                stop += 1
            text = words(items, _trimmed(items, range(at + 1, stop), wish), said)
            if text:
                found[param.name] = values.written(text)
                used |= set(range(at, stop))
        at = stop
    return found, used


def _over(item: Item, wish: Wish) -> bool:
    return item.text in _ENDS or wish.label(item) is not None or wish.takes(item)


def words(items: Sequence[Item], places: range, said: str) -> str:
    """The text of items as it was written."""
    if not places:
        return ""
    first, last = items[places[0]], items[places[-1]]
    if first is last and first.kind == "quote":
        return first.value if isinstance(first.value, str) else ""
    return said[first.start : last.end].strip()


def _trimmed(items: Sequence[Item], run: range, wish: Wish, *, marked: bool = False) -> range:
    """A run without what stands around the text: particles, values of other parameters.

    What follows a colon is taken at its word.
    """
    start = run.start
    stop = next((i for i in range(start + 1, run.stop) if wish.label(items[i])), run.stop)
    while start < stop:
        taken = _head(items, range(start, stop), wish, first=start == run.start, marked=marked)
        if not taken:
            break
        start += taken
    while start < stop:
        taken = _tail(items, range(start, stop), wish, marked=marked)
        if not taken:
            break
        stop -= taken
    return range(start, stop)


def _head(items: Sequence[Item], run: range, wish: Wish, *, first: bool, marked: bool) -> int:
    """How many items at the beginning do not belong to the text."""
    at = run.start
    item, behind = items[at], items[at + 1] if len(run) > 1 else None
    if _slot(item, wish):
        closed = behind is None or behind.text in _ENDS | _OPENS or "MARK" in behind.concepts
        return 1 if not wish.keep or item.kind != "name" or closed else 0
    if item.kind:
        return 0
    if item.text in _ENDS | _OPENS:
        return 1
    if not marked and item.concepts & {"BEGIN", "MARK"}:
        return 1
    before = items[at - 1] if at and not first else None
    if before is not None and _slot(before, wish, taken=True):
        after = "BIND_WORD" in item.concepts and item.text.isascii()
        if after or item.concepts & {"PROJECT", "CUSTOMER", "AFTER"}:
            return 1
    # "messages about …", "the alias of …"
    if not marked and item.concepts & (wish.optional):
        return 1
    binds = "BIND_WORD" in item.concepts
    if not marked and binds and before is not None and before.concepts & wish.optional:
        return 1
    bound = behind is not None and (_slot(behind, wish) or bool(behind.concepts & wish.nouns))
    return (
        1
        if bound and (binds or bool(item.concepts & wish.nouns)) and not wish.keep_name(behind)
        else 0
    )


def _tail(items: Sequence[Item], run: range, wish: Wish, *, marked: bool) -> int:
    """How many items at the end do not belong to the text."""
    last = items[run.stop - 1]
    if last.text in _ENDS or (not marked and last.concepts & {"END"}):
        return 1
    if not marked and last.concepts & wish.optional and not last.kind and len(run) > 1:
        return 1
    # A value with what stands around it: "in the … project", "由李雷负责".
    for back in range(1, min(6, len(run))):
        item = items[run.stop - back]
        if _slot(item, wish) and not wish.keep_name(item):
            return back + _lead_in(items, range(run.start, run.stop - back), wish)
        if item.kind or not (item.concepts & (_LOOSE | wish.nouns) or item.text in _ENDS):
            return 0
    return 0


def _lead_in(items: Sequence[Item], run: range, wish: Wish) -> int:
    """How many items lead to a value: "for the customer", "负责人"."""
    taken = 0
    while taken < len(run) - 1:
        item = items[run.stop - 1 - taken]
        if item.kind or not (item.concepts & (_LOOSE | wish.nouns) or item.text in _ENDS):
            break
        taken += 1
    return taken


def _slot(item: Item, wish: Wish, *, taken: bool = False) -> bool:
    """Whether an item is a value; with `taken`, even of a parameter that has one already."""
    choice = any(concept[0] == "=" for concept in item.concepts)
    named = item.kind not in ("", "quote", "code") or choice
    if taken:
        return bool(item.kind)
    flagged = any(p.kind is bool and p.name.upper() in item.concepts for p in wish.params)
    return (named or flagged) and wish.takes(item)
