"""The doubt queue, filing by hand, and what is learnt from it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from sqlalchemy.exc import IntegrityError

from bot.commands import arguments, cards, teaching
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice
from bot.domain import names, terms
from bot.domain.command_line import folded
from bot.texts import Text
from storage import filing, merging, talk
from storage import undo as taking_back
from storage.tables import Customer, Interaction, Project, UndoEntry
from storage.undo import Recorder

CUSTOMER: Final = Text("客户", "customer")
PROJECT: Final = Text("项目", "project")
ITEM: Final = Text("编号", "item")
_LEAD: Final = Text("#{number} 建线索", "#{number}: new lead")


@command(
    "inbox",
    zh="待归档",
    reads=True,
    permission="customer.read",
    aliases=("doubts", "待办归档"),
    help=Text("不确定归给谁的往来，一键归档", "items nobody could file; one tap files them"),
)
async def inbox(ask: Ask, page: Annotated[int, Text("页", "page")] = 1) -> Notice:
    found = await talk.unsure(ask.session, ask.actor.scope, limit=5, offset=5 * (page - 1))
    total = await talk.count_unsure(ask.session, ask.actor.scope)
    title = ask.t(Text("待归档（{total}）", "To be filed ({total})"), total=total)
    if not found:
        return ask.notice(title=title, text=ask.t(Text("全部归档完毕。", "All filed.")))
    facts: list[tuple[str, str]] = []
    buttons: list[Button] = []
    for item in found:
        guesses: list[dict[str, Any]] = item.candidates.get("list", [])[:2]
        shown = " / ".join(_guess(guess) for guess in guesses)
        status = ask.t(terms.Status(item.status).text)
        facts.append((f"#{item.id} {status}", f"{cards.said(ask, item)}\n{shown}".strip()))
        buttons += [
            Button(
                label=f"#{item.id} → {_guess(guess)}", command=f"/file {item.id} {_target(guess)}"
            )
            for guess in guesses
        ]
        if item.status == "stranger" and item.sender_address and ask.actor.may("customer.write"):
            buttons.append(
                Button(label=ask.t(_LEAD, number=item.id), command=f"/lead new #{item.id}")
            )
    if total > 5 * page:
        buttons.append(Button(label=ask.t(Text("下一页", "Next")), command=f"/inbox {page + 1}"))
    return ask.notice(title=title, facts=facts, buttons=buttons)


def _guess(guess: dict[str, Any]) -> str:
    return " ".join(filter(None, (guess["customer"], guess["name"], guess.get("project"))))


def _target(guess: dict[str, Any]) -> str:
    return guess.get("project") or guess["customer"]


@command(
    "file",
    zh="归档",
    permission="talk.file",
    help=Text(
        "把一条或几条往来归给客户或项目，并记住依据",
        "file one item or several with a customer or project, and learn",
    ),
)
async def file(
    ask: Ask,
    item: Annotated[Interaction, ITEM],
    project: Annotated[Project | None, PROJECT] = None,
    customer: Annotated[Customer | None, CUSTOMER] = None,
    more: Annotated[str, Text("其余", "more")] = "",
) -> Notice:
    items, named = await _more(ask, item, more)
    if named:
        customer, project = await arguments.customer_named(ask, named), None
    if project is not None:
        customer = await ask.session.get_one(Customer, project.customer_id)
    if customer is None:
        raise CommandError(Text("请说明归给哪个客户或项目。", "Say which customer or project."))
    lesson = teaching.Lesson()
    with Recorder(ask.session) as recorder:
        for one in items:
            await put(ask, one, customer, project)
            await teaching.learn(ask, one, customer, lesson)
        await ask.session.flush()
    await keep_lesson(ask, items[0], recorder)
    where = f"{customer.code} {customer.name}"
    if project is not None:
        where += f" · {project.code} {project.name}"
    said = ask.t(
        Text("已把 {items} 归给 {where}。", "{items} filed with {where}."),
        items=" ".join(f"#{one.id}" for one in items),
        where=where,
    )
    rest = await _from_this_sender(ask, items, project.code if project else customer.code)
    return ask.notice(
        text="\n".join([said, *dict.fromkeys(lesson.told)]),
        level=Level.GOOD,
        buttons=[
            Button(label=ask.t(Text("撤销", "Undo")), command="/undo"),
            *rest,
            *dict.fromkeys(lesson.offers),
        ],
    )


async def _more(ask: Ask, item: Interaction, more: str) -> tuple[list[Interaction], str]:
    """All items that are meant; and words that are no item's number, which name a customer."""
    items = {item.id: item}
    words = folded(more).replace(",", " ").replace("、", " ").split()
    named = [word for word in words if not word.removeprefix("#").isdecimal()]
    if named:
        return [item], more.strip()
    for word in words:
        number = word.removeprefix("#")
        found = (
            await talk.interaction(ask.session, ask.actor.scope, int(number))
            if len(number) < 18
            else None
        )
        if found is None:
            raise CommandError(
                Text("没有找到往来记录「{name}」。", "There is no item “{name}”."), name=word
            )
        items[found.id] = found
    return list(items.values()), ""


