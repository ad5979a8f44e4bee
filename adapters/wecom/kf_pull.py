"""Pulling customers' talk out of 微信客服: the callback only says that there is some.

That a pull is due is kept for all replicas before the callback is answered; one replica pulls. A
cursor moves only after all of its page is delivered, so that a crash repeats and never skips.
Facts: developer.work.weixin.qq.com/document/path/94670.
"""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from typing import Any, Final

from adapters.wecom import chats, errors, kf_inbound, wire
from adapters.wecom.api import Api, Door
from adapters.wecom.errors import ApiError
from adapters.wecom.inbound import Due, Unreadable
from bot import log
from bot.contract import AdapterError, Ports, deliver_patiently

ACCOUNTS: Final = "wecom.kf.accounts"
_PAGE: Final = 1000
_TOKEN_LASTS_S: Final = 540.0
"""Ten minutes, with a margin."""
_LOOK_S: Final = 3.0
"""How often what other replicas were told is looked for."""
_ALL_S: Final = 300.0
"""How often all accounts are pulled, told or not."""
_LONGEST_PAUSE_S: Final = 120.0
_AT_ONCE: Final = 100
"""Customers whose names, and accounts, that are asked for in one call."""
_MOST_ACCOUNTS: Final = 5000
_NAMES: Final = 10_000

_log = log.get("wecom.kf")


class Marks:
    """What is kept of each account: whether a pull is due, and how far we have read."""

    def __init__(self, ports: Ports) -> None:
        self._cursors = ports.cursors

    async def accounts(self) -> list[str]:
        try:
            known: Any = json.loads(await self._cursors.get(ACCOUNTS) or "[]")
        except ValueError:
            known = []
        return [one for one in wire.as_list(known) if isinstance(one, str) and one]

    async def learn(self, kfids: list[str]) -> None:
        """Add accounts; one that another replica overwrites at that moment comes with its next event."""
        known = await self.accounts()
        new = [one for one in kfids if one and one not in known]
        if new:
            await self._cursors.put(ACCOUNTS, json.dumps(sorted([*known, *new])))

    async def put_due(self, due: Due, now: float) -> None:
        await self.learn([due.open_kfid])
        kfids = [due.open_kfid] if due.open_kfid else await self.accounts()
        # Two events of one moment are two marks: the second may come behind the first one's pull.
        mark = f"{now:.3f} {secrets.token_hex(4)} {due.token}"
        for kfid in kfids:
            await self._cursors.put(f"wecom.kf.due:{kfid}", mark)

    async def due(self, kfid: str) -> str:
        """What is due and not done; empty where nothing is."""
        due = await self._cursors.get(f"wecom.kf.due:{kfid}")
        return "" if due == await self._cursors.get(f"wecom.kf.done:{kfid}") else due

    async def put_done(self, kfid: str, due: str) -> None:
        """What came in the meantime stays due."""
        if due:
            await self._cursors.put(f"wecom.kf.done:{kfid}", due)

    async def cursor(self, kfid: str) -> str:
        return await self._cursors.get(f"wecom.kf:{kfid}")

    async def move(self, kfid: str, cursor: str) -> None:
        await self._cursors.put(f"wecom.kf:{kfid}", cursor)


class Names:
    """Customers' names, asked for once; without them talk is filed all the same."""

    def __init__(self, api: Api, door: Door) -> None:
        self._api = api
        self._door = door
        self._known: OrderedDict[str, str] = OrderedDict()

    async def of(self, customers: set[str]) -> dict[str, str]:
        missing = sorted(customers - set(self._known))
        for at in range(0, len(missing), _AT_ONCE):
            await self._ask(missing[at : at + _AT_ONCE])
        while len(self._known) > _NAMES:
            self._known.popitem(last=False)
        return {one: self._known[one] for one in customers if one in self._known}

    async def _ask(self, customers: list[str]) -> None:
        try:
            answer = await self._api.call(
                self._door, "kf/customer/batchget", {"external_userid_list": customers}
            )
        except (ApiError, AdapterError) as error:
            _log.debug("wecom.kf.names", error=type(error).__name__)
            return
        for one in map(wire.as_object, wire.as_list(answer.get("customer_list"))):
            id_, name = one.get("external_userid"), one.get("nickname")
            if isinstance(id_, str) and isinstance(name, str):
                self._known[id_] = name[:200]


