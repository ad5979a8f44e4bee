"""`keqing eval filing`: how well messages find their customer and project, on an invented firm.

The firm lives in a throw-away database; the messages go through the look-ups and the decision that
the pipeline runs.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

import typer
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, firm
from bot.cli import lines
from bot.cli.evaluating import interval
from bot.contract import ChannelName
from bot.demo import invented
from bot.demo.invented import Said
from bot.pipeline import evidence, match
from bot.texts import Language, Text
from storage import bulk
from storage import db as storage_db
from storage.db import Database
from storage.directory import Directory
from storage.embedded import EmbeddedError, open_cluster
from storage.tables import Interaction

Verdict = Literal["correct", "wrong", "asked", "stranger"]
"""`asked` and `stranger`: though it could be known whose the message is."""
VERDICTS: Final[tuple[Verdict, ...]] = ("correct", "wrong", "asked", "stranger")
BATCH: Final = 256
"""Messages that the pipeline takes at once when there are many."""
_SHOWN: Final = 8
_ALONE: Final = 500
"""Messages of which each is also timed alone."""

_HEAD = Text(
    "{customers} 个客户，{messages} 条消息，种子 {seed}",
    "{customers} customers, {messages} messages, seed {seed}",
)
_NAMES = {
    "correct": Text("正确", "correct"),
    "wrong": Text("归错", "wrong"),
    "asked": Text("待人判断", "asked"),
    "stranger": Text("当作陌生人", "stranger"),
}
_TIMES = Text(
    "单条 平均 {mean:.2f} 毫秒，p50 {p50:.2f}，p99 {p99:.2f}",
    "alone: mean {mean:.2f} ms, p50 {p50:.2f}, p99 {p99:.2f}",
)
_BATCHED = Text(
    "每批 {size} 条 每条平均 {mean:.3f} 毫秒，p50 {p50:.3f}，p99 {p99:.3f}",
    "in batches of {size}: mean {mean:.3f} ms a message, p50 {p50:.3f}, p99 {p99:.3f}",
)
_WRONG = Text("归错的例子：", "some of the wrong ones:")


@dataclass(slots=True)
class Report:
    """What was seen; times in ms a message."""

    customers: int
    seed: int
    verdicts: dict[str, Counter[Verdict]] = field(default_factory=dict)
    alone: list[float] = field(default_factory=list)
    batched: list[float] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)

    @property
    def all(self) -> Counter[Verdict]:
        return sum(self.verdicts.values(), Counter[Verdict]())

    def share(self, verdict: Verdict) -> float:
        return self.all[verdict] / max(1, self.all.total())


def run(
    customers: int,
    seed: int,
    messages: int,
    spoken: Language,
    fail: Callable[[str], NoReturn],
    *,
    as_json: bool,
) -> None:
    """Make the firm, load it, ask, print."""
    made = invented.generate(customers, seed)
    try:
        report = asyncio.run(_measured(made, messages, seed))
    except EmbeddedError as error:
        fail(getattr(error, spoken))
    if as_json:
        lines.show(as_object(report))
    else:
        typer.echo(readable(report, spoken))


async def _measured(made: dict[str, Any], messages: int, seed: int) -> Report:
    async with throw_away() as db:
        await firm.load(db, firm.FirmIn.model_validate(made))
        return await measured(db, made, messages, seed)


@asynccontextmanager
async def throw_away() -> AsyncIterator[Database]:
    """An empty database in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="keqing-eval-") as folder:
        Path(folder).chmod(0o711)  # the database's own account goes through it
        cluster = await asyncio.to_thread(open_cluster, Path(folder, "data"))
        try:
            await asyncio.to_thread(storage_db.migrate, cluster.url)
            db = Database(cluster.url, b"of no worth")
            try:
                yield db
            finally:
                await db.close()
        finally:
            await asyncio.to_thread(cluster.close)


async def measured(db: Database, made: dict[str, Any], messages: int, seed: int) -> Report:
    """Ask of a firm that is loaded where messages belong."""
    async with db.transaction() as session:
        await _file_earlier(session, invented.earlier(made))
        await session.execute(text("ANALYZE"))
    report = Report(len(made["customers"]), seed)
    said = list(invented.messages(made, messages, seed))
    questions = [question_of(one) for one in said]
    for question in questions[:_ALONE]:
        began = time.perf_counter()
        await _answers(db, [question])
        report.alone.append(_ms(began))
    for start in range(0, len(said), BATCH):
        part = questions[start : start + BATCH]
        began = time.perf_counter()
        found, answers = await _answers(db, part)
        report.batched.append(_ms(began) / len(part))
        for one, answer in zip(said[start : start + BATCH], answers, strict=True):
            _judge(report, one, answer, found)
    return report


def question_of(said: Said) -> evidence.Question:
    return evidence.Question(
        text=said.text,
        channel=said.channel,
        senders=evidence.senders_of(ChannelName(said.channel), said.sender, said.email, said.phone),
        chat=said.chat,
        references=said.references,
        proven=said.proven,
        mail=said.mail,
    )


