"""`keqing accounts import`: receipts, invoices and plans from a CSV file of another system."""

from pathlib import Path
from typing import Final

import typer

from bot import people
from bot.app import Program
from bot.cli import lines
from bot.commands.registry import Ask
from bot.domain import documents
from bot.domain.documents import Kind
from bot.firm import accounts
from bot.texts import Text
from storage import audit

_KINDS: Final[tuple[Kind, ...]] = ("receipts", "invoices", "terms")

_DONE = Text(
    "读入 {rows} 行：新增 {new}，已有 {there}，拒绝 {rejected}。",
    "{rows} rows read: {new} new, {there} there already, {rejected} rejected.",
)
_DRY = Text("试运行，没有写入任何内容。", "A dry run: nothing was written.")
_ROW = Text("第 {number} 行：{why}", "line {number}: {why}")
_KIND = Text("--kind 只能是 {kinds}", "--kind can only be {kinds}")
_FILE = Text("读不了 {file}：{why}", "cannot read {file}: {why}")


async def bring(
    program: Program, file: Path, kind: str, name: str, *, dry: bool, as_json: bool
) -> int:
    """Exit code 0 where all rows were taken, 1 where some were rejected, 2 where none could be."""
    language = program.defaults.language
    known: Kind | None = next((one for one in _KINDS if one == kind), None)
    if known is None:
        typer.echo(_KIND.in_(language, kinds=", ".join(_KINDS)), err=True)
        return 2
    try:
        columns, raw = documents.mapping(name, known), file.read_bytes()
    except (OSError, ValueError) as error:
        typer.echo(_FILE.in_(language, file=f"{name}, {file}", why=error), err=True)
        return 2
    source = Path(name).stem
    counts = {"rows": 0, "new": 0, "there": 0, "rejected": 0}
    rejects: list[tuple[int, str]] = []
    async with program.db.transaction() as session:
        actor = people.program(program.defaults)
        ask = Ask(session, actor, program.now().astimezone(actor.zone), host=program)
        for number, row in accounts.rows(raw, columns):
            counts["rows"] += 1
            try:
                taken = await accounts.take(ask, source, columns, row)
            except accounts.Rejected as error:
                counts["rejected"] += 1
                rejects.append((number, error.text.in_(language, **error.facts)))
            else:
                counts["new" if taken.new else "there"] += 1
        await audit.write(session, *ask.traces)
        if dry:
            await session.rollback()
    if as_json:
        listed = [{"line": number, "why": why} for number, why in rejects]
        lines.show({**counts, "dry_run": dry, "rejects": listed})
    else:
        for number, why in rejects:
            typer.echo(_ROW.in_(language, number=number, why=why), err=True)
        typer.echo(_DONE.in_(language, **counts))
        if dry:
            typer.echo(_DRY.in_(language))
    return 1 if rejects else 0 if counts["rows"] else 2
