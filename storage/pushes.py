"""Words for customers' chats, and what becomes of them."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Conversation, Interaction, Project, Push


async def customer_chats(session: AsyncSession, project: Project) -> Sequence[Conversation]:
    """Chats declared to be the customer's: the project's, else those of the customer as a whole."""
    found = (
        await session.exec(
            select(Conversation)
            .where(
                Conversation.customer_id == project.customer_id,
                (col(Conversation.project_id) == project.id)
                | col(Conversation.project_id).is_(None),
                Conversation.audience == "customer",
            )
            .order_by(col(Conversation.id))
        )
    ).all()
    return [chat for chat in found if chat.project_id == project.id] or found


async def one(
    session: AsyncSession, scope: Scope, number: int
) -> tuple[Push, Project, Conversation] | None:
    """A push with its project and chat, if `scope` sees the project; locked until the commit."""
    found = await session.exec(
        select(Push, Project, Conversation)
        .join(Project, col(Push.project_id) == col(Project.id))
        .join(Conversation, col(Push.conversation_id) == col(Conversation.id))
        .where(Push.id == number, scope.projects())
        .with_for_update(of=Push)
    )
    return found.first()


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


async def waiting(
    session: AsyncSession, scope: Scope, limit: int = 20
) -> Sequence[tuple[Push, Project, Conversation]]:
    found = await session.exec(
        select(Push, Project, Conversation)
        .join(Project, col(Push.project_id) == col(Project.id))
        .join(Conversation, col(Push.conversation_id) == col(Conversation.id))
        .where(Push.state == "waiting", scope.projects())
        .order_by(col(Push.id))
        .limit(limit)
    )
    return found.all()
