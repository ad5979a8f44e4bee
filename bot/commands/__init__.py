"""Commands by family. Importing this package declares all of them."""

from bot.commands import customer, field, general, people, project, talk, task

__all__ = ["customer", "field", "general", "people", "project", "talk", "task"]
