"""Login, logout, the language, and the one-time links: first administrator, invitations."""

import asyncio

from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from adapters.web import pages, sessions
from adapters.web.keys import ACTOR, PROGRAM, THROTTLE
from bot import log, people
from bot.texts import LANGUAGES, Text
from storage import audit, tokens
from storage import people as members
from storage.tables import Token, User

SHORTEST = 10
_log = log.get("login")

_WRONG = Text("名称或密码不对。", "The name or the password is wrong.")
_WAIT = Text("尝试次数太多，请 {seconds} 秒后再试。", "Too many tries; wait {seconds} seconds.")
_SHORT = Text("密码至少 {least} 个字符。", "The password needs at least {least} characters.")
_NAMELESS = Text("请填写名称。", "Please give a name.")
_TAKEN = Text("这个名称已被使用。", "This name is taken.")


async def form(request: web.Request) -> web.StreamResponse:
    if ACTOR in request:
        raise web.HTTPFound(pages.local(request.query.get("next", "/")))
    return await _form(request)


async def _form(request: web.Request, error: str = "", name: str = "") -> web.Response:
    async with request.app[PROGRAM].db.transaction() as session:
        empty = not await members.has_admin(session)
    return pages.render(
        request,
        "login.html",
        error=error,
        name=name,
        empty=empty,
        next=pages.local(request.query.get("next", "/")),
    )


async def enter(request: web.Request) -> web.StreamResponse:
    """Check a name or mail address and its password; one answer for whatever is wrong."""
    given = await request.post()
    name, password = str(given.get("name", "")).strip(), str(given.get("password", ""))
    throttle, address = request.app[THROTTLE], request.remote or ""
    account = name.casefold()[:200]
    reader = pages.language(request)
    if seconds := throttle.wait_s(address, account):
        return await _form(request, _WAIT.in_(reader, seconds=seconds), name)
    # Counted before the check, so that tries sent at once do not slip past together.
    throttle.failed(address, account)
    program = request.app[PROGRAM]
    async with program.db.transaction() as session:
        user = await members.user_named(session, name) if name else None
    hashed = user.password_hash if user else None
    if not await asyncio.to_thread(people.is_password, hashed, password) or user is None:
        _log.info("login.refused", address=address)
        return await _form(request, _WRONG.in_(reader), name)
    throttle.forget(address, account)
    return await _enter(request, user.id, pages.local(request.query.get("next", "/")))


async def _enter(request: web.Request, user_id: int, where: str) -> web.Response:
    response = web.Response(status=303, headers={"Location": where})
    async with request.app[PROGRAM].db.transaction() as session:
        await sessions.begin(request, session, user_id, response)
    return response


async def leave(request: web.Request) -> web.StreamResponse:
    response = web.Response(status=303, headers={"Location": "/login"})
    await sessions.end(request, response)
    return response


async def choose_language(request: web.Request) -> web.StreamResponse:
    """Keep the language with the user, and in a cookie for the login page."""
    given = await request.post()
    chosen = str(given.get("language", ""))
    if chosen not in LANGUAGES:
        raise web.HTTPBadRequest
    actor = request.get(ACTOR)
    if actor is not None:
        await request.app[PROGRAM].command(actor, f"/language {chosen}")
    response = web.Response(status=303, headers={"Location": pages.local(str(given.get("back")))})
    response.set_cookie(
        pages.LANGUAGE_COOKIE, chosen, max_age=365 * 86400, samesite="Lax", httponly=True
    )
    return response


# --- the first administrator -------------------------------------------------------------------


async def first_form(request: web.Request) -> web.StreamResponse:
    program = request.app[PROGRAM]
    async with program.db.transaction() as session:
        token = await tokens.find(session, tokens.FIRST_ADMIN, request.match_info["secret"])
    if token is None:
        raise web.HTTPNotFound
    return pages.render(request, "first_admin.html", error="", name="", least=SHORTEST)


async def first_admin(request: web.Request) -> web.StreamResponse:
    """Make the administrator and spend the link, both or neither."""
    given = await request.post()
    name, password = str(given.get("name", "")).strip(), str(given.get("password", ""))
    reader = pages.language(request)
    error = ""
    if not name:
        error = _NAMELESS.in_(reader)
    elif len(password) < SHORTEST:
        error = _SHORT.in_(reader, least=SHORTEST)
    if not error:
        hashed = await asyncio.to_thread(people.hash_password, password)
        try:
            user_id = await _make_admin(request, name[:200], hashed)
        except IntegrityError:
            error = _TAKEN.in_(reader)
        else:
            return await _enter(request, user_id, "/")
    return pages.render(request, "first_admin.html", error=error, name=name, least=SHORTEST)


async def _make_admin(request: web.Request, name: str, hashed: str) -> int:
    async with request.app[PROGRAM].db.transaction() as session:
        token = await tokens.find(session, tokens.FIRST_ADMIN, request.match_info["secret"])
        # Every start of an empty firm prints a link; the first that is used closes the others.
        if token is None or await members.has_admin(session):
            raise web.HTTPNotFound
        if not await tokens.use(session, token):
            raise web.HTTPNotFound
        # A loaded firm may hold the administrator already, as a member who cannot log in yet.
        user = await members.user_named(session, name) or User(name=name)
        user.roles = list(dict.fromkeys([*user.roles, "admin"]))
        user.password_hash = hashed
        user.language = pages.language(request)
        session.add(user)
        await session.flush()
        await audit.write(
            session, audit.Trace("user.first_admin", "user_account", user.id, user.id)
        )
        return user.id


# --- invitations -------------------------------------------------------------------------------


async def invitation(request: web.Request) -> web.StreamResponse:
    return await _invitation(request)


async def _invitation(request: web.Request, error: str = "") -> web.Response:
    async with request.app[PROGRAM].db.transaction() as session:
        _, user = await _invited(request, session)
    return pages.render(request, "invite.html", error=error, name=user.name, least=SHORTEST)


async def accept_invitation(request: web.Request) -> web.StreamResponse:
    """Set the invited member's password and spend the link, both or neither."""
    password = str((await request.post()).get("password", ""))
    if len(password) < SHORTEST:
        return await _invitation(request, _SHORT.in_(pages.language(request), least=SHORTEST))
    hashed = await asyncio.to_thread(people.hash_password, password)
    async with request.app[PROGRAM].db.transaction() as session:
        token, user = await _invited(request, session)
        if not await tokens.use(session, token):
            raise web.HTTPNotFound
        user.password_hash = hashed
        session.add(user)
        await tokens.end_sessions(session, user.id)
        await audit.write(session, audit.Trace("user.joined", "user_account", user.id, user.id))
    return await _enter(request, user.id, "/")


async def _invited(request: web.Request, session: AsyncSession) -> tuple[Token, User]:
    """The link of the address and whom it invites; 404 for one that does not hold."""
    token = await tokens.find(session, tokens.INVITE, request.match_info["secret"])
    user = await session.get(User, token.user_id) if token and token.user_id else None
    if token is None or user is None or not user.active:
        raise web.HTTPNotFound
    return token, user
