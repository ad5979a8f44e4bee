"""Notice → a mail: plain words and the same as HTML, with its files. Pure: time and bytes are given.

Nothing that anybody wrote can become a header or markup: header texts are one line each, and every
word in the HTML is escaped. The HTML asks no other server for anything.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from html import escape
from typing import Final

from adapters.email.files import safe_name
from adapters.email.headers import one_line
from adapters.email.parse import LOOP_HEADER
from adapters.email.settings import ADDRESS
from bot.contract import Audience, Level, Notice, Refused, StoredFile, Table, Target
from bot.render import plain
from bot.texts import Text

PRODUCT: Final = Text("Keqing 客情助手", "Keqing")
UNTITLED: Final = Text("来自 Keqing 客情助手的通知", "A notice from Keqing")
STOP: Final = "unsubscribe"
_CHART: Final = "chart"
_MOST_SUBJECT: Final = 150
MOST_FILES: Final = 20 * 1024 * 1024
"""Bytes of all files of a mail together: with base64 it stays below what large providers take."""
_TOO_LARGE: Final = Text(
    "未随邮件附上（总共超过 20 MB）：{names}", "Not attached (more than 20 MB in all): {names}"
)
_GONE: Final = Text("未随邮件附上（文件已不在）：{names}", "Not attached (no longer kept): {names}")
_TYPE: Final = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,80}", re.ASCII)
_ID: Final = re.compile(r"<[!-;=?-~]{1,240}>")
_WHOLE: Final = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})
_COLOURS: Final = {
    Level.INFO: "#1f5fbf",
    Level.GOOD: "#217a3c",
    Level.WARNING: "#a15c00",
    Level.DANGER: "#b3261e",
}
_FONT: Final = "font:15px/1.6 -apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif"
_CELL: Final = "border:1px solid #d5d9e0;padding:4px 8px;text-align:left;vertical-align:top"


class _Policy(EmailPolicy):
    """Ids stay on one line, as they are: the library would write long ones as encoded words."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _WHOLE:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY: Final = _Policy(linesep="\r\n", raise_on_defect=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail is made of, beside its notice."""

    sender: str
    message_id: str
    now: datetime
    token: str = ""
    """Names this mail and its correspondent; see `replies`."""
    reply_to: str = ""
    files: tuple[tuple[StoredFile, bytes], ...] = ()
    gone: tuple[str, ...] = ()
    """Names of files that the media store no longer has."""
    large: tuple[str, ...] = ()
    """Names of files that are left out."""
    chart: bytes = b""
    """The notice's chart as PNG."""


def mail(target: Target, notice: Notice, letter: Letter) -> EmailMessage:
    """Raises `Refused` where the chat is no address that a mail can be sent to."""
    notice = _with_missing(notice, letter)
    message = EmailMessage(_POLICY)
    message["From"] = Address(PRODUCT.in_(notice.language), addr_spec=letter.sender)
    to, *copies = recipients(target, letter.sender)
    message["To"] = Address(addr_spec=to)
    if copies:
        message["Cc"] = [Address(addr_spec=one) for one in copies]
    message["Subject"] = _subject(notice)
    message["Date"] = letter.now
    message["Message-ID"] = letter.message_id
    if letter.reply_to:
        message["Reply-To"] = Address(addr_spec=letter.reply_to)
    before = target.thread.strip().split(" ")
    if all(map(_ID.fullmatch, before)):
        message["In-Reply-To"] = before[-1]
        message["References"] = " ".join(before)
    if not _by_hand(target, notice):
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["List-Unsubscribe"] = _stop(letter)
    message[LOOP_HEADER] = "1"
    message["Content-Language"] = "en" if notice.language == "en" else "zh-CN"
    message.set_content(_sayable(plain.text(notice)) + "\n", cte="base64")
    message.add_alternative(_html(notice), subtype="html", cte="base64")
    html = message.get_body(("html",))
    if html is not None and letter.chart:
        html.add_related(
            letter.chart,
            "image",
            "png",
            cid=f"<{_CHART}>",
            filename="chart.png",
            disposition="inline",
        )
    for file, data in letter.files:
        _attach(message, file, data)
    return message


def _by_hand(target: Target, notice: Notice) -> bool:
    """A customer who is answered in their own thread is answered by a person, who wrote or approved it."""
    return notice.audience is Audience.CUSTOMER and bool(target.thread)


def _stop(letter: Letter) -> str:
    # RFC 8058's one click wants a page of ours on the open net; a mail works without.
    to = letter.reply_to or letter.sender
    return f"<mailto:{to}?subject={STOP}{'%20' + letter.token if letter.token else ''}>"


