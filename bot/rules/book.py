"""Rules as data: read, checked against the closed list of facts, and matched."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from bot import log
from bot.rules import words
from bot.rules.facts import FACTS, Facts, Op, Value, holds
from bot.texts import Text

_log = log.get("rules")

Event = Literal["task.checked", "project.checked", "customer.checked", "message.filed"]
Selector = Annotated[
    str,
    Field(pattern=r"^(project\.manager|project\.manager\.superior|customer\.owner|role:[a-z_]+)$"),
]


class BadRule(Exception):
    """A rule cannot be used; the message names it and says why."""


def _closed(value: object) -> object:
    """Lists come from TOML and JSON; facts hold tuples."""
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Part):
    fact: str
    op: Op
    value: Annotated[Value, BeforeValidator(_closed)]

    @field_validator("fact")
    @classmethod
    def _listed(cls, value: str) -> str:
        if value not in FACTS:
            raise ValueError(f"there is no fact {value!r}")
        return value


class Action(_Part):
    """Who is told, in which words."""

    alert: Selector
    copy_to: tuple[Selector, ...] = Field(default=(), alias="copy")
    template: str
    level: Literal["info", "warning", "danger"] = "warning"
    chats: bool = False
    """Also into the internal chats that are bound to the project or customer."""

    @field_validator("template")
    @classmethod
    def _written(cls, value: str) -> str:
        if value not in words.TEMPLATES:
            raise ValueError(f"there is no template {value!r}")
        return value


class Rule(_Part):
    id: str = Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")
    on: Event
    when: tuple[Condition, ...] = Field(min_length=1)
    then: tuple[Action, ...] = Field(min_length=1)
    quiet_for: timedelta = timedelta(days=1)
    """A rule that fired for a subject stays quiet about it for so long."""

    def matches(self, facts: Facts) -> bool:
        return all(holds(facts.get(c.fact), c.op, c.value) for c in self.when)


class Book:
    """The rules that are in force, by the event they listen to."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = {rule.id: rule for rule in rules}

    def on(self, event: Event) -> list[Rule]:
        return [rule for rule in self.rules.values() if rule.on == event]

    def matching(self, event: Event, facts: Facts) -> list[Rule]:
        return [rule for rule in self.on(event) if rule.matches(facts)]


def read(body: Mapping[str, Any]) -> Rule:
    """A rule from its data; raises `BadRule` with its id and the reason."""
    try:
        return Rule.model_validate(body)
    except ValueError as error:
        raise BadRule(f"rule {body.get('id', '?')}: {error}") from error


@cache
def shipped() -> tuple[Rule, ...]:
    """The book that comes with the program."""
    source = resources.files("bot.rules").joinpath("defaults.toml").read_text("utf-8")
    return tuple(read(body) for body in tomllib.loads(source)["rule"])


def in_force(own: Iterable[tuple[str, Mapping[str, Any], bool]]) -> Book:
    """The shipped book with the firm's own rules and switches: (id, body, enabled).

    One that cannot be read is left out aloud: it must not silence the others.
    """
    rules = {rule.id: rule for rule in shipped()}
    for id_, body, enabled in own:
        if not enabled:
            rules.pop(id_, None)
        elif body:
            try:
                rules[id_] = read(body)
            except BadRule as error:
                _log.error("rules.unreadable", rule=id_, why=str(error))
    return Book(rules.values())


def name_of(rule_id: str) -> Text:
    """What a shipped rule is called in lists: its template's name; any other by its own id."""
    rule = next((rule for rule in shipped() if rule.id == rule_id), None)
    return words.TEMPLATES[rule.then[0].template].name if rule else Text(rule_id, rule_id)
