"""The web application: health, metrics, and the console's pages."""

from aiohttp import web

from adapters.web import health
from bot.app import Program

PROGRAM: web.AppKey[Program] = web.AppKey("program", Program)


def make(program: Program) -> web.Application:
    """The site of a program; adapters' own routes are added by the program."""
    application = web.Application(client_max_size=12 * 1024 * 1024)
    application[PROGRAM] = program
    health.mount(application, program)
    return application