async def _file_earlier(session: AsyncSession, mails: Sequence[invented.Earlier]) -> None:
    rows = await session.execute(text("SELECT code, id FROM customer"))
    customers: dict[str, int] = dict(tuple(row) for row in rows)
    rows = await session.execute(text("SELECT code, id FROM project"))
    projects: dict[str | None, int] = dict(tuple(row) for row in rows)
    ids = await bulk.numbers(session, Interaction, len(mails))
    now = clock.now()
    drafts = [
        bulk.draft(
            Interaction,
            id=id_,
            channel="email",
            kind="mail",
            message_key=mail.key,
            customer_id=customers[mail.customer],
            project_id=projects.get(mail.project),
            occurred_at=now,
            received_at=now,
        )
        for id_, mail in zip(ids, mails, strict=True)
    ]
    await bulk.insert(session, Interaction, [vars(draft) for draft in drafts])


async def _answers(
    db: Database, questions: Sequence[evidence.Question]
) -> tuple[Directory, list[match.Match]]:
    async with db.transaction() as session:
        found = await match.load(session, questions)
    return found, [match.decide(question, found) for question in questions]


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _judge(report: Report, said: Said, answer: match.Match, found: Directory) -> None:
    projects = {p.id: p.code for each in found.projects.values() for p in each}
    customer = found.customers.get(answer.customer_id or 0, (None, ""))[0]
    project = projects.get(answer.project_id or 0)
    told = verdict(answer.decision, customer, project, said.expected)
    report.verdicts.setdefault(said.sort, Counter())[told] += 1
    if told != "correct":
        where = report.wrong if told == "wrong" else report.others
        where.append(
            {
                "sort": said.sort,
                "text": said.text,
                "expected": [said.expected.customer, said.expected.project],
                "told": [answer.decision, customer, project],
                "because": list(answer.because),
            }
        )


def verdict(
    decision: match.Decision,
    customer: str | None,
    project: str | None,
    expected: invented.Expected,
) -> Verdict:
    """Asking is right only where nobody could know; filing, where customer and project are right."""
    if decision == "ask":
        return "correct" if expected.ask else "asked"
    if decision == "stranger":
        return "correct" if expected.stranger else "stranger"
    right = expected.customer is not None and (customer, project) == (
        expected.customer,
        expected.project,
    )
    return "correct" if right else "wrong"


def as_object(report: Report) -> dict[str, Any]:
    return {
        "customers": report.customers,
        "seed": report.seed,
        "messages": report.all.total(),
        **_counted(report.all),
        "by_sort": {sort: _counted(counts) for sort, counts in sorted(report.verdicts.items())},
        "ms_alone": _times(report.alone),
        "ms_in_batches": {"size": BATCH, **_times(report.batched)},
        "wrong_ones": report.wrong[:_SHOWN],
    }


def _counted(counts: Counter[Verdict]) -> dict[str, Any]:
    whole = counts.total()
    return {
        name: {
            "count": counts[name],
            "share": round(counts[name] / max(1, whole), 4),
            "interval": interval(counts[name], whole),
        }
        for name in VERDICTS
    }


def _times(ms: Sequence[float]) -> dict[str, float]:
    ordered = sorted(ms) or [0.0]

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 4)

    return {"mean": round(sum(ordered) / len(ordered), 4), "p50": at(0.5), "p99": at(0.99)}


def readable(report: Report, spoken: Language) -> str:
    whole = report.all.total()
    parts = [
        _HEAD.in_(spoken, customers=report.customers, messages=whole, seed=report.seed),
        *(_line(name, report.all, spoken) for name in VERDICTS),
        _TIMES.in_(spoken, **_times(report.alone)),
        _BATCHED.in_(spoken, size=BATCH, **_times(report.batched)),
    ]
    for sort, counts in sorted(report.verdicts.items()):
        low, high = interval(counts["correct"], counts.total())
        told = "  ".join(f"{_NAMES[name].in_(spoken)} {counts[name]}" for name in VERDICTS)
        parts.append(f"{sort:<20} {told}  [{low:.3f}–{high:.3f}]")
    if report.wrong:
        parts.append(_WRONG.in_(spoken))
        parts += [f"  {_shown(one)}" for one in report.wrong[:_SHOWN]]
    return "\n".join(parts)


def _line(name: Verdict, counts: Counter[Verdict], spoken: Language) -> str:
    whole = counts.total()
    low, high = interval(counts[name], whole)
    share = counts[name] / max(1, whole)
    return f"{_NAMES[name].in_(spoken)} {share:.4f} [{low:.4f}–{high:.4f}]  n={counts[name]}"


def _shown(one: dict[str, Any]) -> str:
    expected, told = one["expected"], one["told"][1:]
    because = "; ".join(one["because"])
    return f"[{one['sort']}] {one['text'][:60]!r}  {expected} → {told}  ({because})"
