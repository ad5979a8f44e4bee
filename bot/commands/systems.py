"""Systems of the firm's that rules tell: how deliveries go."""

from datetime import timedelta
from typing import Final

from bot.commands import cards
from bot.commands.registry import Ask, command
from bot.contract import Level, Notice, Table
from bot.texts import Text
from storage import outbox

_DAYS: Final = 30
_LONGEST: Final = 120


@command(
    "systems",
    zh="外发系统",
    reads=True,
    permission="source.write",
    aliases=("webhooks",),
    help=Text(
        "规则告知的系统：30 天内送达、等待、失败多少，为什么",
        "systems that rules tell: what was delivered in 30 days, what waits, what failed and why",
    ),
)
async def list_(ask: Ask) -> Notice:
    known = dict(ask.host.systems()) if ask.host else {}
    title = ask.t(Text("规则告知的系统", "Systems that rules tell"))
    if not known:
        none = Text(
            "还没有。由管理员在设置 KEQING_HOOK__SYSTEMS 中写明。",
            "None yet; the operator names them in the setting KEQING_HOOK__SYSTEMS.",
        )
        return ask.notice(title=title, text=ask.t(none))
    lanes = {name: f"{channel}:{chat}" for name, (channel, chat) in known.items()}
    since = ask.now - timedelta(days=_DAYS)
    found = await outbox.delivered(ask.session, list(lanes.values()), since)
    rows: list[tuple[str, ...]] = []
    troubles: list[tuple[str, str]] = []
    for name, lane in sorted(lanes.items()):
        one = found.get(lane)
        if one is None:
            rows.append((name, "0", "0", "0", "—"))
            continue
        last = cards.moment(ask, one.last) if one.last else "—"
        rows.append((name, str(one.sent), str(one.waiting), str(one.failed), last))
        troubles.append((name, cards.short(one.why, _LONGEST)))
    columns = (
        Text("系统", "System"),
        Text("送达", "Delivered"),
        Text("等待", "Waiting"),
        Text("失败", "Failed"),
        Text("最近送达", "Last delivered"),
    )
    return ask.notice(
        title=title,
        level=Level.WARNING if any(why for _, why in troubles) else Level.INFO,
        facts=troubles,
        table=Table(columns=tuple(ask.t(one) for one in columns), rows=tuple(rows)),
    )
