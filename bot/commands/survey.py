"""Surveys: put before a customer once approved, answered by a tap or on the linked page."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from bot import telling
from bot.commands import cards, offering
from bot.commands.offering import Offer
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Audience, Button, Field, FieldKind, Form, Level, Notice, Table
from bot.domain import care
from bot.domain.care import SurveyKind
from bot.people import HOME, actor
from bot.texts import Language, Text, language_of
from storage import surveys
from storage.tables import Approval, Conversation, Customer, Project, Push, Survey, Task, User

_CUSTOMER = Text("客户", "customer")
_KEY = Text("凭证", "key")
_LASTS: Final = timedelta(days=30)
_CHANGES: Final = timedelta(days=1)
"""How long an answer may be changed."""
_YEAR: Final = timedelta(days=365)
_LOW_RULES: Final = ("low-nps-care", "low-csat-care")
_MOST: Final = 2000
_MAIL: Final = "email"

_NPS = Text(
    "您有多大可能向同行或朋友推荐我们？0 分表示完全不可能，10 分表示非常可能。",
    "How likely are you to recommend us to a colleague or friend? 0 is not at all likely, 10 is"
    " extremely likely.",
)
_CSAT = Text(
    "您对我们这次的工作满意吗？1 分表示很不满意，5 分表示非常满意。",
    "How satisfied are you with our work? 1 is very dissatisfied, 5 is very satisfied.",
)
_TITLE = Text("请您评价", "Your opinion, please")
_TITLE_OF = Text("请您评价：{name}", "Your opinion, please: {name}")
_PAGE = Text("打开评价页", "Open the survey")
_BESIDE = Text(
    "{code} 在 {day} 收到过{kind}问卷；同一时间只问一个问题，间隔至少 14 天。",
    "{code} was asked for {kind} on {day}: one question at a time, and at least 14 days apart.",
)
_GONE = Text("这份问卷已失效，谢谢您。", "This survey is no longer open. Thank you all the same.")
_ANSWERED = Text("您已经评价过了，谢谢！", "You have answered already. Thank you!")
_NOT_A_SCORE = Text("请选择 {low} 到 {high} 的分数。", "Please choose from {low} to {high}.")
_COMMENT = Text("想补充说明吗？", "Anything to add?")
_SEND = Text("提交", "Send")
_THANKS = Text("已收到您的评分：{score}。谢谢！", "Your score is {score}. Thank you!")
_SORRY = Text(
    "已收到您的评分：{score}。很抱歉没有让您满意，我们会尽快与您联系。",
    "Your score is {score}. We are sorry that we did not do better, and will be in touch soon.",
)


class TooSoon(CommandError):
    """The customer was asked of late: another time it can be asked."""


def question(kind: SurveyKind) -> Text:
    return _NPS if kind is SurveyKind.NPS else _CSAT


async def invite(
    ask: Ask,
    kind: SurveyKind,
    customer: Customer,
    project: Project | None = None,
    *,
    case_id: int | None = None,
    by_hand: bool = False,
) -> tuple[Survey, list[Approval]]:
    """Put a survey before whoever may say yes; raises `TooSoon` where the customer was asked of late.

    Nobody but a member (`by_hand`) puts a second question beside another.
    """
    near = None if by_hand else await _near(ask, customer)
    if near is not None:
        raise TooSoon(_BESIDE, **_asked(ask, customer, near))
    last = await surveys.last_asked(ask.session, customer.id, kind, ask.now - care.REST)
    if last is not None:
        raise TooSoon(
            Text(
                "{code} 在 {day} 已收到过{kind}问卷；同一种问卷 90 天内只问一次。",
                "{code} was asked for {kind} on {day}; the same is asked once in 90 days.",
            ),
            **_asked(ask, customer, last),
        )
    key = secrets.token_urlsafe(16)

    async def make(chat: Conversation) -> Notice:
        language = language_of(chat.language or customer.language)
        return words(ask, kind, key, language, project, buttons=chat.channel != _MAIL)

    made = await offering.offer(ask, Offer("survey", customer, project, make))
    push, chat, _ = made[0]
    one = Survey(
        kind=kind.value,
        customer_id=customer.id,
        project_id=project.id if project else None,
        case_id=case_id,
        user_id=project.manager_id if project else customer.owner_id,
        conversation_id=chat.id,
        secret=surveys.digest(key),
        push_id=push.id,
        made_at=ask.now,
        expires_at=ask.now + _LASTS,
    )
    ask.session.add(one)
    await ask.session.flush()
    ask.wrote("survey.made", one)
    return one, [waits for _, _, waits in made]


async def _near(ask: Ask, customer: Customer) -> Survey | None:
    return await surveys.near(ask.session, customer.id, ask.now, ask.now - care.APART)


def _asked(ask: Ask, customer: Customer, one: Survey) -> dict[str, Any]:
    day = cards.day(one.made_at.date(), ask.language)
    return {"code": customer.code, "kind": ask.t(SurveyKind(one.kind).text), "day": day}


def words(
    ask: Ask,
    kind: SurveyKind,
    key: str,
    language: Language,
    project: Project | None,
    *,
    buttons: bool,
) -> Notice:
    """The question for a customer; who reads it as a mail gets the page's address alone."""
    scores = [
        Button(
            label=str(score) if kind is SurveyKind.NPS else "★" * score,
            command=f"/survey.answer {key} score:{score}",
            once=True,
        )
        for score in kind.scores
    ]
    return Notice(
        audience=Audience.CUSTOMER,
        title=_TITLE_OF.in_(language, name=project.name) if project else _TITLE.in_(language),
        text=question(kind).in_(language),
        buttons=(*(scores if buttons else ()), *_page(ask, key, language)),
        language=language,
    )


