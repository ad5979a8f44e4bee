"""A guest's page: what one person outside may see of one project. Whoever has its link may open it."""

from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from sqlmodel.ext.asyncio.session import AsyncSession

from adapters.web import files, pages
from adapters.web.keys import PROGRAM, THROTTLE
from adapters.web.words import Words
from bot import clock
from bot.commands import guest as guests_
from bot.commands import public, visiting
from bot.commands.guest import GuestKind
from bot.commands.registry import Ask, CommandError
from bot.domain.terms import Phase, TaskStage
from bot.texts import Language, Text, language_of
from storage import guests
from storage.tables import Customer, Guest, Project, Task

_SHUT: Final = {"X-Robots-Tag": "noindex, nofollow"}
_PHASES: Final = (Phase.START, Phase.PLAN, Phase.DO, Phase.ACCEPT)
"""Those that a customer is shown."""
_WAIT = Text("留言太频繁，请几分钟后再试。", "Too many messages; please wait some minutes.")
_DONE = Text("谢谢，已告知项目团队。", "Thank you, the team has been told.")
_SENT = Text("已发送，谢谢。", "Sent, thank you.")
_STATE: Final = {
    "done": Text("已完成", "done"),
    "review": Text("已报告，等待确认", "reported, being looked at"),
    "open": Text("进行中", "open"),
}


def _quietly(handler: Handler) -> Handler:
    """A link that opens nothing answers with one page, whoever's it was."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPGone) as gone:
            said = Words(_language(request), clock.zone(request.app[PROGRAM].defaults.timezone))
            return _shown(request, "guest_gone.html", said, gone.status)

    return answered


@_quietly
async def page(request: web.Request) -> web.StreamResponse:
    """Keeps nothing but that it was opened."""
    program = request.app[PROGRAM]
    async with program.db.transaction() as session:
        ask, guest, project = await _asked(request, session)
        await guests.saw(session, guest, program.now())
        return await _page(request, ask, guest, project)


@_quietly
async def take(request: web.Request) -> web.StreamResponse:
    """A supplier's report or message; what is wrong with it is said on the same page."""
    given = await request.post()
    number, words = str(given.get("done", "")), str(given.get("message", ""))
    async with request.app[PROGRAM].db.transaction() as session:
        ask, guest, project = await _asked(request, session)
        if guest.kind != GuestKind.SUPPLIER:
            raise web.HTTPNotFound
        try:
            async with ask.attempt():
                said = await _taken(request, ask, guest, project, number, words)
        except CommandError as error:
            wrong = ask.t(error.text, **error.facts)
            await session.refresh(guest)
            await session.refresh(project)
            return await _page(request, ask, guest, project, error=wrong, words=words)
        return await _page(request, ask, guest, project, done=ask.t(said))


async def _taken(
    request: web.Request, ask: Ask, guest: Guest, project: Project, number: str, words: str
) -> Text:
    if number:
        known = number.isascii() and number.isdecimal() and len(number) < 18
        await visiting.report(ask, guest, project, int(number) if known else 0)
        return _DONE
    throttle, who = request.app[THROTTLE], f"guest {guest.id}"
    if throttle.wait_s("", who):
        raise CommandError(_WAIT)
    await visiting.say(ask, guest, project, words)
    throttle.failed("", who)
    return _SENT


@_quietly
async def file(request: web.Request) -> web.StreamResponse:
    """A file that the customer was offered, of the guest's own project."""
    async with request.app[PROGRAM].db.transaction() as session:
        _, guest, project = await _asked(request, session)
        if guest.kind != GuestKind.CUSTOMER:
            raise web.HTTPNotFound
        there = await guests.delivered(session, project.id)
    number = int(request.match_info["number"])
    found = next((one for one in there if one.id == number and one.sha256), None)
    if found is None:
        raise web.HTTPNotFound
    response = files.sent(request, found.file_name, found.file_type, found.sha256)
    response.headers.update(_SHUT)
    return response


async def _asked(request: web.Request, session: AsyncSession) -> tuple[Ask, Guest, Project]:
    program = request.app[PROGRAM]
    guest = await guests.of_key(session, request.match_info["key"])
    if guest is None:
        raise web.HTTPNotFound
    project = await session.get_one(Project, guest.project_id)
    customer = await session.get_one(Customer, project.customer_id)
    spoken = customer.language if guest.kind == GuestKind.CUSTOMER else ""
    reader = language_of(spoken) if spoken else _language(request)
    actor = visiting.as_guest(program.defaults, guest, reader)
    ask = Ask(session, actor, program.now().astimezone(actor.zone), host=program)
    if not guests_.holds(guest, ask):
        raise web.HTTPGone
    return ask, guest, project


def _language(request: web.Request) -> Language:
    asked = request.headers.get("Accept-Language")
    return language_of(asked or request.app[PROGRAM].defaults.language)


def _shown(
    request: web.Request, template: str, said: Words, status: int, **facts: Any
) -> web.Response:
    response = pages.render(
        request, template, status=status, reader=said.reader, t=said.t, day=said.day, **facts
    )
    response.headers.update(_SHUT)
    return response


async def _page(
    request: web.Request,
    ask: Ask,
    guest: Guest,
    project: Project,
    *,
    done: str = "",
    error: str = "",
    words: str = "",
) -> web.Response:
    seen = tasks = None
    delivered: list[tuple[int, str, str]] = []
    if guest.kind == GuestKind.CUSTOMER:
        seen = await public.seen(ask.session, project, ask.now.date())
        delivered = [
            (one.id, f"{one.name} v{one.version}", one.file_name if one.sha256 else "")
            for one in await guests.delivered(ask.session, project.id)
        ]
    else:
        tasks = [(task, _state(task)) for task in await guests.tasks(ask.session, guest)]
    return _shown(
        request,
        "guest.html",
        Words(ask.language, ask.actor.zone),
        400 if error else 200,
        guest=guest,
        project=project.name,
        over=project.phase == Phase.CLOSED,
        phases=_PHASES,
        seen=seen,
        delivered=delivered,
        tasks=tasks,
        states=_STATE,
        done=done,
        error=error,
        words=words,
        longest=visiting.LONGEST,
    )


def _state(task: Task) -> str:
    if task.done_at is not None:
        return "done"
    return "review" if task.stage == TaskStage.REVIEW else "open"
