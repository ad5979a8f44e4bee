"""What projects have taught: written down, found again, shown to the next one like them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Choice, Field, FieldKind, Form, Level, Notice, Table
from bot.texts import Text
from storage import care
from storage.tables import Lesson, Project

_PROJECT = Text("项目", "project")
_KIND = Text("好坏", "kind")
_TEXT = Text("经验", "lesson")


class LessonKind(StrEnum):
    GOOD = "good"
    BAD = "bad"

    @property
    def text(self) -> Text:
        return {"good": Text("值得再做", "do again"), "bad": Text("应当避免", "avoid")}[self.value]


@command(
    "lesson",
    zh="登记经验",
    permission="project.read",
    aliases=("lesson add", "经验"),
    help=Text(
        "记下一条项目经验：good 值得再做，bad 应当避免",
        "write down what a project has taught: good to do again, bad to avoid",
    ),
)
async def lesson(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    kind: Annotated[LessonKind, _KIND],
    text: Annotated[Rest, _TEXT],
) -> Notice:
    if not text.strip():
        raise CommandError(Text("请写下经验的内容。", "Say what was learnt."))
    made = Lesson(
        project_id=project.id,
        text=text.strip()[:2000],
        good=kind is LessonKind.GOOD,
        by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    await ask.did(
        "lesson.made",
        made,
        customer_id=project.customer_id,
        project_id=project.id,
        text=made.text,
    )
    return ask.notice(
        title=ask.t(Text("已记下经验", "The lesson is kept")),
        text=made.text,
        level=Level.GOOD,
        facts=[
            (ask.t(_PROJECT), f"{project.code} {project.name}"),
            (ask.t(_KIND), ask.t(kind.text)),
        ],
    )


@command(
    "lessons",
    zh="经验库",
    reads=True,
    permission="project.read",
    aliases=("lesson list", "经验列表"),
    help=Text("项目经验，可按词查找", "what projects have taught; words narrow it down"),
)
async def list_(
    ask: Ask,
    words: Annotated[Rest, Text("关键词", "words")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    found = await care.lessons(ask.session, ask.actor.scope, words)
    title = ask.t(Text("项目经验", "Lessons"))
    return shown(ask, title, found) or ask.notice(
        title=title, text=ask.t(Text("没有找到经验。", "No lessons found."))
    )


async def of_similar(ask: Ask, project: Project) -> Notice | None:
    """What projects like this one have taught; None where none has."""
    found = await care.similar(ask.session, ask.actor.scope, project)
    title = Text("相似项目的经验", "Lessons of similar projects")
    return shown(ask, ask.t(title), found)


def shown(ask: Ask, title: str, found: Sequence[tuple[Lesson, Project]]) -> Notice | None:
    if not found:
        return None
    rows = tuple(
        (
            f"{project.code} {project.name}",
            ask.t((LessonKind.GOOD if one.good else LessonKind.BAD).text),
            one.text,
        )
        for one, project in found
    )
    columns = tuple(ask.t(one) for one in (_PROJECT, _KIND, _TEXT))
    return ask.notice(title=title, table=Table(columns=columns, rows=rows))


def form(ask: Ask, project: Project) -> Form:
    """What a project's members fill in when it ends."""
    return Form(
        command="/lesson",
        title=ask.t(Text("这个项目教会了我们什么？", "What has this project taught us?")),
        submit=ask.t(Text("记下", "Keep it")),
        fields=(
            Field(name="project", label=ask.t(_PROJECT), required=True, value=project.code),
            Field(
                name="kind",
                label=ask.t(_KIND),
                kind=FieldKind.CHOICE,
                required=True,
                choices=tuple(Choice(value=k.value, label=ask.t(k.text)) for k in LessonKind),
                value=LessonKind.GOOD.value,
            ),
            Field(name="text", label=ask.t(_TEXT), kind=FieldKind.LONG, required=True),
        ),
    )
