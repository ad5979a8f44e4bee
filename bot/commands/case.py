"""Service cases: what a customer wants or complains of, whose it is, and both clocks."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from bot import clock, people, telling
from bot.commands import amounts, cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import service, workdays
from bot.domain.service import CaseKind, CaseState
from bot.texts import Text
from storage import cases
from storage.tables import Customer, Interaction, Project, ServiceCase, User

NUMBER = Text("编号", "number")
_CUSTOMER = Text("客户", "customer")
_OWNER = Text("负责人", "owner")
_ANSWER = Text("应答", "Answer")
_SOLVE = Text("解决", "Solve")
OPEN: Final = frozenset({CaseState.OPEN, CaseState.WAITING})


@command(
    "case.new",
    zh="新建工单",
    permission="case.write",
    aliases=("case add", "登记工单"),
    help=Text(
        "登记客户的请求、投诉或故障，可指定负责人",
        "write down a customer's request, complaint or fault",
    ),
)
async def new(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    title: Annotated[Rest, Text("标题", "title")],
    kind: Annotated[CaseKind, Text("种类", "kind")] = CaseKind.REQUEST,
    urgent: Annotated[bool, Text("紧急", "urgent")] = False,
    owner: Annotated[User | None, _OWNER] = None,
    project: Annotated[Project | None, Text("项目", "project")] = None,
    item: Annotated[Interaction | None, Text("来源", "from")] = None,
) -> Notice:
    amounts.within(project, customer.id)
    await _taken(ask, customer, item)
    level = service.level(customer.tier, customer.service_level, urgent=urgent)
    now, calendar = local(ask), workdays.china()
    made = ServiceCase(
        customer_id=customer.id,
        project_id=project.id if project else item.project_id if item else None,
        contact_id=item.contact_id if item else None,
        interaction_id=item.id if item else None,
        title=title.strip(),
        kind=kind.value,
        urgent=urgent,
        owner_id=owner.id if owner else ask.actor.user_id,
        opened_at=utc(now),
        opened_by_id=ask.actor.user_id,
        answer_by=utc(level.due(now, level.answer, calendar)),
        solve_by=utc(level.due(now, level.solve, calendar)),
    )
    ask.session.add(made)
    await ask.session.flush()
    await happened(ask, "case.opened", made)
    owner = owner or await ask.session.get(User, made.owner_id or 0)
    await told(ask, made, customer, owner)
    return card_of(ask, made, customer, owner)


async def _taken(ask: Ask, customer: Customer, item: Interaction | None) -> None:
    """Raises where an item is another customer's, or has its case already."""
    if item is None:
        return
    if item.customer_id != customer.id:
        raise CommandError(
            Text("#{item} 不是 {code} 的往来。", "#{item} is not of {code}."),
            item=item.id,
            code=customer.code,
        )
    there = await cases.of_item(ask.session, item.id)
    if there is not None:
        raise CommandError(
            Text("#{item} 已经是工单 {number}。", "#{item} is case {number} already."),
            (Button(label=ask.t(Text("打开", "Open")), command=f"/case {there.id}"),),
            item=item.id,
            number=there.id,
        )


def local(ask: Ask) -> datetime:
    """Now, on the clock of the firm: working hours are its own."""
    return ask.now.astimezone(clock.zone(ask.defaults.timezone))


def utc(moment: datetime) -> datetime:
    """As the database has it: what is kept to undo a write is compared with what it says."""
    return moment.astimezone(UTC)


async def happened(ask: Ask, event: str, case: ServiceCase) -> None:
    await ask.did(
        event,
        case,
        customer_id=case.customer_id,
        project_id=case.project_id,
        number=case.id,
        title=case.title,
        kind=case.kind,
    )


async def told(ask: Ask, case: ServiceCase, customer: Customer, owner: User | None) -> None:
    """The owner, where somebody else gave it to them."""
    if owner is None or owner.id == ask.actor.user_id:
        return
    reader = await people.actor(ask.session, owner.id, ask.defaults)
    if reader is None:
        return
    theirs = Ask(ask.session, reader, ask.now.astimezone(reader.zone), None, ask.host)
    await telling.member(
        ask.session,
        owner,
        card_of(theirs, case, customer, owner),
        home=people.HOME,
        key=f"case:{case.id}:{owner.id}:{ask.now.isoformat()}",
        now=ask.now,
    )


@command(
    "case",
    zh="工单",
    reads=True,
    permission="case.read",
    help=Text("一张工单：负责人、状态、两个时限", "a case: owner, state and both clocks"),
)
async def card(ask: Ask, number: Annotated[int, NUMBER]) -> Notice:
    return card_of(ask, *await one(ask, number))


async def one(ask: Ask, number: int) -> cases.Row:
    found = await cases.one(ask.session, ask.actor.scope, number)
    if found is None:
        raise CommandError(Text("没有工单 {number}。", "There is no case {number}."), number=number)
    return found


