"""Reports made for one customer: which template, how often; shown, and put before who approves."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Final

from bot import clock
from bot.commands import cards, offering
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Audience, Button, Fact, Level, Notice
from bot.domain import reports, terms
from bot.domain.reports import Every, Section, Template
from bot.texts import Language, Text, language_of, listed
from storage import pushes
from storage import reports as kept
from storage.tables import Conversation, Customer, CustomerReport

_AT: Final = time(9, 30)
_MOST: Final = 8
_CUSTOMER = Text("客户", "customer")
_NO_TEMPLATE = Text(
    "没有报告模板「{name}」。可选：{names}。", "There is no template “{name}”. There are: {names}."
)
_NO_SECTION = Text(
    "报告没有「{name}」这一节。可选：{names}。",
    "A report has no section “{name}”. There are: {names}.",
)
_NO_CHAT = Text(
    "{code} 还没有客户群。先在群里发 /绑定 {code} 对象:客户群。",
    "{code} has no customer's chat yet: say /bind {code} audience:customer in it.",
)


class ReportLanguage(StrEnum):
    ZH = "zh"
    EN = "en"

    @property
    def text(self) -> Text:
        return {"zh": Text("中文", "Chinese"), "en": Text("英文", "English")}[self.value]


@command(
    "report.set",
    zh="设置报告",
    permission="push.propose",
    aliases=("定制报告",),
    help=Text(
        "给客户定制报告：模板、频率、语言、章节、开头语",
        "a report made for a customer: template, rhythm, language, sections, opening words",
    ),
)
async def set_(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    template: Annotated[str, Text("模板", "template")],
    every: Annotated[Every | None, Text("频率", "every")] = None,
    language: Annotated[ReportLanguage | None, Text("语言", "language")] = None,
    sections: Annotated[str, Text("章节", "sections")] = "",
    words: Annotated[str, Text("开头语", "words")] = "",
) -> Notice:
    wanted = _template(ask, template)
    chats = await pushes.customer_chats(ask.session, customer, None)
    if not chats:
        raise CommandError(_NO_CHAT, code=customer.code)
    row = next(iter(await kept.of(ask.session, customer.id)), None)
    if row is None:
        row = CustomerReport(
            customer_id=customer.id,
            template=wanted.name,
            conversation_id=chats[0].id,
            at=_AT,
            timezone=ask.actor.zone.key,
            since=ask.now.date(),
        )
    row.template, row.conversation_id = wanted.name, chats[0].id
    row.every = (every or wanted.every).value
    row.language = language.value if language else None
    row.wishes = {
        name: value
        for name, value in (("sections", _sections(ask, sections)), ("words", words.strip()))
        if value
    }
    await ask.did("report.set", row, customer_id=customer.id, template=wanted.name)
    return ask.notice(
        title=ask.t(Text("{who} 的报告", "Report for {who}"), who=customer.name),
        level=Level.GOOD,
        facts=_settings(ask, row, chats[0]),
        buttons=[
            Button(
                label=ask.t(Text("预览", "Preview")),
                command=f"/report {customer.code}",
                primary=True,
            ),
            Button(label=ask.t(Text("撤销", "Undo")), command="/undo"),
        ],
    )


def _template(ask: Ask, name: str) -> Template:
    known = reports.templates()
    found = known.get(name.strip().casefold())
    if found is None:
        raise CommandError(_NO_TEMPLATE, name=name.strip(), names=listed(known, ask.language))
    return found


def _sections(ask: Ask, given: str) -> list[str]:
    words = [
        word for word in given.replace("，", ",").replace("、", ",").split(",") if word.strip()
    ]
    return [_section(ask, word.strip()).value for word in words]


def _section(ask: Ask, word: str) -> Section:
    for one in Section:
        if word.casefold() in {one.value, one.text.zh, one.text.en.casefold()}:
            return one
    names = listed((ask.t(one.text) for one in Section), ask.language)
    raise CommandError(_NO_SECTION, name=word, names=names)


def _settings(ask: Ask, row: CustomerReport, chat: Conversation) -> list[tuple[str, str]]:
    template, t = reports.templates()[row.template], ask.t
    return [
        (t(Text("模板", "Template")), t(template.title)),
        (
            t(Text("章节", "Sections")),
            listed((t(one.text) for one in _chosen(row, template)), ask.language),
        ),
        (t(Text("频率", "Every")), t(Every(row.every).text)),
        (t(Text("发往", "To")), chat.name or chat.chat),
        (
            t(Text("下一次", "Next")),
            cards.day(reports.due_on(row.sent_on or row.since, Every(row.every)), ask.language),
        ),
        (
            t(Text("发出前", "Before it goes out")),
            t(Text("每次都要有人批准", "somebody approves it each time")),
        ),
    ]


def _chosen(row: CustomerReport | None, template: Template) -> tuple[Section, ...]:
    wishes = row.wishes.get("sections") if row else None
    return tuple(Section(one) for one in wishes) if wishes else template.sections


@command(
    "report",
    zh="客户报告",
    reads=True,
    permission="customer.read",
    aliases=("服务报告",),
    help=Text("预览客户将收到的报告", "the report as the customer would get it"),
)
async def report(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    template: Annotated[str, Text("模板", "template")] = "",
) -> Notice:
    row = next(iter(await kept.of(ask.session, customer.id)), None)
    wanted = _template(ask, template) if template.strip() else None
    if wanted is None and row is None:
        known = reports.templates()
        return ask.notice(
            title=customer.name,
            text=ask.t(
                Text(
                    "还没有给这个客户设置报告，选一个模板预览：",
                    "No report is set for this customer; look at a template:",
                )
            ),
            buttons=[
                Button(label=name, command=f"/report {customer.code} {name}") for name in known
            ],
        )
    chats = await pushes.customer_chats(ask.session, customer, None)
    made = await make(ask, customer, row, chats[0] if chats else None, wanted)
    name = wanted.name if wanted else row.template if row else ""
    return ask.notice(
        title=ask.t(Text("预览：{name}", "Preview: {name}"), name=name),
        text=offering.preview(made),
        facts=_settings(ask, row, chats[0]) if row and chats and wanted is None else [],
        buttons=[
            Button(
                label=ask.t(Text("采用", "Use it")),
                command=f"/report set {customer.code} {name}",
                primary=True,
            )
        ]
        if wanted
        else [],
    )


@command(
    "report.off",
    zh="停止报告",
    permission="push.propose",
    help=Text("不再给客户发定制报告", "no more reports for a customer"),
)
async def off(ask: Ask, customer: Annotated[Customer, _CUSTOMER]) -> Notice:
    rows = await kept.of(ask.session, customer.id)
    if not rows:
        raise CommandError(
            Text("{code} 没有设置报告。", "No report is set for {code}."), code=customer.code
        )
    for row in rows:
        ask.wrote("report.off", row)
        await ask.session.delete(row)
    return ask.say(
        Text("不再给 {name} 发报告。", "No more reports for {name}."), name=customer.name
    )


@dataclass(frozen=True, slots=True)
class _About:
    ask: Ask
    customer: Customer
    since: datetime
    language: Language

    def t(self, text: Text, /, **facts: object) -> str:
        return text.in_(self.language, **facts)

    def day(self, value: date | None) -> str:
        return cards.day(value, self.language)


async def make(
    ask: Ask,
    customer: Customer,
    row: CustomerReport | None,
    chat: Conversation | None,
    template: Template | None = None,
) -> Notice:
    """A report of the customer audience, from public facts alone."""
    wanted = template or reports.templates()[row.template if row else "service"]
    own = row if template is None else None
    every = Every(own.every) if own else wanted.every
    spoken = (own.language if own else None) or (chat.language if chat else None)
    zone = clock.zone(own.timezone if own else None, ask.actor.zone.key)
    today = ask.now.astimezone(zone).date()
    first = every.before(today)
    about = _About(
        ask,
        customer,
        datetime.combine(first, time(), zone),
        language_of(spoken or customer.language or ask.language),
    )
    facts = [
        Fact(label=about.t(section.text), value=said)
        for section in _chosen(own, wanted)
        if (said := await _WRITERS[section](about))
    ]
    opening = str(own.wishes.get("words", "")) if own else ""
    told = about.t(wanted.words, first=about.day(first), last=about.day(today))
    return Notice(
        audience=Audience.CUSTOMER,
        title=about.t(wanted.title, customer=customer.name),
        text=opening or told,
        facts=tuple(facts),
        language=about.language,
    )


async def _progress(a: _About) -> str:
    return "\n".join(
        f"{one.name} · {a.t(terms.Phase(one.phase).text)} · {one.progress}%"
        for one in (await kept.projects(a.ask.session, a.customer.id, a.since))[:_MOST]
    )


async def _milestones(a: _About) -> str:
    return "\n".join(
        f"✓ {project.name} · {one.name}（{a.day(one.done_at.date())}）"
        for one, project in await kept.milestones(a.ask.session, a.customer.id)
        if one.done_at and one.done_at > a.since
    )


async def _deliverables(a: _About) -> str:
    return "\n".join(
        f"{one.name} v{one.version}"
        for one in await kept.accepted(a.ask.session, a.customer.id, a.since)
    )


async def _cases(a: _About) -> str:
    found = await kept.service(a.ask.session, a.customer.id, a.since, a.ask.now)
    return a.t(
        Text(
            "新增 {opened}，已解决 {solved}，处理中 {open}",
            "{opened} new, {solved} solved, {open} open",
        ),
        opened=found.opened,
        solved=found.solved,
        open=found.open,
    )


async def _times(a: _About) -> str:
    found = await kept.service(a.ask.session, a.customer.id, a.since, a.ask.now)
    answer, solve = found.answer_hours, found.solve_hours
    said = [
        a.t(Text("首次响应 {h:.1f} 小时", "first answer {h:.1f} h"), h=answer)
        if answer is not None
        else "",
        a.t(Text("解决 {h:.1f} 小时", "solved in {h:.1f} h"), h=solve) if solve is not None else "",
    ]
    shown = listed(filter(None, said), a.language)
    return a.t(Text("{times}（中位数）", "{times} (medians)"), times=shown) if shown else ""


async def _satisfaction(a: _About) -> str:
    found = await kept.marks(a.ask.session, a.customer.id, a.since)
    whole = {"nps": 10, "csat": 5}
    return "\n".join(
        a.t(
            Text(
                "{kind}：{mean:.1f}/{of}（{count} 份）", "{kind}: {mean:.1f}/{of} ({count} answers)"
            ),
            kind=kind.upper(),
            mean=mean,
            of=whole[kind],
            count=count,
        )
        for kind, (mean, count) in sorted(found.items())
    )


async def _next(a: _About) -> str:
    today = a.ask.now.date()
    coming = [
        f"{project.name} · {one.name}（{a.day(one.due)}）"
        for one, project in await kept.milestones(a.ask.session, a.customer.id)
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
