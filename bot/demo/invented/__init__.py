"""An invented firm of any size, in the format of `keqing load`, and messages whose place is known."""

from bot.demo.invented.firm import generate
from bot.demo.invented.talk import earlier, messages
from bot.demo.invented.world import Earlier, Expected, Said

__all__ = ["Earlier", "Expected", "Said", "earlier", "generate", "messages"]
