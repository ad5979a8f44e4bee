"""The composition root: opens the database, builds every part once, and runs the roles asked for."""

import asyncio
import contextlib
import functools
import secrets
from collections.abc import AsyncIterator, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from sqlalchemy.exc import OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, outbox, outside, parts, people, runtime, schedule, sending, sharing
from bot.commands import assistant, console
from bot.commands.doers import Doers
from bot.commands.registry import Ask, Host
from bot.contract import (
    Adapter,
    ChannelName,
    LanguageModel,
    Notice,
    Ports,
    Reaching,
    SpeechEngine,
    StoredFile,
    Working,
)
from bot.download import Downloads
from bot.inbox import WAKE as INBOX_WAKE
from bot.inbox import Drain, Inbox
from bot.jobs import (
    digest,
    directory,
    fetch,
    minutes,
    outage,
    progress,
    thinking,
    transcribe,
    upkeep,
)
from bot.people import HOME, Actor, Defaults
from bot.pipeline.flow import Flow
from bot.pipeline.following import Following
from bot.pipeline.happenings import Happenings
from bot.receipts import Receipts
from bot.rules import engine
from bot.rules.engine import Engine
from bot.settings import Settings
from storage import db as storage_db
from storage import projects
from storage.db import Database
from storage.embedded import Cluster, open_cluster
from storage.files import FileStore
from storage.tables import Conversation, Interaction, Project

SEAL_EVERY_S: Final = 10

_log = log.get("app")


class Media:
    """The contract's media store over the file store."""

    def __init__(self, files: FileStore) -> None:
        self._files = files

    async def put(self, name: str, type_: str, chunks: AsyncIterator[bytes]) -> StoredFile:
        sha256, size = await self._files.put(chunks)
        return StoredFile(name=name, type=type_, size=size, sha256=sha256)

    async def put_bytes(self, name: str, type_: str, data: bytes) -> StoredFile:
        sha256 = await asyncio.to_thread(self._files.put_bytes, data)
        return StoredFile(name=name, type=type_, size=len(data), sha256=sha256)

    def path(self, sha256: str) -> Path:
        return self._files.path(sha256)


