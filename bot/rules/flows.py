"""Approval flows as data: who is asked, step by step, and under which conditions."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain import definition
from bot.domain.approvals import Need
from bot.domain.definition import Written
from bot.rules.conditions import Condition
from bot.rules.facts import Facts
from bot.selectors import Selector
from bot.texts import Text

Kind = Literal["push", "start", "change", "contract", "discount", "acceptance"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Name(_Part):
    zh: str
    en: str


class Step(_Part):
    """Who is asked at once; `need` tells whether one yes is enough."""

    ask: tuple[Selector, ...] = Field(min_length=1)
    need: Need = "any"
    when: tuple[Condition, ...] = ()
    """One that holds is enough."""
    may: str = ""
    """The permission that those who are asked must have."""
    within: timedelta = timedelta(days=2)
    """Working time after which the superiors of those who are silent are asked too."""

    def applies(self, facts: Facts) -> bool:
        return not self.when or any(one.met(facts) for one in self.when)


class Flow(_Part):
    id: Kind
    name: Name
    yes: Name = Name(zh="批准", en="Approve")
    """What the button says that approves it."""
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def text(self) -> Text:
        return Text(self.name.zh, self.name.en)

    @property
    def yes_text(self) -> Text:
        return Text(self.yes.zh, self.yes.en)

    def steps_for(self, facts: Facts) -> list[Step]:
        """The steps that these facts ask for; at least the first, so that nothing decides itself."""
        return [step for step in self.steps if step.applies(facts)] or [self.steps[0]]


def read(body: Mapping[str, Any]) -> Flow:
    return definition.read(Flow, "flow", body)


@cache
def shipped() -> Mapping[str, Flow]:
    source = resources.files("bot.rules").joinpath("flows.toml").read_text("utf-8")
    return {flow.id: flow for flow in map(read, tomllib.loads(source)["flow"])}


def in_force(own: Iterable[Written]) -> Mapping[str, Flow]:
    """The shipped flows with the firm's own. One that is switched off, or cannot be read, leaves the
    shipped one in force: no decision goes without a flow.
    """
    return definition.in_force(shipped(), (one for one in own if one.enabled), read)
