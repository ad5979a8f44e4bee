"""What systems outside tell us, taken through the same code as what members say."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log, people
from bot.commands import defect, phase, scalars, talk, task
from bot.commands import project as projects_
from bot.commands.registry import Ask, CommandError, Host, Rest
from bot.contract import Told, storable
from bot.domain import documents
from bot.domain.documents import Columns
from bot.domain.terms import Phase, ProgressBy, Severity
from bot.firm import accounts
from bot.texts import Text
from storage import plans, projects, sources
from storage.db import Database
from storage.tables import Milestone, Project, Source, SourceEvent, Task

_LONGEST_ID: Final = 200
_LONGEST_NAME: Final = 200
_LONGEST_NOTE: Final = 4000
_LONGEST_WHY: Final = 500

_NOT_JSON = Text("不是 JSON 对象", "it is no JSON object")
_NO_ID = Text("没有事件编号，或超过 200 字", "it has no event id, or one of more than 200 letters")
_NO_NUMBER = Text("进度「{value}」不是 0 到 100 的数", "the progress “{value}” is not 0 to 100")
_NOT_OURS = Text(
    "项目 {code} 的进度不由外部系统更新（/进度 {code} 依据:外部系统）",
    "the progress of {code} does not come from outside (/progress {code} by:outside)",
)
_CLOSED = Text("项目 {code} 已关闭", "{code} is closed")
_NO_CLOSING = Text("关闭项目由人来做", "closing a project is for people")
_NO_PHASE = Text("没有阶段「{value}」", "there is no phase “{value}”")
_NO_STONE = Text("{code} 没有里程碑「{value}」", "{code} has no milestone “{value}”")
_NO_TASK = Text(
    "{code} 没有任务「{value}」，或不止一个", "{code} has no task “{value}”, or several"
)
_NO_SEVERITY = Text("没有严重程度「{value}」", "there is no severity “{value}”")
_TOO_LONG = Text("缺陷说明超过 200 字", "the defect's text has more than 200 letters")
_TASK: Final = re.compile(r"(?:T-)?(\d{1,18})", re.IGNORECASE | re.ASCII)

_log = log.get("outside")


class Outside:
    """The contract's `Tell`."""

    def __init__(self, db: Database, now: Callable[[], datetime], host: Host) -> None:
        self._db = db
        self._now = now
        self._host = host

    async def __call__(self, kind: str, name: str, body: bytes) -> Told:
        async with self._db.transaction() as session:
            source = await sources.listening(session, kind, name)
            if source is None:
                return Told("unknown")
            told = await self._hear(session, source, body)
        _log.info("outside.told", source=name, what=told.what, ignored=told.ignored)
        return told

    async def _hear(self, session: AsyncSession, source: Source, body: bytes) -> Told:
        source.heard_at = now = self._now()
        session.add(source)
        columns = Columns.model_validate(source.mapping)
        row = _read(body)
        event = columns.event(row) if row is not None else ""
        if row is None or not 0 < len(event) <= _LONGEST_ID:
            why = self._words(_NOT_JSON if row is None else _NO_ID)
            nameless = f"sha256:{hashlib.sha256(body).hexdigest()}"
            kept = await sources.event(session, source.id, nameless)
            self._keep(session, kept, source.id, nameless, why, now)
            return Told("unreadable", why)
        kept = await sources.event(session, source.id, event)
        if kept is not None and not kept.error:
            return Told("again")
        actor = replace(people.program(self._host.defaults), name=source.name)
        ask = Ask(session, actor, now.astimezone(actor.zone), host=self._host)
        why = await self._use(ask, source, columns, row)
        self._keep(session, kept, source.id, event, why, now)
        if why:
            return Told("refused", why)
        return Told("taken", ignored=columns.unknown(row))

    async def _use(self, ask: Ask, source: Source, columns: Columns, row: Mapping[str, str]) -> str:
        """Do what it tells, all or nothing; answers why it was not done."""
        name, project_id = source.name, source.project_id
        try:
            async with ask.attempt():
                ask.wrote("source.told", source, name=name)
                if project_id is None:
                    await accounts.take(ask, name, columns, row)
                else:
                    project = await ask.session.get_one(Project, project_id)
                    await _status(ask, project, columns, row)
        except (CommandError, accounts.Rejected) as error:
            return self._words(error.text, **error.facts)
        return ""

    def _words(self, text: Text, **facts: object) -> str:
        return text.in_(self._host.defaults.language, **facts)[:_LONGEST_WHY]

    def _keep(
        self,
        session: AsyncSession,
        kept: SourceEvent | None,
        source_id: int,
        event: str,
        why: str,
        now: datetime,
    ) -> None:
        kept = kept or SourceEvent(source_id=source_id, event_id=event)
        kept.error, kept.at = why, now
        session.add(kept)


