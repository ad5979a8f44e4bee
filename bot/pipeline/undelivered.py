"""A mail that says that one of ours never arrived: whoever wrote ours is told, and it says so itself."""

from dataclasses import dataclass
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.contract import InboundMessage
from bot.domain import bounces
from bot.pipeline import language
from bot.pipeline.match import Match
from bot.pipeline.work import Work
from storage import outbox as rows
from storage import talk
from storage.outbox import Posted


class Telling(Protocol):
    """Told of what was sent and never arrived."""

    async def gone(self, session: AsyncSession, item: Posted, error: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Lost:
    """What never arrived: the bounce is filed beside it."""

    chat: str
    customer_id: int | None
    project_id: int | None

    def beside(self, work: Work) -> None:
        """File a bounce by what it is about. Its own words are a machine's: no mood, no signals."""
        work.language = language.detect(work.text)
        work.match = Match(
            "file", self.customer_id, self.project_id, confidence=1.0, because=("bounce",)
        )
        work.direction = "internal"


async def follow(session: AsyncSession, message: InboundMessage, telling: Telling) -> Lost | None:
    """What the message says is lost; told the first time. None where it was none of ours."""
    await rows.hold_name(session, message.undelivered)
    found = await rows.posted(session, message.channel, [message.undelivered])
    if not found:
        return None
    item = found[0]
    error = bounces.first_line(message.text) or message.subject
    if await rows.bounced(session, item.id, error):
        await telling.gone(session, item, error)
    chat = await talk.conversation(session, item.channel, item.chat)
    told = await talk.by_key(session, item.channel, f"outbox:{item.id}")
    of = told or chat
    return Lost(item.chat, of.customer_id if of else None, of.project_id if of else None)
