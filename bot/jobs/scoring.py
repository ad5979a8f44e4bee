"""A second opinion: messages of whose mood the program is unsure are read by a language model too."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log, prompting
from bot.clock import Clock
from bot.contract import LanguageModel, NoModel, storable
from bot.domain import terms
from bot.people import Defaults
from bot.pipeline import extract
from bot.pipeline.file import extract_json
from bot.rules.engine import Engine, Filed
from storage import audit, moods
from storage.db import Database
from storage.tables import Interaction

JOB: Final = "scoring"
CRON: Final = "* * * * *"

UNSURE: Final = 0.6
"""How probable a mood is, below which a model is asked."""
_SINCE: Final = timedelta(days=1)
_MOST: Final = 20
"""Messages in one question."""
_LONGEST: Final = 1500
"""Characters of each that the model reads."""

_log = log.get("scoring")


class Scoring:
    """The job. Without a model it does nothing: what was told offline stands."""

    def __init__(
        self,
        db: Database,
        model: Callable[[], LanguageModel | None],
        rules: Engine,
        now: Clock,
        defaults: Defaults,
        away: Callable[[NoModel], Awaitable[None]],
    ) -> None:
        """`away` hears why the model has not answered."""
        self._away = away
        self._db = db
        self._model = model
        self._rules = rules
        self._now = now
        self._defaults = defaults

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is unsure now counts
        model = self._model()
        if model is None:
            return
        async with self._db.transaction() as session:
            unsure = await moods.unsure(session, self._now() - _SINCE, UNSURE, _MOST)
            read = [(item.id, item.text[:_LONGEST]) for item in unsure]
        if not read:
            return
        data = "\n\n".join(f"[{n}] {words}" for n, (_, words) in enumerate(read, 1))
        asked = prompting.prompt("scoring").asked(self._defaults.language, data)
        try:
            answer = await prompting.put(model, asked)
        except NoModel as why:
            _log.info("scoring.without_model", count=len(read), why=str(why))
            await self._away(why)
            return
        told = {one["number"]: one for one in answer.value["messages"]}
        async with self._db.transaction() as session:
            items = {
                id_: found
                for n, (id_, _) in enumerate(read, 1)
                if (found := told.get(n)) is not None
            }
            await self._keep(session, items, answer.model)

    async def _keep(
        self, session: AsyncSession, told: dict[int, dict[str, Any]], model: str
    ) -> None:
        """What the model says, but for what a person has said or somebody has changed meanwhile."""
        changed: list[Interaction] = []
        for item in await moods.still_unsure(session, list(told)):
            opinion = told[item.id]
            before = (item.sentiment, tuple(item.signals))
            _take(item, opinion, model)
            session.add(item)
            if (item.sentiment, tuple(item.signals)) != before:
                changed.append(item)
        await session.flush()
        traces = [audit.Trace("interaction.scored", "interaction", one.id) for one in changed]
        await audit.write(session, *traces)
        await self._rules.filed(session, [Filed.of(one) for one in changed], self._now())
        _log.info("scoring.done", read=len(told), changed=len(changed))


def _take(item: Interaction, opinion: dict[str, Any], model: str) -> None:
    """Only words that stand in the text are taken over from a model."""
    because = str(storable(opinion["because"])).strip()
    item.sentiment = opinion["sentiment"]
    item.score = terms.Sentiment(item.sentiment).score
    item.because = because[:500] if because and because in item.text else item.because
    item.mood_by = model
    known = [one for one in terms.Signal if one.value in opinion["signals"]]
    item.signals = [one.value for one in known]
    found = extract.find(item.text, item.occurred_at.date())
    added = extract.Extract(
        asks=_words(item, found.asks, opinion["asks"]),
        promises=_words(item, found.promises, opinion["promises"]),
        dates=found.dates,
        amounts=found.amounts,
        questions=found.questions,
        decisions=found.decisions,
    )
    item.extract = {**item.extract, **extract_json(added)}


def _words(
    item: Interaction, found: Sequence[extract.Words], said: Sequence[str]
) -> tuple[extract.Words, ...]:
    known = "\n".join(one.words for one in found)
    new = [words.strip() for words in said if words.strip() and words.strip() in item.text]
    more = (extract.dated(words, item.occurred_at.date()) for words in new if words not in known)
    return (*found, *more)[: extract.MOST]
