"""Words for customers' chats, and what becomes of them."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Conversation, Customer, Interaction, Project


async def customer_chats(
    session: AsyncSession, customer: Customer, project: Project | None
) -> Sequence[Conversation]:
    """Chats declared to be the customer's: the project's, else those of the customer as a whole."""
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
    return [chat for chat in found if chat.project_id == of_project] or found


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
