"""Cases that wait for their customer go on once the customer has written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, record, telling
from bot.contract import Audience, Button, Kind, Level, Notice
from bot.domain import service, workdays
from bot.domain.service import CaseState, Wants
from bot.people import Defaults
from bot.pipeline.work import Work
from bot.texts import Text, language_of
from storage import audit, cases
from storage.cases import Waiting
from storage.tables import Customer, ServiceCase

_SPOKEN: Final = frozenset({Kind.MESSAGE, Kind.MAIL, Kind.CALL})
_QUOTED: Final = 200
_TITLE = Text(
    "客户已回复，工单 {number} 继续计时", "They have answered: the clock of case {number} goes on"
)
_OPEN = Text("打开", "Open")


async def follow(
    session: AsyncSession, works: Sequence[Work], now: datetime, defaults: Defaults, home: str
) -> None:
    """Cases after a batch: what a customer says where their case waits sets it going again."""
    theirs = [work for work in works if _answers(work)]
    if not theirs:
        return
    ids = {work.match.customer_id for work in theirs if work.match.customer_id}
    for one in await cases.waiting(session, ids):
        work = next((work for work in theirs if _is_about(work, one)), None)
        if work is not None:
            at = work.message.sent_at.astimezone(clock.zone(defaults.timezone))
            go_on(one.case, one.customer, at)
            await _happened(session, one, work, at)
            await _tell(session, one, work, now, defaults, home)


def _answers(work: Work) -> bool:
    """A thank you or a greeting is no answer; a nod is one."""
    return (
        work.direction == "in"
        and work.match.customer_id is not None
        and work.status == "filed"
        and work.chat.audience != Audience.INTERNAL
        and work.message.kind in _SPOKEN
        and service.wants(
            work.text, asks=bool(work.extract.asks or work.extract.questions), signals=work.signals
        )
        is not Wants.NOTHING
    )


def _is_about(work: Work, one: Waiting) -> bool:
    """Words of the conversation that the case came from; of one that came from none, words on its
    project, or any where it has no project either.
    """
    case = one.case
    if work.match.customer_id != case.customer_id or case.waiting_since is None:
        return False
    if work.message.sent_at <= case.waiting_since:
        return False
    if one.conversation_id is not None:
        return work.chat.id == one.conversation_id
    return case.project_id in {None, work.match.project_id}


def go_on(case: ServiceCase, customer: Customer, now: datetime) -> None:
    """The clocks go on with what they had when they stopped; `now` is in the zone of who works."""
    if case.waiting_since is None:
        return
    level = service.level(customer.tier, customer.service_level)
    since, calendar = case.waiting_since.astimezone(now.tzinfo), workdays.china()
    for name in ("answer_by", "solve_by"):
        due = getattr(case, name)
        left = level.left(since, due, calendar) if due else None
        if left is not None and left.total_seconds() > 0:  # what was late by then stays late
            setattr(case, name, level.due(now, left, calendar).astimezone(UTC))
    case.waiting_since, case.state = None, CaseState.OPEN.value


async def _happened(session: AsyncSession, one: Waiting, work: Work, at: datetime) -> None:
    case = one.case
    session.add(case)
    session.add(
        record.happened(
            "case.resumed",
            customer_id=case.customer_id,
            project_id=case.project_id,
            at=at.astimezone(UTC),
            number=case.id,
            title=case.title,
            item=work.interaction_id,
        )
    )
    await audit.write(session, audit.Trace("case.resumed", "service_case", case.id))


async def _tell(
    session: AsyncSession,
    one: Waiting,
    work: Work,
    now: datetime,
    defaults: Defaults,
    home: str,
) -> None:
    if one.owner is None or not one.owner.active:
        return
    language = language_of(one.owner.language or defaults.language)
    case = one.case
    notice = Notice(
        level=Level.WARNING,
        title=_TITLE.in_(language, number=case.id),
        text=f"{case.title}\n{' '.join(work.text.split())[:_QUOTED]}",
        buttons=(
            Button(label=_OPEN.in_(language), command=f"/case {case.id}", primary=True),
            Button(label=f"#{work.interaction_id}", command=f"/item #{work.interaction_id}"),
        ),
        language=language,
    )
    await telling.member(
        session,
        one.owner,
        notice,
        home=home,
        key=f"case-goes-on:{case.id}:{work.interaction_id}",
        now=now,
        by_day=defaults,
    )
