"""Messages of which only the words can tell whose they are, and those of strangers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pypinyin import lazy_pinyin

from bot.demo.invented import words
from bot.demo.invented.world import (
    ASK,
    STRANGER,
    Expected,
    Record,
    Said,
    Talk,
    number,
    only,
    sound,
    stranger,
)


def code(talk: Talk, one: Record) -> Said:
    project = talk.dice.choice(one["projects"])
    code: str = talk.dice.choice((one["code"], project["code"], project["code"]))
    place = Expected(one["code"], code if code == project["code"] else only(one))
    forms = (code, code.lower(), code.translate(_WIDE), f"#{code}", f"({code})")
    shown = talk.dice.choice(forms)
    glue = "" if one["language"] == "zh" else " "
    if talk.dice.random() < 0.5:
        return Said("", f"{shown}{glue}{talk.said(one)}", place)
    return Said("", talk.said(one, shown), place)


_WIDE: Final = {ord("-"): "－", **{ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789CPHTXMRJ"}}


def naming(talk: Talk, one: Record) -> Said:
    about, place = talk.maybe(one)
    # "Keystone" alone is a word; nobody could tell that a firm is meant.
    brand = one["brand"] if " " in one["brand"] or one["language"] == "zh" else one["name"]
    name = talk.dice.choice((one["name"], one["aliases"][0], one["aliases"][0], brand))
    return Said("", _naming(talk, one, name, about), talk.by_name(name, about, place))


def _naming(talk: Talk, one: Record, name: str, about: str) -> str:
    glue = "" if one["language"] == "zh" and talk.dice.random() < 0.5 else " "
    return talk.said(one, f"{name}{glue}{about}".strip())


def signature(talk: Talk, one: Record) -> Said:
    """A contact writes from an address of which nobody has heard, and signs."""
    contact = talk.dice.choice(one["contacts"])
    mail = f"{talk.dice.randrange(10**8)}@{talk.dice.choice(words.FREE_DOMAINS)}"
    about, place = talk.maybe(one)
    signed = words.SIGNED[one["language"]].format(who=contact["name"], firm=one["name"])
    text = talk.said(one, about) + signed
    return Said("", text, place, "email", mail, mail, name=contact["name"], mail=True)


def two_named(talk: Talk, one: Record) -> Said:
    other = talk.dice.choice([c for c in talk.dice.choices(talk.customers, k=5) if c is not one])
    names = f"{one['aliases'][0]}、{other['aliases'][0]}"
    return Said("", talk.said(one, names), ASK)


def pinyin(talk: Talk, one: Record) -> Said:
    """Pinyin typed instead of characters."""
    if one["language"] != "zh":
        return typo(talk, one)
    name = one["brand"] + one["trade"]
    about, place = talk.project(one)
    spelt = " ".join("".join(lazy_pinyin(part)) for part in (one["brand"], one["trade"]))
    told = talk.sounds[sound(name)] & talk.sites[about.casefold()]
    if len(told) == 1:
        return Said("", talk.said(one, f"{spelt} {about}"), place)
    return Said("", talk.said(one, f"{spelt} {about}"), ASK)


def homophone(talk: Talk, one: Record) -> Said:
    return _wrongly(talk, one, _said_alike)


def typo(talk: Talk, one: Record) -> Said:
    return _wrongly(talk, one, _mistyped)


def _wrongly(talk: Talk, one: Record, wrong: Callable[[Talk, str], str]) -> Said:
    """A misspelt name: with the project's name the place is told, without it somebody must say."""
    space = "" if one["language"] == "zh" else " "
    name = f"{one['brand']}{space}{one['trade']}"
    spelt = wrong(talk, name)
    about, place = talk.maybe(one)
    text = _naming(talk, one, spelt, about)
    if talk.owners.get(spelt.casefold()):  # the name of another, or the same after all
        return naming(talk, one)
    near = talk.sounds[sound(name)] | talk.owners[name.casefold()]
    if about and len(near & talk.sites[about.casefold()]) == 1:
        return Said("", text, place)
    return Said("", text, replace(place, ask=True, stranger=True) if len(near) == 1 else ASK)


def _said_alike(talk: Talk, name: str) -> str:
    places = [
        (n, other)
        for n, char in enumerate(name)
        for other in words.BRAND
        if other != char and lazy_pinyin(other) == lazy_pinyin(char)
    ]
    if not places:
        return _mistyped(talk, name)
    n, other = talk.dice.choice(places)
    return f"{name[:n]}{other}{name[n + 1 :]}"


def _mistyped(talk: Talk, name: str) -> str:
    if not name.isascii():
        n = talk.dice.randrange(2, len(name))
        return f"{name[:n]}{talk.dice.choice('工成城科技建')}{name[n + 1 :]}"
    n = talk.dice.randrange(3, len(name) - 1)
    dropped, doubled = name[:n] + name[n + 1 :], name[:n] + name[n] + name[n:]
    return talk.dice.choice((dropped, doubled))


def numbers(talk: Talk, one: Record) -> Said:
    return Said("", f"{number(talk, one)} {talk.said(one)}", STRANGER)


def same_number(talk: Talk, one: Record) -> Said:
    """Somebody else's number that happens to be a code of ours."""
    code = talk.dice.choice(one["projects"])["code"]
    number = words.NUMBERS[one["language"]][1].format(code)
    expected = Expected(ask=True, stranger=True)
    return Said("", f"{number} {talk.said(one)}", expected)


def nearly_ours(talk: Talk, one: Record) -> Said:
    """A firm that is no customer, with a customer's brand: another trade, another city."""
    dice = talk.dice
    if one["language"] == "zh":
        trade = dice.choice([t for t in words.TRADES if t not in one["name"]])
        place = dice.choice([p for p in words.PLACES if p != one["place"]])
        name = f"{place}{one['brand']}{trade}有限公司"
    else:
        trade = dice.choice([t for t in words.EN_TRADES if t not in one["name"]])
        name = f"{one['brand'].split()[0]} {trade} Ltd"
    space = "" if one["language"] == "zh" else " "
    if talk.owners.get(f"{one['brand']}{space}{trade}".casefold()):
        return stranger(talk, one)
    expected = Expected(ask=True, stranger=True)
    return Said("", talk.said(one, name), expected)


def plain_word(talk: Talk, one: Record) -> Said:
    language = one["language"]
    plain = talk.dice.choice(words.PLAIN_ZH if language == "zh" else words.PLAIN_EN)
    text = talk.dice.choice(words.PLAIN_TALK[language]).format(plain.lower())
    return Said("", text, STRANGER)
