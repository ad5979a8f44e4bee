"""How a page is made: who asks, in which language, and the command of its form."""

import contextlib
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web
from aiohttp.typedefs import Handler
from babel.dates import format_date, format_datetime

from adapters.web.keys import ACTOR, ASSETS, OUTCOME, PROGRAM
from bot import clock
from bot.commands import cards, registry
from bot.commands.registry import Ask
from bot.domain import terms
from bot.people import ROLE_NAMES, Actor
from bot.texts import LANGUAGES, Language, Text, language_of
from storage import talk

LANGUAGE_COOKIE: Final = "language"
_QUOTES: Final = ("「」", "“”", '""', "『』", "《》")


def language(request: web.Request) -> Language:
    """The reader's own, else what they chose before logging in, else what their browser asks for."""
    actor = request.get(ACTOR)
    if actor is not None:
        return actor.language
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return language_of(chosen)
    asked = request.headers.get("Accept-Language")
    return language_of(asked or request.app[PROGRAM].defaults.language)


def local(path: str) -> str:
    """A path on this site to go to; the front page where it leads elsewhere."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if inside and path.isprintable() else "/"


def member(request: web.Request) -> Actor:
    """Who is logged in; anybody else is sent to the login page and back."""
    actor = request.get(ACTOR)
    if actor is not None:
        return actor
    if request.method != "GET" or wants_json(request):
        raise web.HTTPUnauthorized
    raise web.HTTPFound(f"/login?next={quote(request.path_qs, safe='/')}")


def wants_json(request: web.Request) -> bool:
    return "text/html" not in request.headers.get("Accept", "text/html") and (
        "application/json" in request.headers.get("Accept", "")
        or "text/event-stream" in request.headers.get("Accept", "")
    )


@contextlib.asynccontextmanager
async def asking(request: web.Request, permission: str = "") -> AsyncIterator[Ask]:
    """The asker and a transaction; what a role may not see answers 404, as if it were not there."""
    actor = member(request)
    if permission and not actor.may(permission):
        raise web.HTTPNotFound
    program = request.app[PROGRAM]
    async with program.db.transaction() as session:
        yield Ask(session, actor, program.now().astimezone(actor.zone), host=program)


def acting(page: Handler) -> Handler:
    """The page after its form's command has run; what was answered stands on top of it."""

    async def after(request: web.Request) -> web.StreamResponse:
        actor = member(request)
        form = await request.post()
        text = str(form.get("text", "")).strip()
        line = f"{form.get('line', '')} {quoted(text) if text else ''}".strip()
        outcome = await request.app[PROGRAM].command(actor, line)
        if wants_json(request):
            return web.json_response({"ok": outcome.ok, "text": outcome.notice.text})
        request[OUTCOME] = outcome
        return await page(request)

    return after


def quoted(text: str) -> str:
    """A text as one word of a command line, whatever it contains."""
    for opening, closing in _QUOTES:
        if closing not in text:
            return f"{opening}{text}{closing}"
    return f'"{text.replace(chr(34), "”")}"'


async def show(request: web.Request, ask: Ask, template: str, **facts: Any) -> web.Response:
    """A page inside the console's frame."""
    doubts = 0
    if ask.actor.may("customer.read"):
        doubts = await talk.count_unsure(ask.session, ask.actor.scope)
    return render(request, template, doubts=doubts, today=ask.now.date(), **facts)


def render(request: web.Request, template: str, *, status: int = 200, **facts: Any) -> web.Response:
    context = {**words(request), **facts}
    return aiohttp_jinja2.render_template(template, request, context, status=status)


def fragment(request: web.Request, template: str, **facts: Any) -> str:
    return aiohttp_jinja2.render_string(template, request, {**words(request), **facts})


def words(request: web.Request) -> dict[str, Any]:
    """What templates say and how: words, days and times as the reader writes them."""
    reader = language(request)
    actor = request.get(ACTOR)
    zone = actor.zone if actor else clock.zone(request.app[PROGRAM].defaults.timezone)
    outcome = request.get(OUTCOME)

    def t(zh: str | Text, en: str = "", **values: object) -> str:
        return (zh if isinstance(zh, Text) else Text(zh, en)).in_(reader, **values)

    def moment(at: datetime) -> str:
        # The year is said only where it is not this one.
        local_ = at.astimezone(zone)
        this_year = local_.year == datetime.now(zone).year
        skeleton = {"zh": "M月d日 HH:mm", "en": "d MMM HH:mm"}[reader]
        if not this_year:
            skeleton = {"zh": "y年M月d日 HH:mm", "en": "d MMM y HH:mm"}[reader]
        return format_datetime(local_, skeleton, locale=cards.locale(reader))

    def day(value: date | None) -> str:
        if value is None:
            return ""
        this_year = value.year == datetime.now(zone).year
        form = (
            {"zh": "M月d日", "en": "d MMM"} if this_year else {"zh": "y年M月d日", "en": "d MMM y"}
        )
        return format_date(value, form[reader], locale=cards.locale(reader))

    return {
        "t": t,
        "moment": moment,
        "day": day,
        "language": reader,
        "actor": actor,
        "roles": "、".join(t(ROLE_NAMES[r]) if r in ROLE_NAMES else r for r in actor.roles)
        if actor
        else "",
        "asset": request.app[ASSETS].url,
        "here": request.path_qs,
        "path": request.path,
        "terms": terms,
        "said": outcome.notice if outcome else None,
        "mask": cards.masked,
        "commands": registry.COMMANDS,
    }