def _attach(message: EmailMessage, file: StoredFile, data: bytes) -> None:
    type_ = file.type if _TYPE.fullmatch(file.type) else "application/octet-stream"
    main, _, sub = type_.partition("/")
    if main in {"multipart", "message"}:  # these are not carried as base64: RFC 2046, 5.2
        main, sub = "application", "octet-stream"
    name = safe_name(_sayable(file.name)) or "file.bin"
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)


def _with_missing(notice: Notice, letter: Letter) -> Notice:
    """The notice, which says what does not go along."""
    said = [
        text.in_(notice.language, names=", ".join(names))
        for text, names in ((_TOO_LARGE, letter.large), (_GONE, letter.gone))
        if names
    ]
    return notice.model_copy(update={"text": "\n".join(filter(None, (notice.text, *said)))})


def fitting(files: Iterable[StoredFile]) -> tuple[Sequence[StoredFile], Sequence[StoredFile]]:
    """What goes along, in its order, and what is left out: the largest, until the rest fits."""
    kept = list(files)
    left: list[StoredFile] = []
    while sum(file.size for file in kept) > MOST_FILES:
        largest = max(kept, key=lambda file: file.size)
        kept.remove(largest)
        left.append(largest)
    return kept, left


def recipients(target: Target, sender: str) -> list[str]:
    """Who gets it, the first of them by To; none twice, and never we ourselves."""
    to = target.chat
    if not ADDRESS.fullmatch(to):
        raise Refused("不是可以发送的邮箱地址 / no address that a mail can be sent to")
    copies = {one.lower(): one for one in target.copies if ADDRESS.fullmatch(one)}
    return [to, *(one for low, one in copies.items() if low not in {to.lower(), sender.lower()})]


def _subject(notice: Notice) -> str:
    """The title, else the first line with anything on it."""
    lines = (one_line(_sayable(line)) for line in (notice.title, *notice.text.splitlines()))
    found = next(filter(None, lines), "") or UNTITLED.in_(notice.language)
    return found if len(found) <= _MOST_SUBJECT else found[: _MOST_SUBJECT - 1] + "…"


def _sayable(text: str) -> str:
    """The text without what no mail can hold."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


# --- HTML ----------------------------------------------------------------------------------------


def _html(notice: Notice) -> str:
    elsewhere = {
        "table": None,
        "chart": None,
        "files": (),
        "buttons": (),
        "title": "",
        "form": None,
    }
    rest = notice.model_copy(update=elsewhere)
    parts = [_paragraph(line) for line in plain.body(rest) if line.strip()]
    if notice.chart:
        parts.append(
            f'<img src="cid:{_CHART}" alt="{_safe(notice.chart.words)}" width="640"'
            ' style="max-width:100%;height:auto">'
        )
    if notice.table:
        parts.append(_table(notice.table))
    parts += [
        _button(one.label, one.url, plain.button(one, notice.language)) for one in notice.buttons
    ]
    if notice.form:
        parts.append(_paragraph(plain.usage(notice)))
    if notice.note:
        parts.append(
            f'<p style="margin:12px 0 0;color:#667085;font-size:13px">{_safe(notice.note)}</p>'
        )
    title = one_line(notice.title)
    colour = _COLOURS[notice.level]
    head = f'<h2 style="margin:0 0 8px;font-size:18px;color:{colour}">{_safe(title)}</h2>'
    return (
        f'<!doctype html><html lang="{"en" if notice.language == "en" else "zh-CN"}">'
        f'<head><meta charset="utf-8"></head><body style="margin:0;padding:16px;{_FONT};color:#1d2433">'
        f'<div style="border-left:4px solid {colour};padding:4px 16px;max-width:680px">'
        + "\n".join([head if title else "", *parts])
        + "</div></body></html>\n"
    )


def _paragraph(line: str) -> str:
    return f'<p style="margin:0 0 6px;white-space:pre-wrap">{_safe(line)}</p>'


def _table(shown: Table) -> str:
    heads = "".join(
        f'<th style="{_CELL};background:#f3f5f8">{_safe(one)}</th>' for one in shown.columns
    )
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in shown.rows)
    return f'<table style="border-collapse:collapse;margin:8px 0"><tr>{heads}</tr>{rows}</table>'


def _cell(words: str) -> str:
    return f'<td style="{_CELL}">{_safe(words)}</td>'


def _button(label: str, url: str, words: str) -> str:
    """A link where there is something to open; else the words to send."""
    if not url.startswith(("https://", "http://")):
        return _paragraph(words)
    return f'<p style="margin:0 0 6px"><a href="{_safe(url)}">{_safe(label or url)}</a></p>'


def _safe(text: str) -> str:
    return escape(_sayable(text), quote=True)