def _page(ask: Ask, key: str, language: str) -> list[Button]:
    if ask.host is None:
        return []
    return [Button(label=_PAGE.in_(language), url=ask.host.link(f"/s/{key}"))]


@offering.settled("survey")
async def settled(ask: Ask, push: Push, yes: bool) -> None:
    one = await surveys.of_push(ask.session, push.id)
    if one is None or one.sent_at is not None:
        return
    if yes:
        one.sent_at, one.expires_at = ask.now, ask.now + _LASTS
    else:
        one.expires_at = one.made_at  # it was never asked
    ask.session.add(one)


@command(
    "survey",
    zh="满意度调查",
    permission="survey.write",
    aliases=("survey send", "发问卷"),
    help=Text(
        "请客户打分（nps 或 csat），批准后发出",
        "ask a customer for a score (nps or csat), once it is approved",
    ),
)
async def survey(
    ask: Ask,
    customer: Annotated[Customer, _CUSTOMER],
    kind: Annotated[SurveyKind, Text("种类", "kind")],
    project: Annotated[Project | None, Text("项目", "project")] = None,
) -> Notice:
    if project is not None and project.customer_id != customer.id:
        raise CommandError(
            Text("{project} 不是 {code} 的项目。", "{project} is no project of {code}."),
            project=project.code,
            code=customer.code,
        )
    near = await _near(ask, customer)
    _, waits = await invite(ask, kind, customer, project, by_hand=True)
    shown = await offering.sent_off(ask, waits)
    if near is None:
        return shown
    told = ask.t(
        Text(
            "注意：{code} 在 {day} 刚收到过{kind}问卷，建议至少隔 14 天；不想现在问就撤回。",
            "Mind: {code} was asked for {kind} on {day}; 14 days apart is better. Withdraw it if it can wait.",
        ),
        **_asked(ask, customer, near),
    )
    return shown.model_copy(update={"note": " ".join(filter(None, (shown.note, told)))})


@command(
    "surveys",
    zh="问卷结果",
    reads=True,
    permission="survey.read",
    aliases=("survey list", "nps"),
    help=Text("问卷得分、留言和 NPS", "scores and comments of surveys, and the NPS"),
)
async def list_(ask: Ask, customer: Annotated[Customer | None, _CUSTOMER] = None) -> Notice:
    found = await surveys.listed(ask.session, ask.actor.scope, customer.id if customer else None)
    given = await surveys.scores(ask.session, ask.actor.scope, "nps", ask.now - _YEAR)
    net = care.nps(given)
    counted = Text("{net}（近 12 个月 {n} 份）", "{net} ({n} answers in 12 months)")
    rows = tuple(
        (
            cards.day((one.answered_at or one.sent_at or one.made_at).date(), ask.language),
            f"{of.code} {project.code if project else ''}".strip(),
            ask.t(SurveyKind(one.kind).text),
            ask.t(Text("未答", "no answer")) if one.score is None else str(one.score),
            cards.short(one.comment),
        )
        for one, of, project in found
    )
    columns = (
        Text("日期", "Date"),
        Text("客户", "Customer"),
        Text("种类", "Kind"),
        Text("得分", "Score"),
        Text("留言", "Comment"),
    )
    return ask.notice(
        title=f"{customer.code} {customer.name}" if customer else ask.t(Text("问卷", "Surveys")),
        text="" if rows else ask.t(Text("还没有发出问卷。", "No survey was sent yet.")),
        facts=[("NPS", "" if net is None else ask.t(counted, net=f"{net:+d}", n=len(given)))],
        table=Table(columns=tuple(ask.t(one) for one in columns), rows=rows) if rows else None,
    )


# --- the customer's side -----------------------------------------------------------------------


@command(
    "survey.answer",
    zh="评分",
    for_customers=True,
    help=Text("客户评分", "the customer gives a score"),
)
async def answer(
    ask: Ask, key: Annotated[str, _KEY], score: Annotated[int, Text("分数", "score")]
) -> Notice:
    one = await _there(ask, key)
    await take(ask, one, score)
    form = Form(
        command=f"/survey.comment {key}",
        title=ask.t(_COMMENT),
        submit=ask.t(_SEND),
        fields=(Field(name="comment", label=ask.t(_COMMENT), kind=FieldKind.LONG),),
    )
    return _said(ask, thanks(one), score=score).model_copy(
        update={"form": form, "buttons": tuple(_page(ask, key, ask.language))}
    )


