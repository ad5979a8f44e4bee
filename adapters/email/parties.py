"""Whose conversation a mail belongs to, where the firm's own people send copies to a mailbox.

Pure. What a forwarded mail says of its first sender is what the one who forwards it claims.
"""

import re
from dataclasses import replace
from typing import Final

from adapters.email import quotes
from adapters.email.headers import Address, addresses
from adapters.email.parse import Mail

_PASSED_ON: Final = re.compile(
    r"^\W{0,3}(?:fwd?|fw|转发|轉寄|轉發|转寄|wg|tr)\s*[:：]", re.IGNORECASE
)
_MARKS: Final = re.compile(r"^(?:[>＞]\s?)+")


def own(address: str, mailbox: str, domains: frozenset[str]) -> bool:
    """Whether an address, in lower case, is the mailbox itself or one of the firm's people."""
    return address == mailbox or address.rpartition("@")[2] in domains


def filed(mail: Mail, mailbox: str, domains: frozenset[str]) -> tuple[Mail, str]:
    """The mail as it is to be read, and its chat; no chat where that is its sender.

    Of the firm's own mails the chat is the first recipient outside of it. One that is passed on to
    the mailbox alone is read as the mail that it passes on.
    """
    sender = mail.sender.address.lower()
    if not own(sender, mailbox, domains):
        return mail, ""
    named = (one.address.lower() for one in (*mail.to, *mail.cc))
    others = [one for one in named if one not in {sender, mailbox}]
    outside = [one for one in others if not own(one, mailbox, domains)]
    if others:
        return mail, (outside or others)[0]
    first = None if mail.auto else _passed_on(mail)
    if first is None or own(first.sender.address.lower(), mailbox, domains):
        return mail, ""
    return first, first.sender.address.lower()


def _passed_on(mail: Mail) -> Mail | None:
    """The mail within, under its first sender; None where this one passes none on."""
    found = quotes.passed_on([_MARKS.sub("", line) for line in mail.text.splitlines()])
    if found is None or not (_PASSED_ON.match(mail.subject) or found.announced):
        return None
    sender = next(iter(addresses(found.sender)), None) or Address("", "")
    if "@" not in sender.address:
        return None
    halves = quotes.cut(found.text)
    return replace(
        mail,
        sender=sender,
        new_text=halves.new or found.text,
        quoted="\n\n".join(filter(None, (halves.quoted if halves.new else "", found.above))),
    )
