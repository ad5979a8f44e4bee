"""The public view of a project: all that a text for its customer may be made of.

No amounts, no tasks, no alerts, no talk, no members: what is not named
here cannot reach a customer.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import cards
from bot.contract import Audience, Fact, Notice
from bot.domain import terms
from bot.texts import Language, Text, language_of
from storage import delivery, projects
from storage.tables import Conversation, Customer, Milestone, PaymentTerm, Project

_TITLE = Text("{name}：项目进展", "{name}: progress")
_PHASE = Text("阶段", "Phase")
_PROGRESS = Text("总体进度", "Overall progress")
_DONE = Text("已完成", "Done")
_NEXT = Text("下一步", "Next")
_DELIVERY = Text("计划交付", "Delivery planned")
_NEWEST: Final = 3

_CLOSING = Text("{name}：结项报告", "{name}: closing report")
_CLOSED = Text(
    "项目已完成，感谢贵方的支持与配合。以下是项目的主要成果。",
    "The project is done. Thank you for working with us. These are its results.",
)
_STONES = Text("里程碑", "Milestones")
_ACCEPTED = Text("已验收的交付物", "Deliverables accepted")

_COMING = Text("{name}：里程碑临近", "{name}: a milestone is near")
_COMES = Text(
    "您好！里程碑「{stone}」计划于 {day} 到期，如需贵方配合，我们会提前与您确认。",
    "Hello, the milestone “{stone}” is planned for {day}. If we need anything from you for it, we"
    " will tell you in time.",
)
_PAY_TITLE = Text("付款提醒", "A payment")
_PAY_SOON = Text(
    "您好！按照约定，{what}「{term}」应于 {day} 支付。如已安排，请忽略此消息，谢谢！",
    "Hello, as agreed, the payment “{term}”{what} is due on {day}. If it is on its way already,"
    " please disregard this. Thank you!",
)
_PAY_LATE = Text(
    "您好！{what}「{term}」已于 {day} 到期，我们尚未收到款项，烦请核对安排。如已支付，请忽略此消息，谢谢！",
    "Hello, the payment “{term}”{what} was due on {day} and has not reached us yet. Could you please"
    " look into it? If it is paid already, please disregard this. Thank you!",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What its customer may know of how a project stands."""

    name: str
    phase: terms.Phase
    progress: int
    stones: tuple[Milestone, ...]
    today: date
    due: date | None

    @property
    def done(self) -> list[Milestone]:
        return [stone for stone in self.stones if stone.done_at is not None][-_NEWEST:]

    @property
    def coming(self) -> list[Milestone]:
        left = [one for one in self.stones if one.done_at is None and one.due >= self.today]
        return left[:_NEWEST]


def of_work(stone: Milestone) -> bool:
    """Whether a milestone is of the work; that we get paid is no news for who pays."""
    return stone.phase != terms.Phase.PAID


async def seen(session: AsyncSession, project: Project, today: date) -> Seen:
    """The view of a project; that we wait for money is shown as the acceptance before it."""
    phase = terms.Phase(project.phase)
    stones = await projects.milestones(session, project.id)
    return Seen(
        project.name,
        terms.Phase.ACCEPT if phase == terms.Phase.PAID else phase,
        project.progress,
        tuple(stone for stone in stones if of_work(stone)),
        today,
        project.due_on,
    )


async def progress(
    session: AsyncSession, project: Project, chat: Conversation, now: datetime, words: str = ""
) -> Notice:
    """How a project stands, for its customer's chat and in their language; `words` come first."""
    language = await _language(session, project.customer_id, chat)
    shown = await seen(session, project, now.date())
    facts = [
        (_PHASE, shown.phase.text.in_(language)),
        (_PROGRESS, f"{shown.progress}%"),
        (_DONE, _listed(shown.done, language)),
        (_NEXT, _listed(shown.coming, language)),
        (_DELIVERY, cards.day(shown.due, language)),
    ]
    return _notice(language, _TITLE.in_(language, name=project.name), words, facts)


async def closing(session: AsyncSession, project: Project, chat: Conversation) -> Notice:
    """What came of a project: its milestones with the days they were reached, what was accepted."""
    language = await _language(session, project.customer_id, chat)
    stones = await projects.milestones(session, project.id)
    reached = "\n".join(
        cards.dated(m.name, m.done_at.date(), language) for m in stones if m.done_at and of_work(m)
    )
    accepted = "\n".join(
        cards.dated(f"{d.name} v{d.version}", d.decided_at.date(), language)
        for d in await delivery.deliverables(session, project.id)
        if d.state == "accepted" and d.decided_at
    )
    title = _CLOSING.in_(language, name=project.name)
    return _notice(
        language, title, _CLOSED.in_(language), [(_STONES, reached), (_ACCEPTED, accepted)]
    )


async def milestone(
    session: AsyncSession, project: Project, stone: Milestone, chat: Conversation
) -> Notice:
    language = await _language(session, project.customer_id, chat)
    text = _COMES.in_(language, stone=stone.name, day=cards.day(stone.due, language))
    return _notice(language, _COMING.in_(language, name=project.name), text, [])


async def payment(
    session: AsyncSession,
    term: PaymentTerm,
    project: Project | None,
    chat: Conversation,
    today: date,
) -> Notice:
    """Which part of the customer's own plan is due; without its amount, since whoever approves the
    words may not be one who sees amounts.
    """
    language = await _language(session, term.customer_id, chat)
    about = Text("「{name}」项目的", " for “{name}”")
    what = about.in_(language, name=project.name) if project else ""
    text = _PAY_LATE if term.due < today else _PAY_SOON
    said = text.in_(language, what=what, term=term.name, day=cards.day(term.due, language))
    return _notice(language, _PAY_TITLE.in_(language), said, [])


async def care(
    session: AsyncSession, customer: Customer, chat: Conversation, words: Text
) -> Notice:
    """A word of the care plan."""
    language = await _language(session, customer.id, chat)
    return _notice(language, customer.name, words.in_(language), [])


async def _language(session: AsyncSession, customer_id: int, chat: Conversation) -> Language:
    customer = await session.get_one(Customer, customer_id)
    return language_of(chat.language or customer.language)


def _notice(language: Language, title: str, text: str, facts: list[tuple[Text, str]]) -> Notice:
    return Notice(
        audience=Audience.CUSTOMER,
        title=title,
        text=text,
        facts=tuple(
            Fact(label=label.in_(language), value=value) for label, value in facts if value
        ),
        language=language,
    )


def _listed(stones: list[Milestone], language: Language) -> str:
    return "\n".join(cards.dated(m.name, m.due, language) for m in stones)
