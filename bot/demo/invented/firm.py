"""The firm: families of look-alike customers, short names, names that are words of every day.

A full name belongs to one customer alone; a brand, a short form, a domain or a person may not. The
same seed gives the same firm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from pypinyin import lazy_pinyin

from bot.demo.invented.words import (
    AREAS,
    BRAND,
    EN_FIRST,
    EN_LAST,
    EN_LEGAL,
    EN_NAMES,
    EN_SECOND,
    EN_TRADES,
    FREE_DOMAINS,
    GIVEN,
    KINDS,
    LEGAL,
    OWN_DOMAIN,
    PLACES,
    PLAIN_EN,
    PLAIN_ZH,
    SURNAMES,
    TRADES,
)

_FAMILY: Final = 0.15
"""The share of customers that are made look-alikes of the one before."""
_SOUND: Final = {char: lazy_pinyin(char)[0] for char in BRAND}


@dataclass(frozen=True, slots=True)
class Named:
    """A customer's name in parts; `latin` begins its domain, `alias` is the given short form."""

    name: str
    alias: str
    brand: str
    place: str
    trade: str
    latin: str
    language: str


def generate(customers: int, seed: int) -> dict[str, Any]:
    """A firm with so many customers; about one in five goes by an English name.

    Codes are given (`C-000001`, `P-0000001`), so that the right answer of filing is known. Beside what
    `keqing load` reads, a customer has `brand`, `place`, `trade` and `language`.
    """
    dice = Random(seed)  # noqa: S311 - the same seed, the same firm
    members = _members(dice, min(200, 12 + customers // 100))
    staff = {role: [m["name"] for m in members if m["role"] == role] for role in ("sales", "pm")}
    names = _names(dice)
    made: list[dict[str, Any]] = []
    chats: list[dict[str, Any]] = []
    projects = people = 0
    for number in range(1, customers + 1):
        one = _customer(dice, number, next(names), projects, people, staff)
        projects += len(one["projects"])
        people += len(one["contacts"])
        if made and dice.random() < 0.02:
            _share(dice, made[-1], one)
        made.append(one)
        chats += _chats(dice, one)
    return {"members": members, "customers": made, "chats": chats}


def _members(dice: Random, count: int) -> list[dict[str, Any]]:
    roles = ("admin", "manager", "finance", "service", "sales", "pm", "sales", "pm")
    names: dict[str, None] = {}
    while len(names) < count:
        names[person(dice, "zh")] = None
    return [
        {
            "name": name,
            "role": roles[n] if n < len(roles) else dice.choice(roles[3:]),
            "emails": [f"member{n}@{OWN_DOMAIN}"],
            "ids": {"hook": f"member-{n}"},
        }
        for n, name in enumerate(names)
    ]


def person(dice: Random, language: str) -> str:
    if language == "en":
        return f"{dice.choice(EN_NAMES)} {dice.choice(EN_FIRST)}{dice.choice(EN_LAST)}"
    return dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2))))


def _names(dice: Random) -> Iterator[Named]:
    """Names without end; full names and domains do not repeat, brands and short forms do."""
    seen: set[str] = set()
    domains: dict[str, int] = {}
    before: Named | None = None
    while True:
        made = _named(dice, before)
        if made.name in seen:
            before = None
            continue
        seen.add(made.name)
        times = domains[made.latin] = domains.get(made.latin, 0) + 1
        latin = made.latin if times == 1 else f"{made.latin}{times}"
        before = Named(
            made.name, made.alias, made.brand, made.place, made.trade, latin, made.language
        )
        yield before


def _named(dice: Random, before: Named | None) -> Named:
    if before and before.place and dice.random() < _FAMILY:
        return _relative(dice, before)
    chance = dice.random()
    if chance < 0.02:
        return _plain(dice)
    return _english(dice) if chance < 0.22 else _chinese(dice)


def _chinese(dice: Random) -> Named:
    brand = "".join(dice.sample(BRAND, dice.choice((2, 2, 3))))
    place = dice.choice(PLACES) if dice.random() < 0.85 else ""
    return _put(dice, place, brand, dice.choice(TRADES))


def _put(dice: Random, place: str, brand: str, trade: str) -> Named:
    legal = dice.choice(LEGAL)
    latin = "".join(_SOUND.get(char) or lazy_pinyin(char)[0] for char in brand)
    # Some firms are called by their brand alone, most by brand and trade.
    alias = brand if dice.random() < 0.15 else brand + trade
    return Named(f"{place}{brand}{trade}{legal}", alias, brand, place, trade, latin, "zh")


def _relative(dice: Random, of: Named) -> Named:
    """A subsidiary, the same brand elsewhere, or another firm whose brand is said alike."""
    kind = dice.randrange(3)
    if kind == 0:
        return _put(dice, of.place, of.brand, dice.choice([t for t in TRADES if t != of.trade]))
    if kind == 1:
        return _put(dice, dice.choice([p for p in PLACES if p != of.place]), of.brand, of.trade)
    alike = [
        of.brand.replace(char, other)
        for char in of.brand
        for other in BRAND
        if other != char and _SOUND.get(char) == _SOUND[other] and other not in of.brand
    ]
    return _put(dice, of.place, dice.choice(alike), of.trade) if alike else _chinese(dice)


def _english(dice: Random) -> Named:
    brand = f"{dice.choice(EN_FIRST)}{dice.choice(EN_LAST)} {dice.choice(EN_SECOND)}"
    trade = dice.choice(EN_TRADES)
    full = f"{brand} {trade} {dice.choice(EN_LEGAL)}"
    return Named(full, brand, brand, "", trade, brand.lower().replace(" ", "-"), "en")


def _plain(dice: Random) -> Named:
    """A firm called by a word of every day."""
    if dice.random() < 0.5:
        return _put(dice, dice.choice(PLACES), dice.choice(PLAIN_ZH), dice.choice(TRADES))
    brand, trade = dice.choice(PLAIN_EN), dice.choice(EN_TRADES)
    full = f"{brand} {trade} {dice.choice(EN_LEGAL)}"
    latin = f"{brand}-{trade}".lower()
    return Named(full, f"{brand} {trade}", brand, "", trade, latin, "en")


def _customer(
    dice: Random,
    number: int,
    named: Named,
    projects: int,
    people: int,
    staff: dict[str, list[str]],
) -> dict[str, Any]:
    """`projects` and `people` are how many there are already: their codes and ids go on from there."""
    # A small firm often writes from free mail alone.
    domains = [f"{named.latin}.example"] if dice.random() < 0.75 else []
    if domains and dice.random() < 0.1:
        domains.append(f"{named.latin}-group.example")
    return {
        "code": f"C-{number:06d}",
        "name": named.name,
        "brand": named.brand,
        "place": named.place,
        "trade": named.trade,
        "language": named.language,
        "aliases": [named.alias],
        "domains": domains,
        "tier": dice.choices(("normal", "key", "vip"), (80, 15, 5))[0],
        "owner": dice.choice(staff["sales"]),
        "contacts": [
            _contact(dice, people + n, domains, named.language)
            for n in range(dice.choice((1, 1, 2, 3)))
        ],
        "projects": _projects(dice, projects, named.language, staff["pm"]),
    }


def _contact(dice: Random, number: int, domains: list[str], language: str) -> dict[str, Any]:
    mails = [f"u{number:07d}@{dice.choice(domains or FREE_DOMAINS)}"]
    if dice.random() < 0.2:
        mails.append(f"u{number:07d}@{dice.choice(FREE_DOMAINS)}")
    # No telephone number of China begins with 10, none of Britain with 70.
    phone = f"10{number:09d}" if language == "zh" else f"+44 70{number:08d}"
    return {
        "name": person(dice, language),
        "emails": mails,
        "phones": [phone],
        "ids": {"hook": f"u-{number:07d}", "wecom": f"w-{number:07d}"},
    }


def _share(dice: Random, one: dict[str, Any], other: dict[str, Any]) -> None:
    """One person works with two customers, under one account and one telephone."""
    both = dice.choice(one["contacts"])
    other["contacts"].append(both | {"emails": [m for m in both["emails"] if _free(m)]})
    both["shared"] = other["contacts"][-1]["shared"] = True


def _free(mail: str) -> bool:
    return mail.split("@")[1] in FREE_DOMAINS


def _projects(dice: Random, before: int, language: str, pms: list[str]) -> list[dict[str, Any]]:
    """One to three projects that share neither place nor kind, so that their words tell them apart."""
    count = dice.choice((1, 1, 2, 3))
    sites = [_site(dice, area, language) for area in dice.sample(AREAS[language], count)]
    kinds = dice.sample(KINDS[language], count)
    space = "" if language == "zh" else " "
    return [
        {
            "code": _code(dice, before + n),
            "name": f"{site}{space}{kind}",
            "aliases": [f"{site}{space}{short}"],
            "manager": dice.choice(pms),
            "phase": dice.choice(("start", "plan", "do", "do", "accept", "paid", "closed")),
            "budget": dice.randrange(100, 4000) * 1000,
            "progress": dice.randrange(0, 101),
        }
        for n, (site, (kind, short)) in enumerate(zip(sites, kinds, strict=True), 1)
    ]


def _code(dice: Random, number: int) -> str:
    """Ours, or one as customers give them."""
    if dice.random() < 0.8:
        return f"P-{number:07d}"
    return f"{dice.choice(('HT', 'XM', 'PRJ'))}2026-{number:06d}"


def _site(dice: Random, area: str, language: str) -> str:
    """A place, most often with its plot: one project in five has a name that others have too."""
    if dice.random() < 0.2:
        return area
    plot = f"{dice.choice('ABCDEFGHJK')}{dice.randrange(1, 100)}"
    return f"{area}{plot}地块" if language == "zh" else f"{area} Plot {plot}"


def _chats(dice: Random, customer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Six customers in ten have a chat of their own; some projects have one too."""
    if dice.random() < 0.6:
        yield _chat(f"group-{customer['code']}", customer, None)
    for project in customer["projects"]:
        if dice.random() < 0.15:
            yield _chat(f"group-{project['code']}", customer, project["code"])


def _chat(chat: str, customer: dict[str, Any], project: str | None) -> dict[str, Any]:
    bound = {"channel": "hook", "chat": chat, "customer": customer["code"], "audience": "customer"}
    return bound | ({"project": project} if project else {})
