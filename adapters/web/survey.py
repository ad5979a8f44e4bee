"""A survey's own page: whoever has its link may answer. Showing it keeps nothing: scanners open links."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from adapters.web import pages
from adapters.web.keys import PROGRAM
from bot import clock, people
from bot.commands import survey
from bot.commands.registry import Ask, CommandError
from bot.domain.care import SurveyKind
from bot.texts import Language, Text, language_of
from storage import surveys
from storage.scope import Scope
from storage.tables import Conversation, Customer, Project, Survey

_LONGEST: Final = 2000


async def form(request: web.Request) -> web.StreamResponse:
    async with request.app[PROGRAM].db.transaction() as session:
        one, ask = await _asked(request, session, lock=False)
        return await _page(request, ask, one)


async def take(request: web.Request) -> web.StreamResponse:
    """Keep the answer; what is wrong with it is said on the same page."""
    given = await request.post()
    score, comment = str(given.get("score", ""))[:4], str(given.get("comment", ""))[:_LONGEST]
    async with request.app[PROGRAM].db.transaction() as session:
        one, ask = await _asked(request, session, lock=True)
        try:
            async with ask.attempt():
                await survey.take(ask, one, int(score) if score.isdecimal() else -1, comment)
        except CommandError as error:
            await session.refresh(one)
            return await _page(request, ask, one, error=ask.t(error.text, **error.facts))
        return await _page(request, ask, one, done=ask.t(survey.thanks(one), score=one.score))


async def _asked(request: web.Request, session: AsyncSession, *, lock: bool) -> tuple[Survey, Ask]:
    """The survey of the address, and its customer as who asks; 404 for any other key."""
    program = request.app[PROGRAM]
    one = await surveys.of_key(session, request.match_info["key"], lock=lock)
    if one is None:
        raise web.HTTPNotFound
    chat = await session.get(Conversation, one.conversation_id or 0)
    customer = await session.get_one(Customer, one.customer_id)
    spoken = (chat.language if chat else None) or customer.language or program.defaults.language
    zone = clock.zone(chat.timezone if chat else None, program.defaults.timezone)
    guest = replace(
        people.program(program.defaults),
        roles=("customer",),
        scope=Scope(None),
        language=language_of(spoken),
        zone=zone,
    )
    return one, Ask(session, guest, program.now().astimezone(zone), chat, program)


async def _page(
    request: web.Request, ask: Ask, one: Survey, *, error: str = "", done: str = ""
) -> web.Response:
    kind = SurveyKind(one.kind)
    project = await ask.session.get(Project, one.project_id or 0)
    closed = survey.closed(one, ask.now)
    return pages.render(
        request,
        "survey.html",
        status=410 if closed else 200,
        reader=ask.language,
        say=_sayer(ask.language),
        about=project.name if project else "",
        question=ask.t(survey.question(kind)),
        scores=list(kind.scores),
        stars=kind is SurveyKind.CSAT,
        given=one.score,
        comment=one.comment,
        closed=ask.t(closed) if closed else "",
        error="" if closed else error,
        done=done,
    )


def _sayer(language: Language) -> Callable[[str, str], str]:
    def say(zh: str, en: str) -> str:
        return Text(zh, en).in_(language)

    return say