async def put(ask: Ask, item: Interaction, customer: Customer, project: Project | None) -> None:
    """File an item, with its files, by the word of who asks."""
    item.customer_id = customer.id
    item.project_id = project.id if project else None
    item.status = "filed" if item.status != "waiting_for_model" else item.status
    item.confidence = 1.0
    item.evidence = [f"by {ask.actor.name}"]
    item.filed_by_id = ask.actor.user_id
    item.error = None
    await _with_files(ask, item)
    await ask.did(
        "interaction.filed",
        item,
        customer_id=customer.id,
        project_id=item.project_id,
        number=item.id,
    )


async def _with_files(ask: Ask, item: Interaction) -> None:
    """An item's files go where it goes, and no merge that is taken back moves them again."""
    files = (await talk.attachments(ask.session, [item.id])).get(item.id, [])
    for one in files:
        one.customer_id, one.project_id = item.customer_id, item.project_id
    ask.session.add_all(files)
    await merging.settle(ask.session, item, files)


async def _from_this_sender(ask: Ask, items: Sequence[Interaction], code: str) -> list[Button]:
    """A tap that files what else waits from the sender."""
    found = await filing.waiting_from(ask.session, ask.actor.scope, items[0], among=20)
    ids = [one.id for one in found if one.id not in {item.id for item in items}]
    if not ids:
        return []
    label = Text("此人另外 {count} 条也归过去", "the other {count} from this sender too")
    more = " ".join(f"#{id_}" for id_ in ids[1:])
    line = f"/file #{ids[0]} {code}" + (f' more:"{more}"' if more else "")
    return [Button(label=ask.t(label, count=len(ids)), command=line)]


async def keep_lesson(ask: Ask, item: Interaction, recorder: Recorder) -> None:
    """What `/undo` takes back in one step: the filing with all that was learnt from it."""
    if ask.actor.user_id is None or not recorder.changes:
        return
    kept = UndoEntry(
        user_id=ask.actor.user_id,
        command=f"/file #{item.id}",
        changes=recorder.changes,
        undone_at=ask.now,  # `/undo` takes it back through `unfile`, which tells what stays
    )
    ask.session.add(kept)
    await ask.session.flush()
    ask.undo_with = f"/unfile #{item.id} lesson:{kept.id}"


@command(
    "unfile",
    zh="取消归档",
    permission="talk.file",
    help=Text("把一条往来放回待归档", "put an item back into the queue"),
)
async def unfile(
    ask: Ask,
    item: Annotated[Interaction, ITEM],
    lesson: Annotated[int, Text("依据", "lesson")] = 0,
) -> Notice:
    if lesson:
        return await _unlearn(ask, item, lesson)
    customer_id, project_id = item.customer_id, item.project_id
    if customer_id is None:
        raise CommandError(
            Text("#{number} 本来就没有归档。", "#{number} is not filed."), number=item.id
        )
    item.customer_id = item.project_id = item.contact_id = None
    item.status = "doubt"
    item.filed_by_id = None
    await _with_files(ask, item)
    await ask.did(
        "interaction.unfiled",
        item,
        customer_id=customer_id,
        project_id=project_id,
        number=item.id,
    )
    return ask.say(
        Text("#{number} 已放回待归档。", "#{number} is back in the queue."), number=item.id
    )


