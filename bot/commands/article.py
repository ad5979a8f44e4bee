"""What the firm knows, and how it says things: articles, and replies with gaps for names."""

import re
from datetime import UTC
from typing import Annotated, Final

from bot.commands import cards
from bot.commands import reply as replies
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import service
from bot.texts import Text, listed
from storage import articles, search
from storage.tables import Article, Contact, Customer, Interaction, Project

_NUMBER = Text("编号", "number")
_LONGEST: Final = 20_000
_NAME: Final = re.compile(r"[\w.-]{2,40}")
_GAPS: Final = {
    "contact": Text("联系人", "the contact"),
    "customer": Text("客户", "the customer"),
    "project": Text("项目", "the project"),
    "member": Text("您的姓名", "your name"),
}
_EMPTY = Text(
    "内容不能为空，最多 {most} 字。", "The text may not be empty, nor over {most} characters."
)
_UNKNOWN = Text(
    "不认识的空格：{unknown}。可以用：{known}。", "Unknown gaps: {unknown}. There are: {known}."
)


@command(
    "kb",
    zh="知识库",
    reads=True,
    permission="kb.read",
    aliases=("知识", "knowledge"),
    help=Text("查知识库并引用文章", "look something up in the knowledge base"),
)
async def kb(ask: Ask, words: Annotated[Rest, Text("关键词或编号", "words or number")]) -> Notice:
    number = words.strip().lstrip("#")
    if number.isdecimal() and len(number) < 18:
        return _quoted(ask, await _article(ask, int(number)))
    found = await articles.found(ask.session, words)
    if not found:
        raise CommandError(
            Text(
                "知识库里没有「{words}」。可以新建：/kb new 标题 内容",
                "Nothing is known of “{words}”. Add it: /kb new title text",
            ),
            words=words,
        )
    notice = _quoted(ask, found[0])
    others = [Button(label=one.title, command=f"/kb {one.id}") for one in found[1:]]
    return notice.model_copy(update={"buttons": tuple(others)})


def _quoted(ask: Ask, one: Article) -> Notice:
    return ask.notice(
        title=f"{one.title} · {one.id}",
        text=one.text,
        facts=[
            (ask.t(Text("标签", "Tags")), " ".join(f"#{tag}" for tag in one.tags)),
            (ask.t(Text("更新于", "Changed")), cards.day(one.changed_at.date(), ask.language)),
        ],
    )


async def _article(ask: Ask, number: int) -> Article:
    found = await ask.session.get(Article, number)
    if found is None:
        raise CommandError(
            Text("没有文章 {number}。", "There is no article {number}."), number=number
        )
    return found


def _checked(words: str, *, reply: bool = False) -> str:
    """The words; raises where they are none, too many, or have gaps that nobody can fill."""
    words = words.strip()
    if not 0 < len(words) <= _LONGEST:
        raise CommandError(_EMPTY, most=_LONGEST)
    unknown = [gap for gap in service.gaps(words) if gap not in service.GAPS] if reply else []
    if unknown:
        raise CommandError(_UNKNOWN, unknown=_braced(unknown), known=_braced(list(service.GAPS)))
    return words


def _braced(gaps: list[str]) -> str:
    return " ".join("{" + gap + "}" for gap in gaps)


async def _kept(ask: Ask, one: Article, action: str) -> None:
    one.search = search.vector(f"{one.title}\n{' '.join(one.tags)}\n{one.text}")
    one.changed_at = ask.now.astimezone(UTC)
    ask.session.add(one)
    await ask.session.flush()
    ask.wrote(action, one)


async def _free(ask: Ask, kind: str, name: str) -> None:
    there = await articles.named(ask.session, kind, name)
    if there is not None:
        raise CommandError(
            Text(
                "「{name}」已有，编号 {number}。修改：/kb edit {number} 内容",
                "“{name}” exists, number {number}. Change it: /kb edit {number} text",
            ),
            name=name,
            number=there.id,
        )


@command(
    "kb.new",
    zh="新建知识",
    permission="kb.write",
    aliases=("kb add",),
    help=Text("新建知识文章：标题、内容、标签", "add an article: title, text, tags"),
)
async def new(
    ask: Ask,
    title: Annotated[str, Text("标题", "title")],
    words: Annotated[Rest, Text("内容", "text")],
    tags: Annotated[str, Text("标签", "tags")] = "",
) -> Notice:
    title = title.strip()
    if not title:
        raise CommandError(Text("标题不能为空。", "The title may not be empty."))
    await _free(ask, articles.ARTICLE, title)
    made = Article(
        name=title,
        title=title,
        text=_checked(words),
        tags=[tag.strip("# ") for tag in re.split(r"[,，、]", tags) if tag.strip("# ")],
        language=ask.language,
        by_id=ask.actor.user_id,
        made_at=ask.now.astimezone(UTC),
    )
    await _kept(ask, made, "article.made")
    return _quoted(ask, made).model_copy(update={"level": Level.GOOD})


