"""`keqing define`: rules, approval flows, templates, care nodes, scorecards, forms from files, and back."""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import Program
from bot.commands import reachable
from bot.commands.registry import CommandError
from bot.domain import care, churn, forms, reports, templates
from bot.rules import book, flows
from bot.texts import Text
from storage import audit, definitions

READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "rule": book.read,
    "flow": flows.read,
    "project": templates.read,
    "care": care.read,
    "report": reports.read,
    "scorecard": churn.read,
    "form": forms.read,
}
"""What a firm may write, by the name of the table in its file; each reads one and raises with words."""

_FILE = Text("读不了 {file}：{why}", "cannot read {file}: {why}")
_KIND = Text("不认识「{kind}」；可以写 {known}。", "there is no kind {kind!r}; there are {known}.")
_DONE = Text("{kind} {name} v{version}", "{kind} {name} v{version}")
_SAME = Text("{kind} {name} 没有变化", "{kind} {name} is as it was")
_NAMES = Text("规则 {name}：{why}", "rule {name}: {why}")
_GOOD = Text("{count} 项可用。", "{count} can be used.")


@dataclass(frozen=True, slots=True)
class Written:
    kind: str
    name: str
    body: dict[str, Any]


class BadFile(Exception):
    """A file of definitions cannot be used; the message says where and why."""


def read(file: Path, language: str) -> list[Written]:
    """All definitions of a file (TOML or JSON: `[[rule]]`, `[[flow]]`, …), checked; raises `BadFile`."""
    try:
        raw = file.read_text("utf-8")
        data = json.loads(raw) if file.suffix == ".json" else tomllib.loads(raw)
    except (OSError, ValueError) as error:
        raise BadFile(_FILE.in_(language, file=file, why=error)) from error
    return list(_checked(data, file, language))


def _checked(data: Mapping[str, Any], file: Path, language: str) -> Iterator[Written]:
    for kind, bodies in data.items():
        if kind not in READERS:
            raise BadFile(_KIND.in_(language, kind=kind, known=", ".join(READERS)))
        for body in bodies if isinstance(bodies, list) else [bodies]:
            try:
                READERS[kind](body)
            except Exception as error:  # each kind has an error of its own, all with words
                raise BadFile(_FILE.in_(language, file=file, why=error)) from error
            yield Written(kind, str(body["id"]), body)


async def bring(program: Program, files: list[Path], *, check: bool) -> int:
    """Exit code 0 where all were taken (or, with `check`, could be); 2 where one cannot be used:
    then none is written.
    """
    language = program.defaults.language
    try:
        found = [one for file in files for one in read(file, language)]
    except BadFile as error:
        typer.echo(str(error), err=True)
        return 2
    said: list[str] = []
    async with program.db.transaction() as session:
        point = await session.begin_nested()
        for one in found:
            there = await definitions.versions(session, one.kind, one.name)
            text, version = _SAME, 0
            if not there or there[0].body != one.body or not there[0].enabled:
                made = await definitions.write(session, one.kind, one.name, one.body)
                trace = audit.Trace("definition.written", "definition", made.id, facts=one.body)
                await audit.write(session, trace)
                text, version = _DONE, made.version
            said.append(text.in_(language, kind=one.kind, name=one.name, version=version))
        # What the same files bring may be named by their rules, so it is looked for in the end.
        why = await _unreachable(session, program, found)
        if why or check:
            await point.rollback()
    if why:
        typer.echo(why, err=True)
        return 2
    typer.echo(_GOOD.in_(language, count=len(found)) if check else "\n".join(said))
    return 0


async def _unreachable(session: AsyncSession, program: Program, found: list[Written]) -> str:
    """Why a rule among them names something that is not there: a system, words, a template."""
    language = program.defaults.language
    for one in found:
        if one.kind == "rule":
            try:
                await reachable.check(session, program, book.read(one.body))
            except CommandError as error:
                why = error.text.in_(language, **error.facts)
                return _NAMES.in_(language, name=one.name, why=why)
    return ""


async def show(program: Program) -> int:
    """All definitions of the firm's own that are in force, as a file that `bring` takes."""
    listed: dict[str, list[dict[str, Any]]] = {}
    async with program.db.transaction() as session:
        for kind in READERS:
            own = [one for one in await definitions.newest(session, kind) if one.enabled]
            if bodies := [one.body for one in own if one.body]:
                listed[kind] = bodies
    typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
    return 0
