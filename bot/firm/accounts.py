"""Receipts, invoices and plans that another system tells of, each taken once."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import settling
from bot.commands.registry import Ask
from bot.domain import documents, money, names
from bot.domain.documents import Columns
from bot.texts import Text
from storage import customers, projects
from storage import money as accounts
from storage.scope import Scope
from storage.tables import Customer, Invoice, PaymentTerm, Project, Receipt

_NEWS: Final = timedelta(days=30)
"""What is older is taken, but rules are not told: nobody thanks for last year's money."""

_MISSING = Text("缺少 {field}", "{field} is missing")
_BAD = Text("{field} 看不懂：{value}", "{field} cannot be read: {value}")
_NOBODY = Text("没有客户或项目「{name}」", "there is no customer or project “{name}”")
_BELOW = Text("金额必须大于 0：{value}", "the amount must be more than 0: {value}")
_STATE = Text("状态是「{value}」", "its state is “{value}”")
_TAKEN = Text("发票号属于另一个客户", "the invoice number is another customer's")
_BACK = Text("退款多于已收", "more is paid back than was received")


class Rejected(Exception):
    """A row that cannot be taken; `text` says why."""

    def __init__(self, text: Text, **facts: object) -> None:
        super().__init__(text.in_("en", **facts))
        self.text = text
        self.facts = facts


