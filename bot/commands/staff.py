"""What each member has done, and how the firm stands after a month."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

from bot import clock
from bot.commands import amounts
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Notice, Table
from bot.domain import money
from bot.render import sheet
from bot.texts import Text
from storage import money as accounts
from storage import staff
from storage.staff import Done, Span
from storage.tables import User

_MONTH: Final = re.compile(r"(\d{4})-(\d{1,2})")
_MOST_DAYS: Final = 366
_COLUMNS: Final = (
    Text("成员", "Member"),
    Text("应答（按时）", "Answered (in time)"),
    Text("承诺（兑现）", "Promised (kept)"),
    Text("任务（按时）", "Tasks (in time)"),
    Text("工单", "Cases"),
    Text("工时", "Hours"),
    Text("客户评分", "Rated"),
)


@command(
    "contribution",
    zh="贡献",
    reads=True,
    permission="time.write",
    aliases=("成员贡献",),
    help=Text(
        "成员近 N 天：应答、承诺、任务、工时、客户评分",
        "what members have done in the last days, and how customers rate them",
    ),
)
async def contribution(
    ask: Ask,
    member: Annotated[User | None, Text("成员", "member")] = None,
    days: Annotated[int, Text("天数", "days")] = 30,
) -> Notice:
    if not 1 <= days <= _MOST_DAYS:
        raise CommandError(Text("天数为 1 到 {most}。", "Days are 1 to {most}."), most=_MOST_DAYS)
    mine = not ask.actor.may("report.read")
    if mine and member is not None and member.id != ask.actor.user_id:
        raise CommandError(Text("您只能看自己的贡献。", "You may see your own contribution only."))
    zone = ask.defaults.timezone
    until = ask.now.astimezone(clock.zone(zone))
    tomorrow = datetime.combine(until.date() + timedelta(days=1), datetime.min.time(), until.tzinfo)
    span = Span(tomorrow - timedelta(days=days), tomorrow, zone)
    only = member.id if member else ask.actor.user_id if mine else None
    found = [one for one in await staff.done(ask.session, span, only) if only or _worked(one)]
    title = ask.t(Text("近 {days} 天的贡献", "What was done in {days} days"), days=days)
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有记录。", "Nothing yet.")))
    return ask.notice(title=title, table=_table(ask, found))


def _worked(one: Done) -> bool:
    return any((one.answered, one.promised, one.tasks, one.cases, one.hours, one.ratings))


def _table(ask: Ask, found: Sequence[Done]) -> Table:
    return Table(
        columns=amounts.columns(ask, *_COLUMNS), rows=tuple(_row(ask, one) for one in found)
    )


def _row(ask: Ask, one: Done) -> tuple[str, ...]:
    rating = "—"
    if one.rating is not None:
        rating = ask.t(
            Text("{mean} / 5（{n} 份）", "{mean} / 5 (answers: {n})"),
            mean=f"{one.rating:.1f}",
            n=one.ratings,
        )
    return (
        one.name,
        _of(one.answered, one.answered_in_time),
        _of(one.promised, one.kept),
        _of(one.tasks, one.tasks_in_time),
        str(one.cases),
        f"{one.hours:.1f}",
        rating,
    )


def _of(all_: int, good: int) -> str:
    return f"{all_} ({good / all_:.0%})" if all_ else "0"


def span_of(month: date, zone: str) -> Span:
    """A month, in the zone of the firm; `month` is its first day."""
    after = (month + timedelta(days=32)).replace(day=1)
    start, end = (
        datetime.combine(day, datetime.min.time(), clock.zone(zone)) for day in (month, after)
    )
    return Span(start, end, zone)


def last_month(today: date) -> date:
    """The first day of the month before."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


@command(
    "monthly",
    zh="经营月报",
    reads=True,
    permission="report.read",
    help=Text(
        "一个月的客户留存、毛利、满意度与员工贡献，附 CSV",
        "retention, margin, satisfaction and staff of a month, with a CSV file",
    ),
)
async def monthly(ask: Ask, month: Annotated[str, Text("月份", "month")] = "") -> Notice:
    today = ask.now.astimezone(clock.zone(ask.defaults.timezone)).date()
    first = _month(month, today)
    if first > today:
        raise CommandError(Text("还没到这个月。", "That month is still to come."))
    return await report(ask, first)


def _month(words: str, today: date) -> date:
    if not words:
        return last_month(today)
    found = _MONTH.fullmatch(words.strip())
    try:
        return date(int(found[1]), int(found[2]), 1) if found else date.fromisoformat(words)
    except ValueError as error:
        raise CommandError(Text("月份写作 2026-11。", "A month is written as 2026-11.")) from error


async def report(ask: Ask, first: date) -> Notice:
    """The card of a month, and its figures as a file."""
    span = span_of(first, ask.defaults.timezone)
    had = await staff.month(ask.session, span)
    kept = had.had - had.lost
    t = ask.t
    facts = [
        (
            t(Text("客户留存", "Retention")),
            f"{kept / had.had:.0%} ({kept}/{had.had})" if had.had else "—",
        ),
        *await _money(ask, span),
        (
            t(Text("满意度", "Satisfaction")),
            "—"
            if had.csat is None
            else t(Text("{mean} / 5（{n} 份）", "{mean} / 5 (answers: {n})")).format(
                mean=f"{had.csat:.1f}", n=had.csat_answers
            ),
        ),
        ("NPS", "—" if had.nps is None else f"{had.nps:+.0f} ({had.nps_answers})"),
    ]
    found = [one for one in await staff.done(ask.session, span) if _worked(one)]
    notice = ask.notice(
        title=t(Text("{month} 经营月报", "Report of {month}"), month=f"{first:%Y-%m}"),
        facts=facts,
        table=_table(ask, found) if found else None,
    )
    if ask.host is None:
        return notice
    table = _table(ask, found)
    data = sheet.csv_of(table.columns, [*table.rows, (), *facts])
    stored = await ask.host.keep(f"report-{first:%Y-%m}.csv", "text/csv", data)
    return notice.model_copy(update={"files": (stored,)})


async def _money(ask: Ask, span: Span) -> list[tuple[str, str]]:
    """What was earned, for those who may see amounts."""
    if not ask.actor.scope.sees("amount"):
        return []
    received, spent, labour = await staff.money_of(ask.session, span)
    day = min(span.until.date() - timedelta(days=1), ask.now.date())
    rates = money.Rates(await accounts.rates(ask.session, day), day)

    def worth(pairs: Iterable[tuple[str, Decimal]]) -> Decimal:
        return sum((rates.convert(n, code, money.OWN) for code, n in pairs), Decimal(0))

    try:
        margin = money.Margin(worth(received), worth(spent), labour)
    except money.UnknownCurrency as error:
        raise amounts.no_rate(ask, error) from error
    rate = "" if margin.rate is None else f" · {margin.rate:.1%}"
    return [
        (ask.t(Text("到账", "Received")), amounts.show(ask, margin.revenue, money.OWN)),
        (
            ask.t(Text("毛利（到账减成本与工时）", "Margin (received, less costs and labour)")),
            f"{amounts.show(ask, margin.profit, money.OWN)}{rate}",
        ),
    ]
