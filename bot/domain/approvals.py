"""Who decides, and when a decision stands. Nobody ever decides on what they asked for themselves."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

Need = Literal["any", "all"]
Verdict = Literal["yes", "no", ""]


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who is asked to decide, perhaps in another's place."""

    user_id: int
    instead_of: int | None = None


def asked(
    chosen: Sequence[int], away: Mapping[int, int], may: Collection[int], never: AbstractSet[int]
) -> list[Asked]:
    """Whom a step asks: each of the chosen, or who stands in for them.

    `away` maps members who are away to their stand-ins, `may` holds those who have the right to
    decide, `never` those who must not: whoever asked. One person has one vote, however many they
    stand in for.
    """
    found: dict[int, Asked] = {}
    for user in chosen:
        there = _stand_in(user, away)
        if there is None or there in never or there not in may:
            continue
        found.setdefault(there, Asked(there, None if there == user else user))
    return list(found.values())


def _stand_in(user: int, away: Mapping[int, int]) -> int | None:
    """The first along the chain of stand-ins who is there; None where it runs in a ring."""
    seen = {user}
    while user in away:
        user = away[user]
        if user in seen:
            return None
        seen.add(user)
    return user


def outcome(need: Need, verdicts: Sequence[Verdict]) -> Verdict:
    """What a step comes to; empty while it waits. With "any", the first word decides; a no of one is
    a no of all.
    """
    said = [one for one in verdicts if one]
    if "no" in said:
        return "no"
    if not said or (need == "all" and len(said) < len(verdicts)):
        return ""
    return "yes"
