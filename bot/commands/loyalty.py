"""How loyal a customer is, and why."""

from typing import Annotated, Final

from bot.commands.registry import Ask, command
from bot.contract import Notice
from bot.domain import care
from bot.texts import Text
from storage import care as rows
from storage.tables import Customer

_REASONS: Final = {
    "years": Text("合作年限", "Years together"),
    "projects": Text("完成的项目", "Projects done"),
    "nps": Text("NPS", "NPS"),
    "revenue": Text("回款排名", "Rank by what they pay"),
}


@command(
    "loyalty",
    zh="忠诚度",
    reads=True,
    permission="customer.read",
    aliases=("loyalty tier",),
    help=Text("客户的忠诚度等级和依据", "a customer's loyalty tier and its reasons"),
)
async def loyalty(ask: Ask, customer: Annotated[Customer, Text("客户", "customer")]) -> Notice:
    worth = await rows.worth(ask.session, customer.id)
    years = (ask.now.date() - worth.since).days / 365.25 if worth.since else 0.0
    found = care.points(care.Standing(years, worth.projects_done, worth.nps, worth.revenue_rank))
    said = {
        "years": ask.t(Text("{n} 年", "{n} years"), n=f"{years:.1f}"),
        "projects": str(worth.projects_done),
        "nps": "—" if worth.nps is None else str(worth.nps),
        "revenue": "—"
        if worth.revenue_rank is None
        else ask.t(Text("前 {p}%", "top {p}%"), p=max(1, round(100 * worth.revenue_rank))),
    }
    of = Text("{value}（{got}/{most} 分）", "{value} ({got} of {most})")
    return ask.notice(
        title=f"{customer.code} {customer.name}",
        text=ask.t(care.loyalty(found).text),
        facts=[
            (
                ask.t(_REASONS[one.reason]),
                ask.t(of, value=said[one.reason], got=one.got, most=one.most),
            )
            for one in found
            if one.reason != "revenue" or ask.actor.scope.money == "amount"
        ],
    )
