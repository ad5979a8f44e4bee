"""WeCom's adapter: puts the parts together. Who speaks in a chat is chosen by its prefix."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from aiohttp import web

from adapters.wecom import (
    archive_inbound,
    archive_marks,
    chats,
    doctor,
    inbound,
    kf_inbound,
    robot_doctor,
    robot_inbound,
    wire,
)
from adapters.wecom.api import Api, Door
from adapters.wecom.callback import Callback
from adapters.wecom.crypto import Crypto
from adapters.wecom.directory import Directory
from adapters.wecom.files import Files
from adapters.wecom.kf_pull import Marks, Puller
from adapters.wecom.kf_sending import Customers
from adapters.wecom.robot_callback import Ears, RobotCallback
from adapters.wecom.robot_connection import Connection
from adapters.wecom.robot_files import RobotFiles
from adapters.wecom.robot_marks import Chats
from adapters.wecom.robot_sending import Robot
from adapters.wecom.senders import Closed, Groups, Members, Robots, Speaker
from adapters.wecom.settings import WeComSettings
from bot.contract import (
    PAGE,
    Budget,
    Can,
    Check,
    Colleague,
    InboundMessage,
    Notice,
    NotSupported,
    Ports,
    Refused,
    RemoteFile,
    Sent,
    StoredFile,
    Target,
)

_DAY_S: Final = 86_400
_KF_WINDOW_S: Final = 48 * 3600
_REPLY_WINDOW_S: Final = 3300
_OFF: Final = Closed("nothing is set")
_NO_APP: Final = Closed("corp_id, agent_id and secret")
_NO_ROBOT: Final = Closed("robot_id and robot_secret, or robot_token and robot_encoding_aes_key")


class WeComAdapter:
    """Channel `wecom`."""

    channel = chats.CHANNEL
    can: frozenset[Can] = frozenset({Can.BUTTONS, Can.CHARTS})

    def __init__(self, settings: WeComSettings, ports: Ports) -> None:
        self.on = settings.on
        self._settings = settings
        self._api = Api(settings.api_base, settings.corp_id, ports.tokens)
        self._doors = _doors(settings)
        self._ports = ports
        self._marks = Marks(ports)
        self._chats = Chats(ports.cursors)
        ears = Ears(ports, self._chats, app=settings.has_app, name=settings.robot_name)
        self._connection = _connection(settings, ears, self._chats)
        self._speakers = _speakers(settings, self._api, self._doors) | {
            chats.ROBOT: Robot(
                self._api, self._chats, self._connection, listens=settings.robot_listens
            )
            if settings.has_robot
            else _NO_ROBOT
        }
        self._files = Files(self._api, self._doors, ports.download)
        key = settings.robot_encoding_aes_key
        self._robot_files = RobotFiles(
            key.get_secret_value() if key else "", settings.api_base, ports.download, ports.media
        )
        self._puller = (
            Puller(self._api, self._doors["kf"], ports, self._marks) if settings.has_kf else None
        )
        self._callback = Callback(_crypto(settings), settings.agent_id, ports, self._put_due)
        self._robot = RobotCallback(_robot_crypto(settings), ears, ports)

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            web.get("/wecom/callback", self._callback.verify, allow_head=False),
            web.post("/wecom/callback", self._callback.receive),
            web.get("/wecom/robot", self._robot.verify, allow_head=False),
            web.post("/wecom/robot", self._robot.receive),
        ]

    async def start(self) -> None:
        await self._api.start()

    async def stop(self) -> None:
        await self._api.stop()

    async def work(self) -> None:
        """Runs the pull of 微信客服 and the robot's connection, each in one replica at a time."""
        async with asyncio.TaskGroup() as tasks:
            if self._puller is not None:
                tasks.create_task(self._puller.run())
            if self._connection is not None:
                tasks.create_task(self._hold(self._connection))
            await asyncio.Event().wait()

    async def _hold(self, connection: Connection) -> None:
        await self._ports.hold("wecom.robot", connection.run)

    async def _put_due(self, due: inbound.Due | inbound.ArchiveDue) -> None:
        if isinstance(due, inbound.ArchiveDue):
            await archive_marks.put_due(self._ports.cursors, time.time())
            return
        await self._marks.put_due(due, time.time())
        if self._puller is not None:
            self._puller.wake()

    def budgets(self, chat: str) -> Sequence[Budget]:
        """WeCom drops what is beyond the first two without a word."""
        prefix, _ = chats.split(chat)
        if prefix == chats.KF:
            return (Budget(count=5, seconds=_KF_WINDOW_S, answering=True),)
        if prefix == chats.HOOK:
            return (Budget(count=20, seconds=60),)
        if prefix == chats.ROBOT and not self._settings.robot_connects:
            return (Budget(count=1, seconds=_REPLY_WINDOW_S, answering=True),)
        minute_and_hour = (Budget(count=30, seconds=60), Budget(count=1000, seconds=3600))
        if prefix in {chats.GROUP, chats.ROBOT}:
            return minute_and_hour
        if prefix == chats.USER:
            of_a_day = 200 * self._settings.accounts
            whole = Budget(count=of_a_day, seconds=_DAY_S, across=f"{chats.USER}:")
            return (*minute_and_hour, whole)
        return ()

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        if not self.on:
            raise _OFF.error()
        prefix, to = chats.split(target.chat)
        if prefix == chats.ARCHIVE:
            raise Refused("会话存档只能读 / the conversation archive can only be read")
        speaker = self._speakers.get(prefix)
        if speaker is None or not to:
            raise Refused(f"no such chat: {target.chat}")
        if target.place == PAGE:
            raise NotSupported("WeCom has no page of a member's")
        return await speaker.send(to, target, notice, key)

    async def find(self, target: Target, key: str) -> Sent | None:  # noqa: ARG002 - the port's shape
        raise NotSupported("WeCom cannot be asked; it tells repeats by content, task_id or msgid")

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        """Raises ValueError for what is no event of ours."""
        try:
            if raw.lstrip()[:1] == b"{":
                return self._again(raw)
            return inbound.read(raw).messages
        except inbound.Unreadable as error:
            raise ValueError(str(error)) from None

    def _again(self, raw: bytes) -> Sequence[InboundMessage]:
        try:
            kept = wire.as_object(wire.loads(raw))
        except ValueError as error:
            raise inbound.Unreadable(f"not JSON: {error}") from None
        app = self._settings.has_app
        if "robot" in kept:
            return robot_inbound.again(kept, app=app, name=self._settings.robot_name)
        if "archive" in kept:
            return archive_inbound.again(kept, app=app)
        return kf_inbound.again(raw)

    async def fetch(self, file: RemoteFile) -> StoredFile:
        if chats.split(file.ref)[0] == chats.ROBOT:
            if not self._settings.has_robot:
                raise _NO_ROBOT.error()
            return await self._robot_files.fetch(file)
        return await self._files.fetch(file)

    async def check(self) -> Sequence[Check]:
        trouble = self._puller.trouble if self._puller else ""
        found = await doctor.check(self._settings, self._api, self._doors, trouble)
        robot = await robot_doctor.robot(self._settings, self._chats)
        return [*found, *robot, *robot_doctor.archive(self._settings)]

    async def colleagues(self) -> AsyncIterator[Colleague]:
        door = self._doors.get("app")
        if door is None:
            raise _NO_APP.error()
        async for one in Directory(self._api, door).colleagues():
            yield one


