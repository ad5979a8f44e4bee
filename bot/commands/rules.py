"""Rules: what they say, how they do, made and changed in words, tried on the past."""

import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from bot.commands import cards, reachable
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain.definition import Unusable
from bot.rules import book, trial, worded
from bot.rules.actions import Webhook
from bot.rules.facts import FACTS
from bot.rules.sentences import asked, sentence
from bot.texts import Text, listed
from storage import definitions, watch
from storage.tables import Definition

MOST: Final = 200
"""A rule that would fire for more at once is not switched on before its owner has said so."""


class Span(StrEnum):
    """How many past days a rule is tried on."""

    WEEK = "7"
    MONTH = "30"
    QUARTER = "90"

    @property
    def text(self) -> Text:
        return Text(f"{self.value}天", f"{self.value} days")


_RULE = Text("规则", "rule")
_WORDS = Text("当……则……", "when … then …")
_NO_RULE = Text(
    "没有规则「{name}」。发送 /规则 查看全部。", "There is no rule “{name}”. /rules lists all."
)
_NOT_READ = Text("看不懂「{left}」：{why}。", "I stopped at “{left}”: {why}.")
_BAD = Text("这条规则不能用：{why}", "This rule cannot be used: {why}")
_NOT_OUT = Text(
    "让规则告知别的系统，还需要「外部来源」的权限（source.write）。",
    "A rule that tells another system needs the permission source.write as well.",
)
_AS_TODAY = Text(
    "按现在的值、截止日期或预算计算", "As of today, or by the due dates and budgets of today"
)
_LOST = Text("过去的值无从知道，未计入", "Not known of the past, so it never counted")
_MANY = Text(
    "规则 {rule} 现在就会同时对 {n} 个对象触发，已保存但未启用。确定需要就再发一次 /rule on {rule}。",
    "The rule {rule} would fire for {n} at once, so it is kept but off. If that is what you want, send"
    " /rule on {rule} once more.",
)


@command(
    "rules",
    zh="规则",
    reads=True,
    permission="rule.read",
    help=Text("全部规则：开关、触发次数、准确率", "all rules: on or off, how often, how precise"),
)
async def rules(ask: Ask) -> Notice:
    listed = await _all(ask)
    records = await watch.records(ask.session, ask.now - timedelta(days=30))
    rows = tuple(
        (
            rule.id,
            ask.t(book.title_of(rule)),
            _state(ask, on=on),
            str(records[rule.id].fired if rule.id in records else 0),
            _precision(ask, records.get(rule.id)),
        )
        for rule, on in listed
    )
    columns = tuple(
        ask.t(text)
        for text in (
            Text("编号", "Id"),
            Text("规则", "Rule"),
            Text("状态", "State"),
            Text("30 天触发", "Fired, 30 days"),
            Text("准确率", "Precision"),
        )
    )
    return ask.notice(title=ask.t(Text("规则", "Rules")), table=Table(columns=columns, rows=rows))


@command(
    "rule",
    zh="规则详情",
    reads=True,
    permission="rule.read",
    help=Text("一条规则说的是什么", "what a rule says"),
)
async def show(ask: Ask, name: Annotated[str, _RULE]) -> Notice:
    rule, on = await _named(ask, name)
    records = await watch.records(ask.session, ask.now - timedelta(days=30))
    record = records.get(rule.id)
    turn = (
        Button(label=ask.t(Text("停用", "Switch off")), command=f"/rule off {rule.id}")
        if on
        else Button(label=ask.t(Text("启用", "Switch on")), command=f"/rule on {rule.id}")
    )
    return ask.notice(
        title=f"{ask.t(book.title_of(rule))} · {rule.id}",
        text=sentence(rule, ask.language),
        facts=[
            (ask.t(Text("状态", "State")), _state(ask, on=on)),
            (ask.t(Text("30 天触发", "Fired, 30 days")), str(record.fired if record else 0)),
            (ask.t(Text("准确率", "Precision")), _precision(ask, record)),
        ],
        buttons=[
            turn,
            Button(
                label=ask.t(Text("试运行 30 天", "Try 30 days")), command=f"/rule try {rule.id} 30"
            ),
        ],
    )


@command(
    "rule.on",
    zh="启用规则",
    permission="rule.write",
    help=Text("启用一条规则", "switch a rule on"),
)
async def on_(ask: Ask, name: Annotated[str, _RULE]) -> Notice:
    rule, on = await _named(ask, name)
    if on:
        raise CommandError(
            Text("规则 {rule} 已在生效。", "The rule {rule} is on already."), rule=rule.id
        )
    await _may_reach(ask, rule)
    earlier = await definitions.versions(ask.session, "rule", rule.id)
    body = earlier[0].body if earlier else {}
    now_many = await trial.fires_now(ask.session, rule, ask.now, ask.defaults.timezone)
    if now_many > MOST and not rule.many:
        # Said once; the next /rule on means it.
        many = rule.model_copy(update={"many": True})
        await _keep(ask, rule.id, _body(many), enabled=False)
        return ask.say(_MANY, Level.WARNING, rule=rule.id, n=now_many)
    await _keep(ask, rule.id, body, enabled=True)
    return ask.say(Text("已启用规则 {rule}。", "The rule {rule} is on."), Level.GOOD, rule=rule.id)


