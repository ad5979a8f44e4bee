"""Notice → a mail: plain words and the same as HTML. Pure: the time is handed in.

Nothing that anybody wrote can become a header or markup: header texts are one line each, and every
word in the HTML is escaped. The HTML asks no other server for anything.
"""

import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from html import escape
from typing import Final

from adapters.email.headers import one_line
from adapters.email.parse import LOOP_HEADER
from adapters.email.settings import ADDRESS
from bot.contract import Level, Notice, Refused, Table, Target
from bot.render import plain
from bot.texts import Text

PRODUCT: Final = Text("Keqing 客情助手", "Keqing")
UNTITLED: Final = Text("来自 Keqing 客情助手的通知", "A notice from Keqing")
STOP: Final = "unsubscribe"
_MOST_SUBJECT: Final = 150
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


def mail(target: Target, notice: Notice, key: str, sender: str, now: datetime) -> EmailMessage:
    """Raises `Refused` where the chat is no address that a mail can be sent to."""
    message = EmailMessage(_POLICY)
    message["From"] = Address(PRODUCT.in_(notice.language), addr_spec=sender)
    message["To"] = Address(addr_spec=recipient(target))
    message["Subject"] = _subject(notice)
    message["Date"] = now
    message["Message-ID"] = message_id(key, sender)
    before = target.thread.strip()
    if _ID.fullmatch(before):
        message["In-Reply-To"] = before
        message["References"] = before
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Unsubscribe"] = f"<mailto:{sender}?subject={STOP}>"
    message[LOOP_HEADER] = "1"
    message["Content-Language"] = "en" if notice.language == "en" else "zh-CN"
    message.set_content(_sayable(plain.text(notice)) + "\n", cte="base64")
    message.add_alternative(_html(notice), subtype="html", cte="base64")
    return message


def recipient(target: Target) -> str:
    if not ADDRESS.fullmatch(target.chat):
        raise Refused("不是可以发送的邮箱地址 / no address that a mail can be sent to")
    return target.chat


def message_id(key: str, sender: str) -> str:
    """The same for the same key: whoever has it twice sees it once."""
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:40]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


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
    rest = notice.model_copy(update={"table": None, "buttons": (), "title": "", "form": None})
    parts = [_paragraph(line) for line in plain.body(rest) if line.strip()]
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
