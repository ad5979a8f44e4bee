"""The doubt queue: what nobody could file, each with its best guesses one tap away."""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from adapters.web import pages
from storage import pages as questions
from storage import talk
from storage.tables import Attachment, Interaction

PAGE: Final = 20
GUESSES: Final = 3


@dataclass(frozen=True, slots=True)
class Guess:
    label: str
    where: str
    """The code to file it with."""
    sure: int
    """Percent."""


@dataclass(frozen=True, slots=True)
class Doubt:
    item: Interaction
    guesses: tuple[Guess, ...]
    files: tuple[Attachment, ...]


async def queue(request: web.Request) -> web.StreamResponse:
    async with pages.asking(request, "customer.read") as ask:
        found = await talk.unsure(ask.session, ask.actor.scope, limit=PAGE)
        files = await talk.attachments(ask.session, [item.id for item in found])
        choices = await questions.places(ask.session, ask.actor.scope) if found else []
        return await pages.show(
            request,
            ask,
            "doubts.html",
            queue=[Doubt(item, guesses(item), tuple(files.get(item.id, ()))) for item in found],
            total=await talk.count_unsure(ask.session, ask.actor.scope),
            choices=choices,
            may_file=ask.actor.may("talk.file"),
        )


def guesses(item: Interaction) -> tuple[Guess, ...]:
    """The best guesses that filing left with an item."""
    listed: list[dict[str, Any]] = item.candidates.get("list", [])
    return tuple(
        Guess(
            label=" · ".join(filter(None, (guess.get("name"), guess.get("project")))),
            where=guess.get("project") or guess["customer"],
            sure=round(100 * float(guess.get("confidence") or 0)),
        )
        for guess in listed[:GUESSES]
    )
