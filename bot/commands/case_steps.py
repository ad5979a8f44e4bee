"""What happens to a service case until it is closed."""

import contextlib
from typing import Annotated, Final

from bot.commands import survey
from bot.commands.case import NUMBER, OPEN, card_of, happened, local, one, told, utc
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Notice
from bot.domain import service, workdays
from bot.domain.care import SurveyKind
from bot.domain.service import CaseState
from bot.pipeline import waiting
from bot.texts import Text
from storage.tables import Customer, Project, ServiceCase, User

_NOT_OPEN: Final = Text(
    "工单 {number} 已经{state}，需要先重开：/case reopen {number}",
    "Case {number} is {state}; reopen it first: /case reopen {number}",
)


async def _open(ask: Ask, number: int) -> tuple[ServiceCase, Customer, User | None]:
    case, customer, owner = await one(ask, number)
    if case.state not in OPEN:
        raise CommandError(_NOT_OPEN, number=number, state=ask.t(CaseState(case.state).text))
    return case, customer, owner


@command(
    "case.answer",
    zh="工单应答",
    permission="case.write",
    help=Text("客户已得到首次答复", "the customer has had a first answer"),
)
async def answer(ask: Ask, number: Annotated[int, NUMBER]) -> Notice:
    case, customer, owner = await _open(ask, number)
    if case.answered_at is not None:
        raise CommandError(
            Text("工单 {number} 早已应答。", "Case {number} was answered already."), number=number
        )
    case.answered_at = utc(ask.now)
    await happened(ask, "case.answered", case)
    return card_of(ask, case, customer, owner)


@command(
    "case.wait",
    zh="工单等客户",
    permission="case.write",
    help=Text("等客户答复，期间停表", "wait for the customer; the clock stands meanwhile"),
)
async def wait(ask: Ask, number: Annotated[int, NUMBER]) -> Notice:
    case, customer, owner = await _open(ask, number)
    if case.state == CaseState.WAITING:
        raise CommandError(
            Text("工单 {number} 已经在等客户。", "Case {number} waits already."), number=number
        )
    case.state, case.waiting_since = CaseState.WAITING.value, utc(ask.now)
    case.answered_at = case.answered_at or utc(ask.now)  # who asks something back has answered
    await happened(ask, "case.waiting", case)
    return card_of(ask, case, customer, owner)


@command(
    "case.resume",
    zh="工单继续",
    permission="case.write",
    help=Text("客户已答复，继续计时", "the customer has answered; the clock goes on"),
)
async def resume(ask: Ask, number: Annotated[int, NUMBER]) -> Notice:
    case, customer, owner = await _open(ask, number)
    if case.state != CaseState.WAITING:
        raise CommandError(
            Text("工单 {number} 没有在等客户。", "Case {number} does not wait."), number=number
        )
    waiting.go_on(case, customer, local(ask))
    await happened(ask, "case.resumed", case)
    return card_of(ask, case, customer, owner)


@command(
    "case.solve",
    zh="解决工单",
    permission="case.write",
    help=Text("写下处理结果，工单解决", "say what was done; the case is solved"),
)
async def solve(
    ask: Ask, number: Annotated[int, NUMBER], solution: Annotated[Rest, Text("结果", "solution")]
) -> Notice:
    case, customer, owner = await _open(ask, number)
    waiting.go_on(case, customer, local(ask))
    case.state, case.solved_at = CaseState.SOLVED.value, utc(ask.now)
    case.answered_at = case.answered_at or utc(ask.now)
    case.solution = solution.strip()
    await happened(ask, "case.solved", case)
    await _ask_how_it_was(ask, case)
    return card_of(ask, case, customer, owner)


async def _ask_how_it_was(ask: Ask, case: ServiceCase) -> None:
    """A survey for the customer, which waits for a yes; none where they were asked of late."""
    customer = await ask.session.get_one(Customer, case.customer_id)
    project = await ask.session.get(Project, case.project_id or 0)
    with contextlib.suppress(CommandError):
        async with ask.session.begin_nested():
            await survey.invite(ask, SurveyKind.CSAT, customer, project, case_id=case.id)


@command(
    "case.reopen",
    zh="重开工单",
    permission="case.write",
    help=Text("问题又出现，时限重新计算", "it is back: the clock starts anew"),
)
async def reopen(ask: Ask, number: Annotated[int, NUMBER]) -> Notice:
    case, customer, owner = await one(ask, number)
    if case.state in OPEN:
        raise CommandError(
            Text("工单 {number} 还没有解决。", "Case {number} is open still."), number=number
        )
    level = service.level(customer.tier, customer.service_level, urgent=case.urgent)
    case.state, case.solved_at = CaseState.OPEN.value, None
    case.solve_by = utc(level.due(local(ask), level.solve, workdays.china()))
    case.reopened += 1
    case.warned_at = case.breached_at = None
    await happened(ask, "case.reopened", case)
    await told(ask, case, customer, owner)
    return card_of(ask, case, customer, owner)


@command(
    "case.close",
    zh="关闭工单",
    permission="case.write",
    help=Text("客户认可，工单关闭", "the customer is content; the case is closed"),
)
async def close(ask: Ask, number: Annotated[int, NUMBER]) -> Notice:
    case, customer, owner = await one(ask, number)
    if case.state != CaseState.SOLVED:
        raise CommandError(
            Text(
                "先写下处理结果：/case solve {number} …",
                "Say first what was done: /case solve {number} …",
            )
            if case.state in OPEN
            else Text("工单 {number} 早已关闭。", "Case {number} was closed already."),
            number=number,
        )
    case.state = CaseState.CLOSED.value
    await happened(ask, "case.closed", case)
    return card_of(ask, case, customer, owner)


@command(
    "case.assign",
    zh="指派工单",
    permission="case.write",
    help=Text("把工单交给某人", "give a case to a member"),
)
async def assign(
    ask: Ask,
    number: Annotated[int, NUMBER],
    owner: Annotated[User, Text("负责人", "owner")],
) -> Notice:
    case, customer, _ = await _open(ask, number)
    case.owner_id = owner.id
    await happened(ask, "case.assigned", case)
    await told(ask, case, customer, owner)
    return card_of(ask, case, customer, owner)
