"""Systems outside that tell us how a project stands, or of money: who they are, what is refused."""

import re
from enum import StrEnum
from typing import Annotated, Final

from bot.commands import amounts, cards, scalars
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table, signing
from bot.domain import documents
from bot.domain.documents import Columns
from bot.domain.terms import Phase, ProgressBy, Severity
from bot.texts import Text, listed
from storage import sources
from storage.tables import Project, Source

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])")
_SPLIT: Final = re.compile(r"[\s,，;；]+")
_SIGNED: Final = "sha256=HEX(HMAC-SHA256(secret, t + '.' + body))"
_MOST: Final = 20
_LONGEST: Final = 100
_CHOICES: Final[dict[str, type[Phase] | type[Severity]]] = {"phase": Phase, "severity": Severity}

_NAMED = Text("名称", "name")
_PROJECT = Text("项目", "project")
_KIND = Text("类型", "kind")
_BAD_NAME = Text(
    "名称要 2 到 40 个小写字母、数字或连字符，例如 site-1。",
    "A name has 2 to 40 lower-case letters, digits or hyphens, as in site-1.",
)
_TAKEN = Text(
    "名称 {name} 已用过；停用的名称也不能再用。",
    "The name {name} is taken; one that was stopped cannot be used again.",
)
_ELSEWHERE = Text(
    "密钥只在您自己与助手的对话里给出，请在那里新建。",
    "The secret is told in your own chat with the assistant only; add the source there.",
)
_NO_PROJECT = Text("状态来源要写明项目。", "Say which project it tells of.")
_NO_PRESET = Text(
    "没有适合「{kind}」的预设「{name}」。可用：{known}。",
    "There is no preset “{name}” for {kind}. There are: {known}.",
)
_UNKNOWN = Text("没有来源「{name}」。", "There is no source “{name}”.")
_STOPPED = Text("来源 {name} 已停用。", "The source {name} was stopped already.")
_NO_FIELD = Text(
    "没有字段「{name}」，可设：{known}。", "There is no field “{name}”. There are: {known}."
)
_NO_PATHS = Text(
    "请写对方的字段名，例如 data.progress；或写取值对应，例如 施工=执行。",
    "Write what they call it, as in data.progress, or what a value means, as in building=execution.",
)
_NO_VALUE = Text("「{value}」不是{field}的取值。", "“{value}” is no value of {field}.")
_ONLY: Final = frozenset({"only", "只收"})
_ONLY_MONEY = Text(
    "「只收」用于单据：收款、发票、付款计划。",
    "“only” is for documents: receipts, invoices, plans.",
)
_NEEDED = Text("字段 {name} 必须有。", "The field {name} is needed.")


class SourceKind(StrEnum):
    STATUS = "status"
    MONEY = "money"

    @property
    def text(self) -> Text:
        return {
            "status": Text("项目状态", "project status"),
            "money": Text("收付款", "money"),
        }[self.value]


class Documents(StrEnum):
    """What a source of money sends."""

    RECEIPTS = "receipts"
    INVOICES = "invoices"
    TERMS = "terms"

    @property
    def text(self) -> Text:
        return {
            "receipts": Text("收款单", "receipts"),
            "invoices": Text("发票", "invoices"),
            "terms": Text("付款计划", "payment plans"),
        }[self.value]


