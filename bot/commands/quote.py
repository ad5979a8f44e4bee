"""Quotes from the price list in one step, with a PDF, versions, and a discount's approval."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from sqlmodel import SQLModel

from bot.commands import amounts, approval, contract, quote_card
from bot.commands.quote_card import QuoteState
from bot.commands.registry import Ask, CommandError, Percent, Rest, command
from bot.contract import Button, Notice
from bot.domain import money, pricing
from bot.texts import Language, Text, language_of
from storage import customers, deals
from storage import money as accounts
from storage.tables import Approval, Customer, Deal, Quote, QuoteLine

_CODE = Text("报价编号", "quote")
_ITEMS = Text("项目", "items")
_DAYS = Text("有效天数", "days")


class Reply(StrEnum):
    """What the customer said to a quote."""

    ACCEPTED = "accepted"
    REFUSED = "refused"

    @property
    def text(self) -> Text:
        return {"accepted": Text("接受", "accepted"), "refused": Text("不接受", "refused")}[
            self.value
        ]


@dataclass(frozen=True, slots=True)
class _Offer:
    """What is offered and how."""

    items: Sequence[pricing.Item]
    currency: str
    discount: Decimal
    days: int


@command(
    "quote",
    zh="报价",
    permission="quote.write",
    aliases=("quote new", "新建报价"),
    help=Text(
        "一步报价：/报价 华建 CAM-01×10 培训×2@1500 折扣:5%，生成 PDF",
        "a quote in one step: /quote acme CAM-01×10 training×2@1500 discount:5%, as PDF",
    ),
)
async def new(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    items: Annotated[Rest, _ITEMS],
    discount: Annotated[Percent | None, quote_card.DISCOUNT] = None,
    days: Annotated[int | None, _DAYS] = None,
    currency: Annotated[str, Text("币种", "currency")] = "",
    language: Annotated[str, Text("语言", "language")] = "",
    title: Annotated[str, Text("标题", "title")] = "",
) -> Notice:
    amounts.allowed(ask)
    offer = await _offer(ask, items, currency, discount or 0, days)
    found = await deals.listed(
        ask.session, ask.actor.scope, customer_id=customer.id, open_only=True
    )
    deal = found[0][0] if len(found) == 1 else None
    row = Quote(
        code=await customers.next_code(ask.session, "Q"),
        customer_id=customer.id,
        deal_id=deal.id if deal else None,
        title=title,
        language=_language(language, customer),
        valid_until=ask.now.date(),
    )
    await _write(ask, row, offer, customer)
    if deal is not None and deal.stage in {"open", "qualified"}:
        deal.stage, deal.chance = "offered", max(deal.chance, 50)
        ask.session.add(deal)
    return await quote_card.shown(ask, row, customer)


def _language(given: str, customer: Customer) -> Language:
    known = {"中文": "zh", "汉语": "zh", "英文": "en", "英语": "en", "chinese": "zh"}
    said = given.strip().lower()
    return language_of(known.get(said, said) or customer.language)


async def _offer(ask: Ask, words: str, currency: str, discount: int, days: int | None) -> _Offer:
    asked = [pricing.wanted(word) for word in re.split(r"[\s,，、;；]+", words.strip()) if word]
    listed = await deals.items_named(ask.session, [one.what for one in asked])
    unknown = [one.what for one in asked if one.what not in listed and one.price is None]
    if unknown:
        raise CommandError(
            Text(
                "价目表里没有：{items}。没有的项目请带单价，例如 培训×2@1500。",
                "Not in the price list: {items}. Give such items a price, as in training×2@1500.",
            ),
            (Button(label=ask.t(Text("价目表", "Price list")), command="/prices"),),
            items="、".join(unknown),
        )
    if any(one.quantity <= 0 for one in asked):
        raise CommandError(Text("数量必须大于 0。", "A quantity must be more than 0."))
    first = next((item.currency for item in listed.values()), money.OWN)
    code = amounts.currency(currency, first)
    rates = money.Rates(await accounts.rates(ask.session, ask.now.date()), ask.now.date())
    items: list[pricing.Item] = []
    for one in asked:
        item = listed.get(one.what)
        try:
            price = (
                one.price
                if one.price is not None or item is None
                else rates.convert(item.price, item.currency, code)
            )
        except money.UnknownCurrency as error:
            raise amounts.no_rate(ask, error) from error
        items.append(
            pricing.Item(
                name=item.name if item else one.what,
                price=price or Decimal(0),
                quantity=one.quantity,
                tax=item.tax if item else Decimal(0),
                code=item.code if item else "",
                unit=item.unit if item else "",
            )
        )
    valid = pricing.terms().valid_days if days is None else days
    if not 1 <= valid <= 3650:
        raise CommandError(Text("有效期为 1 至 3650 天。", "A quote holds 1 to 3650 days."))
    return _Offer(items, code, Decimal(discount) / 100, valid)


async def _write(ask: Ask, row: Quote, offer: _Offer, customer: Customer) -> None:
    """A quote's row with its lines; a large discount waits for an approval."""
    sums = pricing.priced(offer.items, offer.discount, offer.currency)
    if sums.total <= 0:
        raise CommandError(Text("报价总额必须大于 0。", "A quote's total must be more than 0."))
    amounts.positive(sums.total)
    row.currency, row.discount = offer.currency, offer.discount
    row.net, row.tax, row.total = sums.net, sums.tax, sums.total
    row.valid_until = ask.now.date() + timedelta(days=offer.days)
    row.made_by_id, row.made_at = ask.actor.user_id, ask.now
    waits = offer.discount > pricing.terms().discount
    row.state = QuoteState.WAITING if waits else QuoteState.READY
    ask.session.add(row)
    await ask.session.flush()
    for position, (item, amount) in enumerate(zip(offer.items, sums.amounts, strict=True), 1):
        ask.session.add(_line(row, position, item, amount))
    await ask.did(
        "quote.made", row, customer_id=row.customer_id, code=row.code, version=row.version
    )
    if waits:
        await approval.ask_for(
            ask,
            "discount",
            row,
            title=f"{row.code} v{row.version}",
            facts={
                "quote.discount": float(offer.discount),
                "quote.total": await amounts.in_own(ask, sums.total, row.currency),
            },
            customer=customer,
        )


