"""Drafts for customers: a reply, a proposal. A person reads, changes and sends; the draft does not.

What they are made of is what the customer may see, has said or was told, and what the member types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from bot import prompting
from bot.assistant import factcheck, material
from bot.assistant import reply as replies
from bot.commands import cards, guard, reply, thoughts
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.commands.thoughts import Thought
from bot.contract import Answer, Button, Field, FieldKind, Form, Level, Notice, quoted
from bot.domain import terms
from bot.render import plain
from bot.texts import Language, Text, language_of
from storage import projects, search, talk, uses
from storage.tables import Conversation, Customer, Interaction, Project

REPLY: Final = "reply"
_ITEM = Text("编号", "item")
_DRAFT: Final = [uses.DRAFT]
_DROPPED: Final = [uses.DRAFT, "dropped"]
_HINT: Final = "hint"
_CITED: Final = 6
_EMPTY: Final = Rest("")
_PREVIEW = Text("客户将看到", "The customer will read")
_RESTS_ON = Text("依据", "Rests on")
_STOPPED = Text("已拦下", "Stopped")
_WITH_LEAK = Text(
    "语言模型写的草稿含内部信息，没有采用：{what}",
    "The language model's draft held internal facts and was put aside: {what}",
)
_MADE_UP = Text("待核实，已留空", "Not known, left open")
_GAPS = Text(
    "草稿里还有空格“____”，请先填好。", "The draft still has gaps “____”: fill them in first."
)


@command(
    "draft.reply",
    zh="起草回复",
    permission="push.propose",
    aliases=("draft",),
    help=Text(
        "为一条往来起草回复，用客户的语言，注明依据；可写上要点",
        "draft a reply to an item in its customer's language, with what it rests on",
    ),
)
async def draft_reply(
    ask: Ask,
    item: Annotated[Interaction, _ITEM],
    hint: Annotated[Rest, Text("要点", "hint")] = _EMPTY,
) -> Notice:
    if item.customer_id is None or item.direction == "internal" or item.audience == "internal":
        raise CommandError(
            Text("#{number} 不是客户的往来。", "#{number} is nothing that a customer said."),
            number=item.id,
        )
    made = reply.written(ask, item, "")
    made.evidence, made.extract = _DRAFT, {_HINT: hint.strip()}
    earlier = await uses.drafts(ask.session, item.id)
    about = await _about(ask, item)
    made.text = replies.offline(
        thoughts.said(ask, item),
        about.stand,
        ask.actor.name,
        about.language,
        hint=hint.strip(),
        variant=len(earlier),
    )
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("draft.made", made)
    notice = _card(ask, made, item, [item.id])
    return await thoughts.begin(ask, notice, REPLY, draft=made.id)


@dataclass(frozen=True, slots=True)
class _About:
    """What a reply is made of."""

    customer: Customer
    language: Language
    stand: replies.Stand
    view: Notice | None


async def _about(ask: Ask, item: Interaction) -> _About:
    customer = await ask.session.get_one(Customer, item.customer_id)
    language = language_of(item.language if item.language in {"zh", "en"} else customer.language)
    project = await ask.session.get(Project, item.project_id or 0)
    if project is None:
        running = await projects.listed(
            ask.session, ask.actor.scope, customer_id=customer.id, open_only=True
        )
        project = running[0] if len(running) == 1 else None
    if project is None:
        return _About(customer, language, replies.Stand(), None)
    chat = Conversation(channel="", chat="", language=language)
    view = await guard.view(ask, project, customer, chat)
    stones = await projects.milestones(ask.session, project.id)
    coming = next((m for m in stones if m.done_at is None and m.due >= ask.now.date()), None)
    stand = replies.Stand(
        project=project.name,
        phase=terms.Phase(project.phase).text.in_(language),
        progress=project.progress,
        milestone=coming.name if coming else "",
        day=cards.day(coming.due, language) if coming else "",
    )
    return _About(customer, language, stand, view)


async def think_reply(ask: Ask, ids: Mapping[str, int]) -> Thought | None:
    made = await talk.interaction(ask.session, ask.actor.scope, ids["draft"])
    item = await _answered(ask, made) if made is not None else None
    if made is None or item is None or list(made.evidence) != _DRAFT:
        return None
    about = await _about(ask, item)
    rows = await uses.with_customer(ask.session, ask.actor.scope, item)
    said = [thoughts.said(ask, row) for row in rows]
    hint = str(made.extract.get(_HINT, ""))
    views = [about.view] if about.view else []
    sources = await guard.known(ask, about.customer, views, rows, hint)
    earlier = [one.text for one in await uses.drafts(ask.session, item.id) if one.id < made.id]
    public = plain.text(about.view) if about.view else ""
    data = "\n\n".join(filter(None, (public, material.shown(said, about.language))))
    asked = prompting.prompt(REPLY).asked(
        about.language,
        data,
        number=item.id,
        name=ask.actor.name,
        hint=" ".join(hint.split()),
        day=ask.now.date().isoformat(),
        again=len(earlier),
    )

    async def done(ask: Ask, answer: Answer) -> Notice:
        text = material.uncited(answer.value["text"])
        checked = await guard.check(ask, about.customer, text, sources)
        row = await ask.session.get_one(Interaction, made.id, with_for_update=True)
        if list(row.evidence) != _DRAFT:
            return ask.say(Text("草稿 #{n} 已处理。", "Draft #{n} was dealt with."), n=row.id)
        if checked.leaks or not checked.text:
            stopped = ask.t(_WITH_LEAK, what=guard.told(ask, checked.leaks))
            return thoughts.offline(ask, _card(ask, row, item, [item.id], stopped=stopped))
        row.text = checked.text
        row.extract = {**row.extract, thoughts.BY: thoughts.signed(REPLY, answer)}
        ask.session.add(row)
        items = material.cited(answer.value["items"], [one.id for one in said]) or (item.id,)
        card = _card(ask, row, item, items, made_up=checked.made_up)
        return thoughts.by_model(ask, card, answer.model)

    return Thought(
        asked,
        _card(ask, made, item, [item.id]),
        done,
        await thoughts.people(ask, said, about.customer.id),
    )


async def _answered(ask: Ask, made: Interaction) -> Interaction | None:
    number = made.message_key.removeprefix("answers:")
    if not number.isdecimal():
        return None
    return await talk.interaction(ask.session, ask.actor.scope, int(number))


def _card(
    ask: Ask,
    made: Interaction,
    item: Interaction,
    items: Sequence[int],
    *,
    made_up: Sequence[str] = (),
    stopped: str = "",
) -> Notice:
    hint = str(made.extract.get(_HINT, ""))
    again = f"/draft reply #{item.id} {quoted(hint)}" if hint else f"/draft reply #{item.id}"
    return ask.notice(
        title=ask.t(
            Text("回复草稿 #{number}（针对 #{item}）", "Draft #{number} of a reply to #{item}"),
            number=made.id,
            item=item.id,
        ),
        level=Level.DANGER if stopped else Level.INFO,
        facts=[
            (ask.t(_STOPPED), stopped),
            (ask.t(_PREVIEW), made.text),
            (ask.t(_MADE_UP), ", ".join(made_up)),
            (ask.t(_RESTS_ON), material.marks(items[:_CITED]).strip()),
        ],
        buttons=[
            Button(
                label=ask.t(Text("使用", "Use it")),
                command=f"/draft use #{made.id}",
                primary=True,
                once=True,
            ),
            Button(label=ask.t(Text("换一版", "Another one")), command=again),
            Button(
                label=ask.t(Text("放弃", "Discard")), command=f"/draft drop #{made.id}", once=True
            ),
        ],
        form=_form(ask, made),
    )


def _form(ask: Ask, made: Interaction) -> Form:
    words = Text("内容", "words")
    return Form(
        command=f"/draft use #{made.id}",
        title=ask.t(Text("修改后使用", "Change and use")),
        submit=ask.t(Text("使用", "Use it")),
        fields=(
            Field(
                name="words",
                label=ask.t(words),
                kind=FieldKind.LONG,
                required=True,
                value=made.text,
            ),
        ),
    )


@command(
    "draft.use",
    zh="使用草稿",
    permission="push.propose",
    final=True,
    help=Text(
        "把草稿作为回复提交批准，可先改写",
        "let a draft be approved as a reply, changed if you like",
    ),
)
async def use(
    ask: Ask,
    item: Annotated[Interaction, _ITEM],
    words: Annotated[Rest, Text("内容", "words")] = _EMPTY,
) -> Notice:
    made = await _open(ask, item)
    answered = await _answered(ask, made)
    if answered is None:
        raise CommandError(
            Text("#{number} 要回复的往来已看不到。", "What #{number} answers cannot be seen."),
            number=made.id,
        )
    chat = await reply.chat_of(ask, answered)
    made.text = words.strip() or made.text
    if factcheck.GAP in made.text:
        raise CommandError(_GAPS, form=_form(ask, made))
    made.evidence, made.search = list(reply.WAITING), search.vector(made.text)
    made.user_id, made.sender_name = ask.actor.user_id, ask.actor.name
    return await reply.propose(ask, made, chat)


@command(
    "draft.drop",
    zh="放弃草稿",
    permission="push.propose",
    help=Text("放弃一份草稿", "discard a draft"),
)
async def drop(ask: Ask, item: Annotated[Interaction, _ITEM]) -> Notice:
    made = await _open(ask, item)
    made.evidence = _DROPPED
    ask.session.add(made)
    ask.wrote("draft.dropped", made)
    return ask.say(Text("草稿 #{n} 已放弃。", "Draft #{n} is discarded."), n=made.id)


async def _open(ask: Ask, item: Interaction) -> Interaction:
    """The draft, for this decision alone until the commit."""
    await ask.session.refresh(item, with_for_update=True)
    if item.evidence[:1] not in (_DRAFT, reply.WAITING[:1]):
        raise CommandError(Text("#{n} 不是草稿。", "#{n} is no draft."), n=item.id)
    if list(item.evidence) != _DRAFT:
        raise CommandError(Text("草稿 #{n} 已处理过。", "Draft #{n} was dealt with."), n=item.id)
    return item