class Program(Host):
    """Every part, built once. `run` does the work of the roles; the rest is for surfaces."""

    def __init__(self, settings: Settings, db: Database, cluster: Cluster | None) -> None:
        self.settings = settings
        self.db = db
        self.cluster = cluster
        self.now = clock.now
        self.defaults = Defaults(settings.language, settings.timezone, settings.quiet)
        self.jobs = runtime.Jobs(db.url)
        self.files = FileStore(settings.kept / "files")
        self.media = Media(self.files)
        self.rules = Engine(self.defaults, HOME, Doers(self).all())
        self.assistant = assistant.Assistant(self.now, self.defaults, HOME)
        self.assistant.host = self
        self.adapters: dict[ChannelName, Adapter] = {}
        self.transcriber = transcribe.Transcriber(
            db,
            self.jobs,
            self.media,
            self.speech,
            self.rules,
            minutes.Minutes(self.defaults, HOME, self.link, self.model),
            progress.Progress(db, self.adapters, self.defaults, HOME, self.link),
            self.assistant.heard,
            self.now,
        )
        self.fetcher = fetch.Fetcher(db, self.jobs, self.adapters, self.transcriber, self.now)
        self.directory = directory.Directory(
            db, self.jobs, self.adapters, self.now, self.defaults, HOME
        )
        receipts = Receipts(self.now, self.defaults, HOME)
        self.drain = Drain(db, _flow(self, receipts))
        self.inbox = Inbox(db, self.drain.wake)
        self.ports = _ports(self)
        self.adapters.update(parts.adapters(settings.branches, self.ports))
        zone = clock.zone(settings.timezone)
        self.sender = sending.Sender(db, self.adapters, self.now, receipts, zone)
        self.clockwork = runtime.ClockWork(db, self.jobs, self.now)
        self.upkeep = upkeep.Upkeep(db, settings.kept, self.transcriber, self.now)
        self.outage = outage.Outage(db, self.now, self.defaults, HOME)
        self.thinking = thinking.Thinking(
            db,
            self.jobs,
            self.model,
            self.adapters,
            self.now,
            self.defaults,
            HOME,
            self,
            self.outage.say,
        )
        _add_jobs(self)

    @functools.cache  # noqa: B019 - one program a process; the engine keeps its model in memory
    def speech(self) -> SpeechEngine:
        branch = self.settings.branch("speech")
        return parts.speech(str(branch.get("engine") or "faster-whisper"))(
            branch, self.settings.data_dir / "models"
        )

    @functools.cache  # noqa: B019 - one program a process; the model counts its failures
    def model(self) -> LanguageModel | None:
        """The language model; None where the settings name none."""
        made = parts.model()(self.settings.branch("llm"), self.ports, sharing.Accounts(self.db))
        return made if made.on else None

    # --- what surfaces ask ---------------------------------------------------------------------

    async def actor(self, session: AsyncSession, user_id: int) -> Actor | None:
        return await people.actor(session, user_id, self.defaults)

    async def command(self, actor: Actor, line: str, *, confirmed: bool = True) -> console.Outcome:
        """Run a command in a transaction of its own and answer at once."""
        async with self.db.transaction() as session:
            home = await people.own_chat(session, HOME, actor.user_id or 0)
            return await console.run(
                session, actor, line, self.now(), chat=home, host=self, confirmed=confirmed
            )

    async def happened(
        self,
        ask: Ask,
        event: str,
        *,
        customer_id: int | None,
        project_id: int | None,
        facts: Mapping[str, Any],
    ) -> None:
        await self.rules.happened(
            ask.session,
            event,
            self.now(),
            customer_id=customer_id,
            project_id=project_id,
            facts=facts,
        )

    async def check_project(self, ask: Ask, project: Project) -> None:
        rules = await engine.in_force(ask.session)
        await self.rules.check_project(ask.session, project, self.now(), rules)

    def link(self, path: str) -> str:
        return self.settings.address + path

    async def keep(self, name: str, type_: str, data: bytes) -> StoredFile:
        return await self.media.put_bytes(name, type_, data)

    def key(self, purpose: str) -> bytes:
        return self.ports.key(purpose)

    def systems(self) -> dict[str, tuple[str, str]]:
        return {
            name: (channel, chat)
            for channel, adapter in self.adapters.items()
            if isinstance(adapter, Reaching)
            for name, chat in adapter.systems().items()
        }

    async def allowance(self, chat: Conversation) -> outbox.Room:
        adapter = self.adapters.get(ChannelName(chat.channel))
        if adapter is None:
            return outbox.Room()
        async with self.db.transaction() as session:
            return await outbox.room(session, adapter, chat.channel, chat.chat, self.now())

    async def transcribe_again(self, ask: Ask, item: Interaction) -> None:
        await self.transcriber.queue_again(ask.session, item)

    async def sync(self, ask: Ask, channel: str) -> bool:
        return await self.directory.queue(ask.session, channel, ask.actor.user_id or 0)

    async def think(self, ask: Ask, use: str, **ids: int) -> bool:
        return await self.thinking.queue(ask, use, ids)

    async def now_digest(self, ask: Ask, project: Project | None) -> Notice:
        if project is not None:
            return await digest.of_projects(ask, [project])
        if ask.chat is not None and ask.chat.customer_id is not None:
            listed = await projects.listed(
                ask.session, ask.actor.scope, customer_id=ask.chat.customer_id, open_only=True
            )
            return await digest.of_projects(ask, listed)
        return await digest.of_member(ask)

    # --- work ----------------------------------------------------------------------------------

    async def run(self, *, web_too: bool, work: bool, queues: tuple[str, ...]) -> None:
        """Do the work of the roles until cancelled; any part that breaks ends the program."""
        async with contextlib.AsyncExitStack() as stack:
            for adapter in self.adapters.values():
                await adapter.start()
                stack.push_async_callback(adapter.stop)
            if web_too:
                await stack.enter_async_context(self._serve())
            await _together(self._parts(work=work, queues=queues))

    def _parts(self, *, work: bool, queues: tuple[str, ...]) -> list[Coroutine[Any, Any, None]]:
        listed: list[Coroutine[Any, Any, None]] = []
        if work:
            listed += [
                self.drain.run(),
                self.db.listen(INBOX_WAKE, self.drain.wake),
                self.sender.run(),
                self.db.listen(outbox.WAKE, self.sender.wake),
                self.clockwork.run(),
                self._seal_often(),
                *(one.work() for one in self.adapters.values() if isinstance(one, Working)),
            ]
        if queues:
            concurrency = 1 if queues == (runtime.SPEECH,) else 4
            listed.append(self.jobs.run(queues, concurrency=concurrency))
        if self.cluster is not None:
            listed.append(_keep_running(self.cluster))
        return listed or [_forever()]

    async def _seal_often(self) -> None:
        while True:
            await asyncio.sleep(SEAL_EVERY_S)
            try:
                await self.upkeep.seal()
            except OperationalError:  # sealed the next time
                storage_db.ending()

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        make = parts.one("keqing.site", "web")
        application: web.Application = make(self)
        for adapter in self.adapters.values():
            application.add_routes(adapter.routes())
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.settings.host, self.settings.port)
            await site.start()
            _log.info("web.listening", host=self.settings.host, port=self.settings.port)
            yield
        finally:
            await runner.cleanup()


