"""What people see of customers, projects, tasks and items: one way to show each."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency

from bot.commands.registry import Ask
from bot.contract import Button, Notice, Table
from bot.domain import care, terms
from bot.rules import book
from bot.texts import Language, Text, listed
from storage.customers import Card, Person
from storage.tables import Event, Interaction, Project, Task
from storage.talk import Entry

PHASES = tuple(terms.Phase)[:5]
_LONGEST = 160

_LOST = Text("[未送达：{why}]", "[not delivered: {why}]")
_DATED = Text("{name}（{day}）", "{name} ({day})")
_YES, _NO = Text("是", "yes"), Text("否", "no")
_RECALLED = Text("（已撤回）", "(recalled)")


def locale(language: str) -> str:
    return "en" if language == "en" else "zh_CN"


def money(amount: Decimal | None, currency: str, language: str) -> str:
    if amount is None:
        return ""
    return format_currency(amount, currency, locale=locale(language))


def day(value: date | None, language: str) -> str:
    return format_date(value, "medium", locale=locale(language)) if value else ""


def dated(name: str, when: date, language: Language) -> str:
    """A name with its day, as in 初验（2026年12月17日）."""
    return _DATED.in_(language, name=name, day=day(when, language))


def moment(ask: Ask, value: datetime) -> str:
    return format_datetime(ask.actor.local(value), "short", locale=locale(ask.language))


def short(text: str, longest: int = _LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def phase_bar(phase: str, language: str) -> str:
    """立项 ▸ 计划 ▸ [执行] ▸ 验收 ▸ 回款"""  # noqa: D400, D415 - a picture
    shown = [f"[{p.text.in_(language)}]" if p == phase else p.text.in_(language) for p in PHASES]
    return " ▸ ".join(shown)


def customer(ask: Ask, card: Card, last: datetime | None) -> Notice:
    """A customer's card; identities and projects as far as the asker may see them."""
    c, t = card.customer, ask.t
    facts = [
        (t(Text("行业", "Industry")), c.industry),
        (t(Text("负责人", "Owner")), card.owner),
        (t(Text("等级", "Tier")), t(terms.Tier(c.tier).text)),
        (t(Text("阶段", "Stage")), t(terms.Stage(c.stage).text)),
        (t(Text("标签", "Tags")), " ".join(f"#{tag}" for tag in c.tags)),
        (t(Text("别名", "Also called")), listed(card.aliases, ask.language)),
        (t(Text("联系人", "Contacts")), "\n".join(_person(ask, p) for p in card.people)),
        (t(Text("项目", "Projects")), "\n".join(_project_line(ask, p) for p in card.projects)),
        (t(Text("最近联系", "Last contact")), moment(ask, last) if last else ""),
        *_custom(card),
    ]
    return ask.notice(
        title=f"{c.code} {c.name}",
        text=c.background,
        facts=facts,
        buttons=[
            Button(
                label=t(Text("时间线", "Timeline")), command=f"/timeline {c.code}", primary=True
            ),
            Button(label=t(Text("项目", "Projects")), command=f"/projects {c.code}"),
        ],
    )


def _person(ask: Ask, person: Person) -> str:
    contact = person.contact
    role = ask.t(terms.ContactRole(contact.role).text) if contact.role else ""
    about = " · ".join(filter(None, (contact.title, role)))
    where = ", ".join(f"{channel} {masked(channel, value)}" for channel, value in person.identities)
    return " ".join(filter(None, (contact.name, f"({about})" if about else "", where)))


def masked(channel: str, address: str) -> str:
    """Phones lose their middle on cards, which are shown in chats."""
    if channel == "phone" and len(address) >= 7:
        return address[:3] + "*" * (len(address) - 7) + address[-4:]
    return address


def _custom(card: Card) -> Iterable[tuple[str, str]]:
    for field in card.fields:
        value: Any = card.customer.custom.get(field.name)
        if value not in (None, "", []):
            yield field.label, ", ".join(value) if isinstance(value, list) else str(value)


def _project_line(ask: Ask, project: Project) -> str:
    phase = ask.t(terms.Phase(project.phase).text)
    return f"{project.code} {project.name} · {phase} · {project.progress}%"


def project(
    ask: Ask, p: Project, customer_name: str, manager: str, members: Sequence[str], open_tasks: int
) -> Notice:
    """A project's card; money as the asker's scope allows: amounts, percent or nothing."""
    t = ask.t
    facts = [
        (t(Text("客户", "Customer")), customer_name),
        (t(Text("阶段", "Phase")), phase_bar(p.phase, ask.language)),
        (t(Text("进度", "Progress")), f"{p.progress}%"),
        (t(Text("项目经理", "Manager")), manager),
        (t(Text("成员", "Members")), listed(members, ask.language)),
        (t(Text("未完成任务", "Open tasks")), str(open_tasks)),
        (t(Text("交付日期", "Due")), day(p.due_on, ask.language)),
        (t(Text("预算", "Budget")), budget(ask, p)),
    ]
    return ask.notice(
        title=f"{p.code} {p.name}",
        facts=facts,
        buttons=[
            Button(label=t(Text("任务", "Tasks")), command=f"/tasks {p.code}", primary=True),
            Button(label=t(Text("计划", "Plan")), command=f"/plan {p.code}"),
            Button(label=t(Text("里程碑", "Milestones")), command=f"/milestones {p.code}"),
            Button(label=t(Text("时间线", "Timeline")), command=f"/timeline {p.code}"),
        ],
    )


