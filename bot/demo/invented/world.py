"""What a message to an invented firm is, and what there is to speak of."""

from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from pypinyin import lazy_pinyin

from bot.demo.invented import words
from bot.demo.invented.firm import person

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """Codes of the customer and the project that can be known; whether asking, or taking the sender
    for a stranger, is right as well.
    """

    customer: str | None = None
    project: str | None = None
    ask: bool = False
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message as filing sees it. `mail`: anybody could have written what it answers."""

    sort: str
    text: str
    expected: Expected
    channel: str = "hook"
    chat: str = ""
    sender: str = ""
    name: str = ""
    email: str | None = None
    phone: str | None = None
    references: tuple[str, ...] = ()
    proven: bool = True
    mail: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A mail that has been filed before, which others answer."""

    key: str
    customer: str
    project: str | None


ASK: Final = Expected(ask=True)
STRANGER: Final = Expected(stranger=True)


class Talk:
    """What there is to speak of, and whose each name is."""

    def __init__(self, firm: Record, dice: Random) -> None:
        self.dice = dice
        self.customers: list[Record] = firm["customers"]
        self.by_code = {one["code"]: one for one in self.customers}
        self.bound: list[Record] = firm["chats"]
        self.owners: dict[str, set[str]] = defaultdict(set)
        self.sounds: dict[str, set[str]] = defaultdict(set)
        self.sites: dict[str, set[str]] = defaultdict(set)
        self.shared: dict[str, set[str]] = defaultdict(set)
        for one in self.customers:
            for contact in one["contacts"]:
                if "shared" in contact:
                    self.shared[contact["ids"]["hook"]].add(one["code"])
            for name in _called(one):
                self.owners[name.casefold()].add(one["code"])
                self.sounds[sound(name)].add(one["code"])
            for project in one["projects"]:
                for name in (project["name"], *project["aliases"]):
                    self.sites[name.casefold()].add(one["code"])

    def said(self, one: Record, about: str = "") -> str:
        words_ = self.dice.choice(words.SAID[one["language"]])
        if not about:
            return words_
        return self.dice.choice(words.ABOUT[one["language"]]).format(about) + words_

    def person(self, one: Record) -> Record:
        """A contact who works with this customer alone."""
        alone = [c for c in one["contacts"] if "shared" not in c]
        return self.dice.choice(alone or [dict(one["contacts"][0], ids={"hook": ""})])

    def maybe(self, one: Record) -> tuple[str, Expected]:
        """A project's name or nothing, and the place that this tells."""
        if self.dice.random() < 0.5:
            return self.project(one)
        return "", Expected(one["code"], only(one))

    def project(self, one: Record) -> tuple[str, Expected]:
        project = self.dice.choice(one["projects"])
        name = self.dice.choice((project["name"], project["aliases"][0]))
        return name, Expected(one["code"], project["code"])

    def by_name(self, name: str, site: str, place: Expected) -> Expected:
        """Where a stranger's message belongs that says this name, and perhaps a project."""
        owners = self.owners[name.casefold()]
        if site:
            owners = owners & self.sites[site.casefold()]
        return place if len(owners) <= 1 else ASK


def _called(one: Record) -> set[str]:
    brand, place, trade = one["brand"], one["place"], one["trade"]
    space = "" if one["language"] == "zh" else " "
    return {one["name"], *one["aliases"], brand, f"{brand}{space}{trade}", f"{place}{brand}"}


def sound(name: str) -> str:
    return " ".join(lazy_pinyin(name))


def only(one: Record) -> str | None:
    """The one project that is open, which needs no name."""
    open_ = [p["code"] for p in one["projects"] if p["phase"] != "closed"]
    return open_[0] if len(open_) == 1 else None


def stranger(talk: Talk, one: Record) -> Said:
    mail = f"w{talk.dice.randrange(10**8)}@{talk.dice.choice(words.FREE_DOMAINS)}"
    email = mail if talk.dice.random() < 0.5 else None
    return Said("", talk.said(one), STRANGER, name=person(talk.dice, "zh"), email=email)


def number(talk: Talk, one: Record) -> str:
    dice = talk.dice
    made = dice.choice(
        (
            f"{dice.randrange(10**7, 10**8)}",
            f"SF{dice.randrange(10**11, 10**12)}",
            f"INV-{dice.randrange(2020, 2027)}-{dice.randrange(10**5)}",
            f"A{dice.randrange(100)}-{dice.randrange(1000)}",
            f"PO{dice.randrange(10**6)}",
        )
    )
    return dice.choice(words.NUMBERS[one["language"]]).format(made)
