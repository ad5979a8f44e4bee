"""The demo firm: loaded once, its ninety days of talk poured through the real pipeline."""

import json
import tempfile
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Final

from sqlmodel import select

from bot import clock, firm, log, parts, people
from bot.app import Program
from bot.contract import Given, Unreadable
from bot.demo import story
from bot.jobs import risk_scan
from bot.people import ROLE_NAMES
from bot.texts import Language, Text
from storage import approvals
from storage import people as members
from storage.tables import Contract, User

PASSWORD: Final = "keqing-demo"  # noqa: S105 - printed for everyone who tries the demo
CALLER: Final = "13800000501"

_log = log.get("demo")

_LOGINS = Text("登录账号（密码都是 {password}）：", "Logins (the password is always {password}):")
_SOON = Text(
    "三个月的往来正在经过真实流程归档；约一分钟后，摘要与风险预警会自己出现在聊天里。",
    "Three months of talk are being filed by the real pipeline; in about a minute a digest and risk"
    " alerts arrive in the chat by themselves.",
)


async def prepare(program: Program) -> None:
    """Load members, customers and projects, unless this data folder has a firm already."""
    async with program.db.transaction() as session:
        if (await session.exec(select(User.id).limit(1))).first() is not None:
            return
    await firm.load(program.db, firm.FirmIn.model_validate(story.firm(_today())))
    hashed = people.hash_password(PASSWORD)
    async with program.db.transaction() as session:
        for user in await session.exec(select(User)):
            user.password_hash = hashed
            session.add(user)


def logins(language: Language) -> str:
    """Who can log in, one of each role, for the terminal."""
    shown: dict[str, str] = {}
    for member in story.firm(_today())["members"]:
        shown.setdefault(member["role"], member["name"])
    lines = [_LOGINS.in_(language, password=PASSWORD)]
    lines += [f"  {ROLE_NAMES[role].in_(language):<16}{name}" for role, name in shown.items()]
    return "\n".join([*lines, _SOON.in_(language)])


async def fill(program: Program) -> None:
    """Deliver all that was said; what is known already stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        for path, given in _files(Path(folder)):
            reader = parts.readers()[path.suffix]
            async for source, found in reader.read(path, given, program.media):
                if isinstance(found, Unreadable):
                    _log.error("demo.unreadable", source=source, why=str(found))
                else:
                    await program.inbox.accept(found)
    await work(program)
    await _subscribe(program)
    await program.clockwork.fire(risk_scan.JOB, program.now())
    _log.info("demo.filled")


async def work(program: Program) -> None:
    """What members entered themselves, once: contracts, payments, risks, a case, a change."""
    async with program.db.transaction() as session:
        if (await session.exec(select(Contract.id).limit(1))).first() is not None:
            return
    for who, line in story.lines(_today()):
        async with program.db.transaction() as session:
            user = await members.user_named(session, who)
            actor = await program.actor(session, user.id) if user else None
            waiting = await approvals.waiting_for(session, user.id) if user else []
        if actor is None:
            continue
        number = str(waiting[0].id) if waiting else ""
        done = await program.command(actor, "/" + line.replace("{waiting}", number))
        if not done.ok:
            _log.error("demo.refused", line=line, why=done.notice.text)


def _files(folder: Path) -> list[tuple[Path, Given]]:
    """The story as files, the kind that firms bring: webhook bodies, mails, a recording."""
    today = _today()
    said = folder / "messages.jsonl"
    lines = (json.dumps(body, ensure_ascii=False) for body in story.messages(today))
    said.write_text("\n".join(lines), "utf-8")
    files: list[tuple[Path, Given]] = [(said, Given())]
    for name, content in story.mails(today):
        mail = folder / name
        mail.write_bytes(content)
        files.append((mail, Given()))
    call = folder / "call.ogg"
    recording = resources.files("bot.demo").joinpath("data", "calls", "call.ogg")
    call.write_bytes(recording.read_bytes())
    at = f"{today - timedelta(days=1)}T16:20:00+08:00"
    return [*files, (call, Given(sender=CALLER, at=at))]


async def _subscribe(program: Program) -> None:
    """Everyone gets a daily digest; today's comes in a minute, so that it can be seen."""
    async with program.db.transaction() as session:
        ids = list(await session.exec(select(User.id)))
        actors = [await people.actor(session, id_, program.defaults) for id_ in ids]
    for actor in actors:
        if actor is not None and actor.may("project.read"):
            at = actor.local(program.now()) + timedelta(minutes=1)
            await program.command(actor, f"/digest always {at:%H:%M}")


def _today() -> date:
    return clock.now().astimezone(story.ZONE).date()
