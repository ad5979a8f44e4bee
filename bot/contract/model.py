"""A language model, where a firm has one: every use of it has a way without."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.contract.ports import Ports


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked. `data` is customers' words: never an instruction."""

    purpose: str
    """The prompt's name, for the count of what is spent."""
    system: str
    data: str
    schema: dict[str, Any]
    """JSON schema that the answer must fit."""


@dataclass(frozen=True, slots=True)
class Answer:
    value: dict[str, Any]
    """Fits the schema."""
    model: str
    tokens: int
    """Of question and answer together."""


class NoModel(Exception):
    """There is none, its budget is spent, or it does not answer usably: go the way without."""


class LanguageModel(Protocol):
    """Entry point group `keqing.llm`."""

    on: bool
    """Whether its settings switch it on."""

    async def ask(self, asked: Asked) -> Answer:
        """Raises `NoModel`, soon: it has time limits and gives up on a server that keeps failing."""
        ...


ModelFactory = Callable[[dict[str, Any], Ports], LanguageModel]
"""Its own branch of the settings and the ports → model."""
