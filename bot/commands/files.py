"""Files that customers and members have shared, with their versions."""

from typing import Annotated

from bot.commands import cards
from bot.commands.registry import Ask, Rest, command
from bot.contract import Button, Notice, Table
from bot.texts import Text
from storage import delivery
from storage.tables import Customer, Project

_KB = 1024


@command(
    "files",
    zh="文件",
    reads=True,
    permission="talk.read",
    help=Text("项目或客户的文件和版本", "files of a project or customer, with their versions"),
)
async def files(
    ask: Ask,
    project: Annotated[Project | None, Text("项目", "project")] = None,
    customer: Annotated[Customer | None, Text("客户", "customer")] = None,
    name: Annotated[Rest, Text("文件名", "name")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    found = (
        await delivery.files(
            ask.session, ask.actor.scope, project=project, customer=customer, name=name
        )
        if project or customer
        else []
    )
    about = project or customer
    title = ask.t(Text("文件 {code}", "Files {code}"), code=about.code if about else "")
    if not found:
        text = Text("没有文件；请写明项目或客户。", "No files; name a project or a customer.")
        return ask.notice(title=title, text=ask.t(text))
    rows = tuple(
        (
            one.name,
            f"v{one.version}",
            f"{max(1, one.size // _KB)} KB",
            cards.moment(ask, one.created_at),
            one.sha256[:12],
            f"#{one.interaction_id}",
        )
        for one in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            Text("文件", "File"),
            Text("版本", "Version"),
            Text("大小", "Size"),
            Text("时间", "When"),
            Text("指纹", "Fingerprint"),
            Text("来自", "From"),
        )
    )
    buttons = [
        Button(label=f"#{one.interaction_id}", command=f"/item #{one.interaction_id}")
        for one in found[:5]
    ]
    return ask.notice(title=title, table=Table(columns=columns, rows=rows), buttons=buttons)
