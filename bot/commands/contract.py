"""Contracts: drafted, approved, signed, and what they lead to."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from bot.commands import amounts, approval, arguments, cards, deal, settling
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.texts import Text
from storage import customers, projects
from storage import money as accounts
from storage.tables import Approval, Contract, Customer, PaymentTerm, Project

_CODE = Text("合同编号", "contract")


class ContractState(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"
    APPROVED = "approved"
    SIGNED = "signed"
    ENDED = "ended"
    REFUSED = "refused"

    @property
    def text(self) -> Text:
        return {
            "draft": Text("草稿", "draft"),
            "waiting": Text("待批准", "waits for approval"),
            "approved": Text("已批准，待签署", "approved, to be signed"),
            "signed": Text("已签署", "signed"),
            "ended": Text("已结束", "ended"),
            "refused": Text("已退回", "refused"),
        }[self.value]


@command(
    "contract.new",
    zh="新建合同",
    permission="contract.write",
    help=Text(
        "起草合同：/新建合同 华建 四期门禁 50万 止:2027-12-31",
        "draft a contract: /contract new acme portal 50000 ends:2027-12-31",
    ),
)
async def new(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    name: Annotated[Rest, Text("名称", "name")],
    amount: Annotated[Decimal, Text("金额", "amount")],
    currency: Annotated[str, Text("币种", "currency")] = "",
    project: Annotated[str, Text("项目", "project")] = "",
    starts: Annotated[str, Text("起", "starts")] = "",
    ends: Annotated[str, Text("止", "ends")] = "",
    code: Annotated[str, Text("编号", "code")] = "",
    terms: Annotated[str, Text("条款", "terms")] = "",
    remind: Annotated[int, Text("提前提醒天数", "remind")] = 30,
) -> Notice:
    amounts.allowed(ask)
    there = await arguments.project_named(ask, project) if project else None
    amounts.within(there, customer.id)
    first, last = settling.day(ask, starts), settling.day(ask, ends)
    if first and last and last < first:
        raise CommandError(Text("结束日期早于开始日期。", "It ends before it starts."))
    if code and await accounts.contract(ask.session, ask.actor.scope, code):
        raise CommandError(Text("编号 {code} 已被使用。", "The code {code} is taken."), code=code)
    money_, title = amounts.with_currency(name, currency, "CNY")
    made = await draft(
        ask,
        customer,
        title,
        amount=amounts.positive(amount),
        currency=money_,
        project_id=there.id if there else None,
        starts_on=first,
        ends_on=last,
        terms=terms,
        remind_days=min(max(remind, 0), 365),
        code=code,
    )
    return await shown(ask, made)


async def draft(
    ask: Ask, customer: Customer, name: str, *, code: str = "", **given: Any
) -> Contract:
    made = Contract(
        code=code or await customers.next_code(ask.session, "K"),
        customer_id=customer.id,
        name=name,
        made_by_id=ask.actor.user_id,
        **given,
    )
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, made, "contract.made")
    return made


@command(
    "contract",
    zh="合同",
    reads=True,
    permission="customer.read",
    aliases=("contracts", "查看合同"),
    help=Text("一份合同，或一个客户的全部合同", "a contract, or all of a customer's"),
)
async def card(
    ask: Ask, what: Annotated[str, Text("合同或客户", "contract or customer")]
) -> Notice:
    found = await accounts.contract(ask.session, ask.actor.scope, what.strip())
    if found is not None:
        return await shown(ask, found)
    customer = await arguments.customer_named(ask, what)
    listed = await accounts.contracts(ask.session, customer_id=customer.id)
    title = f"{customer.code} {customer.name}"
    if not listed:
        return ask.notice(title=title, text=ask.t(Text("还没有合同。", "No contracts yet.")))
    if len(listed) == 1:
        return await shown(ask, listed[0])
    columns = amounts.columns(
        ask,
        Text("编号", "Code"),
        Text("名称", "Name"),
        Text("金额", "Amount"),
        Text("状态", "State"),
        Text("结束", "Ends"),
    )
    rows = tuple(
        (
            one.code,
            one.name,
            _amount(ask, one),
            ask.t(ContractState(one.state).text),
            cards.day(one.ends_on, ask.language),
        )
        for one in listed
    )
    return ask.notice(title=title, table=Table(columns=columns, rows=rows))


def _amount(ask: Ask, one: Contract) -> str:
    if ask.actor.scope.money != "amount":
        return ""
    return amounts.show(ask, one.amount, one.currency)


async def shown(ask: Ask, one: Contract) -> Notice:
    customer = await ask.session.get_one(Customer, one.customer_id)
    project = await ask.session.get(Project, one.project_id or 0)
    terms = await accounts.terms_of_contract(ask.session, one.id)
    state = ContractState(one.state)
    return ask.notice(
        title=f"{one.code} {one.name}",
        text=one.terms,
        level=Level.GOOD if state is ContractState.SIGNED else Level.INFO,
        facts=[
            (ask.t(Text("客户", "Customer")), f"{customer.code} {customer.name}"),
            (ask.t(Text("项目", "Project")), f"{project.code} {project.name}" if project else ""),
            (ask.t(Text("金额", "Amount")), _amount(ask, one)),
            (ask.t(Text("状态", "State")), ask.t(state.text)),
            (ask.t(Text("签署", "Signed")), cards.day(one.signed_on, ask.language)),
            (ask.t(Text("开始", "Starts")), cards.day(one.starts_on, ask.language)),
            (ask.t(Text("结束", "Ends")), cards.day(one.ends_on, ask.language)),
            (ask.t(Text("付款计划", "Payment plan")), _plan(ask, one, terms)),
        ],
        buttons=await _next(ask, one, customer, project),
    )


def _plan(ask: Ask, one: Contract, terms: Sequence[PaymentTerm]) -> str:
    shows = ask.actor.scope.money == "amount"
    return "\n".join(
        f"{cards.day(term.due, ask.language)} {term.name} "
        + (
            amounts.show(ask, term.amount, term.currency)
            if shows
            else f"{term.amount / one.amount:.0%}"
        )
        for term in terms
    )


async def _next(
    ask: Ask, one: Contract, customer: Customer, project: Project | None
) -> list[Button]:
    if not ask.actor.may("contract.write"):
        return []
    if one.state in {ContractState.DRAFT, ContractState.REFUSED}:
        submit_ = Text("提交审批", "Ask for approval")
        return [Button(label=ask.t(submit_), command=f"/contract submit {one.code}", primary=True)]
    if one.state == ContractState.APPROVED:
        signed_ = Text("已签署", "Signed")
        return [Button(label=ask.t(signed_), command=f"/contract signed {one.code}", primary=True)]
    if one.state != ContractState.SIGNED:
        return []
    if project is not None:
        plan = Text("收款情况", "Payments")
        return [Button(label=ask.t(plan), command=f"/payments {project.code}")]
    belongs = Text("属于 {code}", "Belongs to {code}")
    there = await projects.listed(
        ask.session, ask.actor.scope, customer_id=customer.id, open_only=True, limit=3
    )
    return [
        Button(label=ask.t(deal.START), command=f"/kickoff {one.code}", primary=True),
        *(
            Button(label=ask.t(belongs, code=p.code), command=f"/contract link {one.code} {p.code}")
            for p in there
        ),
    ]


async def named(ask: Ask, code: str) -> Contract:
    found = await accounts.contract(ask.session, ask.actor.scope, code.strip())
    if found is None:
        raise CommandError(
            Text("没有找到合同「{code}」。", "There is no contract “{code}”."), code=code
        )
    return found


@command(
    "contract.submit",
    zh="提交合同",
    permission="contract.write",
    help=Text("把合同提交审批", "ask for a contract's approval"),
)
async def submit(ask: Ask, code: Annotated[str, _CODE]) -> Notice:
    one = await named(ask, code)
    _must(ask, one, ContractState.DRAFT, ContractState.REFUSED)
    worth = await amounts.in_own(ask, one.amount, one.currency)
    one.state = ContractState.WAITING
    await _happened(ask, one, "contract.asked")
    await approval.ask_for(
        ask,
        "contract",
        one,
        title=f"{one.code} {one.name}",
        facts={"contract.amount": worth},
        customer=await ask.session.get(Customer, one.customer_id),
        project=await ask.session.get(Project, one.project_id or 0),
    )
    return await shown(ask, one)


@approval.decided("contract")
async def decided(ask: Ask, one: Approval, yes: bool) -> Notice | None:
    row = await ask.session.get(Contract, one.row_id or 0)
    if row is None or row.state != ContractState.WAITING:
        return None
    row.state = ContractState.APPROVED if yes else ContractState.REFUSED
    ask.session.add(row)
    return None


@command(
    "contract.signed",
    zh="签署合同",
    permission="contract.write",
    aliases=("contract sign",),
    help=Text("登记合同已签署，默认今天", "a contract was signed; today if you say no day"),
)
async def signed(
    ask: Ask,
    code: Annotated[str, _CODE],
    on: Annotated[date | None, Text("日期", "on")] = None,
) -> Notice:
    one = await named(ask, code)
    _must(ask, one, ContractState.APPROVED)
    one.signed_on = settling.past(ask, on)
    one.state = ContractState.SIGNED
    customer = await ask.session.get_one(Customer, one.customer_id)
    if customer.stage in {"lead", "opportunity", "lost"}:
        before, customer.stage = customer.stage, "delivery"
        await ask.did(
            "customer.stage", customer, customer_id=customer.id, before=before, after="delivery"
        )
    worth = await amounts.in_own(ask, one.amount, one.currency)
    await _happened(ask, one, "contract.signed", amount=worth)
    return await shown(ask, one)


@command(
    "contract.link",
    zh="合同归项目",
    permission="contract.write",
    help=Text("说明合同属于哪个项目", "say which project a contract is of"),
)
async def link(
    ask: Ask,
    code: Annotated[str, _CODE],
    project: Annotated[Project, Text("项目", "project")],
) -> Notice:
    one = await named(ask, code)
    amounts.within(project, one.customer_id)
    terms = await accounts.terms_of_contract(ask.session, one.id)
    if any(term.paid for term in terms) and one.project_id not in {None, project.id}:
        raise CommandError(
            Text("{code} 已有收款，不能换项目。", "{code} is partly paid; it keeps its project."),
            code=one.code,
        )
    one.project_id = project.id
    for term in terms:
        term.project_id = project.id
        ask.session.add(term)
    await _happened(ask, one, "contract.linked", project=project.code)
    await settling.settle(ask.session, one.customer_id, project.id, ask.now)
    return await shown(ask, one)


def _must(ask: Ask, one: Contract, *states: ContractState) -> None:
    if one.state not in states:
        raise CommandError(
            Text(
                "{code} 的状态是「{state}」，不能这样做。",
                "{code} is “{state}”; that cannot be done.",
            ),
            (Button(label=ask.t(Text("查看", "Show")), command=f"/contract {one.code}"),),
            code=one.code,
            state=ask.t(ContractState(one.state).text),
        )


async def _happened(ask: Ask, one: Contract, event: str, **facts: Any) -> None:
    await ask.did(
        event,
        one,
        customer_id=one.customer_id,
        project_id=one.project_id,
        code=one.code,
        name=one.name,
        **facts,
    )
