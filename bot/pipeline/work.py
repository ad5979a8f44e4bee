"""What the steps hand on: one message on its way to its place."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.contract import InboundMessage, Transcript
from bot.inbox import Arrived
from bot.pipeline.evidence import Question
from bot.pipeline.extract import Extract
from bot.pipeline.language import Language
from bot.pipeline.match import Match
from bot.pipeline.moods import Sentiment
from storage.directory import Chat, Directory

TURN: Final = 4
"""Works that may be worked on without a break, some 2 ms."""


@dataclass(slots=True)
class Work:
    """One message; each step fills in what it finds."""

    inbox_id: int
    message: InboundMessage
    received_at: datetime
    question: Question
    directory: Directory
    chat: Chat
    transcript: Transcript | None = None
    language: Language = "other"
    mood: Sentiment = Sentiment("unscored")
    signals: tuple[str, ...] = ()
    match: Match = Match("stranger")
    extract: Extract = Extract()
    status: str = "filed"
    direction: str = "in"
    interaction_id: int = 0
    fetches: tuple[int, ...] = ()
    """Numbers of the attachments that still lie with the platform."""

    @property
    def text(self) -> str:
        """What there is to understand: the words of a recording where it has been transcribed."""
        if self.transcript is not None:
            return self.transcript.text
        return self.message.text or self.message.subject

    @classmethod
    def of(cls, arrived: Arrived, question: Question, directory: Directory, chat: Chat) -> "Work":
        return cls(
            arrived.inbox_id, arrived.message, arrived.received_at, question, directory, chat
        )


async def unhurried(works: Sequence[Work]) -> AsyncIterator[Work]:
    """The works of a batch, with breaks in between: no acknowledgement waits for the whole batch."""
    for number, work in enumerate(works, 1):
        yield work
        if number % TURN == 0:
            await asyncio.sleep(0)
