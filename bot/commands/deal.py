"""Chances of contracts: the pipeline from the first talk to won or lost."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from bot.commands import amounts, arguments, cards
from bot.commands.registry import Ask, CommandError, Percent, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.texts import Text
from storage import deals, projects
from storage.tables import Customer, Deal, Project


class DealStage(StrEnum):
    """How near a chance is to a contract."""

    OPEN = "open"
    QUALIFIED = "qualified"
    OFFERED = "offered"
    NEGOTIATED = "negotiated"
    WON = "won"
    LOST = "lost"

    @property
    def text(self) -> Text:
        return {
            "open": Text("初步接触", "open"),
            "qualified": Text("确认意向", "qualified"),
            "offered": Text("已报价", "offered"),
            "negotiated": Text("商务谈判", "negotiated"),
            "won": Text("赢单", "won"),
            "lost": Text("输单", "lost"),
        }[self.value]

    @property
    def chance(self) -> int:
        """Percent, where nobody has said otherwise."""
        return {"open": 10, "qualified": 30, "offered": 50, "negotiated": 75, "won": 100}.get(
            self.value, 0
        )


_OVER = frozenset({DealStage.WON, DealStage.LOST})
CODE = re.compile(r"[dD]-(\d{1,17})")
START = Text("启动项目？", "Start the project?")
"""What is asked once a deal is won, or a contract signed."""


@command(
    "deal.new",
    zh="新建商机",
    permission="deal.write",
    aliases=("建商机",),
    help=Text(
        "为客户登记商机：金额、预计签约日期、成交率",
        "add a chance for a customer: amount, expected date, chance",
    ),
)
async def new(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    name: Annotated[Rest, Text("名称", "name")],
    amount: Annotated[Decimal | None, Text("金额", "amount")] = None,
    close: Annotated[date | None, Text("预计签约", "close")] = None,
    chance: Annotated[Percent | None, Text("成交率", "chance")] = None,
    currency: Annotated[str, Text("币种", "currency")] = "",
) -> Notice:
    if amount is not None:
        amounts.allowed(ask)
        amounts.positive(amount)
    code, title = amounts.with_currency(name, currency, "CNY")
    made = Deal(
        customer_id=customer.id,
        name=title,
        amount=amount,
        currency=code,
        chance=DealStage.OPEN.chance if chance is None else chance,
        close_on=close,
        owner_id=ask.actor.user_id,
    )
    if customer.stage == "lead":
        customer.stage = "opportunity"
        ask.session.add(customer)
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, made, "deal.made")
    return await _card(ask, made, customer)


@command(
    "deals",
    zh="商机",
    reads=True,
    permission="deal.read",
    aliases=("商机列表", "商机看板", "pipeline", "deal list"),
    help=Text("商机看板：按阶段汇总金额", "the pipeline by stage, with sums"),
)
async def list_(
    ask: Ask, customer: Annotated[Customer | None, Text("客户", "customer")] = None
) -> Notice:
    found = await deals.listed(
        ask.session,
        ask.actor.scope,
        customer_id=customer.id if customer else None,
        open_only=customer is None,
    )
    title = ask.t(Text("商机看板", "Pipeline"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有商机。", "No chances.")))
    shows = ask.actor.scope.money == "amount"
    facts: list[tuple[str, str]] = []
    for stage in DealStage:
        there = [deal for deal, _ in found if deal.stage == stage]
        sums = amounts.total((d.currency, d.amount or Decimal(0)) for d in there) if shows else {}
        if there:
            facts.append(
                (ask.t(stage.text), f"{len(there)} · {amounts.sums(ask, sums)}".strip(" ·"))
            )
    weighted = amounts.total(
        (d.currency, (d.amount or Decimal(0)) * d.chance / 100)
        for d, _ in found
        if d.stage not in _OVER
    )
    if shows and any(weighted.values()):
        facts.append((ask.t(Text("按成交率加权", "Weighted")), amounts.sums(ask, weighted)))
    rows = tuple(_row(ask, deal, owner, shows=shows) for deal, owner in found[:40])
    columns = amounts.columns(
        ask,
        Text("编号", "No."),
        Text("商机", "Chance"),
        Text("客户", "Customer"),
        Text("阶段", "Stage"),
        Text("金额", "Amount"),
        Text("成交率", "Chance of it"),
    )
    return ask.notice(title=title, facts=facts, table=Table(columns=columns, rows=rows))


def _row(ask: Ask, deal: Deal, customer: Customer, *, shows: bool) -> tuple[str, ...]:
    amount = amounts.show(ask, deal.amount, deal.currency) if shows and deal.amount else ""
    stage = ask.t(DealStage(deal.stage).text)
    return (f"D-{deal.id}", deal.name, customer.name, stage, amount, f"{deal.chance}%")


@command(
    "deal",
    zh="商机进展",
    reads=True,
    sets="stage",
    permission="deal.read",
    help=Text(
        "查看或推进商机：/deal D-12 赢单；输单要写原因",
        "see or move a chance: /deal D-12 won; lost needs a reason",
    ),
)
async def move(
    ask: Ask,
    what: Annotated[str, Text("商机", "what")],
    stage: Annotated[DealStage | None, Text("阶段", "stage")] = None,
    why: Annotated[Rest, Text("原因", "why")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    deal = await named(ask, what)
    customer = await ask.session.get_one(Customer, deal.customer_id)
    if stage is None:
        return await _card(ask, deal, customer)
    if not ask.actor.may("deal.write"):
        raise CommandError(Text("您不能修改商机。", "You may not change chances."))
    if deal.stage in _OVER and deal.stage != stage:
        raise CommandError(
            Text("D-{number} 已经结束。", "D-{number} is over already."), number=deal.id
        )
    if stage is DealStage.LOST and not why.strip():
        raise CommandError(
            Text(
                "输单要写原因，例如：/商机进展 D-{number} 输单 价格太高",
                "Say why it was lost, for example: /deal D-{number} lost price too high",
            ),
            number=deal.id,
        )
    deal.stage, deal.chance = stage.value, stage.chance
    if stage in _OVER:
        deal.closed_at = datetime.now(UTC)
    deal.why_lost = why.strip() if stage is DealStage.LOST else ""
    event = f"deal.{stage.value}" if stage in _OVER else "deal.stage"
    await _happened(ask, deal, event, after=stage.value)
    return await _card(ask, deal, customer)


async def named(ask: Ask, text: str) -> Deal:
    """A chance by its number, or the only open one of the customer that is named."""
    if found := CODE.fullmatch(text.strip()):
        deal = await deals.deal(ask.session, ask.actor.scope, int(found[1]))
        if deal is None:
            raise CommandError(
                Text("没有找到商机「{name}」。", "There is no chance “{name}”."), name=text
            )
        return deal
    customer = await arguments.customer_named(ask, text)
    open_ = await deals.listed(
        ask.session, ask.actor.scope, customer_id=customer.id, open_only=True
    )
    if len(open_) == 1:
        return open_[0][0]
    buttons = tuple(
        Button(label=f"D-{deal.id} {deal.name}", command=f"/deal D-{deal.id}") for deal, _ in open_
    )
    none = Text("{name} 没有进行中的商机。", "{name} has no open chance.")
    which = Text("{name} 有多个商机，请选择：", "{name} has several chances; choose:")
    raise CommandError(which if open_ else none, buttons, name=customer.name)


async def _card(ask: Ask, deal: Deal, customer: Customer) -> Notice:
    stage = DealStage(deal.stage)
    names = await projects.user_names(ask.session, [deal.owner_id])
    shows = ask.actor.scope.money == "amount" and deal.amount is not None
    project = await ask.session.get(Project, deal.project_id or 0)
    return ask.notice(
        title=f"D-{deal.id} {deal.name}",
        level=Level.GOOD if stage is DealStage.WON else Level.INFO,
        facts=[
            (ask.t(Text("客户", "Customer")), f"{customer.code} {customer.name}"),
            (ask.t(Text("阶段", "Stage")), ask.t(stage.text)),
            (
                ask.t(Text("金额", "Amount")),
                cards.money(deal.amount, deal.currency, ask.language) if shows else "",
            ),
            (ask.t(Text("成交率", "Chance of it")), f"{deal.chance}%"),
            (ask.t(Text("预计签约", "Expected")), cards.day(deal.close_on, ask.language)),
            (ask.t(Text("负责人", "Owner")), names.get(deal.owner_id, "")),
            (ask.t(Text("输单原因", "Why lost")), deal.why_lost),
            (ask.t(Text("项目", "Project")), project.code if project else ""),
        ],
        buttons=_next(ask, deal, stage),
    )


def _next(ask: Ask, deal: Deal, stage: DealStage) -> list[Button]:
    if stage is DealStage.LOST:
        return []
    if stage is DealStage.WON:
        if deal.project_id is not None:
            return []
        return [Button(label=ask.t(START), command=f"/kickoff D-{deal.id}", primary=True)]
    return [
        Button(label=ask.t(Text("赢单", "Won")), command=f"/deal D-{deal.id} won", primary=True),
        Button(label=ask.t(Text("谈判中", "Negotiating")), command=f"/deal D-{deal.id} negotiated"),
    ]


async def _happened(ask: Ask, deal: Deal, event: str, **facts: Any) -> None:
    await ask.did(
        event, deal, customer_id=deal.customer_id, number=deal.id, name=deal.name, **facts
    )
