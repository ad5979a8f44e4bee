"""Approvals that wait too long, or for somebody who has left, go to those above them."""

from datetime import timedelta
from typing import Final

from bot import log, people
from bot.clock import Clock
from bot.commands import approval
from bot.commands.registry import Ask, CommandError, Host
from bot.people import Defaults
from storage import approvals
from storage.db import Database

JOB: Final = "approvals"
CRON: Final = "*/5 * * * *"

_LATER: Final = timedelta(days=1)

_log = log.get("approvals")


class Approvals:
    """The job that asks the next ones."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, host: Host) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._host = host

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what waits now counts
        now = self._now()
        async with self._db.transaction() as session:
            actor = people.program(self._defaults)
            ask = Ask(session, actor, now.astimezone(actor.zone), None, self._host)
            for one in await approvals.silent(session, now):
                try:
                    async with ask.attempt():
                        await approval.escalate(ask, one)
                except CommandError:  # looked at again tomorrow: somebody may have come
                    one.due_at = now + _LATER
                    session.add(one)
                    _log.warning("approvals.nobody_left", approval=one.id)
