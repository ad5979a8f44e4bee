"""Commands that open the program, do one thing and end."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn, TextIO

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from bot import firm, parts, people
from bot.app import Program
from bot.cli import lines
from bot.contract import Given, storable
from bot.ingest import Ingest
from bot.pipeline import evidence
from bot.pipeline import match as matching
from bot.render import terminal
from bot.texts import Text
from storage import audit, customers
from storage import backup as saving
from storage import people as members
from storage.directory import Directory

_NOBODY = Text("没有成员「{who}」。", "There is no member “{who}”.")
_BAD_FIRM = Text("公司资料有误：{why}", "the firm cannot be loaded: {why}")
_SAVED = Text(
    "已备份到 {path}：数据库 {database} MB，文件 {files} 个（{size} MB）。里面有全部客户资料与密钥，请妥善保管。",
    "Backed up to {path}: database {database} MB, {files} files ({size} MB). It holds all customer data"
    " and the key: keep it safe.",
)
_RESTORED = Text(
    "已从 {path} 恢复：数据库 {database} MB，文件 {files} 个（{size} MB）。",
    "Restored from {path}: database {database} MB, {files} files ({size} MB).",
)
_LOADED = Text(
    "已导入：成员 {members}，客户 {customers}，项目 {projects}，聊天 {chats}。",
    "Loaded: {members} members, {customers} customers, {projects} projects, {chats} chats.",
)


async def run(program: Program, line: str, who: str, *, as_json: bool) -> int:
    """`keqing run`: one command, as a member."""
    who = str(storable(who))
    async with program.db.transaction() as session:
        user = await members.user_named(session, who)
        actor = await people.actor(session, user.id, program.defaults) if user else None
    if actor is None:
        typer.echo(_NOBODY.in_(program.settings.language, who=who), err=True)
        return 2
    done = await program.command(actor, line)
    if as_json:
        lines.show({"ok": done.ok, **done.notice.model_dump(mode="json")})
    else:
        terminal.show(done.notice)
    return 0 if done.ok else 2


async def load(program: Program, file: Path, *, as_json: bool) -> int:
    """`keqing load`."""
    language = program.settings.language
    try:
        given = firm.FirmIn.model_validate(orjson.loads(file.read_bytes()))
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(file.name, total=None)
            counts = await firm.load(
                program.db, given, lambda done, of: bar.update(task, completed=done, total=of)
            )
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        typer.echo(_BAD_FIRM.in_(language, why=f"{place}: {first['msg']}"), err=True)
        return 2
    except (OSError, ValueError, firm.BadFirm) as error:
        typer.echo(_BAD_FIRM.in_(language, why=error), err=True)
        return 2
    if as_json:
        lines.show(counts)
    else:
        typer.echo(_LOADED.in_(language, **counts))
    return 0


async def ingest(program: Program, paths: list[Path], given: Given, *, as_json: bool) -> int:
    """`keqing ingest`: a line per item, a progress bar where a person watches."""
    failed = False
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        work = Ingest(program, given, lambda count: bar.advance(task, count))
        async for result in work.run(paths):
            failed |= result["status"] == "failed"
            if as_json:
                lines.write(sys.stdout, result)
            else:
                where = " ".join(filter(None, (result["customer"], result["project"])))
                shown = (result["source"], result["status"], where, result.get("error", ""))
                typer.echo("\t".join(map(str, shown)))
    sys.stdout.flush()
    return int(failed)


async def match(program: Program, source: Iterable[bytes], out: TextIO) -> int:
    """`keqing match`: batches of lines, each answered in order."""
    failed = False
    batch: list[dict[str, Any]] = []
    for item in lines.read(source):
        batch.append(item)
        if len(batch) >= 200:
            failed |= await _match(program, batch, out)
            batch = []
    if batch:
        failed |= await _match(program, batch, out)
    return int(failed)


async def _match(program: Program, batch: list[dict[str, Any]], out: TextIO) -> bool:
    questions = [_question(item) for item in batch]
    good = [q for q in questions if isinstance(q, evidence.Question)]
    async with program.db.transaction() as session:
        found = await matching.load(session, good)
    codes = {p.id: p.code for each in found.projects.values() for p in each}
    for item, question in zip(batch, questions, strict=True):
        if isinstance(question, str):
            lines.write(out, {"id": item.get("id"), "error": question})
        else:
            answer = matching.decide(question, found)
            lines.write(out, {"id": item.get("id"), **_answer(answer, found, codes)})
    out.flush()
    return any(isinstance(question, str) for question in questions)


def _question(item: dict[str, Any]) -> evidence.Question | str:
    """What is asked, or why it cannot be read."""
    if "error" in item and "text" not in item:
        return str(item["error"])
    words = {k: item.get(k) for k in ("text", "channel", "sender", "chat", "thread", "subject")}
    bad = [k for k, v in words.items() if v is not None and not isinstance(v, str | int)]
    if bad:
        return f"{bad[0]} is not a string"
    said = {k: "" if v is None else str(storable(str(v))) for k, v in words.items()}
    return evidence.Question(
        text=said["text"],
        subject=said["subject"],
        channel=said["channel"],
        senders=evidence.senders_of(said["channel"], said["sender"]) if said["sender"] else (),
        chat=said["chat"],
        references=(said["thread"],) if said["thread"] else (),
    )


def _answer(answer: matching.Match, found: Directory, codes: dict[int, str]) -> dict[str, Any]:
    def code(customer: int | None) -> str | None:
        return found.customers[customer][0] if customer in found.customers else None

    return {
        "customer": code(answer.customer_id),
        "project": codes.get(answer.project_id) if answer.project_id else None,
        "confidence": answer.confidence,
        "decision": answer.decision,
        "candidates": [
            {
                "customer": code(c.customer_id),
                "project": codes.get(c.project_id) if c.project_id else None,
                "confidence": c.confidence,
                "because": list(c.because),
            }
            for c in answer.candidates
        ],
        "because": list(answer.because),
    }


async def stats(program: Program, *, as_json: bool) -> int:
    async with program.db.transaction() as session:
        found = await customers.stats(session)
    if as_json:
        lines.show(found)
        return 0
    for name, value in found.items():
        shown = (
            value
            if not isinstance(value, dict)
            else "  ".join(f"{k} {v}" for k, v in value.items())
        )
        typer.echo(f"{name:14} {shown}")
    return 0


async def verify(program: Program, *, as_json: bool) -> int:
    """`keqing audit verify`: 0 intact, 1 broken."""
    async with program.db.transaction() as session:
        verdict = await audit.verify(session, program.settings.kept)
    if as_json:
        lines.show(
            {
                "intact": verdict.intact,
                "sealed": verdict.sealed,
                "unsealed": verdict.unsealed,
                "where": verdict.where,
            }
        )
        return 0 if verdict.intact else 1
    language = program.settings.language
    if verdict.intact:
        text = Text(
            "审计链完整：已封存 {sealed} 条，待封存 {unsealed} 条。",
            "The audit chain is intact: {sealed} entries sealed, {unsealed} to be sealed.",
        )
        typer.echo(text.in_(language, sealed=verdict.sealed, unsealed=verdict.unsealed))
        return 0
    text = Text("审计链被破坏：{where}", "The audit chain is broken: {where}")
    typer.echo(text.in_(language, where=verdict.where))
    return 1


async def backup(program: Program, file: Path, fail: Callable[[str], NoReturn]) -> int:
    """`keqing backup`; the trace is sealed first, so that the copy can be verified."""
    await program.upkeep.seal()
    programs = program.cluster.programs if program.cluster else None
    try:
        done = await asyncio.to_thread(
            saving.backup, program.db.url, program.settings.kept, file, programs
        )
    except saving.BackupError as error:
        fail(getattr(error, program.settings.language))
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    typer.echo(_SAVED.in_(program.settings.language, **_sizes(done)))
    return 0


def _sizes(done: saving.Summary) -> dict[str, object]:
    return {
        "path": done.path,
        "database": f"{done.database_bytes / 1e6:.1f}",
        "files": done.files,
        "size": f"{done.files_bytes / 1e6:.1f}",
    }


async def restore(
    program: Program, file: Path, *, force: bool, fail: Callable[[str], NoReturn]
) -> int:
    programs = program.cluster.programs if program.cluster else None
    async with program.db.transaction() as session:
        found = await customers.stats(session)
        unused = not found["customers"] and not await members.all_users(session)
    try:
        done = await asyncio.to_thread(
            saving.restore,
            program.db.url,
            program.settings.kept,
            file,
            programs,
            force=force or unused,
        )
    except saving.BackupError as error:
        fail(getattr(error, program.settings.language))
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    async with program.db.transaction() as session:
        await audit.next_era(session)
    typer.echo(_RESTORED.in_(program.settings.language, **_sizes(done)))
    return 0


async def chat(program: Program, who: str) -> int:
    """`keqing chat`: the terminal, with filing and sending going on beside it."""
    converse = parts.one("keqing.commands", "chat")
    return await converse(program, who)
