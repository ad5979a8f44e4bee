"""What a language model is told: the prompts' folder, one folder per use."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from bot.contract import Answer, Asked, LanguageModel
from bot.texts import Language


@dataclass(frozen=True, slots=True)
class Prompt:
    name: str
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
        texts={
            "zh": folder.joinpath("zh.j2").read_text("utf-8"),
            "en": folder.joinpath("en.j2").read_text("utf-8"),
        },
        schema=json.loads(folder.joinpath("schema.json").read_text("utf-8")),
    )


async def put(model: LanguageModel, asked: Asked) -> Answer:
    """Ask a model: the one place where that is done. Raises `NoModel`."""
    return await model.ask(asked)