def budget(ask: Ask, p: Project) -> str:
    """What the asker may know of a project's money; empty: nothing."""
    if not p.budget or ask.actor.scope.money == "none":
        return ""
    used = f"{p.spent / p.budget:.0%}"
    if ask.actor.scope.money == "percent":
        return ask.t(Text("已用 {used}", "{used} used"), used=used)
    return ask.t(
        Text("{spent} / {budget}（已用 {used}）", "{spent} of {budget} ({used} used)"),
        spent=money(p.spent, p.currency, ask.language),
        budget=money(p.budget, p.currency, ask.language),
        used=used,
    )


def tasks(
    ask: Ask, rows: Sequence[tuple[Task, Project]], who: dict[int | None, str], title: str
) -> Notice:
    t = ask.t
    if not rows:
        return ask.notice(title=title, text=t(Text("没有未完成的任务。", "No open tasks.")))
    listed_tasks = tuple(
        (
            f"T-{task.id}",
            ("★ " if task.key else "") + task.name,
            p.code,
            who.get(task.assignee_id, ""),
            due(ask, task),
        )
        for task, p in rows
    )
    columns = (
        t(Text("编号", "No.")),
        t(Text("任务", "Task")),
        t(Text("项目", "Project")),
        t(Text("负责人", "Assignee")),
        t(Text("截止", "Due")),
    )
    buttons = [
        Button(
            label=t(Text("完成 T-{number}", "T-{number} done"), number=task.id),
            command=f"/task done T-{task.id}",
        )
        for task, _ in rows[:5]
        if task.done_at is None
    ]
    return ask.notice(title=title, table=Table(columns=columns, rows=listed_tasks), buttons=buttons)


def due(ask: Ask, task: Task) -> str:
    """The day that a task is due, and how late it is."""
    today = ask.now.date()
    shown = day(task.due, ask.language)
    if task.due and task.done_at is None and task.due < today:
        late = (today - task.due).days
        shown += ask.t(Text("（逾期 {days} 天）", " ({days} days late)"), days=late)
    return shown


def entry(ask: Ask, item: Entry) -> tuple[str, str, str]:
    """A line of a timeline: when, what sort, what."""
    at = moment(ask, item.at)
    if item.interaction is not None:
        return (at, _sort(ask, item.interaction), said(ask, item.interaction))
    event = item.event
    return (at, ask.t(Text("记录", "record")), happened(ask, event) if event else "")


def _sort(ask: Ask, item: Interaction) -> str:
    mood = terms.Sentiment(item.sentiment).mark if item.direction == "in" else ""
    return " ".join(filter(None, (ask.t(terms.Kind(item.kind).text), mood)))


def said(ask: Ask, item: Interaction) -> str:
    """Who said what, on one line."""
    who = item.sender_name or item.sender_address
    if item.recalled_at is not None:
        body = ask.t(_RECALLED)
    else:
        body = short(" ".join(filter(None, (item.subject, item.text))))
    if item.status == "waiting_for_model":
        body = ask.t(terms.Status.WAITING.text)
    signals = " ".join(f"[{ask.t(terms.Signal(s).text)}]" for s in item.signals)
    lost = ask.t(_LOST, why=short(item.error)) if item.error and item.direction != "in" else ""
    return " ".join(filter(None, (f"{who}：" if who else "", body, lost, signals, f"#{item.id}")))


def happened(ask: Ask, event: Event) -> str:
    text = terms.EVENTS.get(event.name)
    facts = {name: _fact(ask, event.name, value) for name, value in event.facts.items()}
    return text.in_(ask.language, **facts) if text else event.name


def _fact(ask: Ask, event: str, value: Any) -> Any:
    kinds: dict[str, Any] = {
        "customer.stage": terms.Stage,
        "customer.tier": terms.Tier,
        "project.phase": terms.Phase,
        "task.stage": terms.TaskStage,
        "approval.decided": terms.Decision,
        "project.pushes": terms.Pushes,
        "survey.answered": care.SurveyKind,
        "survey.changed": care.SurveyKind,
    }
    if event == "task.key":
        return ask.t(_YES if value else _NO)
    if event == "alert.raised" and isinstance(value, str):
        return ask.t(book.name_of(value))
    kind = kinds.get(event)
    return ask.t(kind(value).text) if kind and value in set(kind) else value


def timeline(ask: Ask, title: str, entries: Sequence[Entry], more: str) -> Notice:
    if not entries:
        return ask.notice(title=title, text=ask.t(Text("还没有记录。", "Nothing yet.")))
    columns = (
        ask.t(Text("时间", "When")),
        ask.t(Text("类型", "What")),
        ask.t(Text("内容", "Content")),
    )
    rows = tuple(entry(ask, item) for item in entries)
    buttons = [Button(label=ask.t(Text("更早", "Earlier")), command=more)] if more else []
    return ask.notice(title=title, table=Table(columns=columns, rows=rows), buttons=buttons)