@command(
    "survey.comment",
    zh="评价留言",
    for_customers=True,
    help=Text("客户留言", "the customer adds a comment"),
)
async def comment(
    ask: Ask,
    key: Annotated[str, _KEY],
    comment: Annotated[Rest, Text("留言", "comment")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    one = await _there(ask, key)
    if one.score is None:
        raise _no_score(one)
    if comment.strip():
        await take(ask, one, one.score, comment)
    return _said(ask, Text("谢谢您的留言！", "Thank you for telling us!"))


def thanks(one: Survey) -> Text:
    return _SORRY if SurveyKind(one.kind).low(one.score or 0) else _THANKS


def _said(ask: Ask, text: Text, **facts: object) -> Notice:
    return Notice(audience=Audience.CUSTOMER, text=ask.t(text, **facts), language=ask.language)


async def _there(ask: Ask, key: str) -> Survey:
    """The survey of a button; good in that customer's own chats only."""
    one = await surveys.of_key(ask.session, key)
    if one is None or ask.chat is None or ask.chat.customer_id != one.customer_id:
        raise CommandError(_GONE)
    return one


def closed(one: Survey, now: datetime) -> Text | None:
    """Why a survey takes no answer (any more); None where it does."""
    if one.answered_at is not None:
        return _ANSWERED if now > one.answered_at + _CHANGES else None
    return _GONE if one.sent_at is None or now > one.expires_at else None


def _no_score(one: Survey) -> CommandError:
    scores = SurveyKind(one.kind).scores
    return CommandError(_NOT_A_SCORE, low=scores[0], high=scores[-1])


async def take(ask: Ask, one: Survey, score: int, comment: str | None = None) -> None:
    """Keep an answer, and let rules and the owner know; the same answer again changes nothing."""
    if (why := closed(one, ask.now)) is not None:
        raise CommandError(why)
    kind = SurveyKind(one.kind)
    if score not in kind.scores:
        raise _no_score(one)
    said = one.comment if comment is None else comment.strip()[:_MOST]
    if (score, said) == (one.score, one.comment):
        return
    new_score = score != one.score
    one.answered_at = one.answered_at or ask.now
    one.score, one.comment = score, said
    one.contact_id = ask.by.id if ask.by else one.contact_id
    began = datetime.now(UTC)
    # Once somebody cares for a low score, another low one must not make a second task.
    event = "survey.answered" if new_score and one.task_id is None else "survey.changed"
    await ask.did(
        event,
        one,
        customer_id=one.customer_id,
        project_id=one.project_id,
        kind=one.kind,
        score=score,
        comment=said,
    )
    if one.task_id is None and kind.low(score):
        one.task_id = await surveys.task_of_rule(ask.session, one.customer_id, began, _LOW_RULES)
    await _on_task(ask, one)
    ask.session.add(one)
    await _tell(ask, one)


async def _on_task(ask: Ask, one: Survey) -> None:
    """The comment stands on the task that cares for it, where its doer will look."""
    task = await ask.session.get(Task, one.task_id or 0)
    if task is not None and one.comment:
        there = [dict(item) for item in task.checklist if item["text"] != one.comment]
        task.checklist = [*there, {"text": one.comment, "done": False}]
        ask.session.add(task)
        await ask.session.flush()


async def _tell(ask: Ask, one: Survey) -> None:
    """The customer's owner, and who cares for a low score."""
    customer = await ask.session.get_one(Customer, one.customer_id)
    task = await ask.session.get(Task, one.task_id or 0)
    kind, score = SurveyKind(one.kind), one.score or 0
    people: Sequence[int | None] = (customer.owner_id, task.assignee_id if task else None)
    for user_id in dict.fromkeys(people):
        user = await ask.session.get(User, user_id or 0)
        reader = await actor(ask.session, user.id, ask.defaults) if user else None
        if user is None or reader is None:
            continue
        there = replace(ask, actor=reader, chat=None)
        title = Text("{customer} 评分：{kind} {score}", "{customer} gave {kind} {score}")
        notice = there.notice(
            title=there.t(
                title,
                customer=f"{customer.code} {customer.name}",
                kind=there.t(kind.text),
                score=score,
            ),
            text=one.comment,
            level=Level.WARNING if kind.low(score) else Level.GOOD,
            facts=[
                (there.t(Text("评分人", "By")), ask.by.name if ask.by else ""),
                (there.t(Text("关怀任务", "Care task")), f"T-{task.id}" if task else ""),
            ],
            buttons=[
                Button(
                    label=there.t(Text("问卷结果", "Surveys")),
                    command=f"/surveys {customer.code}",
                )
            ],
        )
        said = surveys.digest(one.comment).hex()[:12]
        key = f"survey:{one.id}:{score}:{said}:{user.id}"
        await telling.member(ask.session, user, notice, home=HOME, key=key, now=ask.now)