async def _unlearn(ask: Ask, item: Interaction, number: int) -> Notice:
    """Take a filing back with all that was learnt from it."""
    kept = await ask.session.get(UndoEntry, number)
    if kept is None or kept.user_id != ask.actor.user_id or not kept.changes:
        raise CommandError(Text("没有可以撤销的归档。", "There is no such filing to take back."))
    since = await filing.filed_since(ask.session, item, kept.at, kept.changes)
    back = await filing.let_go(ask.session, kept.changes)
    try:
        async with ask.session.begin_nested():
            await taking_back.take_back(ask.session, kept.changes)
    except (taking_back.Conflict, IntegrityError):
        raise CommandError(
            Text(
                "「{line}」之后又有新的修改，不能直接撤销。",
                "“{line}” was built upon since; it cannot be taken back.",
            ),
            line=kept.command,
        ) from None
    kept.changes = []
    ask.session.add(kept)
    ask.wrote("undone", kept)
    told = [
        ask.t(
            Text(
                "已撤销 #{number} 的归档，以及由它学到的一切。",
                "Taken back: the filing of #{number}, and all that was learnt from it.",
            ),
            number=item.id,
        )
    ]
    if since and not back:
        stay = Text(
            "其间因此自动归档的 {count} 条保持不动。",
            "{count} items that it filed since stay filed.",
        )
        told.append(ask.t(stay, count=since))
    if back:
        again = Text(
            "其后归入的 {count} 条已放回待归档。", "{count} later items wait to be filed again."
        )
        told.append(ask.t(again, count=back))
    return ask.notice(text="\n".join(told), level=Level.GOOD)


@command(
    "alias",
    zh="别名",
    permission="customer.write",
    help=Text("这个叫法也是该客户", "another name that a customer goes by"),
)
async def alias(
    ask: Ask,
    customer: Annotated[Customer, CUSTOMER],
    name: Annotated[Rest, Text("叫法", "name")],
) -> Notice:
    norm = names.normal(name)
    if len(norm) < 2 or norm in names.GENERIC:
        raise CommandError(
            Text("「{name}」太普通，认不出客户。", "“{name}” is too common to tell a customer."),
            name=name,
        )
    owners = await filing.owners_of_name(ask.session, norm)
    if customer.id in owners:
        raise CommandError(
            Text("「{name}」已经是它的叫法。", "It goes by “{name}” already."), name=name
        )
    await teaching.name(ask, customer, name)
    text = Text(
        "已记住：「{name}」就是 {code} {customer}。", "Learnt: “{name}” is {code} {customer}."
    )
    said = ask.t(text, name=name, code=customer.code, customer=customer.name)
    if owners:
        shared = Text(
            "别的客户也叫这个名字，只凭它时会先问人。",
            "Another customer goes by it too; where nothing else tells, a person is asked.",
        )
        said += "\n" + ask.t(shared)
    return ask.notice(
        text=said,
        level=Level.GOOD,
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


@command(
    "forget",
    zh="忘记别名",
    permission="customer.write",
    help=Text("忘记学到的别名、域名", "forget a name or a domain that was learned"),
)
async def forget(
    ask: Ask,
    customer: Annotated[Customer, CUSTOMER],
    name: Annotated[Rest, Text("别名或域名", "name or domain")],
) -> Notice:
    rows = await filing.called(ask.session, customer.id, name)
    for row in rows:
        await ask.session.delete(row)
    await ask.session.flush()
    ask.wrote("customer.forgot", customer, name=name)
    return ask.say(Text("已忘记「{name}」。", "“{name}” is forgotten."), name=name)
