"""How receipts meet payment plans: what is not allocated settles the oldest open terms."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands.registry import Ask, CommandError
from bot.contract import Audience, Level, Notice
from bot.domain import dates, money
from bot.texts import Text, language_of
from storage import money as accounts
from storage.tables import Allocation, Conversation, Customer, PaymentTerm, Project, Receipt


async def settle(
    session: AsyncSession, customer_id: int, project_id: int | None, now: datetime
) -> list[tuple[PaymentTerm, money.Part]]:
    """Allocate what receipts hold unallocated, the oldest first; answers what went where."""
    terms = await accounts.terms(session, customer_id, project_id, open_only=True)
    by_id = {term.id: term for term in terms}
    done: list[tuple[PaymentTerm, money.Part]] = []
    for receipt in await accounts.receipts(session, customer_id, project_id, unallocated=True):
        day = receipt.received_on
        rates = money.Rates(await accounts.rates(session, day), day)
        open_ = [money.Open(t.id, t.due, t.amount - t.paid, t.currency) for t in by_id.values()]
        parts, receipt.unallocated = money.allocate(
            receipt.unallocated, receipt.currency, open_, rates
        )
        session.add(receipt)
        for part in parts:
            term = by_id[part.term_id]
            _pay(session, term, receipt.id, part, now)
            if term.paid >= term.amount:
                term.settled_on = receipt.received_on
            done.append((term, part))
    await session.flush()
    return done


def _pay(
    session: AsyncSession, term: PaymentTerm, receipt_id: int, part: money.Part, now: datetime
) -> None:
    session.add(
        Allocation(
            receipt_id=receipt_id,
            term_id=term.id,
            amount=part.amount,
            settled=part.settled,
            at=now,
        )
    )
    term.paid += part.settled
    session.add(term)


async def received(
    ask: Ask, receipt: Receipt, went: Sequence[tuple[PaymentTerm, money.Part]]
) -> None:
    """Tell of money that has come, by hand or from another system; `went`: what it settled.

    Without the amount: project managers read timelines.
    """
    await ask.did(
        "payment.received",
        receipt,
        customer_id=receipt.customer_id,
        project_id=receipt.project_id,
        number=receipt.id,
        settled=len({t.id for t, _ in went if t.settled_on}),
        first=await accounts.is_first(ask.session, receipt),
        **timeliness(receipt, [term for term, _ in went]),
    )


async def take_back(
    session: AsyncSession, refund: Receipt, amount: Decimal, now: datetime
) -> list[tuple[PaymentTerm, money.Part]] | None:
    """Take a refund from what is unallocated, then from the newest payments; None: too much."""
    where = (refund.customer_id, refund.project_id)
    free = [
        one
        for one in await accounts.receipts(session, *where, unallocated=True)
        if one.currency == refund.currency
    ]
    paid = [
        money.Part(term, sum_, settled)
        for term, sum_, settled in await accounts.paid_parts(session, *where, refund.currency)
    ]
    if amount > sum((r.unallocated for r in free), Decimal(0)) + sum(
        (p.amount for p in paid), Decimal(0)
    ):
        return None
    left = amount
    for receipt in reversed(free):
        taken = min(left, receipt.unallocated)
        receipt.unallocated -= taken
        left -= taken
        session.add(receipt)
    parts, _ = money.take_back(left, paid)
    done: list[tuple[PaymentTerm, money.Part]] = []
    for part in parts:
        term = await session.get_one(PaymentTerm, part.term_id)
        back = money.Part(part.term_id, -part.amount, -part.settled)
        _pay(session, term, refund.id, back, now)
        term.settled_on = None if term.paid < term.amount else term.settled_on
        done.append((term, part))
    await session.flush()
    return done


async def confirmation(session: AsyncSession, receipt: Receipt, chat: Conversation) -> Notice:
    """A thank-you for a payment, for the customer: that it came and for what, nothing else."""
    customer = await session.get_one(Customer, receipt.customer_id)
    project = await session.get(Project, receipt.project_id or 0)
    language = language_of(chat.language or customer.language)
    text = Text(
        "您好！我们已收到贵方{what}的款项，感谢您的支持。如需发票或有任何疑问，请随时告诉我们。",
        "Hello, we have received your payment{what}. Thank you! Tell us if you need an invoice or"
        " have any question.",
    )
    about = Text("就「{name}」支付", " for “{name}”")
    what = about.in_(language, name=project.name) if project else ""
    return Notice(
        audience=Audience.CUSTOMER,
        level=Level.GOOD,
        title=Text("款项已收到", "Payment received").in_(language),
        text=text.in_(language, what=what),
        language=language,
    )


def day(ask: Ask, text: str) -> date | None:
    """The day that a word names; raises where it names none."""
    if not text.strip():
        return None
    found = dates.parse(text, ask.now)
    if found is None:
        raise CommandError(Text("「{said}」不是日期。", "“{said}” is no date."), said=text)
    return found.date() if isinstance(found, datetime) else found


def past(ask: Ask, on: date | None) -> date:
    """The day something happened, today where none is said; raises for one to come."""
    today = ask.now.date()
    if on is not None and on > today:
        raise CommandError(Text("日期不能在将来。", "The day must not be in the future."))
    return on or today


def on_time(terms: Sequence[PaymentTerm]) -> list[tuple[date, date]]:
    """(due, settled on) of those paid in full."""
    return [(term.due, term.settled_on) for term in terms if term.settled_on is not None]


def timeliness(receipt: Receipt, terms: Sequence[PaymentTerm]) -> dict[str, Any]:
    """Facts for rules: how late a payment was for the oldest term that it went to."""
    if not terms:
        return {}
    late = max(0, *((receipt.received_on - term.due).days for term in terms))
    return {"on_time": late == 0, "days_late": late}
