"""What a language model is to write in place of an answer that was put together without one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot import prompting
from bot.assistant import material
from bot.assistant.material import Line, Said
from bot.commands.registry import Ask
from bot.contract import Answer, Asked, Notice
from bot.texts import Text
from storage import customers, uses
from storage.tables import Interaction, Pending

_OFFLINE: Final = Text("离线整理，未用语言模型", "put together without a language model")
_BEGUN: Final = Text(
    "离线整理；语言模型正在写，写好后替换这一条",
    "put together without a language model, which is writing: its answer takes this one's place",
)
_BY: Final = Text("由语言模型 {model} 整理，以原文为准", "written by {model}; the items decide")


@dataclass(frozen=True, slots=True)
class Thought:
    """One question to a model, and what becomes of its answer."""

    asked: Asked
    offline: Notice
    """The answer where the model has none."""
    done: Callable[[Ask, Answer], Awaitable[Notice]]
    """The notice of an answer, in a transaction."""
    names: Sequence[str] = ()
    """Of people, for a model that must not read them."""
    streams: bool = False
    """Whether its words are shown while they come: never those for customers, which are checked."""
    waits: bool = False
    """The command's own answer only said to wait: something must follow it in any case."""


BY: Final = "by"
"""Where a draft keeps who wrote it."""


def signed(use: str, answer: Answer) -> str:
    """The model and the version of the prompt, to be kept with what was written."""
    return f"{answer.model} {use}/{prompting.prompt(use).version}"


Think = Callable[[Ask, Mapping[str, int]], Awaitable[Thought | None]]
"""The question about the rows that ids name, as the asker may see them now; None: there is none."""


async def keep(ask: Ask, line: str) -> int:
    """Keep a line for the job that reads it, since jobs carry numbers only; no yes confirms it."""
    chat = f"{ask.chat.channel}:{ask.chat.chat}" if ask.chat else ""
    kept = Pending(user_id=ask.actor.user_id or 0, chat=chat, line=line, done_at=ask.now)
    ask.session.add(kept)
    await ask.session.flush()
    return kept.id


async def kept(ask: Ask, ids: Mapping[str, int]) -> Pending | None:
    """The asker's own line."""
    found = await ask.session.get(Pending, ids["line"])
    return found if found and found.user_id == ask.actor.user_id else None


async def begin(ask: Ask, notice: Notice, use: str, **ids: int) -> Notice:
    """The offline answer, with word of what is still being written."""
    begun = ask.host is not None and await ask.host.think(ask, use, **ids)
    return noted(ask, notice, _BEGUN if begun else _OFFLINE)


def offline(ask: Ask, notice: Notice) -> Notice:
    return noted(ask, notice, _OFFLINE)


def by_model(ask: Ask, notice: Notice, model: str) -> Notice:
    return notice.model_copy(update={"note": ask.t(_BY, model=model)})


def noted(ask: Ask, notice: Notice, text: Text) -> Notice:
    return notice.model_copy(update={"note": ask.t(text)})


def said(ask: Ask, item: Interaction) -> Said:
    """An item as answers are made of it."""
    inside = item.direction == "internal" or item.audience == "internal"
    scored = item.direction == "in" and item.sentiment != "unscored"
    return Said(
        id=item.id,
        at=ask.actor.local(item.occurred_at),
        who=item.sender_name or item.sender_address,
        side="inside" if inside else "us" if item.direction == "out" else "customer",
        text=item.text or item.subject,
        asks=material.found_words(item.extract, "asks"),
        promises=material.found_words(item.extract, "promises"),
        questions=material.found_words(item.extract, "questions"),
        score=item.score if scored else None,
        because=item.because,
        signals=frozenset(item.signals),
    )


def lines(found: Sequence[Line]) -> str:
    return "\n".join(f"· {line.text}{material.marks(line.items)}" for line in found)


async def people(
    ask: Ask, items: Sequence[Said], customer_id: int | None = None
) -> tuple[str, ...]:
    """Names that a model may have to do without: who spoke, the customer's contacts, our members."""
    known = await customers.people(ask.session, customer_id) if customer_id else ()
    members = await uses.member_names(ask.session)
    found = [
        *(one.who for one in items),
        *(one.contact.name for one in known),
        *(name for _, name in members),
    ]
    return tuple(dict.fromkeys(name for name in found if name))
