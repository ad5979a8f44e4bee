"""What happens without being asked: every job of the clock, with its times (crontab lines, UTC)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from bot.clock import Clock
from bot.commands.registry import Host
from bot.contract import LanguageModel
from bot.jobs import (
    approvals,
    digest,
    directory,
    escalation,
    receivables,
    remind,
    reminders,
    retention,
    risk_scan,
    scoring,
    upkeep,
)
from bot.jobs.outage import Outage
from bot.people import Defaults
from bot.rules.engine import Engine
from storage.db import Database
from storage.files import FileStore


class Scheduled(NamedTuple):
    name: str
    cron: str
    run: Callable[[str], Awaitable[None]]
    """Gets the slot, as ISO 8601."""


@dataclass(frozen=True, slots=True)
class Means:
    """What jobs work with."""

    db: Database
    now: Clock
    defaults: Defaults
    home: str
    """The channel of members' own chats."""
    rules: Engine
    model: Callable[[], LanguageModel | None]
    outage: Outage
    upkeep: upkeep.Upkeep
    directory: directory.Directory
    files: FileStore
    host: Host
    keep_recordings_days: int


def jobs(m: Means) -> list[Scheduled]:
    """All jobs of the clock."""
    to_people = (m.db, m.now, m.defaults, m.home)
    scoring_job = scoring.Scoring(m.db, m.model, m.rules, m.now, m.defaults, m.outage.say)
    retained = retention.Retention(m.db, m.files, m.keep_recordings_days, m.now)
    return [
        Scheduled(
            approvals.JOB, approvals.CRON, approvals.Approvals(m.db, m.now, m.defaults, m.host).run
        ),
        Scheduled(digest.JOB, digest.CRON, digest.Digest(*to_people).run),
        Scheduled(
            risk_scan.JOB,
            risk_scan.CRON,
            risk_scan.RiskScan(m.db, m.rules, m.now, m.defaults, m.home).run,
        ),
        Scheduled(escalation.JOB, escalation.CRON, escalation.Escalation(m.db, m.rules, m.now).run),
        Scheduled(receivables.JOB, receivables.CRON, receivables.Receivables(*to_people).run),
        Scheduled(reminders.JOB, reminders.CRON, reminders.Reminders(*to_people).run),
        Scheduled(remind.JOB, remind.CRON, remind.Remind(*to_people).run),
        Scheduled(scoring.JOB, scoring.CRON, scoring_job.run),
        Scheduled(upkeep.JOB, upkeep.CRON, m.upkeep.run),
        Scheduled(retention.JOB, retention.CRON, retained.run),
        Scheduled(directory.NIGHTLY, directory.CRON, m.directory.nightly),
    ]
