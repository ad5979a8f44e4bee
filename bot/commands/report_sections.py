"""What a customer's report says: its sections, from public facts alone."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.commands import cards, public
from bot.commands.registry import Ask
from bot.contract import Audience, Fact, Notice
from bot.domain import definition, reports, service, terms, workdays
from bot.domain.reports import Every, Figure, Section, Template
from bot.texts import Language, Text, language_of, listed
from storage import definitions
from storage import reports as kept
from storage.reports import Times
from storage.tables import Conversation, Customer, CustomerReport, Milestone, Project

_MOST: Final = 8


async def known(session: AsyncSession) -> dict[str, Template]:
    """All templates by id."""
    own = await definitions.newest(session, "report")
    return definition.in_force(reports.shipped(), own, reports.read)


@dataclass(frozen=True, slots=True)
class _About:
    ask: Ask
    customer: Customer
    template: Template
    since: datetime
    language: Language

    def t(self, text: Text, /, **facts: object) -> str:
        return text.in_(self.language, **facts)

    def day(self, value: date | None) -> str:
        return cards.day(value, self.language)

    def lines(self, said: Sequence[tuple[Figure, str]]) -> list[str]:
        """What is said of the figures that the template counts."""
        return [words for figure, words in said if words and figure in self.template.figures]


def chosen(row: CustomerReport | None, template: Template) -> tuple[Section, ...]:
    wishes = row.wishes.get("sections") if row else None
    return tuple(Section(one) for one in wishes) if wishes else template.sections


async def make(
    ask: Ask,
    customer: Customer,
    row: CustomerReport | None,
    chat: Conversation | None,
    template: Template,
) -> Notice:
    """A report of the customer audience; `row`: what was agreed with this customer."""
    every = Every(row.every) if row else template.every
    spoken = (row.language if row else None) or template.language or (chat.language if chat else "")
    zone = clock.zone(row.timezone if row else None, ask.actor.zone.key)
    today = ask.now.astimezone(zone).date()
    first = every.before(today)
    about = _About(
        ask,
        customer,
        template,
        datetime.combine(first, time(), zone),
        language_of(spoken or customer.language or ask.language),
    )
    facts = [
        Fact(label=about.t(template.heading(section)), value=said)
        for section in chosen(row, template)
        if (said := await _WRITERS[section](about))
    ]
    gaps = {"customer": customer.name, "first": about.day(first), "last": about.day(today)}
    opening = str(row.wishes.get("words", "")) if row else ""
    return Notice(
        audience=Audience.CUSTOMER,
        title=service.filled(about.t(template.title.text), gaps),
        text=opening or service.filled(about.t(template.words.text), gaps),
        facts=tuple(facts),
        language=about.language,
    )


async def _progress(a: _About) -> str:
    found = (await kept.projects(a.ask.session, a.customer.id, a.since))[:_MOST]
    return "\n".join(
        " · ".join(
            (
                one.name,
                *a.lines(
                    (
                        (Figure.PHASE, a.t(terms.Phase(one.phase).text)),
                        (Figure.PERCENT, f"{one.progress}%"),
                    )
                ),
            )
        )
        for one in found
    )


async def _stones(a: _About) -> list[tuple[Milestone, Project]]:
    """Milestones of the work; that we were paid is no news for who has paid."""
    found = await kept.milestones(a.ask.session, a.customer.id)
    return [(one, project) for one, project in found if public.of_work(one)]


async def _milestones(a: _About) -> str:
    return "\n".join(
        cards.dated(f"✓ {project.name} · {one.name}", one.done_at.date(), a.language)
        for one, project in await _stones(a)
        if one.done_at and one.done_at > a.since
    )


async def _deliverables(a: _About) -> str:
    return "\n".join(
        f"{one.name} v{one.version}"
        for one in await kept.accepted(a.ask.session, a.customer.id, a.since)
    )


async def _cases(a: _About) -> str:
    found = await kept.cases(a.ask.session, a.customer.id, a.since, a.ask.now)
    said = (
        (Figure.OPENED, a.t(Text("新增 {n}", "{n} new"), n=found.opened)),
        (Figure.SOLVED, a.t(Text("已解决 {n}", "{n} solved"), n=found.solved)),
        (Figure.OPEN, a.t(Text("处理中 {n}", "{n} open"), n=found.open)),
    )
    return ("，" if a.language == "zh" else ", ").join(a.lines(said))


async def _times(a: _About) -> str:
    found = await kept.times(a.ask.session, a.customer.id, a.since, a.ask.now)
    answer, solve = _median(a, found.answers), _median(a, found.solutions)
    said = (
        (
            Figure.ANSWER,
            "" if answer is None else a.t(Text("首次响应 {t}", "first answer {t}"), t=answer),
        ),
        (Figure.SOLVE, "" if solve is None else a.t(Text("解决 {t}", "solved in {t}"), t=solve)),
    )
    shown = listed(a.lines(said), a.language)
    median = Text("{times}（工作时间，中位数）", "{times} (office hours, medians)")
    if service.level(a.customer.tier, a.customer.service_level).always:
        median = Text("{times}（中位数）", "{times} (medians)")
    return a.t(median, times=shown) if shown else ""


def _median(a: _About, spans: Times) -> str | None:
    level = service.level(a.customer.tier, a.customer.service_level)
    hours = service.typical(level, spans, clock.zone(a.ask.defaults.timezone), workdays.china())
    return None if hours is None else a.t(Text("{h:.1f} 小时", "{h:.1f} h"), h=hours)


async def _satisfaction(a: _About) -> str:
    found = await kept.marks(a.ask.session, a.customer.id, a.since)
    whole = {"nps": 10, "csat": 5}
    text = Text(
        "{kind}：{mean:.1f}/{of}（{count} 份）", "{kind}: {mean:.1f}/{of} ({count} answers)"
    )
    said = [
        (Figure(kind), a.t(text, kind=kind.upper(), mean=mean, of=whole[kind], count=count))
        for kind, (mean, count) in sorted(found.items())
    ]
    return "\n".join(a.lines(said))


async def _next(a: _About) -> str:
    today = a.ask.now.date()
    coming = [
        cards.dated(f"{project.name} · {one.name}", one.due, a.language)
        for one, project in await _stones(a)
        if one.done_at is None and one.due >= today
    ]
    return "\n".join(coming[:_MOST])


_WRITERS: Final[dict[Section, Callable[[_About], Awaitable[str]]]] = {
    Section.PROGRESS: _progress,
    Section.MILESTONES: _milestones,
    Section.DELIVERABLES: _deliverables,
    Section.CASES: _cases,
    Section.TIMES: _times,
    Section.SATISFACTION: _satisfaction,
    Section.NEXT: _next,
}
