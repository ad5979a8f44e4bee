"""Channel `email`: mailboxes are read, notices are sent. A mail runs no commands."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web

from adapters.email import outbound
from adapters.email.intake import Intake, correspondent
from adapters.email.mailbox import SENT, Folder, Health, Pace, Place
from adapters.email.parse import parse
from adapters.email.reader import CHANNEL, to_message
from adapters.email.settings import EmailSettings, MailboxSettings, Server
from adapters.email.smtp import Mailer
from bot import clock
from bot.contract import Budget, Can, Given, InboundMessage, Notice, Ports, Sent, Target, TryLater

_HOUR_S = 3600.0


class EmailAdapter:
    channel = CHANNEL
    can: frozenset[Can] = frozenset({Can.BUTTONS, Can.TABLES})

    def __init__(self, settings: EmailSettings, ports: Ports, pace: Pace | None = None) -> None:
        self._settings = settings
        self._ports = ports
        self._pace = pace
        self._mailer = Mailer(Server(settings.smtp_url)) if settings.smtp_url else None

    def routes(self) -> Sequence[web.RouteDef]:
        return ()

    def budgets(self, chat: str) -> Sequence[Budget]:  # noqa: ARG002 - the same for all
        return (
            Budget(count=20, seconds=_HOUR_S),
            Budget(count=500, seconds=_HOUR_S, across=""),
        )

    async def start(self) -> None:
        """Nothing is open between sends; mailboxes are `work`."""

    async def stop(self) -> None:
        """See `start`."""

    async def work(self) -> None:
        """Reads every mailbox, each in one replica at a time."""
        async with asyncio.TaskGroup() as tasks:
            for number, mailbox in enumerate(self._settings.mailboxes, 1):
                tasks.create_task(self._hold(number, mailbox))
            await asyncio.Event().wait()

    async def _hold(self, number: int, mailbox: MailboxSettings) -> None:
        await self._ports.hold(f"email.in:{number}", partial(self._read, number, mailbox))

    async def _read(self, number: int, mailbox: MailboxSettings) -> None:
        intake = Intake(mailbox, number, self._ports)
        health = Health(number)
        async with asyncio.TaskGroup() as tasks:
            for name in mailbox.folders or ("INBOX", SENT):
                place = Place(mailbox.address, name, self._settings.since_days, health)
                folder = Folder(mailbox.server, place, self._ports.cursors, self._pace)
                tasks.create_task(folder.run(intake.take, intake.refuse))

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        """A recorded mail as a message, without its files."""
        mail = parse(raw)
        if not mail.recognised:
            raise ValueError("not a mail")
        own = mail.sender.address.lower()
        ours = any(box.address == own for box in self._settings.mailboxes)
        given = Given(chat=correspondent(mail, own) if ours else "")
        return [to_message(mail, given, mail.date or clock.now(), (), raw)]

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        sender = self._settings.from_address
        if self._mailer is None or not sender:
            raise TryLater("no KEQING_EMAIL__SMTP_URL and sender are set", after=_HOUR_S)
        message = outbound.mail(target, notice, key, sender, clock.now())
        await self._mailer.send(message, key, sender=sender, recipient=outbound.recipient(target))
        return Sent(id=outbound.message_id(key, sender))

    async def find(self, target: Target, key: str) -> Sent | None:  # noqa: ARG002 - the port's shape
        """Taken as sent, unless this process knows that the mail itself never left it.

        No server can be asked. A mail too few is the smaller harm where somebody would else read the
        same one twice: what it told also stands in the assistant's own pages.
        """
        if self._mailer is None or self._mailer.certainly_not_sent(key):
            return None
        return Sent(id=outbound.message_id(key, self._settings.from_address))


def build(settings: dict[str, Any], ports: Ports) -> EmailAdapter:
    return EmailAdapter(EmailSettings.model_validate(settings), ports)
