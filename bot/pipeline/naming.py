"""Whom a text names: whole names, names that are said or written alike, projects' words.

Pure. A name counts as doubtful where chance, another firm or another meaning could have put it there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from rapidfuzz import fuzz

from bot.domain import contexts, firm_words, names
from storage.directory import Directory, KnownProject, Name

Chance = Literal["none", "some", "word"]

_ALIKE: Final = 86.0
"""rapidfuzz ratio, 0 to 100, above which a name counts as misspelt."""
_LEAD: Final = 4.0
"""By how much the best misspelt name must lead for the others not to count."""


@dataclass(frozen=True, slots=True)
class ProjectWords:
    """The project that a text's words speak for; `whole`: by its whole name."""

    project_id: int | None = None
    shown: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    start: int
    end: int
    name: Name


@dataclass(slots=True)
class Named:
    """Customers that a text names → the name; `sure`: nothing speaks against it; `through`: only
    projects are named.
    """

    found: dict[int, str] = field(default_factory=dict)
    sure: bool = True
    through: bool = False


def hits(norm: str, found: Directory) -> list[Hit]:
    """Where names stand in the text; of those that overlap the longest."""
    every: list[Hit] = []
    for start, head in names.standing(norm, found.names):
        for name in found.names[head]:
            if name.norm not in names.GENERIC and len(name.norm) > 1:
                # A Latin head may stand behind a bracket or a mark that the name begins with.
                at = start if norm.startswith(name.norm, start) else norm.find(name.norm)
                every += [
                    Hit(s, e, name)
                    for s, e in names.spans(norm, name.norm)
                    if s == at and not contexts.splits_a_place(norm, s, e)
                ]
    every.sort(key=lambda hit: (hit.start - hit.end, hit.start, hit.name.customer_id))
    covered: dict[tuple[int, int], None] = {}
    kept: list[Hit] = []
    for hit in dict.fromkeys(every):
        place = (hit.start, hit.end)
        if any(a <= hit.start and hit.end <= b and (a, b) != place for a, b in covered):
            continue
        covered[place] = None
        kept.append(hit)
    return kept


def named(norm: str, found: Directory, loose: str) -> Named:
    """Customers whose name, or whose project's, stands in the text; `loose`: see `names.sides`."""
    own: dict[int, str] = {}
    doubtful: dict[int, str] = {}
    words: dict[int, str] = {}
    through: dict[int, str] = {}
    every = hits(norm, found)
    for hit in every:
        name = hit.name
        if name.project_id is not None:
            through.setdefault(name.customer_id, name.norm)
        else:
            kinds = {"none": own, "some": doubtful, "word": words}
            kinds[_chance(norm, hit, every, found, loose)].setdefault(name.customer_id, name.norm)
    # A word of every day is a name only beside a project of that customer.
    doubtful |= {c: n for c, n in words.items() if c in through}
    doubtful = {c: n for c, n in doubtful.items() if c not in own}
    whole = {c: n for c, n in through.items() if not contexts.short(n)}
    both = {c: n for c, n in (own or doubtful).items() if c in through}
    if len(both) == 1:
        return Named(both)
    if own:
        # Beside a firm's whole name a few characters of another's are chance.
        if any(_whole(n) for n in own.values()):
            doubtful = {c: n for c, n in doubtful.items() if not contexts.short(n)}
        # Another customer's project, named in full, speaks against the one that is named.
        against = doubtful or (len(whole) == 1 and not both)
        return Named(own, sure=not (len(own) == 1 and against))
    if doubtful:
        return Named(doubtful | whole, sure=False)
    return Named(through, sure=len(through) != 1 or len(whole) == 1, through=True)


def _whole(norm: str) -> bool:
    """Whether a name is long enough to be a firm's as it is registered."""
    return len(norm) >= (6 if names.is_cjk(norm[0]) else 12)


