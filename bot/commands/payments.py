"""Payment plans, invoices, receipts and refunds."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from bot.commands import amounts, contract, payments_card, scalars, settling
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice
from bot.domain import dates, money, pricing
from bot.texts import Text
from storage import money as accounts
from storage import projects
from storage.tables import Contract, Invoice, Milestone, PaymentTerm, Project, Receipt

_PROJECT = Text("项目", "project")
_AMOUNT = Text("金额", "amount")
_ON = Text("日期", "on")
_NOTE = Text("说明", "note")
_CURRENCY = Text("币种", "currency")
_SHARE = re.compile(r"^(\d{1,3}(?:\.\d{1,2})?)\s*[%％]$")


@command(
    "payment.plan",
    zh="付款计划",
    permission="contract.write",
    help=Text(
        "把合同拆成付款计划：/付款计划 K-0001 30% 2026-12-01 预付款；60% 终验 验收款；10% 2027-12-01 质保金",
        "split a contract into payments: /payment plan K-0001 30% 2026-12-01 advance; 70% final test",
    ),
)
async def plan(
    ask: Ask,
    code: Annotated[str, Text("合同编号", "contract")],
    parts: Annotated[Rest, Text("分期", "parts")],
) -> Notice:
    amounts.allowed(ask)
    one = await contract.named(ask, code)
    old = await accounts.terms_of_contract(ask.session, one.id)
    if any(term.paid for term in old):
        raise CommandError(
            Text("{code} 已有收款，计划不能重排。", "{code} is partly paid; its plan stays."),
            code=one.code,
        )
    made = await _terms(ask, one, parts)
    for term in old:
        await ask.session.delete(term)
    ask.session.add_all(made)
    await ask.session.flush()
    await ask.did(
        "payment.planned",
        one,
        customer_id=one.customer_id,
        project_id=one.project_id,
        code=one.code,
        count=len(made),
    )
    await settling.settle(ask.session, one.customer_id, one.project_id, ask.now)
    return await contract.shown(ask, one)


async def _terms(ask: Ask, one: Contract, words: str) -> list[PaymentTerm]:
    """The rows of a plan that sum exactly to the contract; raises where they cannot."""
    parts = [part.strip() for part in re.split(r"[,，;；\n、]+", words) if part.strip()]
    milestones = await projects.milestones(ask.session, one.project_id) if one.project_id else []
    weights: list[Decimal] = []
    in_percent = 0
    made: list[PaymentTerm] = []
    for number, part in enumerate(parts, 1):
        first, *rest = part.split()
        found = _SHARE.match(first)
        share = pricing.share(found[1]) if found else None
        weight = share if found else scalars.money(first)
        in_percent += found is not None
        if not weight or weight <= 0:
            raise CommandError(
                Text(
                    "看不懂「{part}」：写作 比例或金额、日期或里程碑、名称，例如 30% 2026-12-01 预付款。",
                    "I do not understand “{part}”: write a share or an amount, a day or a"
                    " milestone, and a name, as in 30% 2026-12-01 advance.",
                ),
                part=part,
            )
        weights.append(weight)
        made.append(_term(ask, one, number, rest, milestones))
    _sums_up(ask, one, weights, in_percent, len(parts))
    split = money.split(one.amount, weights, one.currency)
    for term, amount in zip(made, split, strict=True):
        term.amount = amount
    return made


def _sums_up(
    ask: Ask, one: Contract, weights: Sequence[Decimal], in_percent: int, count: int
) -> None:
    total = sum(weights, Decimal(0))
    if in_percent == count and total == 1:
        return
    if in_percent == 0 and total == one.amount:
        return
    shown = f"{total:.0%}" if in_percent else amounts.show(ask, total, one.currency)
    raise CommandError(
        Text(
            "各期之和是 {total}，应当正好是合同的 100% 或 {amount}（比例与金额不能混用）。",
            "The parts come to {total}; they must be exactly 100% or {amount}, and not a mix.",
        ),
        total=shown,
        amount=amounts.show(ask, one.amount, one.currency),
    )


def _term(
    ask: Ask, one: Contract, number: int, words: Sequence[str], milestones: Sequence[Milestone]
) -> PaymentTerm:
    """One part: its day, or the milestone whose day it takes, and a name."""
    left = list(words)
    due: date | None = None
    reached: Milestone | None = None
    for word in words:
        found = dates.parse(word, ask.now)
        reached = next((m for m in milestones if m.name == word), None) if found is None else None
        if found is not None or reached is not None:
            day = found.date() if isinstance(found, datetime) else found
            due = reached.due if reached else day
            left.remove(word)
            break
    if due is None:
        raise CommandError(
            Text(
                "第 {number} 期没有日期，也没有写本项目的里程碑。",
                "Part {number} names neither a day nor a milestone of the contract's project.",
            ),
            number=number,
        )
    part = ask.t(Text("第 {number} 期", "Part {number}"), number=number)
    return PaymentTerm(
        customer_id=one.customer_id,
        project_id=one.project_id,
        contract_id=one.id,
        milestone_id=reached.id if reached else None,
        name=" ".join(left) or (reached.name if reached else part),
        currency=one.currency,
        due=due,
    )


@command(
    "payments",
    zh="收款情况",
    reads=True,
    permission="project.read",
    aliases=("payment list", "收款"),
    help=Text(
        "项目的付款计划与到账：逾期、应收天数、未分配款",
        "a project's plan against what came in: late, receivable days, not allocated",
    ),
)
async def list_(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    if ask.actor.scope.money == "none":
        raise CommandError(Text("您的角色不能查看收款。", "Your role may not see payments."))
    return await payments_card.shown(ask, project)


@command(
    "invoice",
    zh="开票",
    permission="money.write",
    aliases=("invoice add", "登记发票"),
    help=Text(
        "登记已开发票：/开票 P-0031 50000 04400012 税额:5752.21",
        "book an invoice: /invoice P-0031 50000 INV-12 tax:5752.21",
    ),
)
async def invoice(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    amount: Annotated[Decimal, Text("含税金额", "amount")],
    number: Annotated[Rest, Text("发票号", "number")],
    on: Annotated[date | None, _ON] = None,
    tax: Annotated[str, Text("税额", "tax")] = "",
    currency: Annotated[str, _CURRENCY] = "",
) -> Notice:
    amounts.allowed(ask)
    name = number.strip()
    if await accounts.invoice(ask.session, name) is not None:
        raise CommandError(
            Text("发票 {number} 已经登记过。", "The invoice {number} is booked already."),
            number=name,
        )
    taxed = scalars.money(tax) if tax else Decimal(0)
    if taxed is None or not 0 <= taxed < amounts.positive(amount):
        raise CommandError(
            Text("税额应当不小于 0 且小于金额。", "Tax is 0 or more, and less than the amount.")
        )
    made = Invoice(
        number=name,
        customer_id=project.customer_id,
        project_id=project.id,
        amount=amount,
        tax=taxed,
        currency=amounts.currency(currency, project.currency),
        issued_on=settling.past(ask, on),
        made_by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, "invoice.made", made, number=name)
    return await payments_card.shown(ask, project)


@command(
    "receipt",
    zh="到账",
    permission="money.write",
    aliases=("receipt add", "登记收款", "回款"),
    help=Text(
        "登记到账：/到账 P-0031 50000 2026-11-20；自动冲抵最早到期的一期",
        "book money received: /receipt P-0031 50000 2026-11-20; it settles the oldest part first",
    ),
)
async def receipt(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    amount: Annotated[Decimal, _AMOUNT],
    on: Annotated[date | None, _ON] = None,
    note: Annotated[Rest, _NOTE] = Rest(""),  # noqa: B008 - a plain string
    currency: Annotated[str, _CURRENCY] = "",
) -> Notice:
    amounts.allowed(ask)
    code, said = amounts.with_currency(note, currency, project.currency)
    made = Receipt(
        customer_id=project.customer_id,
        project_id=project.id,
        amount=amounts.positive(amount),
        unallocated=amount,
        currency=code,
        received_on=settling.past(ask, on),
        note=said,
        made_by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    went = await settling.settle(ask.session, project.customer_id, project.id, ask.now)
    await settling.received(ask, made, went)
    # What an earlier receipt in another currency could not settle until now is told with it.
    settled = {
        term.id: sum((p.settled for t, p in went if t.id == term.id), Decimal(0))
        for term, _ in went
    }
    by_id = {term.id: term for term, _ in went}
    facts = [
        (by_id[id_].name, amounts.show(ask, sum_, by_id[id_].currency))
        for id_, sum_ in settled.items()
    ]
    if made.unallocated:
        free = Text("未分配（预收或多付）", "Not allocated (paid ahead or too much)")
        facts.append((ask.t(free), amounts.show(ask, made.unallocated, code)))
    return ask.notice(
        title=ask.t(
            Text("{project} 到账 {amount}", "{project}: {amount} received"),
            project=project.code,
            amount=amounts.show(ask, amount, code),
        ),
        level=Level.GOOD,
        facts=facts,
        buttons=[_more(ask, project), Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


@command(
    "refund",
    zh="退款",
    permission="money.write",
    confirm=True,
    help=Text(
        "登记退款：先退未分配款，再从最近收到的退起",
        "book a refund: from what is not allocated, then from the newest payments",
    ),
)
async def refund(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    amount: Annotated[Decimal, _AMOUNT],
    on: Annotated[date | None, _ON] = None,
    note: Annotated[Rest, _NOTE] = Rest(""),  # noqa: B008 - a plain string
    currency: Annotated[str, _CURRENCY] = "",
) -> Notice:
    amounts.allowed(ask)
    code, said = amounts.with_currency(note, currency, project.currency)
    made = Receipt(
        customer_id=project.customer_id,
        project_id=project.id,
        amount=-amounts.positive(amount),
        currency=code,
        received_on=settling.past(ask, on),
        note=said,
        made_by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    back = await settling.take_back(ask.session, made, amount, ask.now)
    if back is None:
        raise CommandError(
            Text(
                "{project} 收到的 {currency} 没有这么多，不能退。",
                "{project} has not received that much in {currency}.",
            ),
            project=project.code,
            currency=code,
        )
    await _happened(ask, "payment.refunded", made, number=made.id)
    return ask.notice(
        title=ask.t(
            Text("{project} 退款 {amount}", "{project}: {amount} refunded"),
            project=project.code,
            amount=amounts.show(ask, amount, code),
        ),
        facts=[
            (term.name, f"−{amounts.show(ask, part.settled, term.currency)}") for term, part in back
        ],
        buttons=[_more(ask, project), Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


def _more(ask: Ask, project: Project) -> Button:
    shown = Text("收款情况", "Payments")
    return Button(label=ask.t(shown), command=f"/payments {project.code}", primary=True)


async def _happened(ask: Ask, event: str, row: Invoice | Receipt, **facts: Any) -> None:
    """Without amounts: project managers read timelines."""
    await ask.did(event, row, customer_id=row.customer_id, project_id=row.project_id, **facts)
