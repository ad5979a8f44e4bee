"""What a rule says, as a sentence."""

from datetime import timedelta
from typing import Final

from bot.domain import terms
from bot.rules.actions import OWN, Action, Begin, GiveTask, Offer, Put, Tell
from bot.rules.book import Rule
from bot.rules.worded import SELECTORS
from bot.rules.wording import own
from bot.texts import Text, listed

_WHEN: Final = Text(
    "{event}：当{what}{lasting}，则{then}。", "{event}: when {what}{lasting}, {then}."
)
_LASTING: Final = Text("持续 {time}", " for {time}")
_AND: Final = Text("，并且", ", and ")
_TELL: Final = Text("提醒{who}", "alert {who}")
_COPY: Final = Text("，抄送{who}", ", copy {who}")
_CHATS: Final = Text("，并发到内部群", ", and the internal chats")
_TASK: Final = Text(
    "给{who}建任务「{name}」（{days} 个工作日内）",
    "give {who} the task “{name}” (working days: {days})",
)
_PUT: Final = Text("把 {field} 设为 {to}", "set {field} to {to}")
_PUSH: Final = Text(
    "拟一条给客户的消息，等待批准", "draft words for the customer, which wait for approval"
)
_OWN_WORDS: Final = Text(
    "拟一条给客户的消息「{words}」，等待批准",
    "draft “{words}” for the customer, which waits for approval",
)
_FLOW: Final = Text("启动流程 {flow}", "begin {flow}")
_WEBHOOK: Final = Text("告知系统 {name}", "tell the system {name}")
_EVENTS: Final[dict[str, Text]] = {
    "task.checked": Text("检查任务时", "Looking at tasks"),
    "project.checked": Text("检查项目时", "Looking at projects"),
    "customer.checked": Text("检查客户时", "Looking at customers"),
    "contract.checked": Text("检查合同时", "Looking at contracts"),
    "case.checked": Text("检查工单时", "Looking at cases"),
    "answer.checked": Text("检查应答时限时", "Looking at answer times"),
    "message.filed": Text("收到消息时", "On a message"),
    "survey.answered": Text("客户答复问卷时", "On an answer to a survey"),
    "payment.received": Text("收到回款时", "When money comes in"),
    "contract.signed": Text("合同签订时", "When a contract is signed"),
}


def sentence(rule: Rule, language: str) -> str:
    """A rule in words, made from its data."""
    lasting = _LASTING.in_(language, time=_time(rule.lasts, language)) if rule.lasts else ""
    return _WHEN.in_(
        language,
        event=event(rule.on).in_(language),
        what=asked(rule, language),
        lasting=lasting,
        then=("；" if language != "en" else "; ").join(_action(one, language) for one in rule.then),
    )


def event(name: str) -> Text:
    if name in _EVENTS:
        return _EVENTS[name]
    known = terms.EVENTS.get(name)
    return Text(known.zh.split("：")[0], known.en.split(":")[0]) if known else Text(name, name)


def asked(rule: Rule, language: str) -> str:
    return _AND.in_(language).join(one.said(language) for one in rule.when)


def _action(one: Action, language: str) -> str:
    if isinstance(one, Tell):
        said = _TELL.in_(language, who=_who(one.alert, language))
        if one.copy_to:
            names = listed((_who(who, language) for who in one.copy_to), language)
            said += _COPY.in_(language, who=names)
        return said + (_CHATS.in_(language) if one.chats else "")
    if isinstance(one, GiveTask):
        name = own(one.name, language)
        return _TASK.in_(language, who=_who(one.task, language), name=name, days=one.due_in)
    if isinstance(one, Put):
        return _PUT.in_(language, field=one.put, to=one.to)
    if isinstance(one, Offer):
        if one.push == OWN:
            return _OWN_WORDS.in_(language, words=own(one.says, language))
        return _PUSH.in_(language)
    if isinstance(one, Begin):
        return _FLOW.in_(language, flow=one.flow)
    return _WEBHOOK.in_(language, name=one.webhook)


def _who(selector: str, language: str) -> str:
    known = SELECTORS.get(selector)
    return known.in_(language) if known else selector


def _time(span: timedelta, language: str) -> str:
    days, hours = span.days, span.seconds // 3600
    if days and not hours:
        return f"{days} days" if language == "en" else f" {days} 天"
    hours += days * 24
    return f"{hours} hours" if language == "en" else f" {hours} 小时"