@command(
    "source.new",
    zh="新建来源",
    permission="source.write",
    final=True,
    aliases=("source add",),
    help=Text(
        "让外部系统告诉我们：/新建来源 site-1 status P-0031 preset:iot，或 erp-1 money preset:kingdee",
        "let a system tell us: /source new site-1 status P-0031 preset:iot, or erp-1 money preset:kingdee",
    ),
)
async def new(
    ask: Ask,
    name: Annotated[str, _NAMED],
    kind: Annotated[SourceKind, _KIND],
    project: Annotated[Project | None, _PROJECT] = None,
    preset: Annotated[str, Text("预设", "preset")] = "generic",
    of: Annotated[Documents, Text("单据", "documents")] = Documents.RECEIPTS,
) -> Notice:
    """Not undone: its secret has been told, and would hold for another of the same name."""
    if ask.host is None or ask.chat is None or ask.chat.user_id != ask.actor.user_id:
        raise CommandError(_ELSEWHERE)
    name = name.strip().casefold()
    if not _NAME.fullmatch(name):
        raise CommandError(_BAD_NAME)
    if await sources.named(ask.session, name) is not None:
        raise CommandError(_TAKEN, name=name)
    if kind == SourceKind.MONEY:
        amounts.allowed(ask)
        project = None
    elif project is None:
        raise CommandError(_NO_PROJECT)
    made = Source(
        name=name,
        kind=kind.value,
        project_id=project.id if project else None,
        mapping=_preset(ask, preset, kind, of).model_dump(),
        by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("source.made", made, name=name)
    return _told_once(ask, made, project)


def _preset(ask: Ask, name: str, kind: SourceKind, of: Documents) -> Columns:
    wanted = _documents(of) if kind == SourceKind.MONEY else "status"
    try:
        return documents.shipped(name.strip().casefold(), wanted)
    except ValueError as error:
        raise CommandError(
            _NO_PRESET,
            name=name,
            kind=ask.t(kind.text),
            known=listed(documents.shipped_for(wanted), ask.language),
        ) from error


def _documents(of: Documents) -> documents.Kind:
    kinds: dict[Documents, documents.Kind] = {
        Documents.RECEIPTS: "receipts",
        Documents.INVOICES: "invoices",
        Documents.TERMS: "terms",
    }
    return kinds[of]


def _told_once(ask: Ask, made: Source, project: Project | None) -> Notice:
    assert ask.host is not None  # noqa: S101 - the caller has looked
    outside = project is not None and project.progress_by != ProgressBy.OUTSIDE
    by = Text("进度由它更新", "Take progress from it")
    return ask.notice(
        title=ask.t(Text("已新建来源 {name}", "Source {name} added"), name=made.name),
        text=ask.t(
            Text(
                "密钥只显示这一次，请现在就存到对方系统里；丢失了请停用后另建一个。",
                "The secret is shown this once: put it into the other system now. Where it is lost,"
                " stop this source and add another.",
            )
        ),
        level=Level.GOOD,
        facts=[
            (
                ask.t(Text("地址（POST）", "Address (POST)")),
                ask.host.link(f"/hooks/{made.kind}/{made.name}"),
            ),
            (
                ask.t(Text("密钥", "Secret")),
                signing.of_source(ask.host.key, made.kind, made.name),
            ),
            (
                ask.t(Text("签名", "Signature")),
                f"{signing.TIMESTAMP}: t · {signing.SIGNATURE}: {_SIGNED}",
            ),
            (ask.t(_PROJECT), f"{project.code} {project.name}" if project else ""),
            (ask.t(Text("字段", "Fields")), _fields(made)),
        ],
        buttons=[Button(label=ask.t(by), command=f"/progress {project.code} by:outside")]
        if project and outside
        else [],
    )


@command(
    "sources",
    zh="来源列表",
    reads=True,
    permission="source.write",
    aliases=("source list", "来源"),
    help=Text(
        "外部来源：最近何时收到，收下与拒绝多少，为什么",
        "systems outside: when last heard, how much was taken or refused, and why",
    ),
)
async def list_(ask: Ask) -> Notice:
    found = await sources.listed(ask.session, ask.actor.scope)
    title = ask.t(Text("外部来源", "Systems outside"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("还没有来源。", "There is none yet.")))
    stopped, never = Text("已停用", "stopped"), Text("还没有", "not yet")
    rows = tuple(
        (
            one.source.name,
            ask.t(SourceKind(one.source.kind).text),
            one.project or "—",
            ask.t(stopped)
            if one.source.stopped_at
            else cards.moment(ask, one.source.heard_at)
            if one.source.heard_at
            else ask.t(never),
            str(one.taken),
            str(one.refused),
        )
        for one in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            _NAMED,
            _KIND,
            _PROJECT,
            Text("最近收到", "Last heard"),
            Text("收下", "Taken"),
            Text("拒绝", "Refused"),
        )
    )
    refused = await sources.refusals(ask.session, [one.source.id for one in found])
    return ask.notice(
        title=title,
        level=Level.WARNING if refused else Level.INFO,
        facts=[
            (f"{name} {cards.moment(ask, event.at)}", f"{cards.short(event.event_id, 40)}: {why}")
            for name, event in refused
            if (why := event.error)
        ],
        table=Table(columns=columns, rows=rows),
    )