@command(
    "rule.off",
    zh="停用规则",
    permission="rule.write",
    help=Text("停用一条规则", "switch a rule off"),
)
async def off(ask: Ask, name: Annotated[str, _RULE]) -> Notice:
    rule, on = await _named(ask, name)
    if not on:
        raise CommandError(
            Text("规则 {rule} 本来就停用着。", "The rule {rule} is off already."), rule=rule.id
        )
    earlier = await definitions.versions(ask.session, "rule", rule.id)
    await _keep(ask, rule.id, earlier[0].body if earlier else {}, enabled=False)
    return ask.say(Text("已停用规则 {rule}。", "The rule {rule} is off."), Level.GOOD, rule=rule.id)


@command(
    "rule.add",
    zh="新建规则",
    permission="rule.write",
    help=Text(
        "用话写一条规则：当 任务已逾期的天数 大于 3 则 提醒 项目经理",
        "write a rule in words: when task.days_late > 3 then alert project manager",
    ),
)
async def add(ask: Ask, words: Annotated[Rest, _WORDS]) -> Notice:
    taken = {rule.id for rule, _ in await _all(ask)}
    given = re.match(r"([a-z][a-z0-9-]{1,60})\s+(?=(?:when|if)\b|当|如果)", words)
    if given and given[1] in taken:
        raise CommandError(
            Text(
                "已有规则「{name}」，请用 /rule edit。", "There is a rule “{name}”; use /rule edit."
            ),
            name=given[1],
        )
    id_ = given[1] if given else _free(taken)
    rule = _read(ask, id_, words[given.end() :] if given else words)
    return await _put(ask, rule)


@command(
    "rule.edit",
    zh="修改规则",
    permission="rule.write",
    help=Text("把一条规则改写成新的说法", "write a rule anew"),
)
async def edit(ask: Ask, name: Annotated[str, _RULE], words: Annotated[Rest, _WORDS]) -> Notice:
    earlier, _ = await _named(ask, name)
    rule = _read(ask, earlier.id, words, keep=earlier)
    return await _put(ask, rule)


@command(
    "rule.versions",
    zh="规则版本",
    reads=True,
    permission="rule.read",
    help=Text("一条规则的历次修改", "how a rule has changed"),
)
async def versions(ask: Ask, name: Annotated[str, _RULE]) -> Notice:
    rule, _ = await _named(ask, name)
    found = await definitions.versions(ask.session, "rule", rule.id)
    rows = tuple((f"v{one.version}", cards.moment(ask, one.at), _said(ask, one)) for one in found)
    title = ask.t(Text("规则 {rule} 的版本", "Versions of the rule {rule}"), rule=rule.id)
    if not rows:
        return ask.notice(
            title=title, text=ask.t(Text("还没有改动过。", "It has never been changed."))
        )
    columns = (
        ask.t(Text("版本", "Version")),
        ask.t(Text("时间", "When")),
        ask.t(Text("内容", "Content")),
    )
    return ask.notice(title=title, table=Table(columns=columns, rows=rows))


@command(
    "rule.try",
    zh="试运行规则",
    reads=True,
    permission="rule.read",
    help=Text("一条规则在过去若干天会触发几次", "how often a rule would have fired in past days"),
)
async def try_(
    ask: Ask,
    name: Annotated[str, _RULE],
    span: Annotated[Span, Text("天数", "days")] = Span.MONTH,
) -> Notice:
    rule, _ = await _named(ask, name)
    days = int(span)
    found = await trial.tried(ask.session, rule, days, ask.now, ask.defaults.timezone)
    known = await watch.named(
        ask.session, ask.actor.scope, [customer for customer, _ in found.customers[:200]]
    )
    rows = tuple(
        (known[customer], str(count)) for customer, count in found.customers if customer in known
    )[:10]
    text = ask.t(
        Text(
            "过去 {days} 天会触发 {n} 次，涉及 {customers} 个客户。",
            "In the past {days} days it would have fired. Times: {n}, customers: {customers}.",
        ),
        days=days,
        n=found.times,
        customers=len(found.customers),
    )
    columns = (ask.t(Text("客户", "Customer")), ask.t(Text("次数", "Times")))
    return ask.notice(
        title=ask.t(Text("试运行：{rule}", "Trial: {rule}"), rule=rule.id),
        text=text,
        facts=[
            (ask.t(text), listed((ask.t(FACTS[one].text) for one in names), ask.language))
            for text, names in ((_AS_TODAY, found.today), (_LOST, found.unknown))
        ],
        table=Table(columns=columns, rows=rows) if rows else None,
    )


