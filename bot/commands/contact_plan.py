"""How often a customer is to hear from us, by which channel, about what."""

from enum import StrEnum
from typing import Annotated, Final

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice
from bot.texts import Text
from storage import care, talk
from storage.tables import ContactPlan, Customer, User


class Rhythm(StrEnum):
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def text(self) -> Text:
        return {
            "weekly": Text("每周", "weekly"),
            "biweekly": Text("每两周", "every two weeks"),
            "monthly": Text("每月", "monthly"),
            "quarterly": Text("每季度", "quarterly"),
        }[self.value]

    @property
    def days(self) -> int:
        return {"weekly": 7, "biweekly": 14, "monthly": 31, "quarterly": 92}[self.value]


_CHANNELS: Final = {
    "邮件": "email",
    "邮箱": "email",
    "mail": "email",
    "电话": "phone",
    "call": "phone",
}
_NONE = Text(
    "{code} 还没有沟通计划。例如：/沟通计划 {code} 每周 wecom 项目进展",
    "{code} has no contact plan. For example: /contact plan {code} weekly wecom progress",
)


@command(
    "contact.plan",
    zh="沟通计划",
    reads=True,
    sets="every",
    permission="customer.read",
    help=Text(
        "查看或设定客户的沟通频率、渠道和内容",
        "see or set how often a customer is written to, by which channel, about what",
    ),
)
async def contact_plan(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    every: Annotated[Rhythm | None, Text("频率", "every")] = None,
    channel: Annotated[str, Text("渠道", "channel")] = "",
    about: Annotated[Rest, Text("内容", "about")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    there = await care.plan(ask.session, customer.id)
    if every is None:
        if there is None:
            raise CommandError(_NONE, code=customer.code)
        return await _shown(ask, customer, there)
    if not ask.actor.may("customer.write"):
        raise CommandError(Text("您的角色不能修改客户。", "Your role may not change customers."))
    folded = channel.strip().casefold()
    made = there or ContactPlan(
        customer_id=customer.id, every_days=every.days, since=ask.now.date()
    )
    made.every_days, made.since, made.nudged_on = every.days, ask.now.date(), None
    made.channel = _CHANNELS.get(folded, folded)[:40]
    made.about = about.strip()[:500]
    ask.session.add(made)
    await ask.session.flush()
    await ask.did("contact.planned", made, customer_id=customer.id, days=every.days)
    return await _shown(ask, customer, made)


async def _shown(ask: Ask, customer: Customer, one: ContactPlan) -> Notice:
    last = await talk.last_contact(ask.session, customer.id)
    owner = await ask.session.get(User, one.owner_id or customer.owner_id or 0)
    return ask.notice(
        title=f"{customer.code} {customer.name}",
        level=Level.INFO,
        facts=[
            (
                ask.t(Text("沟通频率", "How often")),
                ask.t(Text("每 {days} 天", "every {days} days"), days=one.every_days),
            ),
            (ask.t(Text("渠道", "Channel")), one.channel),
            (ask.t(Text("内容", "About")), one.about),
            (ask.t(Text("负责人", "Owner")), owner.name if owner else ""),
            (ask.t(Text("最近联系", "Last contact")), cards.moment(ask, last) if last else ""),
        ],
        buttons=[
            Button(label=ask.t(Text("时间线", "Timeline")), command=f"/timeline {customer.code}")
        ],
    )
