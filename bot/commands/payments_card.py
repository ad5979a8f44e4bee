"""A project's plan against what came in, as the reader may see it: amounts or percent."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import amounts, cards, settling
from bot.commands.registry import Ask
from bot.contract import Fact, Level, Notice, Table
from bot.domain import ageing, money
from bot.texts import Text
from storage import money as accounts
from storage.scope import Scope
from storage.tables import Customer, Invoice, PaymentTerm, Project, Receipt

_MOST = 12
_DAYS = Text("逾期 {days} 天", "{days} days late")


async def shown(ask: Ask, project: Project) -> Notice:
    where = (project.customer_id, project.id)
    terms = await accounts.terms(ask.session, *where)
    receipts = await accounts.receipts(ask.session, *where)
    invoices = await accounts.invoices(ask.session, *where)
    today = ask.now.date()
    late = [t for t in terms if t.settled_on is None and t.due < today]
    title = f"{project.code} {project.name}"
    beside = await loose(ask, await ask.session.get_one(Customer, project.customer_id))
    if not terms and not receipts and not invoices:
        return ask.notice(
            title=title,
            facts=[(one.label, one.value) for one in beside],
            text=ask.t(
                Text(
                    "还没有付款计划。用 /付款计划 合同编号 建立。",
                    "No payment plan yet. Make one: /payment plan <contract>.",
                )
            ),
        )
    punctual = ageing.on_time(settling.on_time(terms))
    facts = _amounts(ask, terms, receipts) if ask.actor.scope.money == "amount" else []
    facts += [
        (ask.t(Text("已收比例", "Received")), _share(terms)),
        (ask.t(Text("逾期", "Late")), _late(ask, late, today)),
        (ask.t(Text("按时率", "On time")), "" if punctual is None else f"{punctual:.0%}"),
        (
            ask.t(Text("应收天数", "Receivable days")),
            await _outstanding(ask, receipts, invoices, today),
        ),
        *((one.label, one.value) for one in beside),
    ]
    return ask.notice(
        title=title,
        level=Level.WARNING if late else Level.INFO,
        facts=facts,
        table=_table(ask, terms, today) if terms else None,
    )


async def loose(ask: Ask, customer: Customer) -> list[Fact]:
    """The parts of a customer's plans that hang on no project, for who may see money."""
    if ask.actor.scope.money == "none":
        return []
    terms = await accounts.terms(ask.session, customer.id, None)
    lines = [_line(ask, one) for one in terms if one.settled_on is None][:_MOST]
    if not lines:
        return []
    label = ask.t(Text("付款计划（未挂项目）", "Payments (of no project)"))
    return [Fact(label=label, value="\n".join(lines))]


def _line(ask: Ask, term: PaymentTerm) -> str:
    sees = ask.actor.scope.money == "amount"
    parts = (
        cards.day(term.due, ask.language),
        term.name,
        amounts.show(ask, term.amount - term.paid, term.currency) if sees else "",
        _state(ask, term, ask.now.date()),
    )
    return " · ".join(filter(None, parts))


def _state(ask: Ask, term: PaymentTerm, today: date) -> str:
    if term.settled_on is not None:
        return ask.t(Text("已收 {day}", "paid {day}"), day=cards.day(term.settled_on, ask.language))
    days = (today - term.due).days
    return ask.t(_DAYS, days=days) if days > 0 else ask.t(Text("未到期", "not due"))


def _share(terms: Sequence[PaymentTerm]) -> str:
    """Of the plan's parts, by amount where they are of one currency."""
    total = sum((t.amount for t in terms), Decimal(0))
    if len({t.currency for t in terms}) != 1 or not total:
        return ""
    return f"{sum((t.paid for t in terms), Decimal(0)) / total:.0%}"


def _late(ask: Ask, late: Sequence[PaymentTerm], today: date) -> str:
    if not late:
        return ""
    days = max((today - t.due).days for t in late)
    said = ask.t(
        Text("{count} 期，最长 {days} 天", "{count}, up to {days} days"), count=len(late), days=days
    )
    if ask.actor.scope.money != "amount":
        return said
    owed = amounts.total((t.currency, t.amount - t.paid) for t in late)
    return f"{said} · {amounts.sums(ask, owed)}"


def _amounts(
    ask: Ask, terms: Sequence[PaymentTerm], receipts: Sequence[Receipt]
) -> list[tuple[str, str]]:
    free = amounts.total((r.currency, r.unallocated) for r in receipts if r.unallocated)
    return [
        (label, amounts.sums(ask, amounts.total(pairs)))
        for label, pairs in (
            (ask.t(Text("计划", "Plan")), [(t.currency, t.amount) for t in terms]),
            (ask.t(Text("到账", "Received in all")), [(r.currency, r.amount) for r in receipts]),
            (
                ask.t(Text("待收", "Open")),
                [(t.currency, t.amount - t.paid) for t in terms if t.settled_on is None],
            ),
            (ask.t(Text("未分配", "Not allocated")), list(free.items())),
        )
    ]


def _table(ask: Ask, terms: Sequence[PaymentTerm], today: date) -> Table:
    shows = ask.actor.scope.money == "amount"
    rows: list[tuple[str, ...]] = []
    for term in terms:
        money_ = (
            (
                amounts.show(ask, term.amount, term.currency),
                amounts.show(ask, term.paid, term.currency),
            )
            if shows
            else (f"{term.paid / term.amount:.0%}",)
        )
        rows.append(
            (cards.day(term.due, ask.language), term.name, *money_, _state(ask, term, today))
        )
    heads = [Text("到期", "Due"), Text("款项", "Part")]
    heads += [Text("金额", "Amount"), Text("已收", "Paid")] if shows else [Text("已收", "Paid")]
    return Table(columns=amounts.columns(ask, *heads, Text("状态", "State")), rows=tuple(rows))


async def _outstanding(
    ask: Ask, receipts: Sequence[Receipt], invoices: Sequence[Invoice], today: date
) -> str:
    """Receivable days over what was invoiced; empty where a rate is missing or nothing is owed."""
    rates = money.Rates(await accounts.rates(ask.session, today), today)
    try:
        owed = sum(
            (rates.convert(i.amount, i.currency, money.OWN) for i in invoices), Decimal(0)
        ) - sum((rates.convert(r.amount, r.currency, money.OWN) for r in receipts), Decimal(0))
        billed = [(i.issued_on, rates.convert(i.amount, i.currency, money.OWN)) for i in invoices]
    except money.UnknownCurrency:
        return ""
    if not billed or owed <= 0:
        return ""
    found = ageing.receivable_days(owed, ageing.months(billed, today))
    return "" if found is None else f"{found:.0f}"


async def overdue_lines(
    session: AsyncSession,
    scope: Scope,
    today: date,
    language: str,
    *,
    project_id: int | None = None,
) -> list[str]:
    """A line for each late payment until it is paid, the latest first; amounts as the scope allows."""
    if scope.money == "none":
        return []
    found = await accounts.overdue(session, today, scope)
    said: list[str] = []
    for one in found:
        if project_id is not None and (one.project is None or one.project.id != project_id):
            continue
        where = one.project.code if one.project else one.customer.code
        opened = cards.money(one.open, one.term.currency, language)
        owed = f" · {opened}" if scope.money == "amount" else ""
        said.append(f"{where} {one.term.name} · {_DAYS.in_(language, days=one.days)}{owed}")
    return said
