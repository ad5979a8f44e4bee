"""The last step: an interaction with its attachments and its trace is written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.contract import Audience, InboundMessage, RemoteFile, StoredFile, Transcript
from bot.pipeline.extract import Extract
from bot.pipeline.match import Candidate
from bot.pipeline.work import Work, unhurried
from storage import audit, bulk, search, talk
from storage.directory import Directory
from storage.people import bounded
from storage.tables import Attachment, Interaction

_LONGEST_LINE = 500
_MOST_RECIPIENTS = 100


async def away(session: AsyncSession, works: Sequence[Work]) -> None:
    """Write what the steps found, in a few statements for the whole batch."""
    ids = await bulk.numbers(session, Interaction, len(works))
    for work, id_ in zip(works, ids, strict=True):
        work.interaction_id = id_
    await bulk.insert(session, Interaction, [_row(work) async for work in unhurried(works)])
    await _attach(session, works)
    await audit.write(session, *(_trace(work) for work in works))


def _row(work: Work) -> dict[str, Any]:
    message, found = work.message, work.match
    return {
        "id": work.interaction_id,
        "conversation_id": work.chat.id,
        "channel": message.channel,
        "kind": message.kind,
        "direction": work.direction,
        "message_key": message_key(message),
        "thread": bounded(message.thread) if message.thread else None,
        "customer_id": found.customer_id,
        "project_id": found.project_id,
        "contact_id": found.contact_id,
        "user_id": found.user_id,
        "sender_name": (message.sender.name or _known_as(work))[:_LONGEST_LINE],
        "sender_address": bounded(message.sender.email or message.sender.id),
        "sender_proven": message.sender.proven,
        "recipients": [bounded(one) for one in message.recipients[:_MOST_RECIPIENTS]],
        "subject": message.subject[:_LONGEST_LINE],
        "text": message.text if work.transcript is None else work.transcript.text,
        "quoted": message.quoted,
        "audience": Audience.INTERNAL if work.direction == "internal" else Audience.CUSTOMER,
        "language": work.language,
        "status": work.status,
        "confidence": found.confidence,
        "evidence": list(found.because),
        "candidates": candidates(found.candidates, work.directory),
        "brought_in": message.brought_in,
        "kept": False,
        "occurred_at": message.sent_at,
        "received_at": work.received_at,
        **understood(work),
    }


def _known_as(work: Work) -> str:
    """What whoever wrote is called in the record, where the channel tells no name."""
    contact, user = work.match.contact_id, work.match.user_id
    for pair in work.question.senders:
        for known in work.directory.known.get(pair, []):
            if (contact and known.contact_id == contact) or (user and known.user_id == user):
                return known.name
    return ""


def understood(work: Work) -> dict[str, Any]:
    """The columns that tell what the text means."""
    return {
        "sentiment": work.mood.label,
        "score": work.mood.score,
        "because": work.mood.because[:_LONGEST_LINE],
        "mood_sure": work.mood.confidence,
        "mood_by": "",
        "signals": list(work.signals),
        "extract": extract_json(work.extract),
        "transcript": transcript_json(work.transcript),
        "search": search.vector(f"{work.message.subject}\n{work.text}"),
    }


def transcript_json(transcript: Transcript | None) -> dict[str, Any] | None:
    return None if transcript is None else transcript.model_dump(mode="json")


def extract_json(found: Extract) -> dict[str, Any]:
    """What was extracted, without its empty parts."""
    # orjson reads dataclasses by itself, many times faster than `asdict`.
    told: dict[str, Any] = orjson.loads(orjson.dumps(found, default=str))
    return {name: part for name, part in told.items() if part}


def candidates(found: Sequence[Candidate], known: Directory) -> dict[str, Any]:
    """Best guesses, as the doubt queue shows them."""
    listed = [
        {
            "customer": known.customers.get(candidate.customer_id, ("?", "?"))[0],
            "name": known.customers.get(candidate.customer_id, ("?", "?"))[1],
            "project": _code(candidate, known),
            "confidence": candidate.confidence,
            "because": list(candidate.because),
        }
        for candidate in found
    ]
    return {"list": listed} if listed else {}


def _code(candidate: Candidate, known: Directory) -> str | None:
    projects = known.projects.get(candidate.customer_id, [])
    return next((p.code for p in projects if p.id == candidate.project_id), None)


def message_key(message: InboundMessage) -> str:
    return bounded(message.message_id or message.event_id)


async def _attach(session: AsyncSession, works: Sequence[Work]) -> None:
    listed = [
        (work, file) for work in works for file in (*work.message.attachments, *work.message.files)
    ]
    if not listed:
        return
    ids = await bulk.numbers(session, Attachment, len(listed))
    names = [(w.match.customer_id, w.match.project_id, f.name) for w, f in listed]
    newest = await talk.version_numbers(session, names)
    rows: list[dict[str, Any]] = []
    for id_, (work, file), name in zip(ids, listed, names, strict=True):
        newest[name] = newest.get(name, 0) + 1
        version = newest[name] if work.match.customer_id else 1
        rows.append(_attachment(id_, work, file, version))
        if isinstance(file, RemoteFile):
            work.fetches = (*work.fetches, id_)
    await bulk.insert(session, Attachment, rows)


def _attachment(
    id_: int, work: Work, file: StoredFile | RemoteFile, version: int
) -> dict[str, Any]:
    remote = isinstance(file, RemoteFile)
    return {
        "id": id_,
        "interaction_id": work.interaction_id,
        "customer_id": work.match.customer_id,
        "project_id": work.match.project_id,
        "name": file.name,
        "type": file.type,
        "size": file.size or 0,
        "sha256": "" if remote else file.sha256,
        "ref": file.ref if remote else "",
        "version": version,
        "created_at": work.received_at,
    }


def _trace(work: Work) -> audit.Trace:
    found = work.match
    return audit.Trace(
        "interaction.filed",
        "interaction",
        work.interaction_id,
        facts=[found.customer_id, found.project_id, work.message.text, work.mood.label],
    )


async def unread(
    session: AsyncSession, inbox_id: int, message: InboundMessage | None, error: str
) -> int:
    """An interaction for a message that could not be worked on: a person must look."""
    now = datetime.now(UTC)
    channel = message.channel if message else "unknown"
    item = Interaction(
        channel=channel,
        kind=message.kind if message else "message",
        message_key=message_key(message) if message else f"inbox:{inbox_id}",
        sender_name=message.sender.name[:_LONGEST_LINE] if message else "",
        sender_address=bounded(message.sender.id) if message else "",
        subject=message.subject[:_LONGEST_LINE] if message else "",
        text=message.text if message else "",
        status="failed",
        error=error,
        occurred_at=message.sent_at if message else now,
        received_at=now,
    )
    session.add(item)
    await session.flush()
    await audit.write(session, audit.Trace("interaction.failed", "interaction", item.id))
    return item.id
