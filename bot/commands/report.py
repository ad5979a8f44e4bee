"""Reports made for one customer: which template, how often; shown, and put before who approves."""

from datetime import time
from typing import Annotated, Final

from bot.commands import cards, offering, report_sections
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice
from bot.domain import reports, service
from bot.domain.reports import Every, Section, Template
from bot.domain.terms import Spoken
from bot.texts import Text, listed
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
    language: Annotated[Spoken | None, Text("语言", "language")] = None,
    sections: Annotated[str, Text("章节", "sections")] = "",
    words: Annotated[str, Text("开头语", "words")] = "",
) -> Notice:
    wanted = await named(ask, template)
    chats = await pushes.customer_chats(ask.session, customer, None)
    if not chats:
        raise CommandError(_NO_CHAT, code=customer.code)
    row = next(iter(await kept.of(ask.session, customer.id)), None)
    if row is None:
        row = CustomerReport(
            customer_id=customer.id,
            template=wanted.id,
            conversation_id=chats[0].id,
            at=_AT,
            timezone=ask.actor.zone.key,
            since=ask.now.date(),
        )
    row.template, row.conversation_id = wanted.id, chats[0].id
    row.every = (every or wanted.every).value
    row.language = language.value if language else None
    row.wishes = {
        name: value
        for name, value in (("sections", _sections(ask, sections)), ("words", words.strip()))
        if value
    }
    await ask.did("report.set", row, customer_id=customer.id, template=wanted.id)
    return ask.notice(
        title=ask.t(Text("{who} 的报告", "Report for {who}"), who=customer.name),
        level=Level.GOOD,
        facts=_settings(ask, customer, row, wanted, chats[0]),
        buttons=[
            Button(
                label=ask.t(Text("预览", "Preview")),
                command=f"/report {customer.code}",
                primary=True,
            ),
            Button(label=ask.t(Text("撤销", "Undo")), command="/undo"),
        ],
    )


async def named(ask: Ask, name: str) -> Template:
    known = await report_sections.known(ask.session)
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


def _settings(
    ask: Ask, customer: Customer, row: CustomerReport, template: Template, chat: Conversation
) -> list[tuple[str, str]]:
    t = ask.t
    return [
        (
            t(Text("模板", "Template")),
            service.filled(t(template.title.text), {"customer": customer.name}),
        ),
        (
            t(Text("章节", "Sections")),
            listed(
                (t(template.heading(one)) for one in report_sections.chosen(row, template)),
                ask.language,
            ),
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
    own = not template.strip()
    if own and row is None:
        known = await report_sections.known(ask.session)
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
    wanted = await named(ask, row.template if own and row else template)
    chat = chats[0] if chats else None
    made = await report_sections.make(ask, customer, row if own else None, chat, wanted)
    return ask.notice(
        title=ask.t(Text("预览：{name}", "Preview: {name}"), name=wanted.id),
        text=offering.preview(made),
        facts=_settings(ask, customer, row, wanted, chat) if row and chat and own else [],
        buttons=[
            Button(
                label=ask.t(Text("采用", "Use it")),
                command=f"/report set {customer.code} {wanted.id}",
                primary=True,
            )
        ]
        if not own
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