async def _all(ask: Ask) -> list[tuple[book.Rule, bool]]:
    """Every rule with whether it is on; those that cannot be read are left out."""
    own = await definitions.newest(ask.session, "rule")
    on = book.in_force(own).rules
    every = book.in_force(own, off=True).rules
    return [(on.get(id_, rule), id_ in on) for id_, rule in every.items()]


async def _named(ask: Ask, name: str) -> tuple[book.Rule, bool]:
    wanted = name.strip().casefold()
    for rule, on in await _all(ask):
        title = book.title_of(rule)
        if wanted in {rule.id, title.zh.casefold(), title.en.casefold()}:
            return rule, on
    raise CommandError(_NO_RULE, name=name)


def _read(ask: Ask, id_: str, words: str, keep: book.Rule | None = None) -> book.Rule:
    """A rule from words, saying to its readers what it asks."""
    try:
        body = worded.parse(words)
        tells = [one for one in body["then"] if "alert" in one]
        for one in tells:
            one["says"] = {"zh": "…", "en": "…"}
        draft = book.read({"id": id_, **body})
    except worded.BadWords as error:
        raise CommandError(_NOT_READ, left=error.left or "…", why=ask.t(error.text)) from error
    except Unusable as error:
        raise CommandError(_BAD, why=str(error)) from error
    about = "{project}" if draft.on in {"task.checked", "project.checked"} else "{customer}"
    says = {"zh": f"{about}：{asked(draft, 'zh')}。", "en": f"{about}: {asked(draft, 'en')}."}
    for one in tells:
        one["says"] = says
    name = {language: asked(draft, language)[:80] for language in ("zh", "en")}
    if keep is not None and keep.name:
        name = keep.name.model_dump()
    return book.read({"id": id_, "name": name, **body})


async def _may_reach(ask: Ask, rule: book.Rule) -> None:
    """What it names is there, and who sends things out of the house may do so."""
    if any(isinstance(one, Webhook) for one in rule.then) and not ask.actor.may("source.write"):
        raise CommandError(_NOT_OUT)
    if ask.host is not None:
        await reachable.check(ask.session, ask.host, rule)


async def _put(ask: Ask, rule: book.Rule) -> Notice:
    """Keep a rule; one that would fire for very many at once is kept switched off."""
    await _may_reach(ask, rule)
    now_many = await trial.fires_now(ask.session, rule, ask.now, ask.defaults.timezone)
    if now_many > MOST:
        many = rule.model_copy(update={"many": True})
        await _keep(ask, rule.id, _body(many), enabled=False)
        return ask.say(_MANY, Level.WARNING, rule=rule.id, n=now_many)
    await _keep(ask, rule.id, _body(rule), enabled=True)
    month = await trial.tried(ask.session, rule, 30, ask.now, ask.defaults.timezone)
    return ask.notice(
        title=ask.t(Text("规则 {rule} 已生效", "The rule {rule} is on"), rule=rule.id),
        text=sentence(rule, ask.language),
        level=Level.GOOD,
        facts=[(ask.t(Text("过去 30 天会触发", "Past 30 days")), str(month.times))],
        buttons=[
            Button(
                label=ask.t(Text("试运行 90 天", "Try 90 days")), command=f"/rule try {rule.id} 90"
            ),
            Button(label=ask.t(Text("停用", "Switch off")), command=f"/rule off {rule.id}"),
        ],
    )


async def _keep(ask: Ask, id_: str, body: dict[str, Any], *, enabled: bool) -> None:
    made = await definitions.write(
        ask.session, "rule", id_, body, enabled=enabled, by_id=ask.actor.user_id, at=ask.now
    )
    ask.wrote("rule.written", made, rule=id_, enabled=enabled)


def _body(rule: book.Rule) -> dict[str, Any]:
    return rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _free(taken: Sequence[str] | set[str]) -> str:
    return next(name for n in range(1, 10_000) if (name := f"own-{n}") not in taken)


def _said(ask: Ask, one: Definition) -> str:
    state = _state(ask, on=one.enabled)
    try:
        return f"{state} · {sentence(book.read(one.body), ask.language)}" if one.body else state
    except Unusable as error:
        return f"{state} · {error}"


def _state(ask: Ask, *, on: bool) -> str:
    return ask.t(Text("生效", "on") if on else Text("停用", "off"))


def _precision(ask: Ask, record: watch.Record | None) -> str:
    if record is None or record.precision is None:
        return "—"
    return ask.t(
        Text("{share}（{n} 次评价）", "{share} of {n}"),
        share=f"{record.precision:.0%}",
        n=record.judged,
    )
