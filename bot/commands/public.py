"""The public view of a project: all that a text for its customer may be made of.

No money, no tasks, no alerts, no talk, no members: what is not named here cannot reach a customer.
"""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import cards
from bot.contract import Audience, Fact, Notice
from bot.domain import terms
from bot.texts import Language, Text, language_of
from storage import projects
from storage.tables import Conversation, Customer, Milestone, Project

_TITLE = Text("{name}：项目进展", "{name}: progress")
_PHASE = Text("阶段", "Phase")
_PROGRESS = Text("总体进度", "Overall progress")
_DONE = Text("已完成", "Done")
_NEXT = Text("下一步", "Next")
_DELIVERY = Text("计划交付", "Delivery planned")
_NEWEST: int = 3


async def progress(
    session: AsyncSession, project: Project, chat: Conversation, now: datetime, words: str = ""
) -> Notice:
    """How a project stands, for its customer's chat and in their language; `words` come first."""
    customer = await session.get_one(Customer, project.customer_id)
    language = language_of(chat.language or customer.language)
    stones = await projects.milestones(session, project.id)
    done = [m for m in stones if m.done_at is not None][-_NEWEST:]
    coming = [m for m in stones if m.done_at is None and m.due >= now.date()][:_NEWEST]
    facts = (
        (_PHASE, terms.Phase(project.phase).text.in_(language)),
        (_PROGRESS, f"{project.progress}%"),
        (_DONE, _listed(done, language)),
        (_NEXT, _listed(coming, language)),
        (_DELIVERY, cards.day(project.due_on, language)),
    )
    return Notice(
        audience=Audience.CUSTOMER,
        title=_TITLE.in_(language, name=project.name),
        text=words,
        facts=tuple(
            Fact(label=label.in_(language), value=value) for label, value in facts if value
        ),
        language=language,
    )


def _listed(stones: list[Milestone], language: Language) -> str:
    return "\n".join(f"{m.name}（{cards.day(m.due, language)}）" for m in stones)
