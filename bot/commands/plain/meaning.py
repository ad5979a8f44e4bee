"""Plain words → what they may mean."""

from dataclasses import dataclass
from typing import Final

from bot.commands.plain import fit, lexicon, sentence
from bot.commands.plain.fit import Fit
from bot.commands.plain.grammar import grammar
from bot.commands.registry import COMMANDS, Ask, Command
from bot.contract import storable

LONGEST: Final = 500
"""Characters; a longer text is no command."""
LEAST: Final = 0.5
"""How sure a meaning must be to be told."""
_NEAR: Final = 0.15
_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Meaning:
    """A command that plain words may stand for."""

    command: Command
    line: str
    """As it would be typed, with a slash; customers and projects by their codes."""
    sure: float
    """0 to 1."""


async def meanings(ask: Ask, text: str) -> list[Meaning]:
    """What a member's words ask for, the likeliest first; empty where they ask for nothing.

    Only commands that the asker may run, with names that they may see. It reads only.
    """
    said = " ".join(str(storable(text)).split())
    if not said or len(said) > LONGEST:
        return []
    known = grammar()
    norm = lexicon.normal(said)
    simple = lexicon.simplified(norm)
    plain = known.lexicon.read(simple, [])
    if not lexicon.has(plain):
        return []
    wanted = {concept for item in plain for concept in item.concepts}
    items = known.lexicon.read(simple, await sentence.entities(ask, norm, wanted))
    best: dict[str, Fit] = {}
    for name, entry in known.entries.items():
        command = COMMANDS[name]
        if command.permission and not ask.actor.may(command.permission):
            continue
        for way in entry.ways:
            found = fit.fit(ask, command, entry, way, items, said)
            if found and (name not in best or found.rank > best[name].rank):
                best[name] = found
    ranked = sorted(best.values(), key=lambda found: -found.rank)
    ranked = [found for found in ranked if found.sure >= LEAST]
    return [
        Meaning(found.command, found.line, round(found.sure, 2))
        for found in ranked[:_MOST]
        if found.rank >= ranked[0].rank - _NEAR
    ]
