"""Who is best for a customer, and what members can do."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final

from bot.commands import amounts
from bot.commands.registry import Ask, CommandError, Hours, Rest, command
from bot.contract import Level, Notice, Table
from bot.domain import teams
from bot.domain.teams import Candidate, Ranked
from bot.texts import Text, listed
from storage import delivery, staff
from storage.scope import Scope
from storage.tables import Customer, User

_MEMBER = Text("成员", "member")
_AHEAD: Final = timedelta(days=14)
_BEHIND: Final = timedelta(days=730)
_SHOWN: Final = 10
_MOST_SKILLS: Final = 30
_WEEK: Final = 100
"""Hours; nobody works more."""


@command(
    "team",
    zh="推荐团队",
    reads=True,
    permission="project.read",
    aliases=("best team", "谁最合适"),
    help=Text(
        "谁最适合服务某客户：负荷、历史、技能、评分，附理由",
        "who is best for a customer: load, history, skills, rating, with reasons",
    ),
)
async def team(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    skills: Annotated[Rest, Text("技能", "skills")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    today = ask.now.date()
    wanted = _words(skills)
    fits = await staff.fits(ask.session, customer, today - _BEHIND)
    # How busy somebody is counts over the whole firm, whoever asks; only the share is shown.
    loads = await delivery.loads(ask.session, Scope.everything(), today, today + _AHEAD)
    hours = {one.user_id: one.hours for one in loads}
    weeks = Decimal(_AHEAD.days) / 7
    candidates = [
        Candidate(
            one.user_id,
            one.name,
            float(hours.get(one.user_id, Decimal(0)) / (one.hours_a_week * weeks)),
            float(one.here),
            float(one.industry),
            frozenset(one.skills),
            one.rating,
        )
        for one in fits
    ]
    ranked = teams.rank(candidates, wanted)[:_SHOWN]
    if not ranked:
        raise CommandError(Text("没有可派的成员。", "There is nobody to send."))
    columns = amounts.columns(ask, _MEMBER, Text("得分", "Score"), Text("理由", "Why"))
    return ask.notice(
        title=ask.t(Text("适合 {customer} 的人选", "Best for {customer}"), customer=customer.name),
        facts=[(ask.t(Text("所需技能", "Skills sought")), listed(wanted, ask.language))],
        table=Table(
            columns=columns,
            rows=tuple((one.candidate.name, f"{one.score:.0%}", _why(ask, one)) for one in ranked),
        ),
    )


def _words(skills: str) -> list[str]:
    words = skills.replace("，", " ").replace(",", " ").replace("、", " ").split()
    return list(dict.fromkeys(words))


def _why(ask: Ask, one: Ranked) -> str:
    t, who = ask.t, one.candidate
    parts = [t(Text("未来两周已排 {busy}", "{busy} taken in two weeks"), busy=f"{who.busy:.0%}")]
    if who.here_hours:
        text = Text("为该客户做过 {h} 小时", "{h} h for this customer")
        parts.append(t(text, h=f"{who.here_hours:.0f}"))
    if who.industry_hours:
        text = Text("同行业 {h} 小时", "{h} h in the trade")
        parts.append(t(text, h=f"{who.industry_hours:.0f}"))
    if one.has:
        parts.append(t(Text("会 {skills}", "knows {skills}"), skills=listed(one.has, ask.language)))
    if one.lacks:
        parts.append(
            t(Text("缺 {skills}", "lacks {skills}"), skills=listed(one.lacks, ask.language))
        )
    if who.rating is not None:
        parts.append(t(Text("客户评分 {r}", "rated {r}"), r=f"{who.rating:.1f}"))
    return t(Text("；", "; ")).join(parts)


@command(
    "skill",
    zh="技能",
    permission="staff.write",
    help=Text("设置成员会什么", "say what a member can do"),
)
async def skill(
    ask: Ask, member: Annotated[User, _MEMBER], skills: Annotated[Rest, Text("技能", "skills")]
) -> Notice:
    words = _words(skills)
    if not words or len(words) > _MOST_SKILLS or any(len(word) > 40 for word in words):
        raise CommandError(
            Text(
                "请写 1 到 {most} 项技能，每项不超过 40 字，用空格隔开。",
                "Write 1 to {most} skills of at most 40 characters, with blanks between.",
            ),
            most=_MOST_SKILLS,
        )
    member.skills = words
    ask.session.add(member)
    ask.wrote("user.skills", member)
    return ask.say(
        Text("{name} 的技能：{skills}。", "{name} can do: {skills}."),
        Level.GOOD,
        name=member.name,
        skills=listed(words, ask.language),
    )


@command(
    "capacity",
    zh="可用工时",
    permission="staff.write",
    help=Text("设置成员每周可用工时", "set how many hours a week a member has"),
)
async def capacity(
    ask: Ask,
    member: Annotated[User, _MEMBER],
    hours: Annotated[Hours, Text("每周小时", "hours a week")],
) -> Notice:
    if not 0 <= hours <= _WEEK:
        raise CommandError(
            Text("每周 0 到 {most} 小时。", "A week has 0 to {most} hours of work."), most=_WEEK
        )
    member.hours_a_week = Decimal(hours)
    ask.session.add(member)
    ask.wrote("user.capacity", member)
    return ask.say(
        Text("{name} 每周 {hours} 小时。", "{name} has {hours} h a week."),
        Level.GOOD,
        name=member.name,
        hours=f"{hours:f}",
    )
