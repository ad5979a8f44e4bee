"""Channel `web`: members' own chats with the assistant. The platform that keeps them is ourselves."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.contract import Budget, Can, ChannelName, Notice, NotSupported, Ports, Sent, Target


class WebAdapter:
    """Lines go into our own chat log, from where the page and the terminal read them."""

    channel = ChannelName("web")
    can: frozenset[Can] = frozenset(Can)

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def budgets(self, chat: str) -> Sequence[Budget]:  # noqa: ARG002 - we let all through
        return ()

    def routes(self) -> Sequence[web.RouteDef]:
        return []

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        line = await self._ports.chat_log.append(target.chat, notice, key=key, place=target.place)
        return Sent(id=line)

    async def find(self, target: Target, key: str) -> Sent | None:  # noqa: ARG002 - the port's shape
        raise NotSupported("sending again with the same key changes nothing")


def build(settings: dict[str, Any], ports: Ports) -> WebAdapter:  # noqa: ARG001 - the factory's shape
    return WebAdapter(ports)
