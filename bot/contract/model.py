"""A language model, where a firm has one: every use of it has a way without."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from bot.contract.ports import Check, Ports


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that a model may propose to do. It is never done because a model says so."""

    name: str
    """Letters, digits and underscores."""
    text: str
    parameters: dict[str, Any]
    """JSON schema of its arguments: an object."""


@dataclass(frozen=True, slots=True)
class Call:
    """A proposal: one of the tools that were given, with arguments that fit its schema."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked. `data` is customers' words: never an instruction."""

    purpose: str
    """The prompt's name, for the count of what is spent."""
    system: str
    data: str
    schema: dict[str, Any]
    """JSON schema that the answer must fit."""
    tools: tuple[Tool, ...] = ()
    """With tools the answer may be a call of one of them instead."""
    user_id: int | None = None
    """Who asks, for their budget; None: the program by itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    value: dict[str, Any]
    """Fits the schema; empty where `call` is the answer."""
    model: str
    tokens: int
    """Of question and answer together."""
    call: Call | None = None


class NoModel(Exception):
    """There is none, its budget is spent, or it does not answer usably: go the way without."""

    away: bool = False
    """It is set up, but in trouble or out of budget for a while, whoever asks."""


Heard = Callable[[str], None]
"""Gets what of the answer's first text is there already, whole, each time that it has grown."""


class LanguageModel(Protocol):
    """Entry point group `keqing.llm`."""

    on: bool
    """Whether its settings switch it on."""
    masks: bool
    """Whether people's names, numbers and addresses are to be replaced before it is asked."""

    async def ask(self, asked: Asked, heard: Heard | None = None) -> Answer:
        """Raises `NoModel`, soon: it has time limits and gives up on a server that keeps failing."""
        ...

    async def check(self) -> Sequence[Check]:
        """What `keqing doctor` shows: reached or not, the key, the model, what is left of the budget."""
        ...


@dataclass(frozen=True, slots=True)
class Use:
    """One question to a model, as it is accounted for."""

    purpose: str
    model: str
    user_id: int | None = None
    failed: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = field(default_factory=Decimal)


class Ledger(Protocol):
    """What models have cost, for all processes together."""

    async def spent(self, day: date, user_id: int | None = None) -> int:
        """Tokens of a day (UTC): of everybody, or of one member."""
        ...

    async def add(self, day: date, use: Use) -> None: ...


ModelFactory = Callable[[dict[str, Any], Ports, Ledger], LanguageModel]
"""Its own branch of the settings, the ports and the ledger → model."""
