"""Good news that rules tell: once, to those it is for, with nothing to acknowledge."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox, telling
from bot.people import Defaults
from bot.rules import wording
from bot.rules.alerting import IN_CHATS
from bot.rules.firing import Firing
from bot.rules.receivers import Cast
from storage import audit, watch
from storage.scope import covers


async def tell(
    session: AsyncSession, firings: Sequence[Firing], now: datetime, defaults: Defaults, home: str
) -> None:
    """Each to the members that its rule names, and to the chats bound to it where the rule says so."""
    cast = await Cast.of(session, (one.seen for one in firings))
    for firing in firings:
        rule, seen = firing.rule, firing.seen
        key = f"news:{rule.id}:{seen.name}:{now.isoformat()}"
        about = cast.about(seen, seen.project_id)
        named = [selector for one in rule.tells for selector in one.selectors]
        for user in cast.meant(named, seen):
            if covers(cast.money(user), rule.money):
                notice = wording.news(firing, about, user.language or defaults.language, now)
                await telling.member(
                    session, user, notice, home=home, key=key, now=now, by_day=defaults
                )
        if any(one.chats for one in rule.tells) and covers(IN_CHATS, rule.money):
            for chat in await watch.bound_chats(session, seen.customer_id, seen.project_id, now):
                zone = clock.zone(chat.timezone, defaults.timezone)
                await outbox.post(
                    session,
                    wording.news(firing, about, chat.language or defaults.language, now),
                    channel=chat.channel,
                    chat=chat.chat,
                    key=f"{key}:{chat.channel}:{chat.chat}",
                    not_before=outbox.after_quiet(now.astimezone(zone), defaults.quiet),
                )
        table, _, number = seen.about.partition(":")
        facts = {"rule": rule.id}
        await audit.write(session, audit.Trace("rule.told", table, int(number), facts=facts))
