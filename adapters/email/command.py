"""`keqing mail FILE`: show what the program reads in a mail. Needs no database."""

import json as json_
import os
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final

import typer

from adapters.email.headers import Address
from adapters.email.parse import Mail, parse
from bot.texts import Text, language_of

CANNOT_READ: Final = Text("无法读取 {file}：{why}", "cannot read {file}: {why}")
NOT_A_MAIL: Final = Text("{file} 不是邮件文件", "{file} is not a mail")
EMPTY: Final = Text("文件是空的", "the file is empty")
FIELDS: Final = (
    ("from", Text("发件人", "From")),
    ("to", Text("收件人", "To")),
    ("cc", Text("抄送", "Cc")),
    ("date", Text("时间", "Date")),
    ("subject", Text("主题", "Subject")),
    ("attachments", Text("附件", "Attachments")),
)


def mail(file: Path, json: bool = False, lang: str = "") -> None:
    """Print the mail in `file`: one JSON object, or a few readable lines. Exit code 2 if unreadable."""
    language = language_of(lang or os.environ.get("KEQING_LANGUAGE"))
    try:
        if file.stat().st_size == 0:
            raise _stop(CANNOT_READ.in_(language, file=file, why=EMPTY.in_(language)))
        with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as mapped:
            read = parse(mapped)
    except OSError as error:
        raise _stop(CANNOT_READ.in_(language, file=file, why=error.strerror or error)) from error
    if not read.recognised:
        raise _stop(NOT_A_MAIL.in_(language, file=file))
    typer.echo(
        json_.dumps(as_json(read), ensure_ascii=False) if json else _readable(read, language)
    )


def as_json(read: Mail) -> dict[str, Any]:
    """The mail as plain values; `date` in ISO 8601 with its zone, or None."""
    return {
        "message_id": read.message_id,
        "from": _party(read.sender),
        "to": [_party(one) for one in read.to],
        "cc": [_party(one) for one in read.cc],
        "subject": read.subject,
        "date": read.date.isoformat() if read.date else None,
        "text": read.text,
        "new_text": read.new_text,
        "attachments": [
            {"name": one.name, "type": one.type, "size": one.size} for one in read.attachments
        ],
        "auto": read.auto,
        "references": list(read.references),
    }


def _party(one: Address) -> dict[str, str]:
    return {"name": one.name, "address": one.address}


def _readable(read: Mail, language: str) -> str:
    values = {
        "from": _shown(read.sender),
        "to": ", ".join(map(_shown, read.to)),
        "cc": ", ".join(map(_shown, read.cc)),
        "date": read.date.isoformat(" ") if read.date else "",
        "subject": read.subject,
        "attachments": ", ".join(f"{one.name} ({one.size:,} B)" for one in read.attachments),
    }
    head = [f"{label.in_(language)}: {values[key]}" for key, label in FIELDS if values[key]]
    return "\n".join([*head, "", read.new_text or read.text])


def _shown(one: Address) -> str:
    return f"{one.name} <{one.address}>" if one.name else one.address


def _stop(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(2)