def _chance(norm: str, hit: Hit, every: Sequence[Hit], found: Directory, loose: str) -> Chance:
    """How a name may stand in a text by chance: none, some, or as a word of every day."""
    name = hit.name.norm
    full = found.customers.get(hit.name.customer_id, ("", ""))[1]
    if full and contexts.goes_on(norm, hit.start, hit.end, full):
        return "some"
    plain = firm_words.plain(name)
    if not contexts.short(name) and not plain:
        # "Keystone Civils" may be the end of another's name, "华健建设" hardly.
        alone = not firm_words.plain(name.split(" ")[0]) or contexts.leads(norm, hit.start)
        return "none" if alone else "some"
    if plain and not contexts.presented(norm, hit.start, hit.end):
        return "some" if contexts.listed(norm, hit.start, hit.end) else "word"
    if plain:
        return "none"
    sides = contexts.sides(norm, hit.start, hit.end, loose)
    if any(0 <= other.start - hit.end <= 1 for other in every if other.name.project_id):
        sides += 1  # a project's name goes on where this one ends
    return "none" if sides >= 2 else "some" if sides else "word"


def alike(norm: str, found: Directory) -> dict[int, str]:
    """Customers whose name sounds like, or nearly is, something in the text."""
    customers: dict[int, str] = {}
    windows = names.sound_windows(norm) if found.sounds else frozenset[str]()
    for window in sorted(windows & found.sounds.keys(), key=lambda w: (-len(w), w)):
        for name in found.sounds[window]:
            if name.norm not in norm:  # as it stands it is no name alike, but one to be weighed
                customers.setdefault(name.customer_id, name.norm)
    if customers:
        return customers
    scores: dict[int, tuple[float, str]] = {}
    for head in sorted(names.probes(norm) & found.near.keys()):
        for name in found.near[head]:
            score = fuzz.partial_ratio(name.norm, norm, score_cutoff=_ALIKE)
            if name.norm not in norm and score > scores.get(name.customer_id, (0.0, ""))[0]:
                scores[name.customer_id] = (score, name.norm)
    best = max((score for score, _ in scores.values()), default=0.0)
    return {c: name for c, (score, name) in sorted(scores.items()) if score > best - _LEAD}


def project_words(projects: Sequence[KnownProject], norm: str, customer_name: str) -> ProjectWords:
    """The one project whose own words stand in the text, and the words; none where unclear."""
    scored: list[tuple[float, int, str, bool]] = []
    norm = _numbered(norm)
    text_words = names.words(norm)
    shared = names.words(names.normal(customer_name))
    called = {p.id: [_numbered(n) for n in (names.normal(p.name), *p.aliases)] for p in projects}
    own = {id_: set[str]().union(*map(_words, forms)) for id_, forms in called.items()}
    for project in projects:
        whole = [n for n in called[project.id] if len(n) > 1 and names.spans(norm, n)]
        others = set[str]().union(*(words for id_, words in own.items() if id_ != project.id))
        hits_ = (own[project.id] & text_words) - others - shared - _NOBODYS
        hits_ = {word for word in hits_ if not contexts.trade(word)}
        if all(word.isascii() and firm_words.plain(word) for word in hits_):
            hits_ = set[str]()  # "street" alone is no project
        score = (10.0 + max(map(len, whole)) if whole else 0.0) + len(hits_)
        if score:
            shown = max(whole, key=len) if whole else " ".join(sorted(hits_)[:3])
            ranked = score + (0.5 if project.open else 0.0)
            scored.append((ranked, project.id, shown, bool(whole)))
    scored.sort(reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] - scored[1][0] < 0.4):
        return ProjectWords()
    return ProjectWords(*scored[0][1:])


_NOBODYS: Final = names.GENERIC - {"一期", "二期", "三期", "四期"}
"""A phase tells nothing of a customer, but one project of a customer's from another."""
_PHASE: Final = re.compile(r"(\d)(?=期)|(?<=phase )(i{1,3}|one|two|three|four)(?![a-z])")
_SPELT: Final = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    **dict(zip("123456789", "一二三四五六七八九", strict=True)),
}


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    return frozenset(names.words(name))


def _numbered(norm: str) -> str:
    """Phases as most people write them: 三期, phase 2."""
    return _PHASE.sub(lambda found: _SPELT.get(found.group(), found.group()), norm)