@command(
    "kb.edit",
    zh="修改知识",
    permission="kb.write",
    help=Text("改写一篇文章或话术的内容", "rewrite an article, or the words of a reply"),
)
async def edit(
    ask: Ask, number: Annotated[int, _NUMBER], words: Annotated[Rest, Text("内容", "text")]
) -> Notice:
    one = await _article(ask, number)
    one.text = _checked(words, reply=one.kind == articles.REPLY)
    await _kept(ask, one, "article.changed")
    return _quoted(ask, one).model_copy(update={"level": Level.GOOD})


@command(
    "canned.new",
    zh="新建话术",
    permission="kb.write",
    help=Text(
        "新建话术，可留空格：{contact} {customer} {project} {member}",
        "add words for replies, with gaps: {contact} {customer} {project} {member}",
    ),
)
async def new_reply(
    ask: Ask,
    name: Annotated[str, Text("名称", "name")],
    words: Annotated[Rest, Text("内容", "text")],
) -> Notice:
    if not _NAME.fullmatch(name):
        raise CommandError(
            Text(
                "名称为 2 到 40 个字母、汉字、数字或连字符。",
                "A name is 2 to 40 letters, digits or hyphens.",
            )
        )
    await _free(ask, articles.REPLY, name)
    made = Article(
        kind=articles.REPLY,
        name=name,
        title=name,
        text=_checked(words, reply=True),
        language=ask.language,
        by_id=ask.actor.user_id,
        made_at=ask.now.astimezone(UTC),
    )
    await _kept(ask, made, "article.made")
    return _quoted(ask, made).model_copy(update={"level": Level.GOOD})


@command(
    "canned.list",
    zh="话术列表",
    reads=True,
    permission="kb.read",
    help=Text("有哪些话术", "which words for replies there are"),
)
async def list_(ask: Ask) -> Notice:
    own = await articles.of_kind(ask.session, articles.REPLY)
    taken = {one.name for one in own}
    rows = [(one.name, cards.short(one.text, 80), str(one.id)) for one in own]
    rows += [
        (name, cards.short(service.shipped_reply(name, ask.language), 80), "")
        for name in service.shipped_replies()
        if name not in taken
    ]
    columns = (ask.t(Text("名称", "Name")), ask.t(Text("内容", "Text")), ask.t(_NUMBER))
    return ask.notice(
        title=ask.t(Text("话术", "Words for replies")),
        table=Table(columns=columns, rows=tuple(rows)),
    )


@command(
    "canned",
    zh="话术",
    permission="push.propose",
    final=True,
    help=Text(
        "用话术回复一条往来：填好称呼，批准后才发出",
        "answer an item with ready words: names are filled in; sent once approved",
    ),
)
async def canned(
    ask: Ask,
    name: Annotated[str, Text("名称", "name")],
    item: Annotated[Interaction, Text("往来", "item")],
) -> Notice:
    chat = await replies.chat_of(ask, item)
    customer = await ask.session.get(Customer, item.customer_id or 0)
    wanted = chat.language or (customer.language if customer else None) or item.language
    own = await articles.named(ask.session, articles.REPLY, name)
    words = own.text if own else service.shipped_reply(name, wanted)
    if not words:
        raise CommandError(
            Text(
                "没有话术「{name}」。看看有哪些：/canned list", "There is no “{name}”: /canned list"
            ),
            name=name,
        )
    filled = await _filled(ask, words, item, customer)
    if own is not None:
        own.used += 1
        ask.session.add(own)
    made = replies.written(ask, item, filled)
    made.evidence, made.search = replies.WAITING, search.vector(filled)
    return await replies.propose(ask, made, chat)


async def _filled(ask: Ask, words: str, item: Interaction, customer: Customer | None) -> str:
    """The words with their gaps filled; raises with the gaps that nothing is known for."""
    contact = await ask.session.get(Contact, item.contact_id or 0)
    project = await ask.session.get(Project, item.project_id or 0)
    values = {
        "contact": contact.name if contact else item.sender_name,
        "customer": customer.name if customer else "",
        "project": project.name if project else "",
        "member": ask.actor.name,
    }
    gaps = service.gaps(words)
    open_ = [gap for gap in gaps if not values.get(gap)]
    if open_:
        raise CommandError(
            Text(
                "#{item} 填不了这些空格：{gaps}。请先归档到项目或客户，或改用 /reply。",
                "#{item} does not tell: {gaps}. File it to its project or customer, or use /reply.",
            ),
            item=item.id,
            gaps=listed(
                (ask.t(_GAPS[gap]) if gap in _GAPS else gap for gap in open_), ask.language
            ),
        )
    return service.filled(words, values)