def _line(row: Quote, position: int, item: pricing.Item, amount: Decimal) -> QuoteLine:
    return QuoteLine(
        quote_id=row.id,
        position=position,
        code=item.code,
        name=item.name,
        unit=item.unit,
        quantity=item.quantity,
        price=item.price,
        tax=item.tax,
        amount=amount,
    )


@approval.decided("discount")
async def decided(ask: Ask, one: Approval, yes: bool) -> Notice | None:
    row = await ask.session.get(Quote, one.row_id or 0)
    if row is None or row.state != QuoteState.WAITING:
        return None
    row.state = QuoteState.READY if yes else QuoteState.DRAFT
    ask.session.add(row)
    return None


@command(
    "quote.revise",
    zh="修订报价",
    permission="quote.write",
    help=Text(
        "修订报价，生成新版本；不写项目则沿用原来的",
        "a new version of a quote; without items, the same",
    ),
)
async def revise(
    ask: Ask,
    code: Annotated[str, _CODE],
    items: Annotated[Rest, _ITEMS] = Rest(""),  # noqa: B008 - a plain string
    discount: Annotated[Percent | None, quote_card.DISCOUNT] = None,
    days: Annotated[int | None, _DAYS] = None,
) -> Notice:
    amounts.allowed(ask)
    old = await _named(ask, code)
    if old.state == QuoteState.ACCEPTED:
        raise CommandError(
            Text("{code} 已被接受，不能修订。", "{code} is accepted; it cannot be revised."),
            code=old.code,
        )
    customer = await ask.session.get_one(Customer, old.customer_id)
    percent = int(old.discount * 100) if discount is None else discount
    offer = await _offer(ask, items, old.currency, percent, days) if items.strip() else None
    if offer is None:
        valid = days or pricing.terms().valid_days
        same = [
            pricing.Item(one.name, one.price, one.quantity, one.tax, one.code, one.unit)
            for one in await deals.lines(ask.session, old.id)
        ]
        offer = _Offer(same, old.currency, Decimal(percent) / 100, valid)
    kept = {"code", "customer_id", "project_id", "deal_id", "title", "language"}
    row = Quote(
        **SQLModel.model_dump(old, include=kept),
        version=old.version + 1,
        valid_until=old.valid_until,
    )
    old.state = QuoteState.REPLACED
    ask.session.add(old)
    await _write(ask, row, offer, customer)
    return await quote_card.shown(ask, row, customer)


@command(
    "quote.show",
    zh="查看报价",
    reads=True,
    permission="quote.read",
    aliases=("quote card",),
    help=Text("查看报价和 PDF", "a quote with its PDF"),
)
async def show(ask: Ask, code: Annotated[str, _CODE]) -> Notice:
    amounts.allowed(ask)
    row = await _named(ask, code)
    return await quote_card.shown(ask, row, await ask.session.get_one(Customer, row.customer_id))


@command(
    "quote.close",
    zh="报价结果",
    permission="quote.write",
    help=Text(
        "客户接受或不接受报价；接受后生成合同草稿",
        "the customer accepted or refused; accepted makes a draft contract",
    ),
)
async def close(
    ask: Ask, code: Annotated[str, _CODE], reply: Annotated[Reply, Text("结果", "reply")]
) -> Notice:
    amounts.allowed(ask)
    row = await _named(ask, code)
    if row.state != QuoteState.READY:
        raise CommandError(
            Text("{code} 的状态是「{state}」。", "{code} is “{state}”."),
            code=row.code,
            state=ask.t(QuoteState(row.state).text),
        )
    if reply is Reply.ACCEPTED and row.valid_until < ask.now.date():
        raise CommandError(
            Text("{code} 已过有效期，请先修订。", "{code} is no longer valid; revise it first."),
            (Button(label=ask.t(Text("修订", "Revise")), command=f"/quote revise {row.code}"),),
            code=row.code,
        )
    row.state = QuoteState(reply.value)
    customer = await ask.session.get_one(Customer, row.customer_id)
    await ask.did(f"quote.{reply.value}", row, customer_id=customer.id, code=row.code)
    if reply is Reply.REFUSED:
        return await quote_card.shown(ask, row, customer)
    deal = await ask.session.get(Deal, row.deal_id or 0)
    made = await contract.draft(
        ask,
        customer,
        row.title or (deal.name if deal else customer.name),
        amount=row.total,
        currency=row.currency,
        project_id=row.project_id,
        quote_id=row.id,
    )
    return await contract.shown(ask, made)


async def _named(ask: Ask, code: str) -> Quote:
    row = await deals.quote(ask.session, ask.actor.scope, code.strip())
    if row is None:
        raise CommandError(
            Text("没有找到报价「{code}」。", "There is no quote “{code}”."), code=code
        )
    return row
