"""The phase of a project, and what it asks for before it is entered."""

from datetime import UTC, datetime
from typing import Annotated

from bot.commands.project import card, happened
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Field, Form, Notice
from bot.domain import terms
from bot.planning import making, phases
from bot.texts import Text
from storage.tables import Project

_PROJECT = Text("项目", "project")
_PHASE = Text("阶段", "phase")
_REASON = Text("理由", "reason")
_NOT_YET = Text("还不能进入「{phase}」：\n{lacking}", "Not ready for “{phase}”:\n{lacking}")
_NOT_YET_BUT = Text(
    "还不能进入「{phase}」：\n{lacking}\n如仍要进入，请写明理由。",
    "Not ready for “{phase}”:\n{lacking}\nTo enter it all the same, give a reason.",
)
_ANYWAY = Text("仍然进入「{phase}」", "Enter “{phase}” all the same")
_ENTER = Text("进入", "Enter")


@command(
    "phase",
    zh="项目阶段",
    permission="project.write",
    aliases=("project phase",),
    help=Text("设置项目阶段：立项/计划/执行/验收/回款/关闭", "set a project's phase"),
)
async def phase_(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    phase: Annotated[terms.Phase, _PHASE],
    reason: Annotated[str, _REASON] = "",
) -> Notice:
    """A phase with unmet conditions is entered only with a reason, by whoever answers for it."""
    templates = await making.known(ask.session)
    plan = templates.get(project.template)
    lacking = await phases.unmet(ask.session, project, plan, phase) if plan else []
    if lacking and not (reason.strip() and _may_force(ask, project)):
        raise _not_yet(ask, project, phase, [ask.t(one) for one in lacking])
    before, project.phase = project.phase, phase.value
    project.closed_at = datetime.now(UTC) if phase == terms.Phase.CLOSED else None
    await happened(ask, project, "project.phase", before=before, after=phase.value)
    if lacking:
        await happened(ask, project, "project.forced", reason=reason.strip())
    return await card(ask, project)


def _may_force(ask: Ask, project: Project) -> bool:
    return project.manager_id == ask.actor.user_id or bool(
        {"admin", "manager"} & {*ask.actor.roles}
    )


def _not_yet(ask: Ask, project: Project, phase: terms.Phase, lacking: list[str]) -> CommandError:
    form = None
    if _may_force(ask, project):
        fields = (
            Field(name="project", label=ask.t(_PROJECT), required=True, value=project.code),
            Field(name="phase", label=ask.t(_PHASE), required=True, value=phase.value),
            Field(name="reason", label=ask.t(_REASON), required=True),
        )
        title = ask.t(_ANYWAY, phase=ask.t(phase.text))
        form = Form(command="/phase", title=title, submit=ask.t(_ENTER), fields=fields)
    return CommandError(
        _NOT_YET if form is None else _NOT_YET_BUT,
        form=form,
        phase=ask.t(phase.text),
        lacking="\n".join(f"· {one}" for one in lacking),
    )
