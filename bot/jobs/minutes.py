"""Minutes of a call, posted where its project is talked about."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, outbox, prompting
from bot.commands import minutes as card
from bot.contract import LanguageModel, NoModel, Segment, Transcript
from bot.people import Defaults, own_chats
from bot.pipeline import media, summary
from bot.pipeline.hearing import clock_time
from bot.texts import Language, language_of
from storage import watch
from storage.tables import Conversation, Customer, Interaction, Project, User

_LONGEST: Final = 40_000
"""Characters of a call that a model is given; longer ones are summed up without it."""

_log = log.get("minutes")


class Minutes:
    """Posts them to the internal chats of the project, or to who looks after the customer."""

    def __init__(
        self,
        defaults: Defaults,
        home: str,
        link: Callable[[str], str],
        model: Callable[[], LanguageModel | None],
    ) -> None:
        """`home` is the channel of members' own chats; `link` makes an address of a path."""
        self._defaults = defaults
        self._home = home
        self._link = link
        self._model = model

    async def written(
        self, item: Interaction, transcript: Transcript, names: Sequence[str]
    ) -> dict[str, Any] | None:
        """What a language model makes of a call, to be kept with it; None: there is none, or it failed.

        Asked before the transaction that keeps the words: it may take half a minute. `names` are those
        that the call probably holds, for a model that must not read them.
        """
        model = self._model()
        said = transcript.segments
        record = _record(said)
        if model is None or item.kind not in media.CALLS or not said or len(record) > _LONGEST:
            return None
        language = language_of("en" if transcript.language == "en" else self._defaults.language)
        day = item.occurred_at.date().isoformat()
        try:
            asked = prompting.prompt("minutes").asked(language, record, day=day)
            answer = await prompting.put(model, asked, names=names)
        except NoModel as why:
            _log.info("minutes.without_model", interaction=item.id, why=str(why))
            return None
        return summary.as_object(summary.written(said, answer.value, answer.model))

    async def post(
        self, session: AsyncSession, item: Interaction, transcript: Transcript, now: datetime
    ) -> None:
        """Once for each call that belongs to a customer; what was not said is not told."""
        if item.kind not in media.CALLS or item.customer_id is None or not transcript.segments:
            return
        customer = await session.get_one(Customer, item.customer_id)
        project = await session.get(Project, item.project_id or 0)
        talk = await card.of(session, item)
        for chat, language, zone in await self._readers(session, customer, project, now):
            local = now.astimezone(clock.zone(zone, self._defaults.timezone))
            await outbox.post(
                session,
                card.notice(talk, language, self._link(f"/talks/{item.id}")),
                channel=chat.channel,
                chat=chat.chat,
                key=f"minutes:{item.id}:{chat.channel}:{chat.chat}",
                not_before=outbox.after_quiet(local, self._defaults.quiet),
            )

    async def _readers(
        self,
        session: AsyncSession,
        customer: Customer,
        project: Project | None,
        now: datetime,
    ) -> list[tuple[Conversation, Language, str | None]]:
        bound = await watch.bound_chats(session, customer.id, project.id if project else None, now)
        if bound:
            return [
                (chat, language_of(chat.language or self._defaults.language), chat.timezone)
                for chat in bound
            ]
        who = project.manager_id if project and project.manager_id else customer.owner_id
        user = await session.get(User, who or 0)
        if user is None or not user.active:
            return []
        language = language_of(user.language or self._defaults.language)
        return [
            (chat, language, user.timezone)
            for chat in await own_chats(session, self._home, user, now)
        ]


def _record(said: Sequence[Segment]) -> str:
    """A call as a model reads it: numbered lines with time and speaker."""
    return "\n".join(
        f"{number} [{clock_time(turn.start)}] {turn.speaker or '?'}: {turn.text}"
        for number, turn in enumerate(said, 1)
    )
