"""What guests do on their page: a supplier reports a task done, or says something."""

from dataclasses import replace
from typing import Final

from bot import people, telling
from bot.commands import cards, talk
from bot.commands.registry import Ask, CommandError
from bot.contract import Button, Fact, Level, Notice
from bot.domain.terms import Phase, TaskStage
from bot.people import HOME, Defaults, actor
from bot.texts import Language, Text
from storage import guests
from storage.scope import Scope
from storage.tables import Guest, Project, Task, User

LONGEST: Final = 4000
"""Characters of a message."""

_CLOSED = Text("项目已结束，如有需要请直接联系我们。", "The project is over; please contact us.")
_NOT_YOURS = Text("没有这个任务，或已不由您负责。", "There is no such task of yours.")
_ALREADY = Text("这个任务已经报告完成。", "This task was reported as done already.")
_EMPTY = Text("请写点什么再发送。", "Please write something first.")
_REPORTED = Text(
    "供应商 {who} 报告完成 T-{number} {name}", "The supplier {who} reports T-{number} {name} done"
)
_CHECK = Text("任务已移到「待检查」，请核对。", "The task is in review now; please look at it.")
_SAID = Text("供应商 {who} 留言", "The supplier {who} writes")


def as_guest(defaults: Defaults, guest: Guest, language: Language) -> people.Actor:
    """Who asks on a guest's page: nobody of ours, with nothing to see but what the page looks up."""
    label = Text("{name}（供应商）", "{name} (supplier)").in_(language, name=guest.name)
    return replace(
        people.program(defaults),
        name=label,
        roles=("guest",),
        scope=Scope(None),
        language=language,
    )


async def report(ask: Ask, guest: Guest, project: Project, number: int) -> None:
    """The supplier says that a task is done: a member looks at it before it counts."""
    _open(project)
    task = await guests.task(ask.session, guest, number)
    if task is None:
        raise CommandError(_NOT_YOURS)
    if task.done_at is not None or task.stage == TaskStage.REVIEW:
        raise CommandError(_ALREADY)
    task.stage = TaskStage.REVIEW.value
    await ask.did(
        "task.reported",
        task,
        customer_id=project.customer_id,
        project_id=project.id,
        number=task.id,
        name=task.name,
        who=guest.name,
    )
    done = Text("完成 T-{number}", "T-{number} done")
    back = Text("退回 T-{number}", "Send T-{number} back")
    key = f"task-reported:{task.id}:{ask.now.isoformat()}"
    for user, reader in await _told(ask, project, task):
        t = reader.language
        notice = Notice(
            level=Level.GOOD,
            title=_REPORTED.in_(t, who=guest.name, number=task.id, name=task.name),
            text=_CHECK.in_(t),
            facts=_of(project, t),
            buttons=(
                Button(
                    label=done.in_(t, number=task.id),
                    command=f"/task done T-{task.id}",
                    primary=True,
                ),
                Button(label=back.in_(t, number=task.id), command=f"/task stage T-{task.id} doing"),
            ),
            language=t,
        )
        await _tell(ask, user, notice, key)


async def say(ask: Ask, guest: Guest, project: Project, words: str) -> None:
    """Kept as a note of the project, as sources outside do: it is never run as a command, and
    never taken for the customer's mood.
    """
    _open(project)
    said = words.strip()[:LONGEST]
    if not said:
        raise CommandError(_EMPTY)
    item = await talk.noted(ask, said, project=project)
    key = f"guest-said:{item.id}"
    for user, reader in await _told(ask, project, None):
        t = reader.language
        notice = Notice(
            title=_SAID.in_(t, who=guest.name),
            text=cards.short(said, 1000),
            facts=_of(project, t),
            buttons=(
                Button(
                    label=Text("时间线", "Timeline").in_(t), command=f"/timeline {project.code}"
                ),
            ),
            language=t,
        )
        await _tell(ask, user, notice, key)


def _open(project: Project) -> None:
    if project.phase == Phase.CLOSED:
        raise CommandError(_CLOSED)


def _of(project: Project, language: Language) -> tuple[Fact, ...]:
    label = Text("项目", "Project").in_(language)
    return (Fact(label=label, value=f"{project.code} {project.name}"),)


async def _told(ask: Ask, project: Project, task: Task | None) -> list[tuple[User, people.Actor]]:
    """Who hears of it: whoever sees to the task, and the project's manager."""
    found: list[tuple[User, people.Actor]] = []
    for user_id in dict.fromkeys((task.assignee_id if task else None, project.manager_id)):
        user = await ask.session.get(User, user_id or 0)
        reader = await actor(ask.session, user.id, ask.defaults) if user else None
        if user is not None and reader is not None:
            found.append((user, reader))
    return found


async def _tell(ask: Ask, user: User, notice: Notice, key: str) -> None:
    await telling.member(
        ask.session, user, notice, home=HOME, key=key, now=ask.now, by_day=ask.defaults
    )
