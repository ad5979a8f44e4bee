"""Questions about what was said: conversations, interactions, the doubt queue, the timeline."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text, tuple_, union_all
from sqlmodel import col, func, literal, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.people import bounded
from storage.scope import Scope
from storage.tables import (
    Attachment,
    Conversation,
    Customer,
    Event,
    Interaction,
    InteractionVersion,
)

UNSURE = ("doubt", "failed", "stranger")


async def conversations(
    session: AsyncSession, places: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Conversation]:
    """The chats at these places, (channel, chat), as far as they are known."""
    if not places:
        return {}
    asked = {place: (place[0], bounded(place[1])) for place in places}
    found = await session.exec(
        select(Conversation).where(
            tuple_(col(Conversation.channel), col(Conversation.chat)).in_(set(asked.values()))
        )
    )
    known = {(one.channel, one.chat): one for one in found}
    return {place: known[there] for place, there in asked.items() if there in known}


async def conversation(session: AsyncSession, channel: str, chat: str) -> Conversation | None:
    return (
        await session.exec(
            select(Conversation).where(
                Conversation.channel == channel, Conversation.chat == bounded(chat)
            )
        )
    ).first()


async def open_conversation(
    session: AsyncSession,
    channel: str,
    chat: str,
    *,
    audience: str | None = None,
    name: str = "",
    user_id: int | None = None,
) -> Conversation:
    """The conversation of a chat; made, with this audience, where it was not known.

    `user_id` is the member whose private chat it is: nobody else reads it, so it is internal.
    """
    found = await conversation(session, channel, chat)
    if found is None:
        found = Conversation(
            channel=channel,
            chat=bounded(chat),
            audience=audience,
            name=name[:200],
            user_id=user_id,
        )
        session.add(found)
        await session.flush()
    elif user_id is not None and found.user_id != user_id:
        found.user_id, found.audience = user_id, audience
        session.add(found)
        await session.flush()
    return found


async def private_chats(session: AsyncSession, user_id: int) -> Sequence[Conversation]:
    """A member's own chats with the assistant, on every channel where they have one."""
    return (
        await session.exec(
            select(Conversation)
            .where(Conversation.user_id == user_id, Conversation.audience == "internal")
            .order_by(col(Conversation.id))
        )
    ).all()


async def by_message(
    session: AsyncSession, channel: str, conversation_id: int, message_key: str
) -> Interaction | None:
    """The newest interaction that a channel's message id names."""
    return (
        await session.exec(
            select(Interaction)
            .where(
                Interaction.channel == channel,
                Interaction.message_key == message_key,
                Interaction.conversation_id == conversation_id,
            )
            .order_by(col(Interaction.id).desc())
            .limit(1)
        )
    ).first()


async def by_key(session: AsyncSession, channel: str, message_key: str) -> Interaction | None:
    """The newest interaction of a channel with this key, in whichever chat."""
    return (
        await session.exec(
            select(Interaction)
            .where(Interaction.channel == channel, Interaction.message_key == message_key)
            .order_by(col(Interaction.id).desc())
            .limit(1)
        )
    ).first()


async def interaction(
    session: AsyncSession, scope: Scope, interaction_id: int
) -> Interaction | None:
    """One interaction, if `scope` may see it."""
    return (
        await session.exec(
            select(Interaction).where(Interaction.id == interaction_id, scope.interactions())
        )
    ).first()


async def unsure(
    session: AsyncSession, scope: Scope, *, limit: int = 20, offset: int = 0
) -> Sequence[Interaction]:
    """What waits for a person to say where it belongs, oldest first: doubts, then strangers."""
    return (
        await session.exec(
            select(Interaction)
            .where(col(Interaction.status).in_(UNSURE), scope.interactions())
            .order_by(
                col(Interaction.status) == "stranger",
                col(Interaction.occurred_at),
                col(Interaction.id),
            )
            .limit(limit)
            .offset(offset)
        )
    ).all()


async def count_unsure(session: AsyncSession, scope: Scope) -> int:
    return (
        await session.exec(
            select(func.count()).where(col(Interaction.status).in_(UNSURE), scope.interactions())
        )
    ).one()


async def keep_version(session: AsyncSession, item: Interaction, reason: str) -> None:
    """Keep what an interaction says now, before it changes."""
    session.add(InteractionVersion(interaction_id=item.id, text=item.text, reason=reason))


async def versions(session: AsyncSession, interaction_id: int) -> Sequence[InteractionVersion]:
    return (
        await session.exec(
            select(InteractionVersion)
            .where(InteractionVersion.interaction_id == interaction_id)
            .order_by(col(InteractionVersion.id))
        )
    ).all()


