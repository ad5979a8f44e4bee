"""Playing a user against a program in process: posting, running commands, reading what came out."""

import hashlib
import hmac
import json
import time
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import people
from bot.app import Program
from bot.commands.console import Outcome
from bot.contract import ChannelName, InboundMessage, Notice, Sender
from bot.render import plain
from storage import outbox as outbox_rows
from storage import people as members
from storage.tables import Delegation

SECRET = b"s3cret"


def signed(raw: bytes, *, secret: bytes = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a webhook request."""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret, timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return {"X-Keqing-Timestamp": timestamp, "X-Keqing-Signature": f"sha256={digest}"}


def body(
    id_: str, words: str = "你好", *, chat: str = "g-huajian", sender: str = "u-wang", **more: Any
) -> bytes:
    """A webhook body as another system would send it."""
    said = {
        "id": id_,
        "chat": chat,
        "sender": {"id": sender},
        "text": words,
        "sent_at": "2026-11-20T10:00:00+08:00",
    }
    return json.dumps({**said, **more}, ensure_ascii=False).encode()


def message(
    id_: str, words: str, *, chat: str = "g-huajian", sender: str | Sender = "u-wang", **more: Any
) -> InboundMessage:
    fields: dict[str, Any] = {
        "channel": ChannelName("hook"),
        "event_id": id_,
        "chat": chat,
        "sender": Sender(id=sender) if isinstance(sender, str) else sender,
        "text": words,
        "sent_at": datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
    }
    return InboundMessage(**{**fields, **more})


async def actor(program: Program, who: str) -> people.Actor:
    async with program.db.transaction() as session:
        user = await members.user_named(session, who)
        assert user is not None, who
        found = await people.actor(session, user.id, program.defaults)
        assert found is not None
        return found


async def run(program: Program, line: str, who: str = "陈总") -> Outcome:
    return await program.command(await actor(program, who), line)


async def said(program: Program, line: str, who: str = "陈总") -> str:
    """Everything that the answer to a command says."""
    return words((await run(program, line, who)).notice)


def words(notice: Notice) -> str:
    parts = [notice.title, notice.text]
    parts += [f"{fact.label} {fact.value}" for fact in notice.facts]
    if notice.table:
        parts += [" ".join(row) for row in notice.table.rows]
    if notice.chart:
        parts += plain.picture(notice.chart)
    parts += [f"{button.label} {button.command}" for button in notice.buttons]
    return "\n".join(parts)


async def file_all(program: Program, *messages: InboundMessage) -> None:
    """Deliver messages one after the other, then drain."""
    for one in messages:
        await program.inbox.accept(one)
    while await program.drain.once():
        pass


async def rows(program: Program, sql: str, **values: Any) -> list[dict[str, Any]]:
    async with program.db.transaction() as session:
        found = await session.execute(text(sql), values)
        return [dict(row) for row in found.mappings()]


async def posted(program: Program, chat: str | None = None) -> list[Notice]:
    """Notices in the outbox, in order."""
    found = await rows(program, "SELECT chat, notice FROM outbox ORDER BY id")
    return [
        Notice.model_validate(orjson.loads(row["notice"]))
        for row in found
        if chat is None or row["chat"] == chat
    ]


async def send_all(program: Program) -> None:
    """Send what is due, lane after lane, until nothing moves."""
    moved = True
    while moved:
        moved = False
        async with program.db.transaction() as session:
            lanes = await outbox_rows.due_lanes(session, program.now())
        for lane in lanes:
            while await program.sender.send_next(lane):
                moved = True


async def own_chat(program: Program, who: str) -> str:
    """The id of a member's own chat."""
    return people.private_chat((await actor(program, who)).user_id or 0)


async def set_superior(session: AsyncSession, who: str, boss: str) -> None:
    user, above = [await members.user_named(session, name) for name in (who, boss)]
    assert user is not None
    assert above is not None
    user.superior_id = above.id
    session.add(user)


async def delegate(session: AsyncSession, who: str, to: str, first: date, last: date) -> None:
    user, other = [await members.user_named(session, name) for name in (who, to)]
    assert user is not None
    assert other is not None
    session.add(Delegation(user_id=user.id, to_id=other.id, first=first, last=last))
