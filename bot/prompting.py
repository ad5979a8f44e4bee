"""What a language model is told: the prompts' folder, one folder per use."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from bot.contract import Answer, Asked, Heard, LanguageModel, Tool
from bot.pseudonyms import Pseudonyms
from bot.texts import Language


@dataclass(frozen=True, slots=True)
class Prompt:
    name: str
    version: int
    """Counts its changes; what is kept of an answer names it."""
    texts: dict[Language, str]
    schema: dict[str, Any]

    def asked(self, language: Language, data: str, **facts: object) -> Asked:
        """The question, in the language that its answer is read in; `data` is customers' words."""
        template = Environment(undefined=StrictUndefined, autoescape=False).from_string(  # noqa: S701 - no markup: a model reads it
            self.texts[language]
        )
        return Asked(self.name, template.render(facts), data, self.schema)


@cache
def prompt(name: str) -> Prompt:
    folder = resources.files("prompts").joinpath(name)
    return Prompt(
        name=name,
        version=tomllib.loads(folder.joinpath("prompt.toml").read_text("utf-8"))["version"],
        texts={
            "zh": folder.joinpath("zh.j2").read_text("utf-8"),
            "en": folder.joinpath("en.j2").read_text("utf-8"),
        },
        schema=json.loads(folder.joinpath("schema.json").read_text("utf-8")),
    )


def with_tools(asked: Asked, tools: tuple[Tool, ...]) -> Asked:
    """The question, with something that may be proposed instead of an answer."""
    return replace(asked, tools=tools)


async def put(
    model: LanguageModel,
    asked: Asked,
    *,
    names: Iterable[str] = (),
    heard: Heard | None = None,
) -> Answer:
    """Ask a model: the one place where that is done. Raises `NoModel`.

    A model that is to see no people is given stand-ins for `names` and for all numbers and
    addresses; what it answers has them back.
    """
    if not model.masks:
        return await model.ask(asked, heard)
    hidden = Pseudonyms(names)
    listening = _Listening(heard, hidden) if heard else None
    answer = await model.ask(_masked(asked, hidden), listening)
    if listening is not None:
        listening.ends()
    call = answer.call and replace(answer.call, arguments=hidden.unmask_all(answer.call.arguments))
    return replace(answer, value=hidden.unmask_all(answer.value), call=call)


class _Listening:
    """Hears a text with stand-ins; tells it without, but for one that may still be cut."""

    def __init__(self, heard: Heard, hidden: Pseudonyms) -> None:
        self._heard = heard
        self._hidden = hidden
        self._text = ""
        self._told = ""

    def __call__(self, text: str) -> None:
        self._text = text
        self._tell(self._hidden.unmask_growing(text))

    def ends(self) -> None:
        self._tell(self._hidden.unmask(self._text))

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._heard(text)


def _masked(asked: Asked, hidden: Pseudonyms) -> Asked:
    return replace(
        asked,
        system=hidden.mask(asked.system),
        data=hidden.mask(asked.data),
        schema=hidden.mask_schema(asked.schema),
        tools=tuple(
            replace(
                tool, text=hidden.mask(tool.text), parameters=hidden.mask_schema(tool.parameters)
            )
            for tool in asked.tools
        ),
    )
