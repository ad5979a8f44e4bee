"""How a page is made: who asks, in which language, and the command of its form."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web
from aiohttp.typedefs import Handler
from markupsafe import Markup

from adapters.web.keys import ACTOR, ASSETS, OUTCOME, PROGRAM
from adapters.web.words import Words
from bot import clock
from bot.commands import cards, minutes
from bot.commands.registry import Ask
from bot.contract import Picture
from bot.domain import command_line, terms
from bot.people import ROLE_NAMES, Actor
from bot.render import chart
from bot.texts import LANGUAGES, Language, language_of, listed
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
        outcome = await request.app[PROGRAM].command(actor, _line(await request.post()))
        if wants_json(request):
            return web.json_response({"ok": outcome.ok, "text": outcome.notice.text})
        request[OUTCOME] = outcome
        return await page(request)

    return after


def _line(form: Mapping[str, Any]) -> str:
    """The command of a form: its line, and behind it a name or code, or a text of any kind."""
    parts = [str(form.get("line", "")).strip()]
    if name := str(form.get("name", "")).strip():
        words = command_line.split(f"/{name}")
        alone = len(words) == 1 and words[0].text == name and not words[0].key
        parts.append(name if alone else quoted(name))
    if text := str(form.get("text", "")).strip():
        parts.append(quoted(text))
    return " ".join(parts)


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
    """What every template may use: words, the reader, and what their form's command answered."""
    actor = request.get(ACTOR)
    zone = actor.zone if actor else clock.zone(request.app[PROGRAM].defaults.timezone)
    said = Words(language(request), zone)
    outcome = request.get(OUTCOME)
    return {
        "t": said.t,
        "moment": said.moment,
        "day": said.day,
        "language": said.reader,
        "actor": actor,
        "roles": _roles(said, actor) if actor else "",
        "asset": request.app[ASSETS].url,
        "here": request.path_qs,
        "path": request.path,
        "terms": terms,
        "said": outcome.notice if outcome else None,
        "mask": cards.masked,
        "draw": drawn,
        "speaker": partial(minutes.speaker, language=said.reader),
    }


def drawn(shown: Picture) -> Markup:
    """A chart as a picture in the page."""
    return Markup(chart.svg(shown))  # noqa: S704 - every word in it is escaped


def _roles(said: Words, actor: Actor) -> str:
    names = [said.t(ROLE_NAMES[role]) if role in ROLE_NAMES else role for role in actor.roles]
    return listed(names, said.reader)
