"""Custom fields: data that the firm adds to customers and projects, without code."""

import re
from enum import StrEnum
from typing import Annotated, Any

from bot.commands import arguments
from bot.commands.customer import card as customer_card
from bot.commands.project import card as project_card
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Level, Notice, Table
from bot.domain import dates
from bot.texts import Text
from storage import customers
from storage.tables import Customer, FieldDefinition, Project


class Entity(StrEnum):
    CUSTOMER = "customer"
    PROJECT = "project"

    @property
    def text(self) -> Text:
        return {"customer": Text("客户", "customer"), "project": Text("项目", "project")}[
            self.value
        ]


_TYPES = ("text", "number", "date", "bool", "select", "multi")
_BAD_TYPE = Text(
    "类型只能是 text、number、date、bool、select:甲|乙、multi:甲|乙。",
    "The type is text, number, date, bool, select:a|b or multi:a|b.",
)


@command(
    "field.add",
    zh="添加字段",
    permission="field.write",
    help=Text(
        "添加自定义字段", "add a custom field, e.g. /field add customer source select:ad|fair"
    ),
)
async def add(
    ask: Ask,
    entity: Annotated[Entity, Text("对象", "entity")],
    name: Annotated[str, Text("字段", "name")],
    kind: Annotated[Rest, Text("类型", "type")] = Rest("text"),  # noqa: B008 - a plain string
) -> Notice:
    type_, _, listed = kind.replace("：", ":").partition(":")
    options = [part.strip() for part in re.split(r"[|/、,]", listed) if part.strip()]
    if type_ not in _TYPES or (type_ in {"select", "multi"}) != bool(options):
        raise CommandError(_BAD_TYPE)
    known = await customers.fields(ask.session, entity)
    if any(field.name == name for field in known):
        raise CommandError(Text("字段 {name} 已经存在。", "The field {name} exists."), name=name)
    made = FieldDefinition(entity=entity, name=name, label=name, type=type_, options=options)
    ask.session.add(made)
    await ask.session.flush()
    ask.wrote("field.made", made)
    return await list_(ask)


@command(
    "fields",
    zh="字段",
    reads=True,
    aliases=("field list", "字段列表"),
    help=Text("列出自定义字段", "list custom fields"),
)
async def list_(ask: Ask) -> Notice:
    rows = [
        (ask.t(entity.text), field.label, field.type, "|".join(field.options))
        for entity in Entity
        for field in await customers.fields(ask.session, entity)
    ]
    if not rows:
        return ask.say(Text("还没有自定义字段。", "No custom fields yet."))
    columns = tuple(
        ask.t(text)
        for text in (
            Text("对象", "Entity"),
            Text("字段", "Field"),
            Text("类型", "Type"),
            Text("选项", "Options"),
        )
    )
    return ask.notice(
        title=ask.t(Text("自定义字段", "Custom fields")),
        table=Table(columns=columns, rows=tuple(rows)),
    )


@command(
    "field.set",
    zh="填写字段",
    permission="customer.write",
    aliases=("set",),
    help=Text("填写客户或项目的自定义字段", "fill a custom field of a customer or project"),
)
async def set_(
    ask: Ask,
    about: Annotated[str, Text("客户或项目", "customer or project")],
    name: Annotated[str, Text("字段", "field")],
    value: Annotated[Rest, Text("值", "value")],
) -> Notice:
    row = await _about(ask, about)
    entity = "customer" if isinstance(row, Customer) else "project"
    field = next((f for f in await customers.fields(ask.session, entity) if f.name == name), None)
    if field is None:
        raise CommandError(Text("没有字段「{name}」。", "There is no field “{name}”."), name=name)
    row.custom = {**row.custom, name: _value(ask, field, value)}
    ask.session.add(row)
    ask.wrote("field.set", row, field=name, value=value)
    await ask.session.flush()
    if isinstance(row, Customer):
        return await customer_card(ask, row)
    return await project_card(ask, row)


async def _about(ask: Ask, text: str) -> Customer | Project:
    try:
        return await arguments.customer_named(ask, text)
    except CommandError:
        return await arguments.project_named(ask, text)


def _value(ask: Ask, field: FieldDefinition, text: str) -> Any:
    bad = CommandError(
        Text(
            "「{value}」不能填入字段 {name}。{options}", "“{value}” does not fit {name}. {options}"
        ),
        value=text,
        name=field.label,
        options=" | ".join(field.options),
    )
    match field.type:
        case "number":
            if not re.fullmatch(r"-?\d+(\.\d+)?", text):
                raise bad
            return float(text) if "." in text else int(text)
        case "date":
            found = dates.parse(text, ask.now)
            if found is None:
                raise bad
            return str(found)[:10]
        case "bool":
            return text.casefold() in {"yes", "true", "on", "1", "是", "有"}
        case "select":
            if text not in field.options:
                raise bad
            return text
        case "multi":
            chosen = [part for part in re.split(r"[|、,\s]+", text) if part]
            if not set(chosen) <= set(field.options):
                raise bad
            return chosen
        case _:
            return text


@command(
    "field.remove",
    zh="删除字段",
    permission="field.write",
    confirm=True,
    help=Text(
        "删除自定义字段（已填的值保留在记录里）", "drop a custom field; values stay in the rows"
    ),
)
async def remove(
    ask: Ask,
    entity: Annotated[Entity, Text("对象", "entity")],
    name: Annotated[str, Text("字段", "name")],
) -> Notice:
    for field in await customers.fields(ask.session, entity):
        if field.name == name:
            await ask.session.delete(field)
            ask.wrote("field.removed", field)
            return ask.say(Text("已删除字段 {name}。", "{name} is gone."), Level.GOOD, name=name)
    raise CommandError(Text("没有字段「{name}」。", "There is no field “{name}”."), name=name)
