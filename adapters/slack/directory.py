"""The firm's members, page by page. Slack knows no superiors."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, cast

from adapters.slack.api import Api
from bot.contract import Colleague

_PAGE: Final = 200
_MOST_PAGES: Final = 500


async def colleagues(api: Api) -> AsyncIterator[Colleague]:
    asked = {"limit": str(_PAGE)}
    for _ in range(_MOST_PAGES):
        answer = await api.read("users.list", **asked)
        for one in answer.data.get("members", ()):
            if isinstance(one, dict) and _is_colleague(cast("dict[str, Any]", one)):
                yield _colleague(cast("dict[str, Any]", one))
        cursor = (answer.data.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            return
        asked["cursor"] = cursor


def _is_colleague(user: Mapping[str, Any]) -> bool:
    """No bots; nobody of another firm, nor guests: those are often customers."""
    foreign = ("is_bot", "is_stranger", "is_restricted", "is_ultra_restricted")
    return (
        isinstance(user.get("id"), str)
        and user["id"] != "USLACKBOT"
        and not any(user.get(name) for name in foreign)
    )


def _colleague(user: Mapping[str, Any]) -> Colleague:
    profile = cast("dict[str, Any]", user.get("profile") or {})
    names = (profile.get("real_name"), user.get("real_name"), user.get("name"))
    return Colleague(
        id=user["id"],
        name=next((name for name in names if isinstance(name, str) and name), user["id"]),
        email=str(profile.get("email") or ""),
        phone=str(profile.get("phone") or ""),
        active=not user.get("deleted"),
    )
