"""The web application: health, metrics, and the console's pages."""

from typing import Final

import aiohttp_jinja2
import jinja2
from aiohttp import web

from adapters.web import (
    calls,
    chat,
    customers,
    doubts,
    errors,
    files,
    finding,
    guest,
    health,
    login,
    projects,
    security,
    sessions,
    survey,
)
from adapters.web.assets import Assets
from adapters.web.keys import ASSETS, HEALTH, LIVE, MACHINES, PROGRAM, THROTTLE
from adapters.web.live import Live
from adapters.web.pages import acting
from adapters.web.throttle import Throttle
from bot.app import Program

ROUTES: Final = (
    web.get("/login", login.form),
    web.post("/login", login.enter),
    web.post("/logout", login.leave),
    web.post("/language", login.choose_language),
    web.get("/first-admin/{secret}", login.first_form),
    web.post("/first-admin/{secret}", login.first_admin),
    web.get("/invite/{secret}", login.invitation),
    web.post("/invite/{secret}", login.accept_invitation),
    web.get("/", chat.page),
    web.post("/", chat.say),
    web.post("/chat/file", chat.drop),
    web.get("/chat/stream", chat.stream),
    web.get(r"/chat/files/{line:[0-9]+}/{at:[0-9]+}", files.of_line),
    web.get("/customers", customers.listed),
    web.get("/customers/{code}", customers.one),
    web.post("/customers/{code}", acting(customers.one)),
    web.get("/inbox", doubts.queue),
    web.post("/inbox", acting(doubts.queue)),
    web.get("/projects", projects.board),
    web.post("/projects", acting(projects.board)),
    web.get("/projects/{code}", projects.one),
    web.post("/projects/{code}", acting(projects.one)),
    web.get(r"/talks/{number:\d+}", calls.one),
    web.post(r"/talks/{number:\d+}", acting(calls.one)),
    web.get("/search", finding.page),
    web.get(r"/files/{number:\d+}", files.download),
    web.get("/s/{key}", survey.form),
    web.post("/s/{key}", survey.take),
    web.get("/g/{key}", guest.page),
    web.post("/g/{key}", guest.take),
    web.get(r"/g/{key}/files/{number:\d{1,18}}", guest.file),
)


def make(program: Program) -> web.Application:
    """The site of a program; adapters' own routes are added by the program."""
    application = web.Application(
        client_max_size=12 * 1024 * 1024,
        middlewares=[errors.guard, sessions.know, security.own_pages_only],
    )
    application[PROGRAM] = program
    routes = [route for adapter in program.adapters.values() for route in adapter.routes()]
    channels = {f"/{route.path.split('/')[1]}/" for route in routes}
    application[MACHINES] = (*sorted(channels), *health.PATHS)
    application[HEALTH] = health.mount(application, program)
    application[ASSETS] = assets = Assets()
    application[THROTTLE] = Throttle()
    application[LIVE] = live = Live(program.db)
    application.cleanup_ctx.append(live.listening)
    application.on_shutdown.append(live.close)
    application.on_response_prepare.append(security.add_headers)
    application.add_routes([*ROUTES, web.get("/static/{path:.+}", assets.send)])
    aiohttp_jinja2.setup(
        application,
        loader=jinja2.PackageLoader("adapters.web"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return application