def rows(raw: bytes, columns: Columns) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a CSV file, each with its number; titles above the heading are stepped over."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    known = {name for wanted in columns.columns.values() for name in wanted}
    head: list[str] = []
    for number, cells in enumerate(csv.reader(io.StringIO(text)), 1):
        stripped = [cell.strip() for cell in cells]
        if not head:
            head = stripped if len(known & set(stripped)) >= 2 else []
        elif any(stripped):
            yield number, dict(zip(head, stripped, strict=False))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a row became; `new` is false where it was there already."""

    row: Receipt | Invoice | PaymentTerm
    new: bool


@dataclass(frozen=True, slots=True)
class _Read:
    """What every kind of row tells."""

    customer: Customer
    project: Project | None
    amount: Decimal
    currency: str
    day: date


async def take(ask: Ask, source: str, columns: Columns, row: Mapping[str, Any]) -> Taken:
    """Take one row of a system called `source`; raises `Rejected`, and then nothing is written."""
    for field, wanted in columns.only.items():
        found = columns.value(row, field)
        if found and found not in wanted:
            raise Rejected(_STATE, value=found)
    for field in documents.LEAST[columns.kind]:
        if not columns.value(row, field):
            raise Rejected(_MISSING, field="/".join(columns.columns.get(field, [field])[:2]))
    async with ask.session.begin_nested():
        read = await _read(ask.session, columns, row)
        if ask.now.date() - read.day > _NEWS:
            ask = replace(ask, host=None)
        if columns.kind == "receipts":
            return await _receipt(ask, source, columns, row, read)
        if columns.kind == "invoices":
            return await _invoice(ask, source, columns, row, read)
        return await _term(ask, columns, row, read)


async def _read(session: AsyncSession, columns: Columns, row: Mapping[str, Any]) -> _Read:
    customer, project = await _whose(session, columns, row)
    said = columns.value(row, "currency")
    default = project.currency if project else money.OWN
    try:
        code = money.currency(columns.currencies.get(said, said)) if said else default
    except money.UnknownCurrency as error:
        raise Rejected(_BAD, field="currency", value=said) from error
    return _Read(
        customer, project, _amount(columns, row, "amount"), code, _day(columns.value(row, "date"))
    )


async def _whose(
    session: AsyncSession, columns: Columns, row: Mapping[str, Any]
) -> tuple[Customer, Project | None]:
    """By code, else by exact name; a project alone tells its customer."""
    scope, firm, work = (
        Scope.everything(),
        columns.value(row, "customer"),
        columns.value(row, "project"),
    )
    project = customer = None
    if work:
        project = await projects.by_code(session, scope, work)
        near = await projects.named(session, scope, names.normal(work), exact=True)
        project = project or (near[0] if len(near) == 1 else None)
        if project is None:
            raise Rejected(_NOBODY, name=work)
        customer = await session.get(Customer, project.customer_id)
    if firm:
        coded = await customers.by_code(session, scope, firm)
        near = await customers.named(session, scope, names.normal(firm), exact=True)
        found = coded or (near[0] if len(near) == 1 else None)
        if found is None or (customer is not None and customer.id != found.id):
            raise Rejected(_NOBODY, name=firm)
        customer = found
    if customer is None:
        raise Rejected(_MISSING, field="/".join(columns.columns.get("customer", ["customer"])[:2]))
    return customer, project


def _amount(columns: Columns, row: Mapping[str, Any], field: str) -> Decimal:
    said = columns.value(row, field) or "0"
    try:
        value = Decimal(said.replace(",", "").replace("，", "").lstrip("¥￥$€ "))
    except InvalidOperation as error:
        raise Rejected(_BAD, field=field, value=said) from error
    if (
        not value.is_finite()
        or abs(value) >= money.MOST
        or value != value.quantize(Decimal("0.01"))
    ):
        raise Rejected(_BAD, field=field, value=said)
    return value


def _day(said: str) -> date:
    plain = said[:10].replace("/", "-").replace(".", "-")
    try:
        parts = [int(part) for part in plain.split("-")]
        return date(*parts) if len(parts) == 3 else date.fromisoformat(said[:8])
    except ValueError as error:
        raise Rejected(_BAD, field="date", value=said) from error


async def _receipt(
    ask: Ask, source: str, columns: Columns, row: Mapping[str, Any], read: _Read
) -> Taken:
    external = columns.value(row, "id")
    if there := await accounts.receipt_from(ask.session, source, external):
        return Taken(there, new=False)
    if not read.amount:
        raise Rejected(_BELOW, value=read.amount)
    made = Receipt(
        customer_id=read.customer.id,
        project_id=read.project.id if read.project else None,
        amount=read.amount,
        unallocated=max(read.amount, Decimal(0)),
        currency=read.currency,
        received_on=read.day,
        note=columns.value(row, "note"),
        source=source,
        external_id=external,
    )
    ask.session.add(made)
    await ask.session.flush()
    if read.amount < 0:
        if await settling.take_back(ask.session, made, -read.amount, ask.now) is None:
            raise Rejected(_BACK)
        await _did(ask, "payment.refunded", made, made.id)
    else:
        went = await settling.settle(ask.session, made.customer_id, made.project_id, ask.now)
        await settling.received(ask, made, went)
    return Taken(made, new=True)


async def _invoice(
    ask: Ask, source: str, columns: Columns, row: Mapping[str, Any], read: _Read
) -> Taken:
    number = columns.value(row, "number")
    if there := await accounts.invoice(ask.session, number):
        if there.customer_id != read.customer.id:
            raise Rejected(_TAKEN)
        return Taken(there, new=False)
    if not read.amount:
        raise Rejected(_BELOW, value=read.amount)
    made = Invoice(
        number=number,
        customer_id=read.customer.id,
        project_id=read.project.id if read.project else None,
        amount=read.amount,
        tax=_amount(columns, row, "tax"),
        currency=read.currency,
        issued_on=read.day,
        source=source,
    )
    ask.session.add(made)
    await ask.session.flush()
    await _did(ask, "invoice.made", made, number)
    return Taken(made, new=True)


async def _term(ask: Ask, columns: Columns, row: Mapping[str, Any], read: _Read) -> Taken:
    """A part of a plan; one of the same name, day and amount is the same."""
    if read.amount <= 0:
        raise Rejected(_BELOW, value=read.amount)
    session, code = ask.session, columns.value(row, "contract")
    contract = await accounts.contract(session, Scope.everything(), code) if code else None
    if contract is not None and contract.customer_id != read.customer.id:
        raise Rejected(_NOBODY, name=code)
    project_id = read.project.id if read.project else contract.project_id if contract else None
    name = columns.value(row, "name")
    for there in await accounts.terms(session, read.customer.id, project_id):
        if (there.name, there.due, there.amount, there.currency) == (
            name,
            read.day,
            read.amount,
            read.currency,
        ):
            return Taken(there, new=False)
    made = PaymentTerm(
        customer_id=read.customer.id,
        project_id=project_id,
        contract_id=contract.id if contract else None,
        name=name,
        amount=read.amount,
        currency=read.currency,
        due=read.day,
    )
    session.add(made)
    await session.flush()
    await settling.settle(session, made.customer_id, project_id, ask.now)
    ask.wrote("payment.planned", made)
    return Taken(made, new=True)


async def _did(ask: Ask, event: str, row: Receipt | Invoice, number: int | str) -> None:
    """Without amounts, which project managers may not read."""
    await ask.did(event, row, customer_id=row.customer_id, project_id=row.project_id, number=number)
