"""How customers stand: what the record tells of them, as the inputs of health, churn and segments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log
from bot.domain import ageing, churn, health, money, segments, service, workdays
from bot.domain.churn import Risk
from bot.domain.definition import Unusable
from bot.domain.earned import earned
from bot.domain.health import Health, Scheme
from bot.domain.segments import Segment
from bot.planning import outlook
from storage import definitions, plans
from storage import health as kept
from storage.health import Figures
from storage.tables import Project

_log = log.get("health")

_LEAST_MOODS: Final = 3
_SOON: Final = 60
_USUAL_DAYS: Final = 30
"""How often a customer is to be spoken to where nothing is planned."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer on a day. `health` is None where too little is known."""

    customer_id: int
    values: Mapping[str, float | None]
    health: Health | None
    risk: Risk
    segment: Segment


async def scheme(session: AsyncSession) -> Scheme:
    """How the score is made up: the shipped way, with the firm's own weights."""
    own = next((d for d in await definitions.newest(session, "health") if d.enabled), None)
    return health.weighted(own.body["weights"]) if own else health.shipped()


async def card(session: AsyncSession) -> tuple[churn.Card, datetime | None]:
    """The churn scorecard in force, the firm's own or as shipped, and since when the own one is.

    One that cannot be read is left out aloud.
    """
    own = next((d for d in await definitions.newest(session, "scorecard") if d.enabled), None)
    if own is None:
        return churn.shipped(), None
    try:
        return churn.read(own.body, own.version), own.at
    except Unusable as error:
        _log.error("churn.unreadable", why=str(error))
        return churn.shipped(), None


async def learnt(session: AsyncSession, of_card: churn.Card) -> dict[str, Any] | None:
    """What the firm's own outcomes have taught of a card; None: nothing yet."""
    for own in await definitions.newest(session, "churn"):
        if own.enabled and own.body.get("card", 0) == of_card.version:
            return own.body
    return None


async def scaled(session: AsyncSession) -> churn.Card:
    """The card with the scale to tell with: fitted on the firm's own outcomes where there are enough."""
    found, _ = await card(session)
    own = await learnt(session, found)
    return replace(found, scale=churn.Scale(**own["scale"])) if own else found


async def of(
    session: AsyncSession, ids: Collection[int], now: datetime, timezone: str
) -> list[Standing]:
    """How these customers stand now; a handful of queries, however many they are."""
    now = now.astimezone(clock.zone(timezone))
    today = now.date()
    how, odds = await scheme(session), await scaled(session)
    facts = await kept.figures(session, ids, now, today, money.OWN)
    work = await _work(session, ids, today, timezone)
    before = await kept.earlier(session, ids, today)
    return [
        _one(id_, facts[id_], work.get(id_, (None, None)), before.get(id_), now, today, how, odds)
        for id_ in ids
    ]


def _one(
    id_: int,
    facts: Figures,
    work: tuple[float | None, float | None],
    before: float | None,
    now: datetime,
    today: date,
    how: Scheme,
    odds: churn.Card,
) -> Standing:
    values = _inputs(facts, work, now, today)
    found = health.of(values, how)
    drop = before - found.score if found and before is not None else None
    risk = churn.of(_signs(facts, values, drop, now), odds)
    return Standing(id_, values, found, risk, segments.of(_habits(facts, found, risk, now)))


def _inputs(
    facts: Figures, work: tuple[float | None, float | None], now: datetime, today: date
) -> dict[str, float | None]:
    spi, cpi = work
    due = facts.get("terms_due")
    silent, senior = _days(facts.get("last_at"), now), _days(facts.get("senior_at"), now)
    if senior is None and facts.get("has_decider") and facts["age"] >= _USUAL_DAYS:
        senior = float(min(facts["age"], 180))
    return {
        "spi": spi,
        # Hours or costs that few have booked look splendid: the worse of the two is told.
        "cpi": min((one for one in (cpi, _money_cpi(facts)) if one is not None), default=None),
        "defects": _float(facts.get("defects")),
        "nps": _float(facts.get("nps")),
        "csat": _float(facts.get("csat")),
        "renewal": _renewal(facts),
        "mood": facts["mood"] if facts.get("moods", 0) >= _LEAST_MOODS else None,
        "on_time": facts["terms_in_time"] / due if due else None,
        "receivable_days": _receivable_days(facts, today),
        "margin": _float(facts.get("margin")),
        "contact": silent / (facts.get("every_days") or _USUAL_DAYS)
        if silent is not None
        else None,
        "seniors": senior,
        "answer_hours": _answer_hours(facts, now.tzinfo or UTC),
    }


