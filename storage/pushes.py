"""Words for customers: which chats and mailboxes they go to, and what becomes of them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import talk
from storage.scope import Scope
from storage.tables import (
    Contact,
    ContactPlan,
    Conversation,
    Customer,
    Identity,
    Interaction,
    Project,
    Push,
)

_MAIL: Final = "email"


async def customer_chats(
    session: AsyncSession, customer: Customer, project: Project | None
) -> Sequence[Conversation]:
    """Where a customer is written to: the project's chats, else those of the customer as a whole.

    Those of the channel that their contact plan names come alone. Where there is no chat, or each
    has refused our last words, it is the mailbox of a person whom we know there.
    """
    chats = await _declared(session, customer, project)
    broken = await _refusing(session, [chat.id for chat in chats])
    chats = [chat for chat in chats if chat.id not in broken]
    planned = await session.exec(
        select(ContactPlan.channel).where(ContactPlan.customer_id == customer.id)
    )
    wanted = planned.first() or ""
    liked = [chat for chat in chats if chat.channel == wanted]
    if liked or (chats and wanted != _MAIL):
        return liked or chats
    box = await _mailbox(session, customer)
    return [box] if box is not None else chats


async def _declared(
    session: AsyncSession, customer: Customer, project: Project | None
) -> list[Conversation]:
    of_project = project.id if project else None
    found = (
        await session.exec(
            select(Conversation)
            .where(
                Conversation.customer_id == customer.id,
                (col(Conversation.project_id) == of_project)
                | col(Conversation.project_id).is_(None),
                Conversation.audience == "customer",
            )
            .order_by(col(Conversation.id))
        )
    ).all()
    return [chat for chat in found if chat.project_id == of_project] or list(found)


async def _refusing(session: AsyncSession, chats: Collection[int]) -> set[int]:
    """Chats in which the newest of our pushes that has ended failed for good."""
    rows = await session.execute(
        text("""
SELECT id FROM (
  SELECT DISTINCT ON (p.conversation_id) p.conversation_id AS id, o.state
  FROM push p JOIN outbox o ON o.key = 'push:' || p.id
  WHERE p.conversation_id = ANY(:chats) AND o.state IN ('sent', 'failed')
  ORDER BY p.conversation_id, p.id DESC) newest
WHERE state = 'failed'
"""),
        {"chats": list(chats)},
    )
    return {row[0] for row in rows}


async def _mailbox(session: AsyncSession, customer: Customer) -> Conversation | None:
    """The mail conversation with who decides there, else with the first contact who has an address."""
    found = await session.exec(
        select(Identity.address)
        .join(Contact, col(Contact.id) == col(Identity.contact_id))
        .where(
            Contact.customer_id == customer.id,
            col(Contact.merged_into_id).is_(None),
            Identity.channel == _MAIL,
        )
        .order_by((col(Contact.role) == "decision_maker").desc(), col(Contact.id), col(Identity.id))
    )
    for address in found.all():
        box = await talk.open_conversation(session, _MAIL, address)
        if box.audience == "internal" or box.customer_id not in (None, customer.id):
            continue
        if box.customer_id is None:
            box.customer_id = customer.id
            session.add(box)
            await session.flush()
        return box
    return None


async def returned(session: AsyncSession, since: datetime) -> Sequence[Push]:
    """Approved words that failed for good since then, and were not proposed once more."""
    rows = await session.execute(
        text("""
SELECT p.id FROM push p JOIN outbox o ON o.key = 'push:' || p.id
WHERE o.state = 'failed' AND p.decided_at > :since AND NOT EXISTS (
  SELECT 1 FROM push again WHERE again.customer_id = p.customer_id AND again.id > p.id
    AND again.kind = p.kind AND again.notice = p.notice)
ORDER BY p.id
"""),
        {"since": since},
    )
    ids = [row[0] for row in rows]
    return (
        await session.exec(select(Push).where(col(Push.id).in_(ids)).order_by(col(Push.id)))
    ).all()


async def newest(session: AsyncSession, project_id: int, kind: str) -> Sequence[Push]:
    """The newest words of a kind about a project that were approved, and those that still wait."""
    return (
        await session.exec(
            select(Push)
            .where(
                Push.project_id == project_id,
                Push.kind == kind,
                col(Push.state).in_(("approved", "waiting")),
            )
            .order_by(col(Push.id).desc())
            .limit(10)
        )
    ).all()


async def to_tell(
    session: AsyncSession, *, week: date, reached_since: datetime | None
) -> Sequence[tuple[Project, Customer]]:
    """Running projects whose customer may be told of progress, and that have changed since they were.

    Those already proposed for this day of the calendar (`week`) are left out. With `reached_since`
    only those that have reached a milestone since, where milestones are told of.
    """
    rows = await session.execute(
        text("""
SELECT p.id FROM project p
LEFT JOIN LATERAL (SELECT max(decided_at) AS at FROM push WHERE project_id = p.id
  AND kind = 'progress' AND state = 'approved') told ON true
WHERE p.phase <> 'closed' AND p.pushes <> 'off'
  AND NOT EXISTS (SELECT 1 FROM care_node n WHERE n.project_id = p.id AND n.node = 'progress'
    AND n.due = :week)
  AND CASE WHEN CAST(:reached AS timestamptz) IS NULL
    THEN told.at IS NULL OR EXISTS (SELECT 1 FROM event e WHERE e.project_id = p.id AND e.at > told.at
      AND e.name <> 'approval.decided' AND e.name NOT LIKE '%.sent')
    ELSE p.pushes = 'milestone' AND EXISTS (SELECT 1 FROM milestone m WHERE m.project_id = p.id
      AND m.done_at > GREATEST(:reached, told.at)) END
ORDER BY p.id
"""),
        {"week": week, "reached": reached_since},
    )
    ids = [row[0] for row in rows]
    found = await session.exec(
        select(Project, Customer)
        .join(Customer, col(Customer.id) == col(Project.customer_id))
        .where(col(Project.id).in_(ids))
        .order_by(col(Project.id))
    )
    return found.all()


async def replies(
    session: AsyncSession, scope: Scope, limit: int = 20
) -> Sequence[tuple[Interaction, Conversation]]:
    """Replies that members have written and nobody has decided on: their evidence says so."""
    found = await session.exec(
        select(Interaction, Conversation)
        .join(Conversation, col(Interaction.conversation_id) == col(Conversation.id))
        .where(
            text("interaction.evidence = '{reply}'"),
            scope.interactions(),
        )
        .order_by(col(Interaction.id))
        .limit(limit)
    )
    return found.all()
