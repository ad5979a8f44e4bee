"""A mail from a mailbox → delivered, passed over, or put aside. Whatever is in it, nothing stops."""

import asyncio
from contextlib import ExitStack
from mmap import ACCESS_READ, mmap
from typing import IO, Final, cast

from pydantic import ValidationError

from adapters.email import mime, proof
from adapters.email.headers import Headers
from adapters.email.mime import Buffer
from adapters.email.parse import LOOP_HEADER, Mail, parse
from adapters.email.reader import CHANNEL, stored
from adapters.email.settings import MailboxSettings
from bot import clock
from bot.contract import Given, InboundMessage, Ports, deliver_patiently

_MOST_REJECTED: Final = 1 << 20
_SMALL: Final = 1 << 20


class Intake:
    def __init__(self, mailbox: MailboxSettings, number: int, ports: Ports) -> None:
        self._mailbox = mailbox
        self._number = number
        self._ports = ports

    async def take(self, file: IO[bytes], size: int, uid: int) -> None:
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
            await deliver_patiently(self._ports.deliver, message)

    async def refuse(self, uid: int, why: str) -> None:
        await self._reject(uid, why, b"")

    async def _reject(self, uid: int, why: str, raw: bytes) -> None:
        await self._ports.reject(CHANNEL, raw, f"mailbox {self._number}, UID {uid}: {why}")

    async def _message(self, mail: Mail, fields: Headers, buffer: Buffer) -> InboundMessage:
        given = Given(chat=correspondent(mail, self._mailbox.address))
        lies = (buffer, 0, len(buffer))
        message = await stored(mail, lies, given, mail.date or clock.now(), self._ports.media)
        if not proof.proven(fields, self._mailbox.authserv_id):
            return message
        sender = message.sender.model_copy(update={"proven": True})
        return message.model_copy(update={"sender": sender})


def _read(buffer: Buffer) -> tuple[Mail, Headers]:
    return parse(buffer), mime.message(buffer).headers


def correspondent(mail: Mail, own: str) -> str:
    """Of a mail that the mailbox itself has sent: to whom. Empty for all others."""
    if mail.sender.address.lower() != own:
        return ""
    others = (one.address.lower() for one in (*mail.to, *mail.cc))
    return next((one for one in others if one != own), "")


def _buffer(file: IO[bytes], size: int, open_: ExitStack) -> Buffer:
    """Small mails as bytes; large ones are mapped from the disk that they were spooled to."""
    if size < _SMALL:
        file.seek(0)
        return file.read()
    number = file.fileno()  # moves it to the disk where it still was in memory
    file.flush()
    return cast("Buffer", open_.enter_context(mmap(number, 0, access=ACCESS_READ)))