def _answer_hours(facts: Figures, zone: tzinfo) -> float | None:
    """The median time until an answer, in the hours in which the customer's level is served."""
    if not facts.get("asked"):
        return None
    level = service.level(facts["tier"], facts["service_level"])
    spans = zip(facts["asked"], facts["answered"], strict=True)
    return service.typical(level, spans, zone, workdays.china())


def _money_cpi(facts: Figures) -> float | None:
    """Worth of what is done over what it cost, where all is counted in one currency."""
    if facts.get("currencies") != 1 or not facts.get("worth_spent"):
        return None
    done = facts.get("worth_done")
    return None if done is None else float(done / facts["worth_spent"])


def _renewal(facts: Figures) -> float | None:
    """1: the contract runs on; 0.5: it ends, and there are talks; 0: it ends, and there are none."""
    left = facts.get("contract_days")
    if left is None or left < -180:
        return None
    if left > _SOON:
        return 1.0
    return 0.5 if facts["in_talks"] else 0.0


def _receivable_days(facts: Figures, today: date) -> float | None:
    owed = facts.get("receivable")
    if owed is None:
        return None
    found = ageing.receivable_days(max(owed, Decimal(0)), ageing.months(facts["billed"], today))
    return 720.0 if found is None else found


def _signs(
    facts: Figures, values: Mapping[str, float | None], drop: float | None, now: datetime
) -> dict[str, float | None]:
    """What churn is told from; see data/churn.toml."""
    silent, left = _days(facts.get("last_in"), now), facts.get("contract_days")
    enough = min(facts.get("moods", 0), facts.get("moods_before", 0)) >= _LEAST_MOODS
    rhythm = facts.get("rhythm")
    usual = max(rhythm, 7.0) if rhythm else float(_USUAL_DAYS)
    unrenewed = left is not None and not facts["in_talks"]
    done = facts.get("closed", 0) > 0 and facts.get("running", 0) == 0
    return {
        "silence": silent / usual if silent is not None else None,
        "mood_drop": facts["mood_before"] - facts["mood"] if enough else None,
        "complaints": float(facts.get("complaints_90d", 0)),
        "says_so": float(facts.get("leaving_90d", 0)),
        "overdue_days": float(facts.get("overdue_days") or 0),
        "nps": values["nps"],
        "contract_days": float(left) if unrenewed and left is not None else None,
        "health_drop": drop,
        "all_done": float(done),
        "senior_silent": values["seniors"],
    }


def _habits(facts: Figures, found: Health | None, risk: Risk, now: datetime) -> segments.Habits:
    return segments.Habits(
        age_days=facts["age"],
        silent_days=_days(facts.get("last_at"), now),
        said_30d=facts.get("said_30d", 0),
        said_a_month_before=facts.get("said_60d_before", 0) / 2,
        begun_180d=facts.get("begun_180d", 0),
        projects=facts.get("running", 0) + facts.get("closed", 0),
        score=found.score if found else None,
        churn=risk.probability,
    )


async def _work(
    session: AsyncSession, ids: Collection[int], today: date, timezone: str
) -> dict[int, tuple[float | None, float | None]]:
    """SPI and CPI in hours of each customer: all their running projects with tasks, added up."""
    projects = await kept.running(session, ids)
    numbers = [project.id for project in projects]
    tasks = await plans.tasks(session, numbers)
    links = await plans.links(session, numbers)
    hours = await kept.hours(session, numbers)
    by: dict[int, list[Project]] = {}
    for project in projects:
        if tasks[project.id]:
            by.setdefault(project.customer_id, []).append(project)
    calendar = workdays.china()
    found: dict[int, tuple[float | None, float | None]] = {}
    for customer_id, theirs in by.items():
        each = [
            earned(
                outlook.pieces(tasks[one.id], links, timezone),
                hours.get(one.id, 0.0),
                today,
                calendar,
            )
            for one in theirs
        ]
        planned, spent = sum(one.planned for one in each), sum(one.spent for one in each)
        booked = sum(one.earned for one in each if one.spent)
        done = sum(one.earned for one in each)
        found[customer_id] = (
            done / planned if planned else None,
            booked / spent if spent else None,
        )
    return found


def snapshot(one: Standing, day: date) -> dict[str, Any]:
    """As it is kept; where too little is known for a score, who may leave is told all the same."""
    return {
        "customer_id": one.customer_id,
        "day": day,
        "score": round(one.health.score, 2) if one.health else None,
        "parts": one.health.as_json() if one.health else {},
        "churn": round(one.risk.probability, 4),
        "churn_reasons": [
            {"name": reason.name, "value": round(reason.value, 4), "points": reason.points}
            for reason in one.risk.reasons
        ],
        "segment": one.segment.value,
    }


def _days(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max(0.0, (now - at) / timedelta(days=1))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
