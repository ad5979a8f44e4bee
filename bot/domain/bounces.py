"""What is read of a mail that says that one of ours never arrived."""

from typing import Final

MOST_WORDS: Final = 300
EARLY: Final = "undelivered:"
"""Begins the key of a bounce that was quicker than the word that its mail had been sent."""


def first_line(text: str) -> str:
    """What a bounce says, on one line."""
    return next(iter(text.strip().splitlines()), "")[:MOST_WORDS]
