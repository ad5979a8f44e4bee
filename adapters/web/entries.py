"""A timeline as pages show it: what was said and what happened, with files and hidden parts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from bot.commands import cards
from bot.commands.registry import Ask
from storage import pages as questions
from storage import projects, talk
from storage.tables import Attachment, Interaction, Project
from storage.talk import Entry

PAGE = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry: an item that was said, or the words of an event and who did it."""

    at: datetime
    item: Interaction | None = None
    happened: str = ""
    who: str = ""
    project: Project | None = None
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    entries: tuple[Shown, ...] = field(default_factory=tuple)
    earlier: str = ""
    """The address of the entries before these; empty: there are none."""


async def of(
    ask: Ask,
    request: web.Request,
    *,
    customer_id: int | None = None,
    project_id: int | None = None,
) -> Timeline:
    """The newest entries before the time that the address names."""
    found = await talk.timeline(
        ask.session,
        ask.actor.scope,
        customer_id=customer_id,
        project_id=project_id,
        before=_before(request),
        limit=PAGE + 1,
    )
    entries = found[:PAGE]
    earlier = ""
    if len(found) > PAGE:
        earlier = f"{request.path}?before={quote(entries[-1].at.isoformat())}"
    return Timeline(tuple(await show(ask, entries, with_project=project_id is None)), earlier)


def _before(request: web.Request) -> datetime | None:
    asked = request.query.get("before")
    if not asked:
        return None
    try:
        before = datetime.fromisoformat(asked)
    except ValueError:
        raise web.HTTPBadRequest from None
    if before.tzinfo is None:
        raise web.HTTPBadRequest
    return before


async def show(ask: Ask, entries: Sequence[Entry], *, with_project: bool = True) -> list[Shown]:
    items = [entry.interaction for entry in entries if entry.interaction]
    events = [entry.event for entry in entries if entry.event]
    files = await talk.attachments(ask.session, [item.id for item in items])
    who = await projects.user_names(ask.session, [event.user_id for event in events])
    ids = [row.project_id for row in (*items, *events)] if with_project else []
    named = await questions.project_names(ask.session, ask.actor.scope, ids)
    shown: list[Shown] = []
    for entry in entries:
        row = entry.interaction or entry.event
        project = named.get(row.project_id) if row else None
        if entry.interaction is not None:
            item = entry.interaction
            attached = () if item.recalled_at else tuple(files.get(item.id, ()))
            shown.append(Shown(entry.at, item, project=project, files=attached))
        elif entry.event is not None:
            event = entry.event
            words, by = cards.happened(ask, event), who.get(event.user_id, "")
            shown.append(Shown(entry.at, happened=words, who=by, project=project))
    return shown


async def of_items(ask: Ask, items: Sequence[Interaction]) -> list[Shown]:
    return await show(ask, [Entry(item.occurred_at, interaction=item) for item in items])
