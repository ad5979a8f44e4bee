"""What the site keeps with the application and with each request."""

from typing import Final

from aiohttp import web

from adapters.web.assets import Assets
from adapters.web.health import Health
from adapters.web.live import Live
from adapters.web.throttle import Throttle
from bot.app import Program
from bot.commands.console import Outcome
from bot.people import Actor

PROGRAM: Final = web.AppKey("program", Program)
HEALTH: Final = web.AppKey("health", Health)
ASSETS: Final = web.AppKey("assets", Assets)
LIVE: Final = web.AppKey("live", Live)
THROTTLE: Final = web.AppKey("throttle", Throttle)
MACHINES: Final = web.AppKey("machines", tuple[str, ...])
"""How paths begin where no person's browser speaks: of channels, which prove who sends; of probes."""

ACTOR: Final = web.RequestKey("actor", Actor)
"""Who asks; missing where nobody is logged in."""
OUTCOME: Final = web.RequestKey("outcome", Outcome)
"""What the command of a page's form led to."""
