"""Edits and recalls: a message that changes an earlier one; what it said before is kept."""

from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.contract import InboundMessage
from bot.pipeline import extract, language, sentiment, signals
from bot.pipeline.file import extract_json
from storage import audit, search, talk
from storage.people import bounded
from storage.tables import Interaction

UNSCORED: Final = "unscored"


async def follow(session: AsyncSession, message: InboundMessage) -> int | None:
    """Apply an edit or a recall; None where there is nothing that this sender may change.

    Only who wrote a message may change it, in the chat where it stands.
    """
    item = await _target(session, message)
    if item is None:
        return None
    reason = "recalled" if message.recalls else "edited"
    await talk.keep_version(session, item, reason)
    if message.recalls:
        item.recalled_at = message.sent_at
        item.text, item.because, item.sentiment, item.score = "", "", UNSCORED, 0.0
        item.signals, item.extract = [], {}
        item.search = None
    else:
        item.edited_at = message.sent_at
        understand(item, message.text)
    await audit.write(
        session, audit.Trace(f"interaction.{reason}", "interaction", item.id, facts=message.text)
    )
    await session.flush()
    return item.id


def understand(item: Interaction, content: str, *, felt: str | None = None) -> None:
    """Read a text anew into an interaction that is there already.

    `felt` is the part of it whose mood and signals count, where that is not all.
    """
    felt = content if felt is None else felt
    item.text = content
    item.language = tongue = language.detect(content)
    mood = sentiment.score(felt, tongue)
    item.sentiment, item.score, item.because = mood.label, mood.score, mood.because
    item.mood_sure, item.mood_by = mood.confidence, ""
    item.signals = list(signals.find(felt, mood))
    item.extract = extract_json(extract.find(content, item.occurred_at.date()))
    item.search = search.vector(f"{item.subject}\n{content}")


async def _target(session: AsyncSession, message: InboundMessage) -> Interaction | None:
    chat = await talk.conversation(session, message.channel, message.chat)
    named = message.edits or message.recalls
    if chat is None or named is None:
        return None
    item = await talk.by_message(session, message.channel, chat.id, bounded(named))
    sender = bounded(message.sender.email or message.sender.id)
    if item is None or item.sender_address != sender or item.recalled_at is not None:
        return None
    return item