async def attachments(
    session: AsyncSession, interaction_ids: Sequence[int]
) -> dict[int, list[Attachment]]:
    found: dict[int, list[Attachment]] = {}
    rows = await session.exec(
        select(Attachment)
        .where(col(Attachment.interaction_id).in_(interaction_ids))
        .order_by(col(Attachment.id))
    )
    for row in rows:
        found.setdefault(row.interaction_id, []).append(row)
    return found


async def refile(session: AsyncSession, item: Interaction) -> None:
    """Carry an interaction's new place over to its attachments."""
    await session.exec(
        update(Attachment)
        .where(col(Attachment.interaction_id) == item.id)
        .values(customer_id=item.customer_id, project_id=item.project_id)
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline: an interaction or an event."""

    at: datetime
    interaction: Interaction | None = None
    event: Event | None = None


async def timeline(
    session: AsyncSession,
    scope: Scope,
    *,
    customer_id: int | None = None,
    project_id: int | None = None,
    before: datetime | None = None,
    limit: int = 20,
) -> list[Entry]:
    """The newest entries of a customer or a project, before a time.

    The caller has made sure that the customer or project itself may be seen.
    """
    of_talk: list[Any] = [scope.interactions()]
    of_events: list[Any] = []
    if project_id is not None:
        of_talk.append(Interaction.project_id == project_id)
        of_events.append(Event.project_id == project_id)
    else:
        of_talk.append(Interaction.customer_id == customer_id)
        of_events.append(Event.customer_id == customer_id)
        # Who sees a customer through some projects only sees the events of those projects.
        of_events.append(_visible_events(scope))
    if before is not None:
        of_talk.append(col(Interaction.occurred_at) < before)
        of_events.append(col(Event.at) < before)
    talk = (
        select(
            literal("talk").label("kind"), Interaction.id, col(Interaction.occurred_at).label("at")
        )
        .where(*of_talk)
        .order_by(col(Interaction.occurred_at).desc())
        .limit(limit)
    )
    events = (
        select(literal("event").label("kind"), Event.id, col(Event.at).label("at"))
        .where(*of_events)
        .order_by(col(Event.at).desc())
        .limit(limit)
    )
    both = union_all(talk.subquery().select(), events.subquery().select()).subquery()
    rows = (await session.execute(both.select().order_by(both.c.at.desc()).limit(limit))).all()
    return await _entries(session, rows)


def _visible_events(scope: Scope) -> Any:
    from storage.tables import Project  # noqa: PLC0415

    return col(Event.project_id).is_(None) | col(Event.project_id).in_(
        select(col(Project.id)).where(scope.projects())
    )


async def _entries(session: AsyncSession, rows: Sequence[Any]) -> list[Entry]:
    talk_ids = [row.id for row in rows if row.kind == "talk"]
    event_ids = [row.id for row in rows if row.kind == "event"]
    said = {
        item.id: item
        for item in await session.exec(select(Interaction).where(col(Interaction.id).in_(talk_ids)))
    }
    done = {
        item.id: item
        for item in await session.exec(select(Event).where(col(Event.id).in_(event_ids)))
    }
    return [
        Entry(row.at, interaction=said[row.id])
        if row.kind == "talk"
        else Entry(row.at, event=done[row.id])
        for row in rows
    ]


async def last_contact(session: AsyncSession, customer_id: int) -> datetime | None:
    return (
        await session.exec(
            select(Interaction.occurred_at)
            .where(Interaction.customer_id == customer_id, Interaction.direction != "internal")
            .order_by(col(Interaction.occurred_at).desc())
            .limit(1)
        )
    ).first()


async def version_numbers(
    session: AsyncSession, names: Sequence[tuple[int | None, int | None, str]]
) -> dict[tuple[int | None, int | None, str], int]:
    """The newest version of files (customer, project, name); 0 for a name that is new."""
    rows = await session.execute(
        text("""
SELECT q.customer, q.project, q.name, COALESCE(max(a.version), 0)
FROM unnest(CAST(:customers AS bigint[]), CAST(:projects AS bigint[]), CAST(:names AS text[]))
  AS q(customer, project, name)
LEFT JOIN attachment a ON a.name = q.name AND a.customer_id = q.customer
  AND a.project_id IS NOT DISTINCT FROM q.project
GROUP BY 1, 2, 3
"""),
        {
            "customers": [name[0] for name in names],
            "projects": [name[1] for name in names],
            "names": [name[2] for name in names],
        },
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def lately_heard(
    session: AsyncSession, scope: Scope, since: datetime, limit: int = 30
) -> list[Customer]:
    """Customers who have written or called since, for whoever looks after none of their own."""
    heard = select(Interaction.customer_id).where(
        Interaction.direction == "in", Interaction.occurred_at >= since, scope.interactions()
    )
    found = await session.exec(
        select(Customer)
        .where(
            col(Customer.merged_into_id).is_(None),
            scope.customers(),
            col(Customer.id).in_(heard),
        )
        .order_by(col(Customer.id))
        .limit(limit)
    )
    return list(found.all())
