"""What a rule may do: a closed list, written as data."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from bot import selectors
from bot.domain import terms
from bot.rules import words


def _someone(value: str) -> str:
    if value.startswith("asker"):
        raise ValueError("nobody asks for what a rule does")
    return value


Selector = Annotated[selectors.Selector, AfterValidator(_someone)]
Level = Literal["good", "info", "warning", "danger"]
LEVELS: Final[tuple[Level, ...]] = ("good", "info", "warning", "danger")
"""The quietest first; what is good is news, told once, and never an alert."""
OWN: Final = "own"
PUBLIC: Final = ("customer", "project", "milestone")
"""All that a rule's own words for a customer may name."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(_Part):
    """Own words; facts stand in braces by their names, as {customer} or {days_late}."""

    zh: str = Field(min_length=1, max_length=500)
    en: str = Field(min_length=1, max_length=500)


class Tell(_Part):
    """Who is told, in which words: a template's or its own."""

    alert: Selector
    copy_to: tuple[Selector, ...] = Field(default=(), alias="copy")
    template: str = ""
    says: Said | None = None
    level: Level = "warning"
    chats: bool = False
    """Also into the internal chats that are bound to the project or customer."""

    @property
    def selectors(self) -> tuple[str, ...]:
        return (self.alert, *self.copy_to)

    @field_validator("template")
    @classmethod
    def _written(cls, value: str) -> str:
        if value and value not in words.TEMPLATES:
            raise ValueError(f"there is no template {value!r}")
        return value

    @model_validator(mode="after")
    def _has_words(self) -> "Tell":
        if bool(self.template) == (self.says is not None):
            raise ValueError("an alert needs a template or words of its own")
        return self


class GiveTask(_Part):
    """A task on somebody's list, in the customer's newest open project."""

    task: Selector
    name: Said
    due_in: int = Field(default=1, ge=0, le=250)
    """Working days."""
    key: bool = False


class Put(_Part):
    """One listed field changed; money is never among them."""

    put: Literal["customer.stage", "customer.tier", "customer.tag", "project.phase"]
    to: str = Field(min_length=1, max_length=40)

    @model_validator(mode="after")
    def _fits(self) -> "Put":
        allowed: dict[str, Any] = {
            "customer.stage": terms.Stage,
            "customer.tier": terms.Tier,
            "project.phase": terms.Phase,
        }
        kind = allowed.get(self.put)
        if kind is not None and self.to not in set(kind):
            raise ValueError(f"{self.put} is one of {', '.join(kind)}")
        return self


class Offer(_Part):
    """Words for the customer, which wait for a member's yes."""

    push: str = Field(pattern=r"^[a-z][a-z0-9_-]{1,40}$")
    """payment, progress, own, or a node of the care plan that has words."""
    says: Said | None = None
    """The words of `own`; in braces they may name `PUBLIC` only."""

    @model_validator(mode="after")
    def _has_words(self) -> "Offer":
        if (self.push == OWN) != (self.says is not None):
            raise ValueError("push = own has words (says), and no other has")
        for name in self.names:
            if name not in PUBLIC:
                raise ValueError(f"a customer may not read {{{name}}}; only {', '.join(PUBLIC)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """What its words name in braces."""
        said = self.says.zh + self.says.en if self.says else ""
        return tuple(dict.fromkeys(re.findall(r"\{(\w*)\}", said)))


class Begin(_Part):
    """Something with steps of its own begins: a kick-off, an approval, a project template."""

    flow: str = Field(min_length=2, max_length=80)
    """kickoff, start (which asks for approval first), or a project template."""


class Webhook(_Part):
    """A system of the firm's is told; the operator's settings say where it is."""

    webhook: str = Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])$")


Action = Tell | GiveTask | Put | Offer | Begin | Webhook
