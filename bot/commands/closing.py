"""Closing a project: what is open is said, the customer gets the report, the members leave lessons."""

from dataclasses import replace
from typing import Annotated, Final

from bot import log, telling
from bot.commands import lesson, offering, public, survey
from bot.commands.offering import Offer
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Field, FieldKind, Form, Level, Notice
from bot.domain import terms, workdays
from bot.domain.care import APART, SurveyKind
from bot.people import HOME, actor
from bot.texts import Text, listed
from storage import care, projects, pushes
from storage.tables import Conversation, Customer, Project, Push, User

_log = log.get("closing")

_PROJECT = Text("项目", "project")
_REASON = Text("理由", "reason")
_OPEN = Text(
    "{code} 还有未了事项：\n{lacking}\n如仍要结项，请写明理由。",
    "Of {code} is still open:\n{lacking}\nTo close it all the same, give a reason.",
)
_MOST: Final = 5
_LATER: Final = "closing-nps"
"""The node of the care plan that asks later what cannot be asked now."""


@command(
    "close",
    zh="结项",
    permission="project.write",
    aliases=("project close",),
    help=Text(
        "结项：检查未了事项，起草结项报告，批准后发给客户并发问卷",
        "close a project: check what is open, draft the report for the customer and the survey",
    ),
)
async def close(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    reason: Annotated[str, _REASON] = "",
) -> Notice:
    if project.phase == terms.Phase.CLOSED:
        raise CommandError(
            Text("{code} 已经关闭。", "{code} is closed already."), code=project.code
        )
    waiting = await pushes.newest(ask.session, project.id, "closing")
    if any(push.state == "waiting" for push in waiting):
        raise CommandError(
            Text("{code} 的结项报告已在等待批准。", "The closing report of {code} waits already."),
            code=project.code,
        )
    lacking = await _lacking(ask, project)
    if lacking and not reason.strip():
        raise _not_yet(ask, project, lacking)
    customer = await ask.session.get_one(Customer, project.customer_id)
    if lacking:
        await ask.did(
            "project.forced",
            project,
            customer_id=customer.id,
            project_id=project.id,
            reason=reason.strip(),
        )
    await _ask_members(ask, project)
    if not await pushes.customer_chats(ask.session, customer, project):
        await _closed(ask, project)
        return ask.say(
            Text(
                "{code} 已关闭。客户没有可发送的群或邮箱，结项报告未发出。",
                "{code} is closed. The customer has neither chat nor mailbox, so no report went out.",
            ),
            Level.GOOD,
            code=project.code,
        )

    async def make(chat: Conversation) -> Notice:
        return await public.closing(ask.session, project, chat)

    made = await offering.offer(ask, Offer("closing", customer, project, make))
    return await offering.sent_off(ask, [waits for _, _, waits in made])


async def _lacking(ask: Ask, project: Project) -> list[str]:
    """What is open, in words; of money only which part of the plan it is."""
    found = await care.unfinished(ask.session, project.id)
    kinds = (
        (Text("未完成任务", "Open tasks"), [f"T-{one.id} {one.name}" for one in found.tasks]),
        (
            Text("客户未验收的交付物", "Deliverables not accepted"),
            [f"{one.name} v{one.version}" for one in found.deliverables],
        ),
        (Text("未收齐的款项", "Payments open"), [one.name for one in found.terms]),
    )
    more = Text("等 {n} 项", "{n} in all")
    return [
        f"{ask.t(label)}：{listed(names[:_MOST], ask.language)}"
        + (f" {ask.t(more, n=len(names))}" if len(names) > _MOST else "")
        for label, names in kinds
        if names
    ]


def _not_yet(ask: Ask, project: Project, lacking: list[str]) -> CommandError:
    form = Form(
        command="/close",
        title=ask.t(Text("仍然结项", "Close it all the same")),
        submit=ask.t(Text("结项", "Close")),
        fields=(
            Field(name="project", label=ask.t(_PROJECT), required=True, value=project.code),
            Field(name="reason", label=ask.t(_REASON), required=True, kind=FieldKind.LONG),
        ),
    )
    return CommandError(
        _OPEN,
        form=form,
        code=project.code,
        lacking="\n".join(f"· {one}" for one in lacking),
    )


@offering.settled("closing")
async def settled(ask: Ask, push: Push, yes: bool) -> None:
    """Once the report may go out, the project is closed and its customer asked for a score."""
    project = await ask.session.get(Project, push.project_id or 0)
    if not yes or project is None or project.phase == terms.Phase.CLOSED:
        return
    await _closed(ask, project)
    customer = await ask.session.get_one(Customer, project.customer_id)
    try:
        async with ask.session.begin_nested():
            await survey.invite(ask, SurveyKind.NPS, customer, project)
    except survey.TooSoon:
        due = workdays.china().add((ask.now + APART).date(), 1)
        await care.claim(ask.session, customer.id, _LATER, due, project_id=project.id)
    except CommandError as error:
        _log.info("closing.no_survey", project=project.code, why=error.text.en)


async def _closed(ask: Ask, project: Project) -> None:
    before, project.phase = project.phase, terms.Phase.CLOSED.value
    project.closed_at = project.updated_at = ask.now
    await ask.did(
        "project.phase",
        project,
        customer_id=project.customer_id,
        project_id=project.id,
        before=before,
        after=project.phase,
    )


async def _ask_members(ask: Ask, project: Project) -> None:
    """Its members and its manager are asked what they have learnt."""
    users = list(await projects.members(ask.session, project.id))
    manager = await ask.session.get(User, project.manager_id or 0)
    if manager is not None and manager.id not in {one.id for one in users}:
        users.append(manager)
    for user in users:
        reader = await actor(ask.session, user.id, ask.defaults)
        if reader is None:
            continue
        there = replace(ask, actor=reader, chat=None)
        title = Text("{project} 结项：请留下经验", "{project} ends: what have you learnt?")
        example = Text(
            "也可以发送：/登记经验 {code} good 现场先做样板",
            "Or say: /lesson {code} good build a sample first",
        )
        notice = there.notice(
            title=there.t(title, project=f"{project.code} {project.name}"),
            text=there.t(example, code=project.code),
            form=lesson.form(there, project),
        )
        key = f"lessons:{project.id}:{user.id}"
        await telling.member(ask.session, user, notice, home=HOME, key=key, now=ask.now)
