"""What a rule may name beyond the record: told when it is written, not when it fires."""

from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.commands import care
from bot.commands.registry import CommandError, Host
from bot.domain.care import Node
from bot.planning import making
from bot.rules.actions import OWN, Begin, Offer, Webhook
from bot.rules.book import Rule
from bot.texts import Text

PAYMENT: Final = "payment"
PROGRESS: Final = "progress"
KICKOFF: Final = "kickoff"
START: Final = "start"
_PUSHES: Final = (PAYMENT, PROGRESS, OWN)
_FLOWS: Final = (KICKOFF, START)

_NO_SYSTEM = Text(
    "没有系统「{name}」，可用：{known}。系统由管理员在设置 KEQING_HOOK__SYSTEMS 中写明。",
    "There is no system “{name}”; there are: {known}. The operator names them in the setting"
    " KEQING_HOOK__SYSTEMS.",
)
_NO_PUSH = Text(
    "没有「{name}」这种给客户的消息，可用：{known}。",
    "There are no words for customers called “{name}”; there are: {known}.",
)
_NO_FLOW = Text(
    "没有流程「{name}」，可用：{known}。",
    "There is nothing called “{name}” to begin; there are: {known}.",
)


async def check(session: AsyncSession, host: Host, rule: Rule) -> None:
    """Raises `CommandError` where the rule names a system, words or a flow that is not there."""
    for action in rule.then:
        if isinstance(action, Webhook):
            _among(_NO_SYSTEM, action.webhook, list(host.systems()))
        elif isinstance(action, Offer) and action.push not in _PUSHES:
            nodes = [node.id for node in await said_nodes(session)]
            _among(_NO_PUSH, action.push, [*_PUSHES, *nodes])
        elif isinstance(action, Begin) and not await _can_begin(session, action.flow):
            raise _missing(_NO_FLOW, action.flow, [*_FLOWS, *await making.known(session)])


async def said_nodes(session: AsyncSession) -> list[Node]:
    """The points of the care plan that say something."""
    return [node for node in await care.plan(session) if node.words is not None]


async def _can_begin(session: AsyncSession, name: str) -> bool:
    return name in _FLOWS or await making.named(session, name) is not None


def _among(text: Text, name: str, known: list[str]) -> None:
    if name not in known:
        raise _missing(text, name, known)


def _missing(text: Text, name: str, known: list[str]) -> CommandError:
    return CommandError(text, name=name, known=", ".join(known) or "—")
