"""Commands by family. Importing this package declares all of them."""

from bot.commands import (
    calls,
    customer,
    digest,
    field,
    general,
    home,
    link,
    minutes,
    people,
    project,
    push,
    reply,
    talk,
    task,
)

__all__ = [
    "calls",
    "customer",
    "digest",
    "field",
    "general",
    "home",
    "link",
    "minutes",
    "people",
    "project",
    "push",
    "reply",
    "talk",
    "task",
]
