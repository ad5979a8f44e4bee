"""How long customers wait for a first answer."""

import math
from datetime import datetime, timedelta
from typing import Annotated, Final

from bot import clock
from bot.commands import amounts, cards
from bot.commands.registry import Ask, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import service, workdays
from bot.texts import Text
from storage import answering
from storage.tables import AnswerClock, Customer, User

_DAYS: Final = 30
_CUSTOMER = Text("客户", "customer")


@command(
    "answering",
    zh="应答",
    reads=True,
    permission="case.read",
    aliases=("waiting customers", "应答情况"),
    help=Text(
        "谁在等答复；或某客户、某成员近 30 天的应答速度",
        "who waits for an answer; or how fast a customer or a member was answered in 30 days",
    ),
)
async def answering_(
    ask: Ask,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    member: Annotated[User | None, Text("成员", "member")] = None,
) -> Notice:
    if customer is None and member is None:
        return await _waiting(ask)
    since = ask.now - timedelta(days=_DAYS)
    found = await answering.history(
        ask.session,
        ask.actor.scope,
        since,
        ask.now,
        customer_id=customer.id if customer else None,
        user_id=member.id if member else None,
    )
    name = customer.name if customer else member.name if member else ""
    title = ask.t(Text("{name}：近 30 天应答", "{name}: answers in 30 days"), name=name)
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有等过答复。", "Nobody waited.")))
    spans = sorted(_spans(ask, found))
    in_time = sum(1 for one in found if one.answered_at and one.answered_at <= one.due_at)
    share = in_time / len(found)
    return ask.notice(
        title=title,
        level=Level.INFO if share >= 0.9 else Level.WARNING,
        facts=[
            (ask.t(Text("问题数", "Questions")), str(len(found))),
            (ask.t(Text("中位应答", "Median")), _shown(ask, spans, 0.5)),
            (ask.t(Text("九成不超过", "90 % within")), _shown(ask, spans, 0.9)),
            (
                ask.t(Text("按时比例", "In time")),
                f"{share:.0%} ({in_time}/{len(found)})",
            ),
            (ask.t(Text("超时未答", "Late, unanswered")), str(len(found) - len(spans))),
        ],
    )


def _spans(ask: Ask, found: list[answering.Answered]) -> list[timedelta]:
    """How long each answer took, in the time that its level counts."""
    zone, calendar = clock.zone(ask.defaults.timezone), workdays.china()
    return [
        service.level(*one.level).left(one.started_at.astimezone(zone), one.answered_at, calendar)
        for one in found
        if one.answered_at is not None
    ]


def _shown(ask: Ask, spans: list[timedelta], share: float) -> str:
    """A quantile by nearest rank: one of the values that were measured."""
    if not spans:
        return "—"
    return ask.t(service.span_text(spans[math.ceil(share * len(spans)) - 1]))


async def _waiting(ask: Ask) -> Notice:
    found = await answering.waiting(ask.session, ask.actor.scope)
    title = ask.t(Text("等待答复的客户", "Customers who wait for an answer"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有客户在等。", "Nobody waits.")))
    columns = amounts.columns(
        ask,
        _CUSTOMER,
        Text("负责人", "Owner"),
        Text("问的是", "Asked"),
        Text("自", "Since"),
        Text("时限", "Due"),
    )
    rows = tuple(
        (
            f"{customer.code} {customer.name}",
            owner.name if owner else "",
            f"{cards.short(item.text or item.subject, 60)} #{item.id}",
            cards.moment(ask, running.started_at),
            _due(ask, running, customer),
        )
        for running, customer, owner, item in found
    )
    buttons = [Button(label=f"#{item.id}", command=f"/item #{item.id}") for *_, item in found[:5]]
    late = any(running.due_at < ask.now for running, *_ in found)
    return ask.notice(
        title=title,
        level=Level.WARNING if late else Level.INFO,
        table=Table(columns=columns, rows=rows),
        buttons=buttons,
    )


def _due(ask: Ask, running: AnswerClock, customer: Customer) -> str:
    level = service.level(customer.tier, customer.service_level)
    now: datetime = ask.now.astimezone(clock.zone(ask.defaults.timezone))
    left = level.left(now, running.due_at, workdays.china())
    text = (
        Text("剩余 {left}", "{left} left")
        if left >= timedelta()
        else Text("已超时 {left}", "{left} late")
    )
    return ask.t(text, left=ask.t(service.span_text(left)))
