"""A mail's bytes → what a person reads in it. `parse` never raises, whatever the bytes are."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.email import bounce, contents, headers, mime, quotes
from adapters.email.files import Attachment
from adapters.email.headers import Address, Headers, decode_words
from adapters.email.mime import Buffer, Part

LOOP_HEADER: Final = "X-Keqing-Notice"
"""The field that every mail of our own carries, so that we never answer ourselves."""

KNOWN_FIELDS: Final = frozenset(
    {
        "from",
        "to",
        "date",
        "subject",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "content-type",
        "sender",
        "reply-to",
    }
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `new_text` and `quoted` are the two halves of `text`."""

    message_id: str
    """In angle brackets; made from the content where the mail has none."""
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    date: datetime | None
    text: str
    new_text: str
    quoted: str
    attachments: tuple[Attachment, ...]
    auto: bool
    """An automatic answer, a bounce or a list's mail."""
    references: tuple[str, ...]
    """Ids of the mails before this one, oldest first."""
    undelivered: str
    """Id of the mail that this one says will never arrive; empty for all others."""
    recognised: bool
    """Whether anything in it looks like a mail at all."""
    labels: tuple[str, ...] = ()
    """What it is labelled with, and `private` or `personal` where its sender says so."""


def parse(data: Buffer, start: int = 0, end: int | None = None) -> Mail:
    """Read the mail in `data[start:end]`. A mapped file must stay open while attachments are read."""
    whole = mime.message(data, start, end)
    fields = whole.headers
    inside, parts = contents.read(whole)
    told = bounce.read(fields, parts, inside.own)
    halves = quotes.cut(inside.own)
    line = told.line if told else ""
    said = [line, halves.new, *inside.meetings]
    return Mail(
        message_id=_own_id(fields) or _made_id(data, start, end),
        sender=_sender(fields),
        to=fields.addresses("to"),
        cc=fields.addresses("cc"),
        reply_to=fields.addresses("reply-to"),
        subject=fields.text("subject"),
        date=_date(fields),
        text=_joined(line, inside.own, *inside.meetings, *inside.carried),
        new_text=_joined(*said),
        quoted=_joined(halves.quoted, *inside.carried),
        attachments=tuple(inside.files),
        auto=told is not None or bounce.away(fields.text("subject")) or _automatic(whole),
        references=_references(fields),
        undelivered=told.original if told and told.final else "",
        recognised=not KNOWN_FIELDS.isdisjoint(fields.fields),
        labels=_labels(fields),
    )


def _joined(*pieces: str) -> str:
    return "\n\n".join(filter(None, pieces))


# --- fields --------------------------------------------------------------------------------------


def _own_id(fields: Headers) -> str:
    said = "".join(headers.one_line(fields.raw("message-id")).split())
    return next(iter(fields.ids("message-id")), f"<{said.strip('<>')}>" if said.strip("<>") else "")


def _made_id(data: Buffer, start: int, end: int | None) -> str:
    """The same for the same mail, whichever line ends it was saved with."""
    digest = hashlib.sha256()
    end = len(data) if end is None else end
    for at in range(start, end, mime.PIECE):
        digest.update(data[at : min(at + mime.PIECE, end)].translate(None, b"\r"))
    return f"<{digest.hexdigest()}@content.invalid>"


def _sender(fields: Headers) -> Address:
    named = (fields.addresses(name) for name in ("from", "sender", "reply-to", "return-path"))
    found = next((some[0] for some in named if some), None)
    return found or Address(fields.text("from"), "")


def _date(fields: Headers) -> datetime | None:
    received = [value.rpartition(";")[2] for value in fields.all("received")]
    said = [*fields.all("date"), *received]
    return next((found for value in said if (found := headers.moment(value))), None)


def _references(fields: Headers) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*fields.ids("references"), *fields.ids("in-reply-to")]))


def _labels(fields: Headers) -> tuple[str, ...]:
    """Gmail's export names labels in a field of its own; `Sensitivity` is RFC 2156's."""
    named = [decode_words(value) for name in _LABELLED for value in fields.all(name)]
    said = [one.strip().strip('"') for value in named for one in value.split(",")]
    sensitivity = fields.raw("sensitivity").strip().lower()
    said += [sensitivity] if sensitivity in {"private", "personal"} else []
    return tuple(dict.fromkeys(one[:_LONGEST_LABEL] for one in said if one))[:_MOST_LABELS]


_LABELLED: Final = ("x-gmail-labels", "keywords")
_LONGEST_LABEL: Final = 200
_MOST_LABELS: Final = 50


def _automatic(whole: Part) -> bool:
    """The signs of a mail that nobody wrote by hand; answering it would start a loop."""
    fields = whole.headers
    submitted = fields.raw("auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in {"", "no"}
        or fields.raw("precedence").strip().lower() in {"bulk", "junk", "list"}
        or whole.type == "multipart/report"
        or fields.raw("return-path").strip() == "<>"
        or any(name in fields.fields for name in ("x-autoreply", "x-autorespond", "list-id"))
        or any(name in fields.fields for name in ("x-auto-response-suppress", LOOP_HEADER.lower()))
    )