def build(settings: dict[str, Any], ports: Ports) -> WeComAdapter:
    return WeComAdapter(WeComSettings.model_validate(settings), ports)


def _doors(settings: WeComSettings) -> dict[str, Door]:
    doors: dict[str, Door] = {}
    if settings.has_app and settings.secret:
        name = f"wecom.app:{settings.agent_id}"
        doors["app"] = Door(name, settings.secret.get_secret_value())
    if settings.has_kf and settings.kf_secret:
        doors["kf"] = Door("wecom.kf", settings.kf_secret.get_secret_value())
    return doors


def _speakers(settings: WeComSettings, api: Api, doors: dict[str, Door]) -> dict[str, Speaker]:
    """Prefix of a chat → who speaks there."""
    app, kf = doors.get("app"), doors.get("kf")
    keys = {name: key.get_secret_value() for name, key in settings.group_robots.items()}
    return {
        chats.USER: Members(api, app, settings.agent_id) if app else _NO_APP,
        chats.GROUP: Groups(api, app) if app else _NO_APP,
        chats.HOOK: Robots(api, keys) if keys else Closed("group_robots"),
        chats.KF: Customers(api, kf) if kf else Closed("corp_id and kf_secret"),
    }


def _crypto(settings: WeComSettings) -> Crypto | None:
    if not settings.listens or not settings.token or not settings.encoding_aes_key:
        return None
    token, key = settings.token.get_secret_value(), settings.encoding_aes_key.get_secret_value()
    return Crypto.of(token, key, settings.corp_id)


def _robot_crypto(settings: WeComSettings) -> Crypto | None:
    token, key = settings.robot_token, settings.robot_encoding_aes_key
    if not settings.robot_listens or not token or not key:
        return None
    return Crypto.of(token.get_secret_value(), key.get_secret_value(), "")


def _connection(settings: WeComSettings, ears: Ears, marks: Chats) -> Connection | None:
    if not settings.robot_connects or not settings.robot_secret:
        return None
    secret = settings.robot_secret.get_secret_value()
    return Connection(
        settings.robot_ws, settings.robot_id, secret, ears.hear_frame, marks.put_trouble
    )
