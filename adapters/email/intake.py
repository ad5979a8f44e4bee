"""A mail from a mailbox → delivered, passed over, or put aside. Whatever is in it, nothing stops."""

import asyncio
from contextlib import ExitStack
from mmap import ACCESS_READ, mmap
from typing import IO, Final, cast

from pydantic import ValidationError

from adapters.email import mime, parties, proof
from adapters.email.headers import Headers
from adapters.email.mime import Buffer
from adapters.email.parse import LOOP_HEADER, Mail, parse
from adapters.email.reader import CHANNEL, stored
from adapters.email.replies import Replies
from adapters.email.settings import MailboxSettings
from bot import clock, log
from bot.contract import Given, Happening, InboundMessage, Ports, deliver_patiently

_log = log.get("email")
_CAME_TO: Final = ("to", "cc", "delivered-to", "x-original-to")
_OF_ANOTHER: Final = (
    "（收件地址里的回信令牌是发给别人的，这封邮件没有并入那个往来）\n"
    "(The token in the address was given to somebody else; this mail has not joined that thread.)"
)
_MOST_REJECTED: Final = 1 << 20
_SMALL: Final = 1 << 20


class Intake:
    def __init__(
        self,
        mailbox: MailboxSettings,
        number: int,
        ports: Ports,
        replies: Replies,
        domains: frozenset[str],
    ) -> None:
        self._mailbox = mailbox
        self._domains = domains
        self._number = number
        self._ports = ports
        self._replies = replies

    async def take(self, file: IO[bytes], size: int, uid: int, *, folder: str = "") -> None:
        """Returns once the mail is durable, or put aside, or known as one of our own notices."""
        with ExitStack() as open_:
            buffer = _buffer(file, size, open_)
            try:
                mail, fields = await asyncio.to_thread(_read, buffer)
                if LOOP_HEADER.lower() in fields.fields:
                    return
                message = await self._message(mail, fields, buffer) if mail.recognised else None
            except (ValidationError, ValueError) as error:
                await self._reject(uid, type(error).__name__, buffer[:_MOST_REJECTED])
                return
            if message is None:
                await self._reject(uid, "not a mail", buffer[:_MOST_REJECTED])
                return
            labels = tuple(dict.fromkeys(filter(None, (folder, *message.labels))))
            labelled = message.model_copy(update={"labels": labels})
            await deliver_patiently(self._ports.deliver, labelled)

    async def refuse(self, uid: int, why: str) -> None:
        await self._reject(uid, why, b"")

    async def _reject(self, uid: int, why: str, raw: bytes) -> None:
        await self._ports.reject(CHANNEL, raw, f"mailbox {self._number}, UID {uid}: {why}")

    async def _message(self, mail: Mail, fields: Headers, buffer: Buffer) -> InboundMessage:
        as_read, chat = parties.filed(mail, self._mailbox.address, self._domains)
        lies = (buffer, 0, len(buffer))
        at = mail.date or clock.now()
        message = await stored(as_read, lies, Given(chat=chat), at, self._ports.media)
        if as_read is not mail:  # under the name of somebody else, who has proven nothing
            return message
        message = self._answering(message, fields)
        if not proof.proven(fields, self._mailbox.authserv_id):
            return message
        sender = message.sender.model_copy(update={"proven": True})
        return message.model_copy(update={"sender": sender})

    def _answering(self, message: InboundMessage, fields: Headers) -> InboundMessage:
        """With what the token says that it came to; a token is its correspondent's alone."""
        sender = message.sender.id
        if self._replies.stops(message.subject, sender):
            return message.model_copy(update={"happened": Happening.REMOVED})
        came_to = (one.address for name in _CAME_TO for one in fields.addresses(name))
        answered = self._replies.among(came_to, sender)
        if answered is None:
            return message
        if not answered.by_correspondent and not self._own(sender):
            _log.warning("email.token_of_another", mailbox=self._number)
            quoted = "\n\n".join(filter(None, (_OF_ANOTHER, message.quoted)))
            return message.model_copy(update={"quoted": quoted})
        references = tuple(dict.fromkeys((*message.references, answered.message_id)))
        thread = message.thread if message.references else answered.message_id
        return message.model_copy(update={"references": references, "thread": thread})

    def _own(self, sender: str) -> bool:
        """Whether a sender is of the firm."""
        return parties.own(sender, self._mailbox.address, self._domains)


def _read(buffer: Buffer) -> tuple[Mail, Headers]:
    return parse(buffer), mime.message(buffer).headers


def _buffer(file: IO[bytes], size: int, open_: ExitStack) -> Buffer:
    """Small mails as bytes; large ones are mapped from the disk that they were spooled to."""
    if size < _SMALL:
        file.seek(0)
        return file.read()
    number = file.fileno()  # moves it to the disk where it still was in memory
    file.flush()
    return cast("Buffer", open_.enter_context(mmap(number, 0, access=ACCESS_READ)))