class Puller:
    def __init__(self, api: Api, door: Door, ports: Ports, marks: Marks) -> None:
        self._api = api
        self._door = door
        self._ports = ports
        self._marks = marks
        self._names = Names(api, door)
        self._woken = asyncio.Event()
        self.trouble = ""
        """Why the last round did not work, for `keqing doctor`; empty where it did."""

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled, in one replica at a time."""
        await self._ports.hold("wecom.kf", self._rounds)

    async def _rounds(self) -> None:
        clock = asyncio.get_running_loop().time
        failures, all_at = 0, clock()
        while True:
            self._woken.clear()
            whole = clock() >= all_at
            failed = await self._round(whole=whole)
            if whole and not failed:
                all_at = clock() + _ALL_S
            failures = failures + 1 if failed else 0
            self._tell(failed)
            pause = min(_LOOK_S * 2**failures, _LONGEST_PAUSE_S) if failures else _LOOK_S
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def _tell(self, failed: str) -> None:
        """A line when it stops working, and one when it works again."""
        if failed and not self.trouble:
            _log.warning("wecom.kf.down", error=failed)
        if self.trouble and not failed:
            _log.info("wecom.kf.back")
        self.trouble = failed

    async def _round(self, *, whole: bool) -> str:
        """Pull what is due, or all; answers why something did not work. One never stops the others."""
        failed = ""
        try:
            if whole:
                await self._learn()
            accounts = await self._marks.accounts()
        except Exception as error:  # noqa: BLE001 - the loop's edge: it must outlive the database
            return _why(error)
        for kfid in accounts:
            try:
                due = await self._marks.due(kfid)
                if due or whole:
                    await self.pull(kfid, due)
                    await self._marks.put_done(kfid, due)
            except Exception as error:  # noqa: BLE001 - as above
                failed = _why(error)
        return failed

    async def _learn(self) -> None:
        """Accounts that WeCom lists, where we may ask; the others are learnt from their events."""
        for offset in range(0, _MOST_ACCOUNTS, _AT_ONCE):
            try:
                answer = await self._api.call(
                    self._door, "kf/account/list", {"offset": offset, "limit": _AT_ONCE}
                )
            except ApiError:
                return
            found = [wire.as_object(one) for one in wire.as_list(answer.get("account_list"))]
            await self._marks.learn([wire.as_text(one.get("open_kfid")) for one in found])
            if len(found) < _AT_ONCE:
                return

    async def pull(self, kfid: str, due: str = "") -> None:
        """Read an account to its end."""
        token = _token(due, time.time())
        cursor = await self._marks.cursor(kfid)
        while True:
            page = await self._page(kfid, cursor, token)
            await self._deliver(wire.as_list(page.get("msg_list")))
            following = wire.as_text(page.get("next_cursor"))
            moved = bool(following) and following != cursor
            if moved:
                await self._marks.move(kfid, following)
                cursor = following
            if not page.get("has_more") or not moved:
                return

    async def _page(self, kfid: str, cursor: str, token: str) -> dict[str, Any]:
        body = {"limit": _PAGE, "voice_format": 0, "open_kfid": kfid}
        if cursor:
            body["cursor"] = cursor
        try:
            return await self._api.call(
                self._door, "kf/sync_msg", {**body, "token": token} if token else body
            )
        except ApiError as error:
            if cursor and error.is_of_cursor:
                # From the start again, three days back: what is known already is told apart by id.
                _log.warning("wecom.kf.cursor_lost")
                del body["cursor"]
            elif error.code != errors.BAD_MSG_TOKEN or not token:
                raise
        # Without a token, which may be too old, the call is only counted more strictly.
        return await self._api.call(self._door, "kf/sync_msg", body)

    async def _deliver(self, entries: list[Any]) -> None:
        customers = {found for entry in entries if (found := kf_inbound.customer(entry))}
        names = await self._names.of(customers)
        for entry in entries:
            name = names.get(kf_inbound.customer(entry), "")
            try:
                messages = kf_inbound.read(entry, name)
            except Unreadable as error:
                _log.warning("wecom.kf.unread", why=str(error)[:200])
                await self._ports.reject(
                    chats.CHANNEL, kf_inbound.raw(entry, name), str(error)[:500]
                )
                continue
            for message in messages:
                await deliver_patiently(self._ports.deliver, message)


def _token(due: str, now: float) -> str:
    """The token that came with the event, while it is good."""
    at, _, rest = due.partition(" ")
    try:
        return rest.partition(" ")[2] if now - float(at) < _TOKEN_LASTS_S else ""
    except ValueError:
        return ""


def _why(error: Exception) -> str:
    return str(error)[:200] if isinstance(error, AdapterError | ApiError) else type(error).__name__
