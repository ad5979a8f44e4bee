"""What follows once a message is filed, beside rules: remarks find their task, promises are kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import people, telling
from bot.contract import Button, Level, Notice
from bot.people import Defaults
from bot.pipeline import answering, promises, waiting
from bot.pipeline.promises import Said
from bot.pipeline.remarks import Remark, find
from bot.pipeline.work import Work
from bot.texts import Text, language_of
from storage import remarks, talk
from storage.tables import User

_LEAST: Final = 4
"""Characters; what is shorter is a nod."""
_QUOTED: Final = 200
_FRESH: Final = timedelta(days=2)
"""Nobody is told of a remark that is older, as when mails of a year are brought in."""

_TITLE = Text("客户谈到任务 T-{number}", "The customer speaks of task T-{number}")
_MAYBE = Text("客户可能在谈任务 T-{number}", "The customer may be speaking of task T-{number}")
_BODY = Text("{name}\n{who}：{words}", "{name}\n{who}: {words}")
_OPEN = Text("打开往来 #{item}", "Open #{item}")
_YES = Text("是这个任务", "It is this task")
_NO = Text("不是", "It is not")
_SOMEBODY = Text("客户", "the customer")


class Following:
    def __init__(self, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._defaults = defaults
        self._home = home

    async def filed(self, session: AsyncSession, works: Sequence[Work], now: datetime) -> None:
        await self._remarks(session, works, now)
        said = [_said(work) for work in works if _ours(work)]
        await promises.keep(session, said, now, self._defaults)
        await answering.follow(session, works, now, self._defaults)
        await waiting.follow(session, works, now, self._defaults, self._home)

    async def _remarks(self, session: AsyncSession, works: Sequence[Work], now: datetime) -> None:
        theirs = [work for work in works if _theirs(work)]
        if not theirs:
            return
        tasks = await remarks.under_way(
            session, {work.match.customer_id for work in theirs if work.match.customer_id}
        )
        if not tasks:
            return
        found: list[tuple[Work, Remark]] = []
        for work in theirs:
            of_customer = [task for task in tasks if task.customer_id == work.match.customer_id]
            remark = find(
                f"{work.message.subject}\n{work.text}",
                of_customer,
                project_id=work.match.project_id,
                answers=work.question.references,
            )
            if remark is not None:
                found.append((work, remark))
        await remarks.add(session, [_row(work, remark, now) for work, remark in found])
        await self._tell(session, found, now)

    async def _tell(
        self, session: AsyncSession, found: Sequence[tuple[Work, Remark]], now: datetime
    ) -> None:
        """The assignees who may read it, each in their own chats and language."""
        found = [one for one in found if one[0].message.sent_at >= now - _FRESH]
        ids = {remark.task.assignee_id for _, remark in found} - {None}
        if not ids:
            return
        rows = await session.exec(select(User).where(col(User.id).in_(ids), col(User.active)))
        users = {user.id: user for user in rows}
        readers = {id_: await people.actor(session, id_, self._defaults) for id_ in users}
        for work, remark in found:
            user = users.get(remark.task.assignee_id or 0)
            reader = readers[user.id] if user else None
            if user is None or reader is None:
                continue
            if await talk.interaction(session, reader.scope, work.interaction_id) is None:
                continue
            notice = _notice(work, remark, user.language or self._defaults.language)
            await telling.member(
                session,
                user,
                notice,
                home=self._home,
                key=f"remark:{remark.task.id}:{work.interaction_id}",
                now=now,
                by_day=self._defaults,
            )


def _theirs(work: Work) -> bool:
    return (
        work.direction == "in"
        and work.match.customer_id is not None
        and work.status == "filed"
        and len(work.text) >= _LEAST
    )


def _ours(work: Work) -> bool:
    return (
        work.direction == "out" and work.match.user_id is not None and bool(work.extract.promises)
    )


def _said(work: Work) -> Said:
    return Said(
        interaction_id=work.interaction_id,
        user_id=work.match.user_id or 0,
        at=work.message.sent_at,
        found=work.extract,
        customer_id=work.match.customer_id,
        project_id=work.match.project_id,
    )


def _row(work: Work, remark: Remark, now: datetime) -> dict[str, object]:
    return {
        "task_id": remark.task.id,
        "interaction_id": work.interaction_id,
        "state": remark.state,
        "sure": remark.sure,
        "because": remark.because,
        "at": now,
    }


def _notice(work: Work, remark: Remark, spoken: str) -> Notice:
    language = language_of(spoken)
    number, item = remark.task.id, work.interaction_id
    sure = remark.state == "linked"
    words = " ".join(work.text.split())[:_QUOTED]
    who = work.message.sender.name or _SOMEBODY.in_(language)
    no = Button(label=_NO.in_(language), command=f"/about no #{item} T-{number}", once=True)
    yes = Button(
        label=_YES.in_(language), command=f"/about #{item} T-{number}", primary=True, once=True
    )
    opened = Button(label=_OPEN.in_(language, item=item), command=f"/item #{item}")
    return Notice(
        level=Level.WARNING if work.mood.label == "negative" else Level.INFO,
        title=(_TITLE if sure else _MAYBE).in_(language, number=number),
        text=_BODY.in_(language, name=remark.task.name, who=who, words=words),
        buttons=(opened, no) if sure else (yes, no, opened),
        language=language,
    )
