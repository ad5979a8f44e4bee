"""Customers by what they bring."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final

from bot.commands import amounts
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Notice, Table
from bot.domain import money, terms
from bot.domain import ranking as classes
from bot.texts import Text
from storage import money as accounts
from storage import ranking as rows
from storage.ranking import Brought

_SHOWN: Final = 50
_MOST_DAYS: Final = 3660
_TIERS: Final = tuple(terms.Tier)
_CUSTOMER = Text("客户", "Customer")
_TIER = Text("等级", "Tier")
_PROJECTS = Text("在建项目", "Open projects")
_HEALTH = Text("健康分", "Health")


@command(
    "ranking",
    zh="客户排名",
    reads=True,
    permission="customer.read",
    aliases=("价值排名",),
    help=Text(
        "客户按到账排名：占比与 ABC 分类；无金额权限者按等级、项目与健康分",
        "customers by money received, with shares and classes; without amounts by tier and health",
    ),
)
async def ranking(ask: Ask, days: Annotated[int, Text("天数", "days")] = 365) -> Notice:
    if not 1 <= days <= _MOST_DAYS:
        raise CommandError(Text("天数为 1 到 {most}。", "Days are 1 to {most}."), most=_MOST_DAYS)
    today = ask.now.date()
    last = today + timedelta(days=1)
    found = await rows.brought(ask.session, ask.actor.scope, last - timedelta(days=days), last)
    title = ask.t(
        Text("客户价值排名，近 {days} 天", "Customers by contribution, {days} days"), days=days
    )
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有客户。", "No customers.")))
    if not ask.actor.scope.sees("amount"):
        return ask.notice(title=title, table=_plainly(ask, found))
    worth = await _worth(ask, found)
    ordered = sorted(
        {one.customer_id: one for one in found}.values(),
        key=lambda one: (-worth[one.customer_id], one.code),
    )
    places = classes.places([worth[one.customer_id] for one in ordered])
    table = Table(
        columns=amounts.columns(
            ask,
            _CUSTOMER,
            Text("类", "Class"),
            Text("到账", "Received"),
            Text("占比", "Share"),
            _TIER,
            _PROJECTS,
            _HEALTH,
        ),
        rows=tuple(
            (
                f"{one.code} {one.name}",
                place.kind,
                amounts.show(ask, worth[one.customer_id], money.OWN),
                f"{place.share:.1%}",
                *_known(ask, one),
            )
            for one, place in list(zip(ordered, places, strict=True))[:_SHOWN]
        ),
    )
    whole = sum(worth.values(), Decimal(0))
    facts = [(ask.t(Text("合计到账", "Received in all")), amounts.show(ask, whole, money.OWN))]
    for kind in "ABC":
        count = sum(1 for place in places if place.kind == kind)
        facts.append((ask.t(Text("{kind} 类客户", "Class {kind}"), kind=kind), str(count)))
    return ask.notice(title=title, facts=facts, table=table)


async def _worth(ask: Ask, found: Sequence[Brought]) -> dict[int, Decimal]:
    """What each customer has paid, in the firm's currency at today's rates."""
    today = ask.now.date()
    rates = money.Rates(await accounts.rates(ask.session, today), today)
    worth: dict[int, Decimal] = {}
    try:
        for one in found:
            paid = rates.convert(one.received, one.currency or money.OWN, money.OWN)
            worth[one.customer_id] = worth.get(one.customer_id, Decimal(0)) + paid
    except money.UnknownCurrency as error:
        raise amounts.no_rate(ask, error) from error
    return worth


def _plainly(ask: Ask, found: Sequence[Brought]) -> Table:
    """The order that can be told without amounts: tier, open projects, health."""
    ordered = sorted(
        {one.customer_id: one for one in found}.values(),
        key=lambda one: (
            _TIERS.index(terms.Tier(one.tier)),
            -one.projects,
            -(one.health or 0),
            one.code,
        ),
    )
    return Table(
        columns=amounts.columns(ask, _CUSTOMER, _TIER, _PROJECTS, _HEALTH),
        rows=tuple((f"{one.code} {one.name}", *_known(ask, one)) for one in ordered[:_SHOWN]),
    )


def _known(ask: Ask, one: Brought) -> tuple[str, str, str]:
    health = "—" if one.health is None else f"{one.health:.0f}"
    return ask.t(terms.Tier(one.tier).text), str(one.projects), health
