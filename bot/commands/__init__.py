"""Commands by family. Importing this package declares all of them."""

from bot.commands import (
    customer,
    digest,
    field,
    general,
    home,
    link,
    people,
    project,
    push,
    talk,
    task,
)

__all__ = [
    "customer",
    "digest",
    "field",
    "general",
    "home",
    "link",
    "people",
    "project",
    "push",
    "talk",
    "task",
]
