"""Mails that answer mails of ours: they belong to the thread that ours was sent into."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.contract import InboundMessage, Kind
from bot.inbox import Arrived
from storage import outbox as rows
from storage.outbox import Posted


async def joined(session: AsyncSession, batch: Sequence[Arrived]) -> list[Arrived]:
    """The batch, in which what names mails of ours also names their items and their threads."""
    asked: dict[str, set[str]] = {}
    for arrived in batch:
        if arrived.message.kind is Kind.MAIL and arrived.message.references:
            asked.setdefault(arrived.message.channel, set()).update(arrived.message.references)
    known: dict[tuple[str, str], Posted] = {}
    for channel, ids in asked.items():
        known |= {
            (channel, one.external_id): one for one in await rows.posted(session, channel, ids)
        }
    return [_joined(arrived, known) for arrived in batch] if known else list(batch)


def _joined(arrived: Arrived, known: dict[tuple[str, str], Posted]) -> Arrived:
    message: InboundMessage = arrived.message
    ours = [
        known[message.channel, one] for one in message.references if (message.channel, one) in known
    ]
    if not ours:
        return arrived
    newest = ours[-1]
    thread = next(iter(newest.thread.split()), newest.external_id)
    items = [f"outbox:{item.id}" for item in ours]
    told = {"thread": thread, "references": (*items, *message.references)}
    return replace(arrived, message=message.model_copy(update=told))
