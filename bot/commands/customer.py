"""Customers: card, lists, new, edit, tags, tier, stage, timeline, merge and back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from bot import record
from bot.commands import arguments, cards, payments_card, scalars
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Level, Notice, Table
from bot.domain import names, terms
from bot.texts import Text
from storage import customers, merging, talk
from storage.tables import Customer, Merge, Project, User

_CUSTOMER = Text("客户", "customer")


@command(
    "customer",
    zh="客户",
    reads=True,
    permission="customer.read",
    aliases=("customer card", "查看客户"),
    help=Text("一张卡片看清一个客户", "one card about a customer"),
)
async def card(ask: Ask, customer: Annotated[Customer, _CUSTOMER]) -> Notice:
    found = await customers.card(ask.session, ask.actor.scope, customer)
    last = await talk.last_contact(ask.session, customer.id) if ask.actor.scope.talk else None
    shown = cards.customer(ask, found, last)
    loose = await payments_card.loose(ask, customer)
    return shown.model_copy(update={"facts": (*shown.facts, *loose)})


@command(
    "customers",
    zh="客户列表",
    reads=True,
    permission="customer.read",
    aliases=("customer list",),
    help=Text("列出客户，可按标签筛选", "list customers, by tag if you like"),
)
async def list_(ask: Ask, tag: Annotated[str, Text("标签", "tag")] = "") -> Notice:
    tag = tag.removeprefix("#")
    tier = next((t for t in terms.Tier if tag in {t.value, t.text.zh, t.text.en}), None)
    stage = next((s for s in terms.Stage if tag in {s.value, s.text.zh, s.text.en}), None)
    free = tag if tag and not tier and not stage else None
    found = await customers.listed(
        ask.session, ask.actor.scope, tag=free, tier=tier, stage=stage, limit=50
    )
    if not found:
        return ask.say(Text("没有符合的客户。", "No such customers."))
    rows = tuple(
        (
            c.code,
            c.name,
            ask.t(terms.Tier(c.tier).text),
            ask.t(terms.Stage(c.stage).text),
            " ".join(f"#{t}" for t in c.tags),
        )
        for c in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            Text("编号", "Code"),
            Text("名称", "Name"),
            Text("等级", "Tier"),
            Text("阶段", "Stage"),
            Text("标签", "Tags"),
        )
    )
    return ask.notice(
        title=ask.t(Text("客户列表", "Customers")), table=Table(columns=columns, rows=rows)
    )


@command(
    "customer.new",
    zh="新建客户",
    permission="customer.write",
    help=Text("新建客户", "add a customer"),
)
async def new(
    ask: Ask,
    name: Annotated[Rest, Text("名称", "name")],
    code: Annotated[str, Text("编号", "code")] = "",
    industry: Annotated[str, Text("行业", "industry")] = "",
    tier: Annotated[terms.Tier, Text("等级", "tier")] = terms.Tier.NORMAL,
    owner: Annotated[User | None, Text("负责人", "owner")] = None,
) -> Notice:
    near = await customers.named(ask.session, ask.actor.scope, names.normal(name))
    same = [c for c in near if names.normal(c.name) == names.normal(name)]
    if same:
        raise CommandError(
            Text("客户 {code} {name} 已经存在。", "The customer {code} {name} exists already."),
            code=same[0].code,
            name=same[0].name,
        )
    if code and await customers.by_code(ask.session, ask.actor.scope, code):
        raise CommandError(Text("编号 {code} 已被使用。", "The code {code} is taken."), code=code)
    made = await record.new_customer(
        ask.session,
        name,
        code=code or None,
        industry=industry,
        tier=tier.value,
        owner_id=owner.id if owner else ask.actor.user_id,
    )
    await ask.did("customer.made", made, customer_id=made.id)
    return await card(ask, made)


class Editable(StrEnum):
    NAME = "name"
    INDUSTRY = "industry"
    BACKGROUND = "background"
    OWNER = "owner"
    LANGUAGE = "language"
    ALIAS = "alias"
    DOMAIN = "domain"

    @property
    def text(self) -> Text:
        return {
            "name": Text("名称", "name"),
            "industry": Text("行业", "industry"),
            "background": Text("背景", "background"),
            "owner": Text("负责人", "owner"),
            "language": Text("语言", "language"),
            "alias": Text("别名", "alias"),
            "domain": Text("域名", "domain"),
        }[self.value]


@command(
    "customer.edit",
    zh="修改客户",
    permission="customer.write",
    aliases=("edit customer",),
    help=Text("修改客户的一项资料", "change one thing about a customer"),
)
async def edit(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    what: Annotated[Editable, Text("项目名", "what")],
    value: Annotated[Rest, Text("新值", "value")],
) -> Notice:
    if what is Editable.OWNER:
        customer.owner_id = (await arguments.user_named(ask, value)).id
    elif what is Editable.ALIAS:
        await record.name_customer(ask.session, customer, [value])
    elif what is Editable.DOMAIN:
        if not await record.add_domain(ask.session, customer, value):
            raise CommandError(
                Text(
                    "{value} 是公共邮箱域名或已经登记，不能用来识别客户。",
                    "{value} is a public mail domain or already known; it cannot tell a customer.",
                ),
                value=value,
            )
    elif what is Editable.LANGUAGE:
        customer.language = _language(ask, value)
    else:
        setattr(customer, what.value, str(value))
        if what is Editable.NAME:
            await record.name_customer(ask.session, customer, [])
    customer.updated_at = datetime.now(UTC)
    await ask.did("customer.edited", customer, customer_id=customer.id, what=ask.t(what.text))
    return await card(ask, customer)


def _language(ask: Ask, value: str) -> str:
    found = scalars.choice(terms.Spoken, value)
    if found is None:
        raise CommandError(
            Text("语言只能是：{choices}。", "The language can only be one of: {choices}."),
            choices=scalars.choices(ask, terms.Spoken),
        )
    return found.value


@command(
    "tag",
    zh="标签",
    permission="customer.write",
    aliases=("customer tag", "打标签"),
    help=Text("给客户加标签；前面加 - 则去掉", "tag a customer; a leading - takes the tag off"),
)
async def tag_(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    tags: Annotated[Rest, Text("标签", "tags")],
) -> Notice:
    listed = list(customer.tags)
    for tag in tags.split():
        plain = tag.lstrip("-#").strip()
        if tag.startswith("-"):
            listed = [t for t in listed if t != plain]
        elif plain and plain not in listed:
            listed.append(plain)
    customer.tags = listed
    shown = " ".join(f"#{t}" for t in listed) or "—"
    await ask.did("customer.tagged", customer, customer_id=customer.id, tags=shown)
    return await card(ask, customer)


@command(
    "tier",
    zh="等级",
    permission="customer.write",
    aliases=("customer tier",),
    help=Text("设置客户等级", "set a customer's tier"),
)
async def tier_(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    tier: Annotated[terms.Tier, Text("等级", "tier")],
) -> Notice:
    return await _move(ask, customer, "tier", tier.value)


@command(
    "stage",
    zh="阶段",
    permission="customer.write",
    aliases=("customer stage",),
    help=Text("设置客户所处阶段", "set a customer's stage"),
)
async def stage_(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    stage: Annotated[terms.Stage, Text("阶段", "stage")],
) -> Notice:
    return await _move(ask, customer, "stage", stage.value)


async def _move(ask: Ask, customer: Customer, column: str, value: str) -> Notice:
    before = getattr(customer, column)
    setattr(customer, column, value)
    await ask.did(
        f"customer.{column}", customer, customer_id=customer.id, before=before, after=value
    )
    return await card(ask, customer)


@command(
    "timeline",
    zh="时间线",
    reads=True,
    permission="customer.read",
    aliases=("customer timeline",),
    help=Text("一条时间线看全部往来", "everything that happened, newest first"),
)
async def timeline(
    ask: Ask,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    project: Annotated[Project | None, Text("项目", "project")] = None,
    before: Annotated[str, Text("早于", "before")] = "",
) -> Notice:
    about = project or customer
    if about is None:
        raise CommandError(Text("请说明是哪个客户或项目。", "Say which customer or project."))
    entries = await talk.timeline(
        ask.session,
        ask.actor.scope,
        customer_id=None if project else about.id,
        project_id=project.id if project else None,
        before=_moment(before),
        limit=15,
    )
    more = (
        f"/timeline {about.code} before:{entries[-1].at.isoformat()}" if len(entries) == 15 else ""
    )
    return cards.timeline(ask, f"{about.code} {about.name}", entries, more)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@command(
    "customer.merge",
    zh="合并客户",
    permission="customer.merge",
    aliases=("merge",),
    confirm=True,
    help=Text(
        "把第二个客户并入第一个，可撤销", "make the second customer part of the first; reversible"
    ),
)
async def merge(
    ask: Ask,
    kept: Annotated[Customer, Text("保留的客户", "customer that stays")],
    gone: Annotated[Customer, Text("并入的客户", "customer that goes")],
) -> Notice:
    if kept.id == gone.id:
        raise CommandError(Text("这是同一个客户。", "That is one and the same customer."))
    done = await merging.merge(ask.session, merging.CUSTOMERS, kept.id, gone.id, ask.actor.user_id)
    if done is None:
        raise CommandError(
            Text("其中一个刚刚被合并了。", "One of them has just become part of another.")
        )
    added = [tag for tag in gone.tags if tag not in kept.tags]
    done.before = {**done.before, "added": added}
    kept.tags = [*kept.tags, *added]
    ask.session.add(kept)
    other = f"{gone.code} {gone.name}"
    await ask.did("customer.merged", done, customer_id=kept.id, other=other)
    ask.undo_with = f"/customer unmerge {gone.code}"
    rows = sum(map(len, done.moved.values()))
    return ask.say(
        Text(
            "已把 {gone} 并入 {kept}，转移 {rows} 条记录。撤销：/撤销合并 {code}",
            "{gone} is now part of {kept}; {rows} rows moved. To take it back: /customer unmerge {code}",
        ),
        Level.GOOD,
        gone=f"{gone.code} {gone.name}",
        kept=f"{kept.code} {kept.name}",
        rows=rows,
        code=gone.code,
    )


@command(
    "customer.unmerge",
    zh="撤销合并",
    permission="customer.merge",
    aliases=("unmerge",),
    help=Text("撤销一次合并，记录各归原位", "take a merge back; every row returns"),
)
async def unmerge(
    ask: Ask, code: Annotated[str, Text("被并入客户的编号", "code of the merged customer")]
) -> Notice:
    gone = await customers.merged_by_code(ask.session, code)
    done = await merging.holding(ask.session, merging.CUSTOMERS, gone.id) if gone else None
    if gone is None or not isinstance(done, Merge):
        raise CommandError(
            Text("没有编号为 {code} 的已合并客户。", "No merged customer has the code {code}."),
            code=code,
        )
    kept = await ask.session.get_one(Customer, done.kept_id)
    people = await merging.across(ask.session, done)
    for one in people:
        await merging.undo(ask.session, merging.CONTACTS, one)
    await merging.undo(ask.session, merging.CUSTOMERS, done)
    await _untag(ask, done, done.before.get("added", []))
    other = f"{gone.code} {gone.name}"
    await ask.did("customer.unmerged", done, customer_id=kept.id, other=other)
    ask.undo_with = f"/customer merge {kept.code} {gone.code}"
    shown = await card(ask, gone)
    if not people:
        return shown
    told = ask.t(
        Text(
            "也撤销了 {count} 个跨这两个客户的联系人合并。",
            "{count} merges of contacts across the two were taken back as well.",
        ),
        count=len(people),
    )
    return shown.model_copy(update={"note": told})


async def _untag(ask: Ask, done: Merge, tags: Sequence[str]) -> None:
    """Take off the tags that a merge brought, from those that it was merged on into as well."""
    kept = await ask.session.get_one(Customer, done.kept_id)
    leaving = {tag for tag in tags if tag in done.before.get("added", [])}
    done.before = {**done.before, "added": []}
    for other in await merging.into(ask.session, kept.id):
        # Another that is part of it may have the tag too: then the tag stays, through that one.
        theirs = (await ask.session.get_one(Customer, other.gone_id)).tags
        heir = [tag for tag in theirs if tag in leaving]
        other.before = {**other.before, "added": [*other.before.get("added", []), *heir]}
        leaving -= set(heir)
    kept.tags = [tag for tag in kept.tags if tag not in leaving]
    ask.session.add_all([done, kept])
    later = await merging.holding(ask.session, merging.CUSTOMERS, kept.id)
    if isinstance(later, Merge) and leaving:
        below = [tag for tag in later.before.get("added", []) if tag not in leaving]
        await _untag(ask, later, sorted(leaving))
        later.before = {**later.before, "added": below}
