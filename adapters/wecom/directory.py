"""The firm's members with who is above them.

Facts: developer.work.weixin.qq.com/document/path/90201 (user/list), 96067 (user/list_id). Apps made
after June 2022 see neither phone nor mail, unless the members grant it.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from adapters.wecom import wire
from adapters.wecom.api import Api, Door
from adapters.wecom.errors import ApiError
from bot.contract import Colleague

_GONE: Final = frozenset({2, 5})
"""Disabled, has left."""
_PAGE: Final = 10_000
_DEEPEST: Final = 50


class Directory:
    def __init__(self, api: Api, door: Door) -> None:
        self._api = api
        self._door = door

    async def colleagues(self) -> AsyncIterator[Colleague]:
        try:
            parents = await self._departments()
            members = await self._members(list(parents))
        except ApiError as error:
            raise error.outcome() from None
        leaders = _leaders(members.values())
        for member in members.values():
            yield _colleague(member, leaders, parents)

    async def _departments(self) -> dict[int, int]:
        """Department → the one above it."""
        answer = await self._api.call(self._door, "department/simplelist")
        found = map(wire.as_object, wire.as_list(answer.get("department_id")))
        ids = [(one.get("id"), one.get("parentid", 0)) for one in found]
        return {id_: up for id_, up in ids if isinstance(id_, int) and isinstance(up, int)}

    async def _members(self, departments: list[int]) -> dict[str, dict[str, Any]]:
        members: dict[str, dict[str, Any]] = {}
        try:
            for department in departments:
                query = {"department_id": str(department)}
                answer = await self._api.call(self._door, "user/list", query=query)
                for one in map(wire.as_object, wire.as_list(answer.get("userlist"))):
                    members.setdefault(wire.as_text(one.get("userid")), one)
        except ApiError as error:
            if error.code not in {48002, 48009}:
                raise
            # The app may not read members with their details: ids first, then one by one.
            for userid in await self._ids():
                answer = await self._api.call(self._door, "user/get", query={"userid": userid})
                members[userid] = answer
        members.pop("", None)
        return members

    async def _ids(self) -> list[str]:
        ids: dict[str, None] = {}
        cursor = ""
        while True:
            body: dict[str, Any] = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
            answer = await self._api.call(self._door, "user/list_id", body)
            for one in map(wire.as_object, wire.as_list(answer.get("dept_user"))):
                ids.setdefault(wire.as_text(one.get("userid")))
            following = wire.as_text(answer.get("next_cursor"))
            if not following or following == cursor:
                return [one for one in ids if one]
            cursor = following


def _leaders(members: Any) -> dict[int, str]:
    """Department → its leader, the first one that is found."""
    leaders: dict[int, str] = {}
    for member in members:
        flags = wire.as_list(member.get("is_leader_in_dept"))
        for department, leads in zip(wire.as_list(member.get("department")), flags, strict=False):
            if leads == 1 and isinstance(department, int):
                leaders.setdefault(department, wire.as_text(member.get("userid")))
    return leaders


def _superior(
    member: Mapping[str, Any], leaders: Mapping[int, str], parents: Mapping[int, int]
) -> str:
    """Whom the directory names; else the leader of their department, or of one above it."""
    named = [wire.as_text(one) for one in wire.as_list(member.get("direct_leader"))]
    if named and named[0]:
        return named[0]
    own = wire.as_list(member.get("department"))
    department = member.get("main_department") or (own[0] if own else 0)
    for _ in range(_DEEPEST):
        leader = leaders.get(department, "")
        if leader and leader != member.get("userid"):
            return leader
        if department not in parents:
            break
        department = parents[department]
    return ""


def _colleague(
    member: Mapping[str, Any], leaders: Mapping[int, str], parents: Mapping[int, int]
) -> Colleague:
    return Colleague(
        id=wire.as_text(member.get("userid")),
        name=wire.as_text(member.get("name")) or wire.as_text(member.get("userid")),
        email=wire.as_text(member.get("email")) or wire.as_text(member.get("biz_mail")),
        phone=wire.as_text(member.get("mobile")),
        superior=_superior(member, leaders, parents),
        active=member.get("status", 1) not in _GONE,
    )
