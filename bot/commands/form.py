"""A firm's own forms: filled in on every platform, filed on the timeline, or made into work."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from bot.commands import arguments, cards, defect, risk, talk, task
from bot.commands.registry import COMMANDS, Answers, Ask, CommandError, Rest, command
from bot.contract import Button, Choice, Field, FieldKind, Form, Level, Notice, Table
from bot.domain import definition, forms
from bot.domain.forms import Answer, BadAnswer, Blank, Makes
from bot.domain.terms import RiskLevel, Severity
from bot.texts import Text, listed
from storage import definitions
from storage.tables import Customer, Interaction, Project

_FORM = Text("表单", "form")
_PROJECT = Text("项目", "project")
_CUSTOMER = Text("客户", "customer")
_TITLE: Final = 120
"""Characters of the name of what a form makes."""
_KINDS: Final = {
    "text": FieldKind.TEXT,
    "long": FieldKind.LONG,
    "date": FieldKind.DATE,
    "choice": FieldKind.CHOICE,
    "number": FieldKind.TEXT,
}
_NEEDS: Final = {
    Makes.TASK: "task.write",
    Makes.DEFECT: "defect.write",
    Makes.RISK: "risk.write",
}
_ABOUT: Final = {"project": _PROJECT, "customer": _CUSTOMER}
_CODES: Final = {"project": Text("项目", "Project"), "customer": Text("客户", "Customer")}
_NO_FORM = Text(
    "没有表单「{name}」。可用：{known}。", "There is no form “{name}”. There are: {known}."
)
_WHICH = Text("请说明是哪个{what}，例如 {line}。", "Say which {what}, as in {line}.")
_NOT_ALLOWED = Text(
    "这张表会登记{makes}，您没有权限 {permission}。",
    "This form makes {makes}, which needs the permission {permission}.",
)
_HOW = Text(
    "填好后提交；也可以直接写：{line} {field}:内容",
    "Fill it in and submit; or write it: {line} {field}:words",
)


async def known(ask: Ask) -> dict[str, Blank]:
    """All forms by id."""
    own = await definitions.newest(ask.session, "form")
    return definition.in_force(forms.shipped(), own, forms.read)


@command(
    "forms",
    zh="表单列表",
    reads=True,
    permission="note.write",
    aliases=("form list",),
    help=Text("有哪些表单可以填", "which forms there are to fill in"),
)
async def list_(ask: Ask) -> Notice:
    found = await known(ask)
    columns = tuple(
        ask.t(one)
        for one in (
            Text("编号", "Id"),
            _FORM,
            Text("关于", "About"),
            Text("登记为", "Makes"),
            Text("项数", "Fields"),
        )
    )
    rows = tuple(
        (
            one.id,
            one.title.in_(ask.language),
            ask.t(_ABOUT[one.about]),
            ask.t(one.makes.text),
            str(len(one.fields)),
        )
        for one in found.values()
    )
    return ask.notice(
        title=ask.t(Text("表单", "Forms")),
        text=ask.t(Text("例如：/表单 现场巡检 P-0001", "As in /form site-inspection P-0001")),
        table=Table(columns=columns, rows=rows),
    )


@command(
    "form",
    zh="表单",
    reads=True,
    sets="answers",
    permission="note.write",
    aliases=("填表", "fill form"),
    help=Text("填一张表：/表单 现场巡检 P-0001", "fill in a form: /form site-inspection P-0001"),
)
async def form(
    ask: Ask,
    project: Annotated[Project | None, _PROJECT] = None,
    customer: Annotated[Customer | None, _CUSTOMER] = None,
    name: Annotated[Rest, _FORM] = Rest(""),  # noqa: B008 - a plain string
    answers: Annotated[Answers | None, Text("内容", "answers")] = None,
) -> Notice:
    if not name.strip():
        return await list_(ask)
    blank, rest = await _named(ask, name)
    about: Project | Customer | None = project if blank.about == "project" else customer
    if rest:
        read = arguments.project_named if blank.about == "project" else arguments.customer_named
        about = await read(ask, rest)
    if about is None and blank.about == "customer" and project is not None:
        about = await ask.session.get_one(Customer, project.customer_id)
    if about is None:
        code = "P-0001" if blank.about == "project" else "C-0001"
        line = f"/{_spoken(ask)} {blank.id} {code}"
        raise CommandError(_WHICH, what=ask.t(_ABOUT[blank.about]), line=line)
    permission = _NEEDS.get(blank.makes, "")
    if permission and not ask.actor.may(permission):
        raise CommandError(_NOT_ALLOWED, makes=ask.t(blank.makes.text), permission=permission)
    if not answers:
        return _shown(ask, blank, about)
    try:
        found = forms.answers(blank, answers, ask.now, ask.language)
    except BadAnswer as error:
        again = _form(ask, blank, about, answers)
        wrong = ask.t(error.text, **error.facts)
        raise CommandError(Text(wrong, wrong), form=again) from error
    return await _file(ask, blank, about, found)


def _spoken(ask: Ask) -> str:
    return COMMANDS["form"].spoken(ask.language)


async def _named(ask: Ask, name: str) -> tuple[Blank, str]:
    """The form that the first words name, by id, name or part of one; and the words behind it."""
    all_ = await known(ask)
    words = name.split()
    for length in range(len(words), 0, -1):
        said = " ".join(words[:length]).casefold()
        exact = [one for one in all_.values() if said in _names(one)]
        near = [one for one in all_.values() if any(said in word for word in _names(one))]
        for found in (exact, near):
            if len(found) == 1:
                return found[0], " ".join(words[length:])
    shown = listed((one.title.in_(ask.language) for one in all_.values()), ask.language)
    raise CommandError(_NO_FORM, name=cards.short(name, 40), known=shown)


def _names(blank: Blank) -> tuple[str, ...]:
    return (blank.id, blank.title.zh.casefold(), blank.title.en.casefold())


def _shown(ask: Ask, blank: Blank, about: Project | Customer) -> Notice:
    made = _form(ask, blank, about, {})
    field = blank.fields[0].label.in_(ask.language)
    return ask.notice(
        title=made.title,
        text=ask.t(_HOW, line=made.command, field=field),
        facts=[(ask.t(_CODES[blank.about]), f"{about.code} {about.name}")],
        form=made,
    )


def _form(ask: Ask, blank: Blank, about: Project | Customer, given: Mapping[str, str]) -> Form:
    """The form to fill in, with what was said already."""
    return Form(
        command=f"/{_spoken(ask)} {blank.id} {about.code}",
        title=blank.title.in_(ask.language),
        submit=ask.t(Text("提交", "Submit")),
        fields=tuple(
            Field(
                name=one.name,
                label=one.label.in_(ask.language),
                kind=_KINDS[one.kind],
                required=one.required,
                choices=tuple(
                    Choice(value=choice.in_(ask.language), label=choice.in_(ask.language))
                    for choice in one.choices
                ),
                value=given.get(one.name, ""),
            )
            for one in blank.fields
        ),
    )


async def _file(
    ask: Ask, blank: Blank, about: Project | Customer, found: Mapping[str, Answer]
) -> Notice:
    """Always a note with all that was said; what the form makes comes of that note."""
    said = forms.text(blank, found, ask.language)
    if isinstance(about, Customer):
        noted = await talk.noted(ask, said, customer=about)
        made = None
    else:
        noted = await talk.noted(ask, said, project=about)
        made = await _made(ask, blank, about, found, noted)
    where = f"{blank.title.in_(ask.language)} #{noted.id}"
    if made is not None:
        return made.model_copy(update={"note": where})
    return ask.notice(
        title=f"{about.code} {about.name}",
        text=said,
        level=Level.GOOD,
        facts=[(ask.t(Text("已记下", "Kept as")), f"#{noted.id}")],
        buttons=[
            Button(label=ask.t(Text("时间线", "Timeline")), command=f"/timeline {about.code}"),
            Button(label=ask.t(Text("撤销", "Undo")), command="/undo"),
        ],
    )


async def _made(
    ask: Ask, blank: Blank, project: Project, found: Mapping[str, Answer], noted: Interaction
) -> Notice | None:
    title, due = Rest(_title(ask, blank, found)), found.get("due")
    day = due if isinstance(due, date) else None
    if blank.makes == Makes.TASK:
        return await task.new(ask, project, title, due=day, item=noted)
    if blank.makes == Makes.DEFECT:
        said = found.get("severity")
        severity = next((one for one in Severity if one.text.zh == said), Severity.MINOR)
        return await defect.new(ask, project, title, severity, item=noted)
    if blank.makes == Makes.RISK:
        said = found.get("level")
        level = next((one for one in RiskLevel if one.text.zh == said), RiskLevel.MEDIUM)
        return await risk.add(ask, project, level, title, due=day)
    return None


def _title(ask: Ask, blank: Blank, found: Mapping[str, Answer]) -> str:
    """What the form makes is called as the field `title` says, else as its first words do."""
    words = [
        str(found[one.name])
        for one in sorted(blank.fields, key=lambda one: one.name != "title")
        if one.kind in forms.LONGEST and one.name in found
    ]
    return cards.short(words[0] if words else blank.title.in_(ask.language), _TITLE)