def card_of(ask: Ask, case: ServiceCase, customer: Customer, owner: User | None) -> Notice:
    t = ask.t
    state = t(CaseState(case.state).text)
    if case.waiting_since:
        state += t(Text("，{since} 起停表", ", clock stopped since {since}")).format(
            since=cards.moment(ask, case.waiting_since)
        )
    kind = t(CaseKind(case.kind).text)
    level = service.level(customer.tier, customer.service_level, urgent=case.urgent)
    late = any(_late(ask, case, customer, due) for due in _running(case))
    return ask.notice(
        title=t(Text("工单 {number}：{title}", "Case {number}: {title}")).format(
            number=case.id, title=case.title
        ),
        level=Level.WARNING if late else Level.INFO,
        facts=[
            (t(_CUSTOMER), f"{customer.code} {customer.name}"),
            (
                t(Text("种类", "Kind")),
                f"{kind} · {t(Text('紧急', 'urgent'))}" if case.urgent else kind,
            ),
            (t(_OWNER), owner.name if owner else t(Text("（无）", "(nobody)"))),
            (t(Text("状态", "State")), state),
            (t(Text("服务级别", "Service level")), t(level.text)),
            (t(_ANSWER), _clock(ask, case, customer, case.answer_by, case.answered_at)),
            (t(_SOLVE), _clock(ask, case, customer, case.solve_by, case.solved_at)),
            (t(Text("处理结果", "Solution")), case.solution),
            (t(Text("重开", "Reopened")), str(case.reopened) if case.reopened else ""),
            (t(Text("来源", "From")), f"#{case.interaction_id}" if case.interaction_id else ""),
        ],
        buttons=_buttons(ask, case),
    )


def _running(case: ServiceCase) -> list[datetime]:
    """The ends of the clocks that run."""
    if case.state != CaseState.OPEN:
        return []
    found = [case.solve_by, None if case.answered_at else case.answer_by]
    return [one for one in found if one is not None]


def _left(ask: Ask, case: ServiceCase, customer: Customer, due: datetime) -> timedelta:
    """Time left on a clock; a clock that stands has what it had then."""
    at = (case.waiting_since or ask.now).astimezone(clock.zone(ask.defaults.timezone))
    level = service.level(customer.tier, customer.service_level)
    return level.left(at, due, workdays.china())


def _late(ask: Ask, case: ServiceCase, customer: Customer, due: datetime) -> bool:
    return _left(ask, case, customer, due) < timedelta()


def _clock(
    ask: Ask, case: ServiceCase, customer: Customer, due: datetime | None, done: datetime | None
) -> str:
    """A clock in words: when it was met, or how much is left."""
    if due is None:
        return ""
    if done is not None:
        late = ask.t(Text("（超时）", " (late)")) if done > due else ""
        return cards.moment(ask, done) + late
    left = _left(ask, case, customer, due)
    text = (
        Text("{due} 前，剩余 {left}", "by {due}, {left} left")
        if left >= timedelta()
        else Text("{due} 前，已超时 {left}", "by {due}, {left} late")
    )
    said = ask.t(text, due=cards.moment(ask, due), left=ask.t(service.span_text(left)))
    if service.unsure(due):
        unsure = Text(
            "（{year} 年放假安排尚未公布，按周末和法定节日估算）",
            " (public holidays of {year} are not published yet: an estimate)",
        )
        said += ask.t(unsure, year=due.year)
    return said


def _buttons(ask: Ask, case: ServiceCase) -> list[Button]:
    if not ask.actor.may("case.write"):
        return []
    n = case.id

    def button(text: Text, line: str) -> Button:
        return Button(label=ask.t(text), command=f"/case {line} {n}")

    if case.state in {CaseState.SOLVED, CaseState.CLOSED}:
        return [button(Text("重开", "Reopen"), "reopen")]
    found = [] if case.answered_at else [button(Text("已应答", "Answered"), "answer")]
    if case.state == CaseState.WAITING:
        return [*found, button(Text("继续计时", "Resume"), "resume")]
    return [*found, button(Text("等客户", "Wait for them"), "wait")]


@command(
    "cases",
    zh="工单列表",
    reads=True,
    permission="case.read",
    aliases=("case list", "我的工单"),
    help=Text(
        "我的未结工单；某客户的；超时的", "my open cases, a customer's, or those that are late"
    ),
)
async def list_(
    ask: Ask,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    late: Annotated[bool, Text("超时", "late")] = False,
    owner: Annotated[User | None, _OWNER] = None,
) -> Notice:
    mine = ask.actor.user_id if customer is None and not late else None
    found = await cases.listed(
        ask.session,
        ask.actor.scope,
        owner_id=owner.id if owner else mine,
        customer_id=customer.id if customer else None,
        late_at=ask.now if late else None,
    )
    title = ask.t(Text("超时的工单", "Late cases") if late else Text("未结工单", "Open cases"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有工单。", "There are no cases.")))
    rows = tuple(
        (
            str(case.id),
            ("★ " if case.urgent else "") + cards.short(case.title, 60),
            of.code,
            user.name if user else "",
            ask.t(CaseState(case.state).text),
            _clock(ask, case, of, case.answer_by, case.answered_at),
            _clock(ask, case, of, case.solve_by, None),
        )
        for case, of, user in found
    )
    columns = amounts.columns(
        ask,
        NUMBER,
        Text("标题", "Title"),
        _CUSTOMER,
        _OWNER,
        Text("状态", "State"),
        _ANSWER,
        _SOLVE,
    )
    buttons = [Button(label=f"{case.id}", command=f"/case {case.id}") for case, _, _ in found[:5]]
    return ask.notice(title=title, table=Table(columns=columns, rows=rows), buttons=buttons)
