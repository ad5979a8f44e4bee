"""What is left of a project's or a customer's money, for those who may see amounts."""

from decimal import Decimal
from typing import Annotated

from sqlmodel import col

from bot.commands import amounts, arguments
from bot.commands.registry import Ask, command
from bot.contract import Level, Notice
from bot.domain import money
from bot.texts import Text
from storage import money as accounts
from storage import projects
from storage.tables import Project


@command(
    "margin",
    zh="毛利",
    reads=True,
    permission="project.read",
    aliases=("毛利率",),
    help=Text("项目或客户的毛利：合同额与到账，减成本与工时", "margin of a project or a customer"),
)
async def margin(
    ask: Ask, what: Annotated[str, Text("项目或客户", "project or customer")]
) -> Notice:
    amounts.allowed(ask)
    project = await projects.by_code(ask.session, ask.actor.scope, what.strip())
    if project is not None:
        code, title = project.currency, f"{project.code} {project.name}"
        condition, customer_id = col(Project.id) == project.id, None
    else:
        customer = await arguments.customer_named(ask, what)
        code, title = money.OWN, f"{customer.code} {customer.name}"
        condition = (col(Project.customer_id) == customer.id) & ask.actor.scope.projects()
        customer_id = customer.id
    flow = await accounts.flow(ask.session, condition, customer_id=customer_id)
    hours, labour = await accounts.labour(ask.session, condition)
    today = ask.now.date()
    rates = money.Rates(await accounts.rates(ask.session, today), today)

    def worth(sums: accounts.Sums) -> Decimal:
        return sum((rates.convert(amount, given, code) for given, amount in sums), Decimal(0))

    try:
        costs, work = worth(flow.spent), rates.convert(labour, money.OWN, code)
        agreed = money.Margin(worth(flow.agreed), costs, work)
        received = money.Margin(worth(flow.received), costs, work)
    except money.UnknownCurrency as error:
        raise amounts.no_rate(ask, error) from error
    t = ask.t
    return ask.notice(
        title=title,
        level=Level.WARNING if agreed.revenue and agreed.profit < 0 else Level.INFO,
        facts=[
            (t(Text("合同额", "Agreed")), amounts.show(ask, agreed.revenue, code)),
            (t(Text("已到账", "Received")), amounts.show(ask, received.revenue, code)),
            (t(Text("成本", "Costs")), amounts.show(ask, costs, code)),
            (
                t(Text("工时成本", "Labour")),
                f"{amounts.show(ask, work, code)} · {hours:.0f} h",
            ),
            (t(Text("毛利（按合同）", "Margin (agreed)")), _said(ask, agreed, code)),
            (t(Text("毛利（按到账）", "Margin (received)")), _said(ask, received, code)),
        ],
    )


def _said(ask: Ask, one: money.Margin, code: str) -> str:
    rate = "" if one.rate is None else f" · {one.rate:.1%}"
    return f"{amounts.show(ask, one.profit, code)}{rate}"
