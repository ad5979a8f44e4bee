"""What happens without being asked: every job of the clock, with its times (crontab lines, UTC)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from bot.clock import Clock
from bot.commands.registry import Host
from bot.contract import LanguageModel
from bot.jobs import (
    approvals,
    care,
    complaints,
    contact_plans,
    customer_reports,
    digest,
    directory,
    escalation,
    forecasts,
    health,
    health_report,
    progress_push,
    receivables,
    remind,
    reminders,
    retention,
    risk_scan,
    scoring,
    service,
    staff_report,
    surveys,
    upkeep,
    wishes,
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
        Scheduled(care.JOB, care.CRON, care.Care(*to_people, m.host).run),
        Scheduled(
            contact_plans.JOB, contact_plans.CRON, contact_plans.ContactPlans(*to_people).run
        ),
        Scheduled(
            progress_push.JOB,
            progress_push.CRON,
            progress_push.ProgressPush(m.db, m.now, m.defaults, m.host).run,
        ),
        Scheduled(surveys.JOB, surveys.CRON, surveys.Surveys(m.db, m.now, m.defaults, m.host).run),
        Scheduled(complaints.JOB, complaints.CRON, complaints.Complaints(*to_people).run),
        Scheduled(
            customer_reports.JOB,
            customer_reports.CRON,
            customer_reports.CustomerReports(m.db, m.now, m.defaults, m.host).run,
        ),
        Scheduled(forecasts.JOB, forecasts.CRON, forecasts.Forecasts(m.db, m.now, m.defaults).run),
        Scheduled(health.JOB, health.CRON, health.HealthJob(m.db, m.now, m.defaults).run),
        Scheduled(
            health_report.JOB, health_report.CRON, health_report.HealthReport(*to_people).run
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
        Scheduled(wishes.JOB, wishes.CRON, wishes.Wishes(*to_people).run),
        Scheduled(remind.JOB, remind.CRON, remind.Remind(*to_people).run),
        Scheduled(service.JOB, service.CRON, service.Service(*to_people).run),
        Scheduled(
            staff_report.JOB, staff_report.CRON, staff_report.StaffReport(*to_people, m.host).run
        ),
        Scheduled(scoring.JOB, scoring.CRON, scoring_job.run),
        Scheduled(upkeep.JOB, upkeep.CRON, m.upkeep.run),
        Scheduled(retention.JOB, retention.CRON, retained.run),
        Scheduled(directory.NIGHTLY, directory.CRON, m.directory.nightly),
    ]
