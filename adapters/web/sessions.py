"""Who is logged in: a random id in a cookie, whose SHA-256 is kept in the database."""

from datetime import timedelta
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from sqlmodel.ext.asyncio.session import AsyncSession

from adapters.web.keys import ACTOR, MACHINES, PROGRAM
from bot.people import Actor
from storage import tokens

LASTS: Final = timedelta(days=14)
_COOKIE: Final = "keqing"


def over_tls(request: web.Request) -> bool:
    """Whether the browser came by https, also where a proxy ends it."""
    return request.secure or request.headers.get("X-Forwarded-Proto") == "https"


def _cookie(request: web.Request) -> str:
    # Browsers take the prefix only with Secure, which plain http on one's own machine cannot have.
    return f"__Host-{_COOKIE}" if over_tls(request) else _COOKIE


async def begin(
    request: web.Request, session: AsyncSession, user_id: int, response: web.StreamResponse
) -> None:
    """Log a user in: the cookie goes with `response`."""
    program = request.app[PROGRAM]
    secret = await tokens.make(session, tokens.SESSION, user_id, program.now() + LASTS)
    response.set_cookie(
        _cookie(request),
        secret,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        secure=over_tls(request),
        samesite="Lax",
        path="/",
    )


async def end(request: web.Request, response: web.StreamResponse) -> None:
    """Log the user out: the session holds no more, whoever has its cookie."""
    name = _cookie(request)
    if secret := request.cookies.get(name):
        async with request.app[PROGRAM].db.transaction() as session:
            await tokens.revoke(session, secret)
    response.del_cookie(name, path="/", httponly=True, secure=over_tls(request), samesite="Lax")


async def actor(request: web.Request) -> Actor | None:
    """Who the session's cookie stands for, if it still holds."""
    secret = request.cookies.get(_cookie(request))
    if not secret:
        return None
    program = request.app[PROGRAM]
    async with program.db.transaction() as session:
        token = await tokens.find(session, tokens.SESSION, secret)
        if token is None or token.user_id is None:
            return None
        return await program.actor(session, token.user_id)


@web.middleware
async def know(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks; pages themselves decide what a stranger may see."""
    if not request.path.startswith((*request.app[MACHINES], "/static/")):
        found = await actor(request)
        if found is not None:
            request[ACTOR] = found
    return await handler(request)
