"""Rules as data: read, checked against the closed list of facts, and matched."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bot.domain import definition
from bot.domain.definition import Written
from bot.rules import words
from bot.rules.actions import Action, GiveTask, Said, Selector, Tell
from bot.rules.conditions import Clause, closed
from bot.rules.facts import FACTS, Facts, Money, is_event, known_at
from bot.texts import Text
from storage.scope import MONEY

_NAMED: Final = frozenset(
    {"customer", "project", "task", "due", "assignee", "because", "contract", "case"}
)
"""What own words may name beside facts."""


class Rung(BaseModel):
    """Who is told next where nobody has acknowledged an alert, after how much working time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: timedelta = Field(gt=timedelta(0), le=timedelta(days=30))
    to: Selector


def _braced(said: Said) -> list[str]:
    """What words name in braces."""
    return re.findall(r"\{(\w*)\}", said.zh + said.en)


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, Mapping) else closed(value)


class Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")
    name: Said | None = None
    on: str
    when: Annotated[tuple[Clause, ...], BeforeValidator(_one_or_more)] = Field(min_length=1)
    """All of them must hold."""
    lasts: timedelta | None = Field(default=None, alias="for", gt=timedelta(0))
    """It speaks once its conditions have held for so long."""
    then: tuple[Action, ...] = Field(min_length=1)
    quiet_for: timedelta = timedelta(days=1)
    """A rule that fired for a subject stays quiet about it for so long."""
    ladder: tuple[Rung, ...] | None = None
    """None: the usual one for its level and the customer's tier."""
    sums_up: tuple[str, ...] = ()
    """Rules whose reasons it only puts together: it is their headline."""
    many: bool = False
    """Its owner has said that it may fire for many at once."""

    @field_validator("on")
    @classmethod
    def _happens(cls, value: str) -> str:
        if not is_event(value):
            raise ValueError(f"there is no event {value!r}")
        return value

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        known = known_at(self.on)
        for fact in self.asks:
            if fact not in known:
                raise ValueError(f"{fact} is not known at {self.on}")
        if self.scanned and not self.tells:
            raise ValueError("what is checked again and again must alert; else it would act anew")
        if self.lasts and not self.scanned:
            raise ValueError("for: only what is checked again and again can last")
        if self.tells and self.news != any(one.level == "good" for one in self.tells):
            raise ValueError("good: a rule tells good news, or raises an alert")
        if self.news and self.scanned:
            raise ValueError("good: what is checked again and again is no news")
        shorts = _NAMED | {name.rsplit(".", 1)[-1] for name in known}
        for said in self._own_words():
            for name in _braced(said):
                if name not in shorts:
                    raise ValueError(f"nothing is called {{{name}}} at {self.on}")
        return self

    def _own_words(self) -> Iterable[Said]:
        for action in self.then:
            if isinstance(action, Tell) and action.says:
                yield action.says
            if isinstance(action, GiveTask):
                yield action.name

    @property
    def asks(self) -> tuple[str, ...]:
        """The facts that it asks for, each once."""
        return tuple(dict.fromkeys(fact for one in self.when for fact in one.asks()))

    @property
    def scanned(self) -> bool:
        """Whether a clock looks for it; else it waits for something to happen."""
        return self.on.endswith(".checked")

    @property
    def tells(self) -> tuple[Tell, ...]:
        return tuple(action for action in self.then if isinstance(action, Tell))

    @property
    def news(self) -> bool:
        """Whether what it tells is good news, and no alert."""
        return bool(self.tells) and all(one.level == "good" for one in self.tells)

    @property
    def money(self) -> Money:
        """What a reader must be allowed to see of money to see its reason."""
        said = {name for one in self._own_words() for name in _braced(one)}
        named = [one for one in known_at(self.on) if one.rsplit(".", 1)[-1] in said]
        needed: list[Money] = [FACTS[name].money for name in (*self.asks, *named)]
        return max(needed, key=MONEY.__getitem__)

    def matches(self, facts: Facts) -> bool:
        return all(one.met(facts) for one in self.when)


class Book:
    """The rules that are in force, by the event they listen to."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = {rule.id: rule for rule in rules}

    def on(self, event: str) -> list[Rule]:
        return [rule for rule in self.rules.values() if rule.on == event]

    def matching(self, event: str, facts: Facts) -> list[Rule]:
        return [rule for rule in self.on(event) if rule.matches(facts)]


def read(body: Mapping[str, Any]) -> Rule:
    return definition.read(Rule, "rule", body)


@cache
def shipped() -> tuple[Rule, ...]:
    """The book that comes with the program."""
    source = resources.files("bot.rules").joinpath("defaults.toml").read_text("utf-8")
    return tuple(read(body) for body in tomllib.loads(source)["rule"])


def in_force(own: Iterable[Written], *, off: bool = False) -> Book:
    """The shipped book with the firm's own rules and switches; `off`: with those switched off, too."""
    known = {rule.id: rule for rule in shipped()}
    return Book(definition.in_force(known, own, read, off=off).values())


def title_of(rule: Rule) -> Text:
    """What a rule is called in lists."""
    if rule.name:
        return Text(rule.name.zh, rule.name.en)
    template = next((one.template for one in rule.tells if one.template), "")
    return words.TEMPLATES[template].name if template else Text(rule.id, rule.id)


def name_of(rule_id: str) -> Text:
    """What a shipped rule is called in lists; any other goes by its own id."""
    rule = next((rule for rule in shipped() if rule.id == rule_id), None)
    return title_of(rule) if rule else Text(rule_id, rule_id)
