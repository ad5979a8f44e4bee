"""Which milestones are of the work, and which of our getting paid: no news for a customer."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.domain.terms import Phase
from bot.planning import making
from storage.tables import Milestone, Project

Payments = Mapping[str, frozenset[str]]
"""By template: what its milestones of the phase of payment are called, in both languages."""


async def payments(session: AsyncSession) -> Payments:
    return {
        id_: frozenset(
            name
            for goal in template.milestones
            if goal.phase is Phase.PAID
            for name in (goal.name.zh, goal.name.en)
        )
        for id_, template in (await making.known(session)).items()
    }


def of_work(stone: Milestone, project: Project, known: Payments) -> bool:
    return stone.name not in known.get(project.template, frozenset())
