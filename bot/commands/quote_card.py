"""How a quote is shown: as a card, and as a PDF in the customer's language."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final

from babel.numbers import format_decimal

from bot.commands import amounts, cards
from bot.commands.registry import Ask
from bot.contract import Button, Level, Notice, StoredFile, Table
from bot.render import quotation
from bot.texts import Text, language_of
from storage import deals, projects
from storage.tables import Customer, Quote, QuoteLine

DISCOUNT = Text("折扣", "discount")
_PRINTED: Final = frozenset("¥€£₩")


class QuoteState(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"
    READY = "ready"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPLACED = "replaced"

    @property
    def text(self) -> Text:
        return {
            "draft": Text("草稿", "draft"),
            "waiting": Text("待批准折扣", "discount waits for approval"),
            "ready": Text("可发送", "ready"),
            "accepted": Text("客户已接受", "accepted"),
            "refused": Text("未成交", "refused"),
            "replaced": Text("已被新版本取代", "replaced"),
        }[self.value]


async def shown(ask: Ask, row: Quote, customer: Customer) -> Notice:
    lines = await deals.lines(ask.session, row.id)
    state = QuoteState(row.state)
    columns = amounts.columns(
        ask,
        Text("项目", "Item"),
        Text("数量", "Quantity"),
        Text("单价", "Price"),
        Text("税率", "Tax"),
        Text("金额", "Amount"),
    )
    facts = [
        (ask.t(Text("客户", "Customer")), f"{customer.code} {customer.name}"),
        (ask.t(Text("状态", "State")), ask.t(state.text)),
        *_sums(row, ask.language),
        (ask.t(Text("有效期至", "Valid until")), cards.day(row.valid_until, ask.language)),
    ]
    notice = ask.notice(
        title=f"{row.code} v{row.version} {row.title}".strip(),
        level=Level.WARNING if state is QuoteState.WAITING else Level.INFO,
        facts=facts,
        table=Table(
            columns=columns, rows=tuple(_cells(line, row.currency, ask.language) for line in lines)
        ),
        buttons=_next(ask, row, state),
    )
    stored = await _pdf(ask, row, customer, lines) if state is QuoteState.READY else None
    return notice.model_copy(update={"files": (stored,)}) if stored else notice


def _cells(line: QuoteLine, currency: str, language: str) -> tuple[str, ...]:
    count = format_decimal(line.quantity, locale=cards.locale(language))
    return (
        line.name,
        f"{count} {line.unit}".strip(),
        _written(line.price, currency, language),
        f"{line.tax * 100:.2f}".rstrip("0").rstrip(".") + "%",
        _written(line.amount, currency, language),
    )


def _sums(row: Quote, language: str) -> list[tuple[str, str]]:
    off = f"-{row.discount:.0%}" if row.discount else ""
    return [
        *([(DISCOUNT.in_(language), off)] if off else []),
        (Text("未税", "Before tax").in_(language), _written(row.net, row.currency, language)),
        (Text("税额", "Tax").in_(language), _written(row.tax, row.currency, language)),
        (Text("含税总额", "Total").in_(language), _written(row.total, row.currency, language)),
    ]


def _next(ask: Ask, row: Quote, state: QuoteState) -> list[Button]:
    buttons: list[Button] = []
    if state is QuoteState.READY:
        accepted = Text("客户接受", "Accepted")
        buttons.append(
            Button(label=ask.t(accepted), command=f"/quote close {row.code} accepted", primary=True)
        )
    if state not in {QuoteState.ACCEPTED, QuoteState.REPLACED}:
        revise_ = Text("修订", "Revise")
        buttons.append(Button(label=ask.t(revise_), command=f"/quote revise {row.code}"))
    return buttons


async def _pdf(
    ask: Ask, row: Quote, customer: Customer, lines: Sequence[QuoteLine]
) -> StoredFile | None:
    """The PDF in the quote's own language; None where the program keeps no files."""
    if ask.host is None:
        return None
    language = language_of(row.language)
    names = await projects.user_names(ask.session, [row.made_by_id])
    page = quotation.Quotation(
        title=row.title,
        number=f"{row.code} v{row.version}",
        customer=customer.name,
        made_on=cards.day(ask.actor.local(row.made_at).date(), language),
        valid_until=cards.day(row.valid_until, language),
        made_by=names.get(row.made_by_id, ""),
        rows=[_cells(line, row.currency, language) for line in lines],
        sums=_sums(row, language),
    )
    data = await asyncio.to_thread(quotation.pdf, page, language)
    name = f"{row.code}-v{row.version}.pdf"
    stored = await ask.host.keep(name, "application/pdf", data)
    row.sha256 = stored.sha256
    ask.session.add(row)
    return stored


def _written(amount: Decimal, currency: str, language: str) -> str:
    """An amount in letters that the PDF's font has: it lacks ₹, say, and would print the number alone."""
    shown = cards.money(amount, currency, language)
    if all(letter.isascii() or letter in _PRINTED for letter in shown):
        return shown
    return f"{currency} {format_decimal(amount, '#,##0.00', locale=cards.locale(language))}"