def _read(body: bytes) -> dict[str, str] | None:
    """Its fields by dotted path, numbers as they are written; None where it is no JSON object."""
    try:
        found: Any = json.loads(
            body.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=_no_number
        )
        if not isinstance(found, dict):
            return None
        row = documents.flat(found)  # pyright: ignore[reportUnknownArgumentType] - JSON
    except (ValueError, RecursionError):
        return None
    return {path: str(storable(value)) for path, value in row.items()}


def _no_number(said: str) -> str:
    raise ValueError(said)


async def _status(ask: Ask, project: Project, columns: Columns, row: Mapping[str, str]) -> None:
    """What a source tells of its project. The same told again changes nothing."""
    if project.phase == Phase.CLOSED:
        raise CommandError(_CLOSED, code=project.code)
    if said := columns.value(row, "progress"):
        await _progress(ask, project, said)
    if said := columns.value(row, "task"):
        await _task(ask, project, said)
    if said := columns.value(row, "milestone"):
        await _milestone(ask, project, said)
    if said := columns.value(row, "phase"):
        await _phase(ask, project, said)
    if said := columns.value(row, "defect"):
        await _defect(ask, project, said, columns.value(row, "severity"))
    if said := columns.value(row, "note"):
        await talk.note(ask, project=project, text=Rest(said[:_LONGEST_NOTE]))


async def _progress(ask: Ask, project: Project, said: str) -> None:
    try:
        percent = Decimal(said.rstrip("%％ "))
    except InvalidOperation as error:
        raise CommandError(_NO_NUMBER, value=said[:40]) from error
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise CommandError(_NO_NUMBER, value=said[:40])
    if project.progress_by != ProgressBy.OUTSIDE:
        raise CommandError(_NOT_OURS, code=project.code)
    if int(percent) != project.progress:
        await projects_.set_progress(ask, project, int(percent))


async def _phase(ask: Ask, project: Project, said: str) -> None:
    wanted = scalars.choice(Phase, said)
    if wanted is None:
        raise CommandError(_NO_PHASE, value=said[:40])
    if wanted == Phase.CLOSED:
        raise CommandError(_NO_CLOSING)
    if wanted.value != project.phase:
        await phase.phase_(ask, project, wanted)


async def _milestone(ask: Ask, project: Project, said: str) -> None:
    found: list[Milestone] = [
        stone for stone in await projects.milestones(ask.session, project.id) if stone.name == said
    ]
    if not found:
        raise CommandError(_NO_STONE, code=project.code, value=said[:_LONGEST_NAME])
    if any(stone.done_at is None for stone in found):
        await task.milestone_done(ask, project, Rest(said))


async def _task(ask: Ask, project: Project, said: str) -> None:
    """By number, else by its exact name; a task of another project is none."""
    all_ = (await plans.tasks(ask.session, [project.id]))[project.id]
    number = _TASK.fullmatch(said)
    found: list[Task] = [one for one in all_ if number and one.id == int(number[1])]
    found = found or [one for one in all_ if one.name == said]
    if len(found) != 1:
        raise CommandError(_NO_TASK, code=project.code, value=said[:_LONGEST_NAME])
    if found[0].done_at is None:
        await task.done(ask, found[0])


async def _defect(ask: Ask, project: Project, said: str, severity: str) -> None:
    level = scalars.choice(Severity, severity) if severity else Severity.MINOR
    if level is None:
        raise CommandError(_NO_SEVERITY, value=severity[:40])
    if len(said) > _LONGEST_NAME:
        raise CommandError(_TOO_LONG)
    await defect.new(ask, project, Rest(said), level)
