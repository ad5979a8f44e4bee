"""Customers by behaviour, and the service level that suits them."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from bot.commands import cards, health_card
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import segments, service
from bot.domain.segments import Segment
from bot.planning import standing
from bot.render import sheet
from bot.texts import Text, listed
from storage import health as kept
from storage import portfolio
from storage.tables import Customer

_FRESH: Final = timedelta(days=7)
_MOST: Final = 30
_QUIET: Final = re.compile(r"(?:quiet|沉默|安静)[-_ ]?(\d{1,4}) ?(?:d|days?|天)?", re.IGNORECASE)

_NO_SUCH = Text(
    "没有分群「{name}」。可选：{names}，或 quiet-30d 这样的天数。",
    "There is no segment “{name}”. There are: {names}, or days such as quiet-30d.",
)
_NO_LEVEL = Text(
    "没有服务等级「{name}」。可选：{names}。", "There is no level “{name}”. There are: {names}."
)


@dataclass(frozen=True, slots=True)
class _Row:
    customer: Customer
    owner: str
    segment: Segment
    note: str


@command(
    "segment",
    zh="分群",
    reads=True,
    permission="customer.read",
    aliases=("segments", "客户分群"),
    help=Text(
        "按行为分群：/分群 沉默，/分群 quiet-30d；导出:是 得到 CSV",
        "customers by behaviour: /segment growing, /segment quiet-30d; export:yes for a CSV",
    ),
)
async def segment(
    ask: Ask,
    name: Annotated[str, Text("分群", "segment")] = "",
    export: Annotated[bool, Text("导出", "export")] = False,
) -> Notice:
    if quiet := _QUIET.fullmatch(name.strip()):
        days = int(quiet[1])
        found = await portfolio.quiet(ask.session, ask.actor.scope, ask.now, days)
        rows = [_Row(o.customer, o.owner, Segment.QUIET, _last(ask, o.last)) for o in found]
        title = ask.t(Text("{days} 天没有联系", "No contact for {days} days"), days=days)
        return await _shown(ask, title, rows, export=export)
    wanted = _named(ask, name) if name.strip() else None
    rows = await _rows(ask)
    if wanted is None:
        return _counted(ask, rows)
    return await _shown(
        ask, ask.t(wanted.text), [row for row in rows if row.segment is wanted], export=export
    )


def _last(ask: Ask, at: datetime | None) -> str:
    return cards.moment(ask, at) if at else ask.t(Text("从未联系", "never"))


def _named(ask: Ask, name: str) -> Segment:
    word = name.strip().casefold().replace("-", "_").replace(" ", "_")
    for one in Segment:
        if word in {one.value, one.text.zh, one.text.en.replace(" ", "_")}:
            return one
    raise CommandError(
        _NO_SUCH,
        name=name.strip(),
        names=listed((ask.t(one.text) for one in Segment), ask.language),
    )


async def _rows(ask: Ask) -> list[_Row]:
    """All customers; those without a score are looked at now."""
    scored = await kept.latest(ask.session, ask.actor.scope, ask.now.date() - _FRESH)
    rows = [
        _Row(
            one.customer,
            one.owner,
            Segment(one.snapshot.segment),
            health_card.figure(one.snapshot.score),
        )
        for one in scored
        if one.snapshot.segment
    ]
    others = await portfolio.unscored(
        ask.session, ask.actor.scope, [row.customer.id for row in rows]
    )
    ids = [one.id for one in others]
    for first in range(0, len(ids), kept.PAGE):
        part = others[first : first + kept.PAGE]
        found = await standing.of(
            ask.session, [one.id for one in part], ask.now, ask.actor.zone.key
        )
        rows += [
            _Row(customer, "", one.segment, "—") for customer, one in zip(part, found, strict=True)
        ]
    return rows


def _counted(ask: Ask, rows: list[_Row]) -> Notice:
    counts = Counter(row.segment for row in rows)
    return ask.notice(
        title=ask.t(
            Text("客户分群（{count}）", "Customers by behaviour ({count})"), count=len(rows)
        ),
        facts=[(ask.t(one.text), str(counts[one])) for one in Segment if counts[one]],
        buttons=[
            Button(label=ask.t(one.text), command=f"/segment {one.value}")
            for one in Segment
            if counts[one]
        ]
        + [
            Button(
                label=ask.t(Text("30 天没有联系", "No contact for 30 days")),
                command=f"/segment quiet-{segments.QUIET_DAYS}d",
            )
        ],
    )


async def _shown(ask: Ask, title: str, rows: list[_Row], *, export: bool) -> Notice:
    heads = [Text("编号", "Code"), Text("客户", "Customer"), Text("负责人", "Owner")]
    heads.append(
        Text("最近联系", "Last contact")
        if rows and rows[0].segment is Segment.QUIET and rows[0].note != "—"
        else Text("健康分", "Health")
    )
    columns = tuple(ask.t(head) for head in heads)
    cells = [(row.customer.code, row.customer.name, row.owner or "—", row.note) for row in rows]
    made = ask.notice(
        title=f"{title}（{len(rows)}）" if ask.language == "zh" else f"{title} ({len(rows)})",
        text="" if rows else ask.t(Text("没有客户。", "No customers.")),
        table=Table(columns=columns, rows=tuple(cells[:_MOST])) if rows else None,
        buttons=[
            Button(label=row.customer.code, command=f"/customer {row.customer.code}")
            for row in rows[:5]
        ],
    )
    if not export or not rows:
        return made
    if ask.host is None:
        raise CommandError(Text("这里不能导出文件。", "No file can be made here."))
    data = sheet.csv_of(columns, cells)
    file = await ask.host.keep("segment.csv", "text/csv", data)
    return made.model_copy(update={"files": (file,)})


@command(
    "level",
    zh="服务等级",
    permission="customer.write",
    aliases=("service level",),
    help=Text("和客户约定的服务等级", "the service level agreed with a customer"),
)
async def level(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    name: Annotated[str, Text("等级", "level")],
) -> Notice:
    known = service.levels()
    word = name.strip().casefold()
    wanted = next(
        (
            key
            for key, one in known.items()
            if word in {key, one.text.zh.casefold(), one.text.en.casefold()}
        ),
        None,
    )
    if wanted is None:
        names = listed((f"{key} {ask.t(one.text)}" for key, one in known.items()), ask.language)
        raise CommandError(_NO_LEVEL, name=name.strip(), names=names)
    before, customer.service_level = customer.service_level, wanted
    await ask.did(
        "customer.service_level", customer, customer_id=customer.id, before=before, after=wanted
    )
    one = known[wanted]
    return ask.notice(
        title=f"{customer.code} {customer.name}",
        level=Level.GOOD,
        facts=[
            (ask.t(Text("服务等级", "Service level")), ask.t(one.text)),
            (ask.t(Text("首次应答", "First answer")), ask.t(service.span_text(one.answer))),
            (ask.t(Text("解决", "Solved")), ask.t(service.span_text(one.solve))),
        ],
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )
