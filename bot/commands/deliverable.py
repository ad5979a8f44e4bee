"""Deliverables: written down with their file's fingerprint, offered, accepted by the customer's tap."""

import hashlib
import secrets
from typing import Annotated, Final

from bot import telling
from bot.commands import cards, offering
from bot.commands.offering import Offer
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Audience, Button, Fact, Field, FieldKind, Form, Level, Notice, StoredFile
from bot.contract import Table as Rows
from bot.people import HOME, actor
from bot.texts import Text, language_of
from storage import delivery
from storage.tables import Attachment, Conversation, Customer, Deliverable, Project, Push, User

_PROJECT = Text("项目", "project")
_NUMBER = Text("编号", "number")
_STATES: Final = {
    "draft": Text("未提交", "not offered"),
    "waiting": Text("内部审批中", "being approved"),
    "offered": Text("待客户验收", "with the customer"),
    "accepted": Text("已验收", "accepted"),
    "refused": Text("客户未接受", "not accepted"),
}
_GONE = Text(
    "这个交付物已经处理过，或链接已失效。", "This was decided already, or is no longer valid."
)
_ACCEPT = Text("确认验收", "Accept")
_REFUSE = Text("有问题", "Not yet")


@command(
    "deliverable.new",
    zh="登记交付物",
    permission="project.write",
    aliases=("deliverable", "交付物"),
    help=Text(
        "登记一个交付物，可指明项目里的文件名",
        "write down a deliverable, with the name of its file",
    ),
)
async def new(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    name: Annotated[Rest, Text("名称", "name")],
    file: Annotated[str, Text("文件", "file")] = "",
) -> Notice:
    found = await _file(ask, project, file) if file else None
    earlier = [d for d in await delivery.deliverables(ask.session, project.id) if d.name == name]
    made = Deliverable(
        project_id=project.id,
        name=name.strip(),
        version=len(earlier) + 1,
        file_name=found.name if found else "",
        file_type=found.type if found else "",
        file_size=found.size if found else 0,
        sha256=found.sha256 if found else "",
        by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, "deliverable.made", made, project)
    return await list_(ask, project)


async def _file(ask: Ask, project: Project, name: str) -> Attachment:
    found = await delivery.files(ask.session, ask.actor.scope, project=project, name=name)
    if not found:
        raise CommandError(
            Text(
                "{code} 里没有文件「{name}」。先把文件发到项目的聊天，再登记。",
                "{code} has no file “{name}”. Send it to a chat of the project first.",
            ),
            code=project.code,
            name=name,
        )
    return found[0]


@command(
    "deliverables",
    zh="交付物列表",
    reads=True,
    permission="project.read",
    aliases=("deliverable list",),
    help=Text("项目的交付物和客户签收", "a project's deliverables, and what was accepted"),
)
async def list_(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    found = await delivery.deliverables(ask.session, project.id)
    title = f"{project.code} {project.name}"
    if not found:
        return ask.notice(title=title, text=ask.t(Text("还没有交付物。", "No deliverables yet.")))
    rows = tuple(
        (
            str(one.id),
            f"{one.name} v{one.version}",
            one.file_name,
            one.sha256[:12],
            ask.t(_STATES[one.state]),
            f"{one.decided_by} {cards.moment(ask, one.decided_at)}" if one.decided_at else "",
        )
        for one in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            _NUMBER,
            Text("名称", "Name"),
            Text("文件", "File"),
            Text("指纹", "Fingerprint"),
            Text("状态", "State"),
            Text("签收", "Signed"),
        )
    )
    buttons = [
        Button(
            label=ask.t(Text("请客户验收 {n}", "Offer {n}"), n=one.id),
            command=f"/deliverable offer {one.id}",
        )
        for one in found[-5:]
        if one.state in {"draft", "refused"} and ask.actor.may("push.propose")
    ]
    return ask.notice(title=title, table=Rows(columns=columns, rows=rows), buttons=buttons)


@command(
    "deliverable.offer",
    zh="请客户验收",
    permission="push.propose",
    help=Text(
        "请客户验收一个交付物，内部批准后发出",
        "ask the customer to accept a deliverable, once it is approved here",
    ),
)
async def offer(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    one, project = await _one(ask, number)
    if one.state not in {"draft", "refused"}:
        raise CommandError(
            Text("{name}：{state}。", "{name}: {state}."), name=one.name, state=_STATES[one.state]
        )
    key = secrets.token_urlsafe(16)
    one.secret = _digest(key)
    one.state, one.offered_at = "waiting", None
    one.decided_at, one.decided_by, one.comment = None, "", ""
    ask.session.add(one)
    customer = await ask.session.get_one(Customer, project.customer_id)

    async def make(chat: Conversation) -> Notice:
        return _words(one, project, key, language_of(chat.language or customer.language))

    made = await offering.offer(ask, Offer("deliverable", customer, project, make, "acceptance"))
    one.push_id = made[0][0].id
    ask.session.add(one)
    ask.wrote("deliverable.offered", one)
    return await offering.sent_off(ask, [waits for _, _, waits in made])


@offering.settled("deliverable")
async def _settled(ask: Ask, push: Push, yes: bool) -> None:
    one = await delivery.deliverable_of_push(ask.session, push.id)
    if one is not None and one.state == "waiting":
        one.state, one.offered_at = ("offered", ask.now) if yes else ("draft", None)
        ask.session.add(one)


def _words(one: Deliverable, project: Project, key: str, language: str) -> Notice:
    name = f"{one.name} v{one.version}"
    facts = [
        (Text("项目", "Project"), project.name),
        (Text("文件", "File"), one.file_name),
        (Text("文件指纹（SHA-256）", "Fingerprint (SHA-256)"), one.sha256),
    ]
    files = (
        (StoredFile(name=one.file_name, type=one.file_type, size=one.file_size, sha256=one.sha256),)
        if one.sha256
        else ()
    )
    refuse = Form(
        command=f"/deliverable.refuse {key}",
        title=_REFUSE.in_(language),
        submit=_REFUSE.in_(language),
        fields=(
            Field(
                name="comment",
                label=Text("哪里有问题", "What is wrong").in_(language),
                kind=FieldKind.LONG,
            ),
        ),
    )
    return Notice(
        audience=Audience.CUSTOMER,
        title=Text("请验收：{name}", "Please accept: {name}").in_(language, name=name),
        text=Text(
            "我们已交付以下内容，请确认。确认时间、确认人和文件指纹会被保存。",
            "We have delivered the following. When you accept it, the time, your name and the file's"
            " fingerprint are kept.",
        ).in_(language),
        facts=tuple(
            Fact(label=label.in_(language), value=value) for label, value in facts if value
        ),
        files=files,
        buttons=(
            Button(
                label=_ACCEPT.in_(language),
                command=f"/deliverable.accept {key}",
                primary=True,
                once=True,
            ),
            Button(label=_REFUSE.in_(language), command=f"/deliverable.refuse {key}", once=True),
        ),
        form=refuse,
        language=language,
    )


@command(
    "deliverable.accept",
    zh="确认验收",
    for_customers=True,
    help=Text("客户确认验收", "the customer accepts"),
)
async def accept(ask: Ask, key: Annotated[str, Text("凭证", "key")]) -> Notice:
    one = await _decide(ask, key, "accepted", "")
    return _thanks(
        ask,
        Text("已确认验收：{name}。谢谢！", "Accepted: {name}. Thank you!"),
        one,
    )


@command(
    "deliverable.refuse",
    zh="验收有问题",
    for_customers=True,
    help=Text("客户说明验收问题", "the customer says what is wrong"),
)
async def refuse(
    ask: Ask,
    key: Annotated[str, Text("凭证", "key")],
    comment: Annotated[Rest, Text("说明", "comment")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    one = await _decide(ask, key, "refused", comment)
    return _thanks(
        ask,
        Text(
            "已记录：{name} 暂未验收，我们会尽快联系您。",
            "Noted: {name} is not accepted yet. We will be in touch.",
        ),
        one,
    )


def _thanks(ask: Ask, text: Text, one: Deliverable) -> Notice:
    name = f"{one.name} v{one.version}"
    facts = [
        (Text("确认人", "By"), one.decided_by),
        (Text("时间", "At"), cards.moment(ask, one.decided_at) if one.decided_at else ""),
        (Text("文件指纹（SHA-256）", "Fingerprint (SHA-256)"), one.sha256),
    ]
    return Notice(
        audience=Audience.CUSTOMER,
        text=ask.t(text, name=name),
        facts=tuple(Fact(label=ask.t(label), value=value) for label, value in facts if value),
        language=ask.language,
    )


async def _decide(ask: Ask, key: str, state: str, comment: str) -> Deliverable:
    one = await delivery.deliverable_of(ask.session, _digest(key))
    customer_id = ask.chat.customer_id if ask.chat else None
    project = await ask.session.get(Project, one.project_id) if one else None
    if (
        one is None
        or project is None
        or one.state != "offered"
        or customer_id != project.customer_id
    ):
        raise CommandError(_GONE)
    one.state, one.decided_at, one.comment = state, ask.now, comment[:2000]
    one.decided_by = ask.actor.name or ask.t(Text("客户", "the customer"))
    one.contact_id = ask.by.id if ask.by else None
    await _happened(ask, f"deliverable.{state}", one, project)
    await _tell(ask, one, project)
    return one


async def _tell(ask: Ask, one: Deliverable, project: Project) -> None:
    """The project's manager and the customer's owner."""
    customer = await ask.session.get_one(Customer, project.customer_id)
    for user_id in dict.fromkeys((project.manager_id, customer.owner_id)):
        user = await ask.session.get(User, user_id or 0)
        reader = await actor(ask.session, user.id, ask.defaults) if user else None
        if user is None or reader is None:
            continue
        t = reader.language
        good = one.state == "accepted"
        text = (
            Text("{who} 已验收 {name}", "{who} has accepted {name}")
            if good
            else Text("{who} 未接受 {name}", "{who} has not accepted {name}")
        )
        notice = Notice(
            level=Level.GOOD if good else Level.WARNING,
            title=text.in_(t, who=one.decided_by, name=f"{one.name} v{one.version}"),
            text=one.comment,
            facts=(Fact(label=_PROJECT.in_(t), value=f"{project.code} {project.name}"),),
            buttons=(
                Button(
                    label=Text("交付物", "Deliverables").in_(t),
                    command=f"/deliverables {project.code}",
                ),
            ),
            language=t,
        )
        key = f"deliverable:{one.id}:{one.state}:{one.decided_at}"
        await telling.member(ask.session, user, notice, home=HOME, key=key, now=ask.now)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def _one(ask: Ask, number: int) -> tuple[Deliverable, Project]:
    found = await delivery.numbered(ask.session, ask.actor.scope, Deliverable, number)
    if found is None:
        raise CommandError(
            Text("没有交付物 {number}。", "There is no deliverable {number}."), number=number
        )
    return found


async def _happened(ask: Ask, event: str, one: Deliverable, project: Project) -> None:
    await ask.did(
        event,
        one,
        customer_id=project.customer_id,
        project_id=project.id,
        title=f"{one.name} v{one.version}",
        who=one.decided_by,
    )
