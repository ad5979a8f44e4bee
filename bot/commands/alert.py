"""Alerts: what is open and why, taken or judged."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col, select

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice, Table
from bot.rules import book, engine, wording
from bot.texts import Text
from storage import watch
from storage.tables import Alert, AlertVerdict, Customer, Project

_NUMBER = Text("编号", "number")


@command(
    "alerts",
    zh="预警",
    reads=True,
    permission="project.read",
    help=Text("未关闭的风险预警", "open risk alerts"),
)
async def alerts(ask: Ask) -> Notice:
    found = await watch.alerts(ask.session, ask.actor.scope)
    title = ask.t(Text("风险预警", "Risk alerts"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("目前没有预警。", "None at present.")))
    seen = await watch.seen(ask.session, ask.actor.scope, found)
    rules = (await engine.in_force(ask.session, off=True)).rules
    rows = [
        (
            f"#{a.id}",
            " · ".join(dict.fromkeys(_called(ask, rules, one["rule"]) for one in seen[a.id])),
            await _about(ask, a),
            cards.moment(ask, a.opened_at),
        )
        for a in found
    ]
    columns = tuple(
        ask.t(text)
        for text in (
            Text("编号", "No."),
            Text("规则", "Rule"),
            Text("对象", "About"),
            Text("时间", "Since"),
        )
    )
    buttons = [
        Button(
            label=ask.t(Text("知道了 #{number}", "Got it #{number}"), number=a.id),
            command=f"/alert ack {a.id}",
        )
        for a in found[:5]
        if a.acknowledged_at is None
    ]
    return ask.notice(title=title, table=Table(columns=columns, rows=tuple(rows)), buttons=buttons)


def _called(ask: Ask, rules: Mapping[str, book.Rule], id_: str) -> str:
    rule = rules.get(id_)
    return ask.t(book.title_of(rule)) if rule else id_


async def _about(ask: Ask, alert: Alert) -> str:
    row = await ask.session.get(Project, alert.project_id) if alert.project_id else None
    if row is None and alert.customer_id:
        customer = await ask.session.get(Customer, alert.customer_id)
        return f"{customer.code} {customer.name}" if customer else ""
    return f"{row.code} {row.name}" if row else ""


@command(
    "alert",
    zh="预警详情",
    reads=True,
    permission="project.read",
    help=Text("一条预警的全部原因和依据", "all reasons of an alert, with their evidence"),
)
async def show(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    alert, reasons = await _mine(ask, number)
    rules = (await engine.in_force(ask.session)).rules
    project = await ask.session.get(Project, alert.project_id) if alert.project_id else None
    customer = await ask.session.get(Customer, alert.customer_id) if alert.customer_id else None
    row = project or customer
    about = ("/alerts", "")
    if row is not None:
        family = "project" if project else "customer"
        about = (f"/{family} {row.code}", f"{row.code} {row.name}")
    return wording.notice(alert.id, reasons, rules, about, ask.language)


@command(
    "alert.ack",
    zh="知道了",
    permission="project.read",
    help=Text("确认一条预警，不再重复提醒", "acknowledge an alert; it stops repeating"),
)
async def acknowledge(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    alert, reasons = await _mine(ask, number)
    alert.reasons = watch.reasons_of(alert)
    shown = {(one["rule"], one["subject"]) for one in reasons}
    for one in alert.reasons:
        one["acked"] |= (one["rule"], one["subject"]) in shown and not one["gone"]
    flag_modified(alert, "reasons")
    if all(one["acked"] for one in alert.reasons if not one["gone"]):
        alert.acknowledged_at, alert.acknowledged_by_id = datetime.now(UTC), ask.actor.user_id
        alert.climb_at = None
    ask.session.add(alert)
    ask.wrote("alert.acknowledged", alert)
    return ask.say(
        Text("好的，预警 #{number} 不再提醒。", "Alert #{number} will not repeat."),
        Level.GOOD,
        number=number,
    )


@command(
    "alert.useful",
    zh="预警有用",
    permission="project.read",
    help=Text("这条预警有用", "say that an alert was useful"),
)
async def useful(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    return await _judge(ask, number, useful=True)


@command(
    "alert.useless",
    zh="预警没用",
    permission="project.read",
    help=Text("这条预警没用", "say that an alert was of no use"),
)
async def useless(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    return await _judge(ask, number, useful=False)


async def _judge(ask: Ask, number: int, *, useful: bool) -> Notice:
    alert, _ = await _mine(ask, number, closed=True)
    verdict = (
        await ask.session.exec(
            select(AlertVerdict).where(
                AlertVerdict.alert_id == alert.id, AlertVerdict.user_id == ask.actor.user_id
            )
        )
    ).first() or AlertVerdict(alert_id=alert.id, user_id=ask.actor.user_id or 0, useful=useful)
    verdict.useful, verdict.at = useful, datetime.now(UTC)
    ask.session.add(verdict)
    await ask.session.flush()
    ask.wrote("alert.judged", verdict)
    return ask.say(
        Text(
            "谢谢，已记下。这会算进规则的准确率。",
            "Thank you; it counts for how precise the rule is.",
        ),
        Level.GOOD,
    )


async def _mine(ask: Ask, number: int, *, closed: bool = False) -> tuple[Alert, list[Any]]:
    """An alert with those of its reasons that the asker may see; there is none without any."""
    asked = select(Alert).where(Alert.id == number)
    if not closed:
        asked = asked.where(col(Alert.closed_at).is_(None))
    alert = (await ask.session.exec(asked)).first()
    found = [alert] if alert else []
    seen = await watch.seen(ask.session, ask.actor.scope, found, closed=closed)
    if alert is None or not seen[alert.id]:
        raise CommandError(
            Text("没有预警 #{number}。", "There is no alert #{number}."), number=number
        )
    return alert, seen[alert.id]
