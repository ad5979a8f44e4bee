"""One call: its sound, its words as they are spoken, how it felt, and what is to be done."""

from typing import Final

from aiohttp import web

from adapters.web import pages
from bot.commands import cards, minutes
from bot.commands.minutes import Talk
from bot.commands.registry import Ask
from bot.pipeline import hearing
from bot.pipeline.summary import Point
from storage import talk
from storage.tables import Attachment, Contact, Interaction

PLAYED: Final = frozenset(
    "audio/mpeg audio/mp4 audio/ogg audio/opus audio/webm audio/flac audio/aac audio/wav".split()
)
"""What browsers play. Other sound has a copy beside it that they do, once it is transcribed."""


async def one(request: web.Request) -> web.StreamResponse:
    number = int(request.match_info["number"])
    async with pages.asking(request, "talk.read") as ask:
        item = (
            await talk.interaction(ask.session, ask.actor.scope, number) if _fits(number) else None
        )
        if item is None or (item.transcript is None and item.kind not in ("call", "meeting")):
            raise web.HTTPNotFound
        told = await minutes.of(ask.session, item)
        files = (await talk.attachments(ask.session, [item.id])).get(item.id, [])
        contact = await ask.session.get(Contact, item.contact_id or 0)
        curve = minutes.curve(told.turns, told.shape, ask.language)
        return await pages.show(
            request,
            ask,
            "call.html",
            item=item,
            talk=told,
            transcript=hearing.stored(item.transcript),
            moods=[_mood(turn.score) for turn in told.turns],
            sound=_sound(files),
            files=files,
            who=_who(item, contact),
            consent=contact.consent if contact else "",
            chart=pages.drawn(curve) if curve else "",
            facts=_facts(ask, told),
            at=hearing.clock_time,
            may_fix=ask.actor.may("talk.file"),
        )


def _fits(number: int) -> bool:
    return number < 2**63


def _mood(score: float | None) -> str:
    if score is None or -0.25 < score < 0.33:
        return ""
    return "negative" if score < 0 else "positive"


def _sound(files: list[Attachment]) -> Attachment | None:
    """The newest file that a browser can play."""
    heard = [file for file in files if file.sha256 and file.type.split(";")[0] in PLAYED]
    return heard[-1] if heard else None


def _who(item: Interaction, contact: Contact | None) -> str:
    """The other side: their name, else what is known of their number."""
    known = item.sender_name or (contact.name if contact else "")
    return known or cards.masked("phone", item.sender_address)


def _facts(ask: Ask, told: Talk) -> list[tuple[str, list[Point]]]:
    """The gist by its parts; parts that nothing was said of are left out."""
    gist = told.gist
    listed = (
        (minutes.LINES, gist.lines),
        (minutes.TO_DO, gist.to_do),
        (minutes.DECIDED, gist.decisions),
        (minutes.OPEN_QUESTIONS, gist.open),
    )
    return [(ask.t(label), list(points)) for label, points in listed if points]
