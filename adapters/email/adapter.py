"""Channel `email`: mailboxes are read, notices are sent. A mail runs no commands."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from aiohttp import web

from adapters.email import doctor, outbound, parties
from adapters.email.intake import Intake
from adapters.email.mailbox import SENT, Folder, Health, Pace, Place
from adapters.email.oauth import Access
from adapters.email.parse import parse
from adapters.email.reader import CHANNEL, to_message
from adapters.email.replies import Replies
from adapters.email.settings import EmailSettings, MailboxSettings, Server
from adapters.email.smtp import Mailer
from bot import clock
from bot.contract import (
    Budget,
    Can,
    Check,
    Given,
    InboundMessage,
    Kind,
    Notice,
    Ports,
    Sender,
    Sent,
    StoredFile,
    Target,
    TryLater,
    deliver_patiently,
)
from bot.render import chart

_HOUR_S = 3600.0


class EmailAdapter:
    channel = CHANNEL
    can: frozenset[Can] = frozenset({Can.BUTTONS, Can.TABLES, Can.FILES, Can.CHARTS})

    def __init__(self, settings: EmailSettings, ports: Ports, pace: Pace | None = None) -> None:
        self._settings = settings
        self._ports = ports
        self._pace = pace
        self._mailer = _mailer(settings, ports)
        domain = settings.from_address.rpartition("@")[2]
        self._replies = Replies(ports.key, settings.reply_to, domain)
        self._signer = settings.dkim.signer() if settings.dkim else None

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
        own = self._settings.own_domains(mailbox)
        intake = Intake(mailbox, number, self._ports, self._replies, own)
        health = Health(number)
        access = Access(mailbox.oauth, self._ports.tokens) if mailbox.oauth else None
        async with asyncio.TaskGroup() as tasks:
            for name in mailbox.folders or ("INBOX", SENT):
                place = Place(mailbox.address, name, self._settings.since_days, health)
                folder = Folder(mailbox.server, place, self._ports.cursors, self._pace, access)
                take = partial(intake.take, folder=name)
                tasks.create_task(folder.run(take, intake.refuse))

    @property
    def on(self) -> bool:
        return bool(self._settings.mailboxes or self._settings.smtp_url)

    async def check(self) -> Sequence[Check]:
        """What `keqing doctor` shows: every mailbox."""
        found = [] if self._settings.mailboxes else [Check(False, doctor.OFF)]
        for number, box in enumerate(self._settings.mailboxes, 1):
            access = Access(box.oauth, self._ports.tokens) if box.oauth else None
            found += await doctor.look(number, box, access)
        found += [await self._mailer.check()] if self._mailer else []
        return found

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        """A recorded mail as a message, without its files."""
        mail = parse(raw)
        if not mail.recognised:
            raise ValueError("not a mail")
        boxes = {one.address: one for one in self._settings.mailboxes}
        named = (one.address.lower() for one in (mail.sender, *mail.to, *mail.cc))
        box = next((boxes[one] for one in named if one in boxes), None)
        box = box or next(iter(boxes.values()), None)
        chat = ""
        if box is not None:
            mail, chat = parties.filed(mail, box.address, self._settings.own_domains(box))
        return [to_message(mail, Given(chat=chat), mail.date or clock.now(), (), raw)]

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        sender = self._settings.from_address
        if self._mailer is None or not sender:
            raise TryLater("no KEQING_EMAIL__SMTP_URL and sender are set", after=_HOUR_S)
        named = outbound.recipients(target, sender)
        mail = await asyncio.to_thread(self._mail, target, notice, key)
        refused = await self._mailer.send(mail, key, sender=sender, recipients=named)
        sent = Sent(id=self._replies.message_id(key))
        for recipient, why in refused.items():
            await self._tell(sent, recipient, why)
        return sent

    def _mail(self, target: Target, notice: Notice, key: str) -> bytes:
        """The mail's bytes. Slow where there are files: for a thread."""
        id_ = self._replies.message_id(key)
        token = self._replies.token(id_, target.chat)
        kept, large = outbound.fitting(notice.files)
        files: list[tuple[StoredFile, bytes]] = []
        gone: list[str] = []
        for file in kept:
            try:
                files.append((file, self._ports.media.path(file.sha256).read_bytes()))
            except FileNotFoundError:
                gone.append(file.name)
        letter = outbound.Letter(
            self._settings.from_address,
            id_,
            clock.now(),
            token,
            self._replies.address(token),
            tuple(files),
            tuple(gone),
            tuple(file.name for file in large),
            chart.png(notice.chart) if notice.chart else b"",
        )
        raw = outbound.mail(target, notice, letter).as_bytes()
        return self._signer.signed(raw) if self._signer else raw

    async def _tell(self, sent: Sent, recipient: str, why: str) -> None:
        """One of several recipients was turned down at the door: as its bounce would have said."""
        told = InboundMessage(
            channel=CHANNEL,
            event_id=f"refused:{sent.id}:{recipient}",
            chat=f"mailer-daemon@{sent.id.rpartition('@')[2].rstrip('>')}",
            sender=Sender(id="mailer-daemon", name="Mail Delivery System"),
            text=f"{recipient}: {why}",
            sent_at=clock.now(),
            kind=Kind.MAIL,
            auto=True,
            undelivered=sent.id,
        )
        await deliver_patiently(self._ports.deliver, told)

    async def find(self, target: Target, key: str) -> Sent | None:  # noqa: ARG002 - the port's shape
        """Taken as sent, unless this process knows that the mail itself never left it.

        No server can be asked. A mail too few is the smaller harm where somebody would else read the
        same one twice: what it told also stands in the assistant's own pages.
        """
        if self._mailer is None or self._mailer.certainly_not_sent(key):
            return None
        return Sent(id=self._replies.message_id(key))


def _mailer(settings: EmailSettings, ports: Ports) -> Mailer | None:
    """Sends as `smtp_url` says; without a password in it, with the tokens of the mailbox of its user."""
    if settings.smtp_url is None:
        return None
    server = Server(settings.smtp_url)
    boxes = () if server.password else settings.mailboxes
    own = (
        box.oauth for box in boxes if server.user.lower() in {box.address, box.server.user.lower()}
    )
    oauth = next(filter(None, own), None)
    return Mailer(server, Access(oauth, ports.tokens) if oauth else None)


def build(settings: dict[str, Any], ports: Ports) -> EmailAdapter:
    return EmailAdapter(EmailSettings.model_validate(settings), ports)
