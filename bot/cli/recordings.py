"""`keqing record` and `keqing replay`: inbound events, masked, to a file and back through the door."""

from pathlib import Path
from typing import Any, Final

import orjson
import typer
from sqlalchemy import text

from bot import masking
from bot.app import Program, secret_key
from bot.cli import lines
from bot.contract import ChannelName, Translating
from bot.texts import Text

_UNKNOWN: Final = Text("没有渠道「{channel}」。", "There is no channel “{channel}”.")
_WRITTEN: Final = Text("已写出 {count} 条（已脱敏）。", "{count} events written, masked.")


async def record(program: Program, channel: str, out: Path | None, last: int) -> int:
    """Write the newest events of a channel as JSON lines: what came in, and what was rejected."""
    if ChannelName(channel) not in program.adapters:
        typer.echo(_UNKNOWN.in_(program.settings.language, channel=channel), err=True)
        return 2
    async with program.db.transaction() as session:
        found = await session.execute(
            text("""
SELECT raw, why FROM (
  SELECT raw, '' AS why, received_at AS at FROM inbox WHERE channel = :channel AND raw <> ''
  UNION ALL SELECT raw, why, at FROM reject WHERE channel = :channel
) AS events ORDER BY at DESC LIMIT :last
"""),
            {"channel": channel, "last": last},
        )
        rows = list(reversed(found.all()))
    key = secret_key(program.settings.kept)
    events = [
        orjson.dumps(
            {
                "channel": channel,
                "raw": masking.mask(raw, key).decode("utf-8", "replace"),
                **({"why": why} if why else {}),
            }
        ).decode()
        for raw, why in rows
    ]
    if out is None:
        for event in events:
            typer.echo(event)
    else:
        out.write_text("".join(f"{event}\n" for event in events), "utf-8")
        typer.echo(_WRITTEN.in_(program.settings.language, count=len(events)))
    return 0


async def replay(program: Program, file: Path, *, as_json: bool) -> int:
    """Deliver recorded events once more, through the adapter and the inbox; 1 where one failed."""
    results: list[dict[str, Any]] = []
    with file.open("rb") as recorded:
        for number, line in enumerate(recorded, 1):
            if line.strip():
                results.append({"line": number, **await _once_more(program, line)})
    while await program.drain.once():
        pass
    if as_json:
        lines.show(results)
    else:
        for result in results:
            typer.echo(" ".join(f"{name}={value}" for name, value in result.items()))
    return 1 if any("error" in result for result in results) else 0


async def _once_more(program: Program, line: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(line)
        adapter = program.adapters[ChannelName(event["channel"])]
        if not isinstance(adapter, Translating):
            return {"error": "this channel has no recorded events"}
        messages = adapter.translate(event["raw"].encode())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    again = [(await program.inbox.accept(message)).again for message in messages]
    return {"channel": event["channel"], "messages": len(messages), "again": sum(again)}
