"""Help, search, undo, confirmation."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from bot.commands import cards, console
from bot.commands.registry import COMMANDS, Ask, Command, CommandError, Rest, command, find
from bot.contract import Button, Level, Notice, Table
from bot.texts import Text, listed
from storage import search as finding
from storage import undo as taking_back
from storage import watch
from storage.tables import UndoEntry

UNDO_WITHIN = timedelta(minutes=10)


@command(
    "help",
    zh="帮助",
    reads=True,
    aliases=("?", "？", "menu", "菜单"),
    help=Text("全部命令，或一个命令的用法", "all commands, or one command's usage"),
)
async def help_(ask: Ask, about: Annotated[Rest, Text("命令", "command")] = Rest("")) -> Notice:  # noqa: B008 - a plain string
    if about:
        found = find(about.lstrip("/").split())
        if found is None:
            raise CommandError(
                Text("没有命令「{name}」。", "There is no command “{name}”."), name=about
            )
        return _one(ask, found[0])
    mine = [c for c in COMMANDS.values() if not c.permission or ask.actor.may(c.permission)]
    rows = tuple(
        (c.usage(ask.language), ask.t(c.help))
        for c in sorted(mine, key=lambda c: c.name)
        if c.name not in {"yes", "no"}
    )
    columns = (ask.t(Text("命令", "Command")), ask.t(Text("作用", "What it does")))
    return ask.notice(
        title=ask.t(Text("我能做什么", "What I can do")),
        text=ask.t(
            Text(
                "用自己的话说就行，例如“华建三期进度怎么样”；要改动内容时会先给您看。也可以输入命令，名称有空格时加引号。",
                "Say it in your own words (“how is phase three?”): what would change something is shown"
                " first. Or type a command; put names with spaces in quotes.",
            )
        ),
        table=Table(columns=columns, rows=rows),
        buttons=[
            Button(label=ask.t(Text("待归档", "To be filed")), command="/inbox"),
            Button(label=ask.t(Text("我的任务", "My tasks")), command="/tasks"),
        ],
    )


def _one(ask: Ask, found: Command) -> Notice:
    spoken = ("/" + name for name in (found.name.replace(".", " "), found.zh, *found.aliases))
    names = listed(spoken, ask.language)
    return ask.notice(
        title=found.usage(ask.language),
        text=ask.t(found.help),
        facts=[
            (ask.t(Text("写法", "Also written")), names),
            (ask.t(Text("需要权限", "Permission")), found.permission),
        ],
    )


@command(
    "search",
    zh="搜索",
    reads=True,
    permission="talk.read",
    help=Text("搜索全部往来，两个字也能搜到", "search all that was said"),
)
async def search(ask: Ask, words: Annotated[Rest, Text("关键词", "words")]) -> Notice:
    found = await finding.interactions(ask.session, ask.actor.scope, words)
    title = ask.t(Text("搜索：{words}", "Search: {words}"), words=words)
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有结果。", "Nothing found.")))
    customers = await watch.customers(
        ask.session, {item.customer_id for item in found if item.customer_id}
    )
    rows = tuple(
        (
            cards.moment(ask, item.occurred_at),
            customers[item.customer_id].name if item.customer_id in customers else "—",
            cards.said(ask, item),
        )
        for item in found
    )
    columns = tuple(
        ask.t(text)
        for text in (Text("时间", "When"), Text("客户", "Customer"), Text("内容", "Content"))
    )
    return ask.notice(title=title, table=Table(columns=columns, rows=rows))


@command(
    "undo",
    zh="撤销",
    help=Text("撤销您最近十分钟内的一次修改", "take back your last write of the past ten minutes"),
)
async def undo(ask: Ask) -> Notice:
    entry = (
        await ask.session.exec(
            select(UndoEntry)
            .where(
                UndoEntry.user_id == ask.actor.user_id,
                col(UndoEntry.undone_at).is_(None),
                col(UndoEntry.at) > datetime.now(UTC) - UNDO_WITHIN,
            )
            .order_by(col(UndoEntry.id).desc())
        )
    ).first()
    if entry is None:
        raise CommandError(
            Text("最近十分钟没有可以撤销的修改。", "No write of the last ten minutes to take back.")
        )
    entry.undone_at = datetime.now(UTC)
    ask.session.add(entry)
    await ask.session.flush()
    line = entry.changes[0].get("command") if entry.changes else None
    if line:
        done = await console.run(
            ask.session, ask.actor, line, ask.now, chat=ask.chat, host=ask.host, confirmed=True
        )
        return done.notice
    try:
        async with ask.session.begin_nested():
            await taking_back.take_back(ask.session, entry.changes)
    except (taking_back.Conflict, IntegrityError):
        raise CommandError(
            Text(
                "「{line}」之后又有新的修改，不能直接撤销。",
                "“{line}” was built upon since; it cannot be taken back.",
            ),
            line=entry.command,
        ) from None
    ask.wrote("undone", entry)
    return ask.say(Text("已撤销：{line}", "Taken back: {line}"), Level.GOOD, line=entry.command)


@command(
    "yes",
    zh="确认",
    aliases=("ok", "好", "好的", "是"),
    help=Text("确认等待中的操作", "confirm what waits"),
)
async def yes(ask: Ask, number: Annotated[int | None, Text("编号", "number")] = None) -> Notice:
    waiting = await console.pending(ask.session, ask.actor.user_id or 0, datetime.now(UTC), number)
    if waiting is None:
        raise CommandError(Text("没有等待确认的操作。", "Nothing waits to be confirmed."))
    waiting.done_at = datetime.now(UTC)
    ask.session.add(waiting)
    await ask.session.flush()
    done = await console.run(
        ask.session,
        ask.actor,
        waiting.line,
        ask.now,
        chat=ask.chat,
        host=ask.host,
        confirmed=True,
        answer=ask.answer,
    )
    return done.notice


@command(
    "no", zh="取消", aliases=("cancel", "不"), help=Text("取消等待中的操作", "drop what waits")
)
async def no(ask: Ask, number: Annotated[int | None, Text("编号", "number")] = None) -> Notice:
    waiting = await console.pending(ask.session, ask.actor.user_id or 0, datetime.now(UTC), number)
    if waiting is None:
        raise CommandError(Text("没有等待确认的操作。", "Nothing waits to be confirmed."))
    waiting.done_at = datetime.now(UTC)
    ask.session.add(waiting)
    return ask.say(Text("已取消。", "Dropped."))