@command(
    "source.stop",
    zh="停用来源",
    permission="source.write",
    help=Text("不再听某个外部来源", "a system outside is heard no more"),
)
async def stop(ask: Ask, name: Annotated[str, _NAMED]) -> Notice:
    found = await _seen(ask, name)
    found.stopped_at = ask.now
    ask.session.add(found)
    ask.wrote("source.stopped", found, name=found.name)
    return ask.notice(
        text=ask.t(
            Text(
                "已停用来源 {name}，它再发来的一概不收。",
                "{name} is stopped; what it sends is refused.",
            ),
            name=found.name,
        ),
        level=Level.GOOD,
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


@command(
    "source.map",
    zh="来源字段",
    permission="source.write",
    help=Text(
        "设一个字段：/来源字段 site-1 progress data.percent，或 phase 施工=执行，或 state 只收 已审核",
        "set a field: /source map site-1 progress data.percent, or phase building=execution,"
        " or state only audited",
    ),
)
async def map_(
    ask: Ask,
    name: Annotated[str, _NAMED],
    field: Annotated[str, Text("字段", "field")],
    said: Annotated[Rest, Text("对方的字段或取值", "theirs")],
) -> Notice:
    """Paths, and what `only` asks for, take the place of those there were; values are added."""
    found = await _seen(ask, name)
    columns = Columns.model_validate(found.mapping)
    known = documents.KNOWN[columns.kind]
    if field not in known:
        raise CommandError(_NO_FIELD, name=field, known=listed(known, ask.language))
    words = [word for word in _SPLIT.split(said.strip()) if word]
    if not words or len(words) > _MOST or any(len(word) > _LONGEST for word in words):
        raise CommandError(_NO_PATHS)
    if words[0].casefold() in _ONLY:
        changed = _with_only(columns, field, words[1:])
    elif any("=" in word for word in words):
        values = dict(_value(columns.kind, field, word) for word in words)
        changed = _with_values(columns, field, values)
    elif words == ["-"]:
        if field in documents.LEAST[columns.kind]:
            raise CommandError(_NEEDED, name=field)
        changed = columns.model_copy(update={"columns": {**columns.columns, field: []}})
    else:
        changed = columns.model_copy(update={"columns": {**columns.columns, field: words}})
    found.mapping = changed.model_dump()
    ask.session.add(found)
    ask.wrote("source.mapped", found, name=found.name, field=field)
    return ask.notice(
        title=found.name,
        level=Level.GOOD,
        facts=[(ask.t(Text("字段", "Fields")), _fields(found))],
        buttons=[Button(label=ask.t(Text("撤销", "Undo")), command="/undo")],
    )


def _value(kind: documents.Kind, field: str, word: str) -> tuple[str, str]:
    """What they write and what we call that, checked where ours is a closed list."""
    theirs, _, ours = word.partition("=")
    if not theirs or not ours:
        raise CommandError(_NO_PATHS)
    if kind != "status":
        if field != "currency":
            raise CommandError(_NO_VALUE, value=ours, field=field)
        return theirs, amounts.currency(ours, "")
    if field not in _CHOICES:
        return theirs, ours
    choice = scalars.choice(_CHOICES[field], ours)
    if choice is None:
        raise CommandError(_NO_VALUE, value=ours, field=field)
    return theirs, choice.value


def _with_values(columns: Columns, field: str, values: dict[str, str]) -> Columns:
    if columns.kind != "status":
        return columns.model_copy(update={"currencies": {**columns.currencies, **values}})
    merged = {**columns.values.get(field, {}), **values}
    return columns.model_copy(update={"values": {**columns.values, field: merged}})


def _with_only(columns: Columns, field: str, values: list[str]) -> Columns:
    """Documents that say something else in this field are refused; `-` lets all in again."""
    if columns.kind == "status":
        raise CommandError(_ONLY_MONEY)
    if not values or any("=" in value for value in values):
        raise CommandError(_NO_PATHS)
    others = {name: wanted for name, wanted in columns.only.items() if name != field}
    return columns.model_copy(
        update={"only": others if values == ["-"] else {**others, field: values}}
    )


def _fields(source: Source) -> str:
    columns = Columns.model_validate(source.mapping)
    lines = [f"{ours} ← {', '.join(theirs)}" for ours, theirs in columns.columns.items() if theirs]
    tables = {**columns.values, **({"currency": columns.currencies} if columns.currencies else {})}
    for field, table in tables.items():
        lines += [f"{field}: {theirs} = {ours}" for theirs, ours in table.items()]
    lines += [f"{field} ∈ {', '.join(wanted)}" for field, wanted in columns.only.items()]
    return "\n".join(lines)


async def _seen(ask: Ask, name: str) -> Source:
    """A source that is still heard, and that the asker may see."""
    found = await sources.seen(ask.session, ask.actor.scope, name.strip().casefold())
    if found is None:
        raise CommandError(_UNKNOWN, name=name)
    if found.stopped_at is not None:
        raise CommandError(_STOPPED, name=found.name)
    return found