def _flow(program: Program, receipts: Receipts) -> Flow:
    return Flow(
        program.rules,
        program.assistant,
        Happenings(program.defaults),
        Following(program.defaults, HOME),
        program.transcriber.queue,
        program.fetcher.queue,
        receipts,
        program.now,
    )


def _ports(program: Program) -> Ports:
    """What adapters may ask of us."""
    return Ports(
        program.inbox.accept,
        program.inbox.reject,
        program.media,
        sharing.OwnChats(program.db),
        sharing.SharedTokens(program.db),
        sharing.SharedCursors(program.db),
        sharing.Holds(program.db),
        Downloads(program.media),
        sharing.Keys(secret_key(program.settings.kept)),
        outside.Outside(program.db, program.now, program),
    )


def means(program: Program) -> schedule.Means:
    """What the jobs of the clock work with."""
    return schedule.Means(
        program.db,
        program.now,
        program.defaults,
        HOME,
        program.rules,
        program.model,
        program.outage,
        program.upkeep,
        program.directory,
        program.files,
        program,
        program.settings.keep_recordings_days,
    )


def _add_jobs(program: Program) -> None:
    """All work beside the hot path: what is queued, and what the clock fires."""
    program.jobs.add(transcribe.JOB, program.transcriber.run, queue=runtime.SPEECH)
    program.jobs.add(fetch.JOB, program.fetcher.run, attempts=fetch.ATTEMPTS)
    program.jobs.add(directory.JOB, program.directory.run)
    program.jobs.add(thinking.JOB, program.thinking.run)
    for one in schedule.jobs(means(program)):
        program.jobs.add(one.name, one.run)
        program.clockwork.add(one.name, one.cron)


async def _together(parts_: list[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for part in parts_:
            group.create_task(part)


async def _keep_running(cluster: Cluster) -> None:
    """Restart the embedded database where it has died under us."""
    while True:
        await asyncio.sleep(1)
        if await asyncio.to_thread(cluster.ensure):
            _log.warning("database.restarted")


async def _forever() -> None:
    await asyncio.Event().wait()


def secret_key(kept: Path) -> bytes:
    """The installation's own key: made once, kept beside the data, readable by its owner only."""
    path = kept / "secret.key"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        draft = kept / f".secret.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)  # the first of two starters wins
        draft.unlink()
    return path.read_bytes()


def open_database(settings: Settings) -> tuple[Database, Cluster | None]:
    """The database that the settings name, or our own; migrated. Blocking."""
    cluster = None
    url = settings.database_url
    if url is None:
        cluster = open_cluster(settings.data_dir)
        url = cluster.url
    try:
        storage_db.migrate(url)
        runtime.install(url)
    except BaseException:
        if cluster is not None:
            cluster.close()
        raise
    return Database(url, secret_key(settings.kept)), cluster


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Program]:
    """The program, ready to be asked; its database is closed at the end."""
    db, cluster = await asyncio.to_thread(open_database, settings)
    try:
        yield Program(settings, db, cluster)
    finally:
        await db.close()
        if cluster is not None:
            await asyncio.to_thread(cluster.close)
