"""The firm's members, as far as the app may see them."""

from collections.abc import AsyncIterator
from typing import Any, Final

from adapters.feishu.api import Api, section, segment, text
from adapters.feishu.errors import Fault
from bot.contract import Colleague

_IDS: Final = {"user_id_type": "open_id", "department_id_type": "open_department_id"}
_PAGE: Final = {**_IDS, "page_size": "50"}
_ROOT: Final = "0"


async def colleagues(api: Api) -> AsyncIterator[Colleague]:
    """Everybody once, whatever departments they are in. Raises `TryLater` and `Refused`."""
    seen: set[str] = set()
    try:
        async for user in _users(api):
            made = colleague(user)
            if made.id and made.id not in seen:
                seen.add(made.id)
                yield made
    except Fault as fault:
        raise fault.for_outbox("en") from None


async def _users(api: Api) -> AsyncIterator[dict[str, Any]]:
    """By department from the top; or by what the app was given, where that is less than all."""
    try:
        departments = [_ROOT, *[one async for one in _below(api, _ROOT)]]
        people: list[str] = []
    except Fault:
        departments, people = await _granted(api)
    for department in departments:
        asked = {**_PAGE, "department_id": department}
        async for user in api.pages("contact/v3/users/find_by_department", asked):
            yield user
    for person in people:
        answer = await api.call("GET", f"contact/v3/users/{segment(person)}", params=_IDS)
        yield section(section(answer, "data"), "user")


async def _below(api: Api, department: str) -> AsyncIterator[str]:
    path = f"contact/v3/departments/{segment(department)}/children"
    async for one in api.pages(path, {**_PAGE, "fetch_child": "true"}):
        found = text(one, "open_department_id")
        if found:
            yield found


async def _granted(api: Api) -> tuple[list[str], list[str]]:
    """The departments (with what is below them) and the people that the app may see."""
    departments: dict[str, None] = {}
    people: dict[str, None] = {}
    data = section(await api.call("GET", "contact/v3/scopes", params=_PAGE), "data")
    for one in _names(data, "department_ids"):
        departments[one] = None
        departments |= {below: None async for below in _below(api, one)}
    people |= dict.fromkeys(_names(data, "user_ids"))
    return list(departments), list(people)


def _names(data: dict[str, Any], field: str) -> list[str]:
    found = data.get(field)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def colleague(user: dict[str, Any]) -> Colleague:
    """A user as the directory has them; mail and phone are empty where the app may not see them."""
    status = section(user, "status")
    gone = any(status.get(name) is True for name in ("is_resigned", "is_frozen", "is_exited"))
    return Colleague(
        id=text(user, "open_id"),
        name=text(user, "name"),
        email=text(user, "enterprise_email") or text(user, "email"),
        phone=text(user, "mobile"),
        superior=text(user, "leader_user_id"),
        active=not gone,
    )
