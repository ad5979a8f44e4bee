"""Mails that say of another mail what became of it. Formats: RFC 3462, 3464; and what servers write.

Read as data only: whoever forges one can at most say that a mail which they have got never came.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.email import headers, mime
from adapters.email.headers import Headers, one_line
from adapters.email.mime import Part

_MOST_READ: Final = 256 << 10
_MOST_WORDS: Final = 300
_MOST_BLOCKS: Final = 50
_RETURNED: Final = frozenset({"message/rfc822", "message/global", "text/rfc822-headers"})
_STATUS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_DAEMON: Final = re.compile(
    r"^(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|microsoftexchange[0-9a-f]{20,}|bounces?|mdaemon"
    r"|mail-delivery-subsystem)(?:[+=-].*)?@",
    re.IGNORECASE,
)
_FAILED: Final = re.compile(
    r"undeliver|delivery (?:status notification|has failed|fail)|failure notice|returned (?:mail|to sender)"
    r"|return to sender|mail delivery (?:failed|failure|error|system)|退信|退回|未送达|无法(?:投递|送达|传递)"
    r"|(?:投递|发送|传递)(?:状态)?(?:失败|不成功)|non remis",
    re.IGNORECASE,
)
_DELAYED: Final = re.compile(
    r"\bdelay(?:ed)?\b|\bwarning\b|still being retried|will (?:be retried|keep trying|retry|continue)"
    r"|do(?:es)? not need to resend|延迟|继续(?:尝试|投递)|仍在尝试|稍后重试",
    re.IGNORECASE,
)
_ID: Final = re.compile(
    r"^[> \t]{0,20}Message-ID[ \t]{0,20}:[>\s]{0,40}(<[^<>\s]{1,900}>)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,250}[A-Za-z0-9]"
)
_REASON: Final = re.compile(
    r"^.*?((?:\b5\d\d[ -]|#?\b5\.\d{1,3}\.\d{1,3}\b|said:|原因[：:]|退信原因|由于|因为).*)$",
    re.MULTILINE,
)
_AWAY: Final = re.compile(
    r"^\W{0,3}(?:自动(?:回复|答复|应答)|自動(?:回覆|回應)|不在办公室|外出(?:自动)?(?:回复|通知)|休假(?:自动)?(?:回复|通知)"
    r"|automatic(?: email)? reply|auto[- ]?(?:reply|response|responder)|autoreply|out[- ]of[- ](?:the[- ])?office"
    r"|ooo\b\s*:|away from (?:my|the) (?:office|desk|mail)|on (?:vacation|holiday|leave)\s*:)",
    re.IGNORECASE,
)
_FAILED_LINE: Final = "未送达 / Not delivered"
_DELAYED_LINE: Final = "投递延迟 / Delayed"


@dataclass(frozen=True, slots=True)
class Bounce:
    recipient: str
    reason: str
    final: bool
    """It will never arrive; the server has given up."""
    original: str
    """Id of the mail that it tells of, in angle brackets; empty where it names none."""

    @property
    def line(self) -> str:
        told = " — ".join(filter(None, (self.recipient, self.reason)))
        return f"{_FAILED_LINE if self.final else _DELAYED_LINE}: {told}".rstrip(": ")


def away(subject: str) -> bool:
    """A subject that only automatic answers have; a person's "Re: automatic reply …" is none."""
    return bool(_AWAY.match(subject))


def read(
    fields: Headers, parts: Sequence[tuple[Part, tuple[str, ...]]], text: str
) -> Bounce | None:
    """What a mail tells of another's delivery; None where it is no such mail."""
    told = next((part for part, _ in parts if part.type in _STATUS), None)
    if told is not None:
        return _from_status(told, fields, parts, text)
    sender = next(iter(fields.addresses("from")), None)
    daemon = sender is not None and _DAEMON.match(sender.address)
    if not daemon and not fields.raw("x-failed-recipients"):
        return None
    subject = fields.text("subject")
    if not _FAILED.search(subject) and not _FAILED.search(text[:2_000]):
        return None
    said = _own_words(text)
    return Bounce(
        recipient=_recipient(fields, said, sender.address if sender else ""),
        reason=_reason(said),
        final=not (_DELAYED.search(subject) or _DELAYED.search(said[:3_000])),
        original=_original(fields, parts, text),
    )


def _from_status(
    told: Part, fields: Headers, parts: Sequence[tuple[Part, tuple[str, ...]]], text: str
) -> Bounce | None:
    raw = told.beginning(_MOST_READ).replace(b"\r\n", b"\n")
    blocks = [headers.read(one) for one in re.split(rb"\n[ \t]*\n", raw)[:_MOST_BLOCKS]]
    each = [one for one in blocks if {"final-recipient", "action", "status"} & set(one.fields)]
    failed = [one for one in each if _gave_up(one)]
    waiting = [one for one in each if _word(one, "action") == "delayed"]
    if not failed and not waiting:  # it has arrived, or was handed on
        return None
    about = (failed or waiting)[0]
    return Bounce(
        recipient=_after_type(about, "final-recipient") or _after_type(about, "original-recipient"),
        reason=_after_type(about, "diagnostic-code") or about.text("status")[:_MOST_WORDS],
        final=bool(failed),
        original=_original(fields, parts, text),
    )


def _gave_up(block: Headers) -> bool:
    """A failure is final even with 4.x.x: the server has tried for days."""
    action = _word(block, "action")
    return action == "failed" or (not action and block.text("status").startswith("5"))


def _word(block: Headers, name: str) -> str:
    return re.split(r"[\s(;]", block.text(name).lower(), maxsplit=1)[0]


def _after_type(block: Headers, name: str) -> str:
    """What follows the type: `rfc822; li@c.cn`, `smtp; 550 5.1.1 …`."""
    kind, semicolon, said = block.text(name).partition(";")
    return (said if semicolon else kind).strip(" <>")[:_MOST_WORDS]


def _original(fields: Headers, parts: Sequence[tuple[Part, tuple[str, ...]]], text: str) -> str:
    for part, _ in parts:
        if part.type in _RETURNED:
            inner = mime.message(part.beginning(_MOST_READ)).headers
            if ids := inner.ids("message-id"):
                return ids[0]
    if found := _ID.search(text[:_MOST_READ]):
        return found[1]
    return next(reversed([*fields.ids("references"), *fields.ids("in-reply-to")]), "")


def _own_words(text: str) -> str:
    """What the server says, above the mail that it returns."""
    return re.split(
        r"^(?:--.*(?:copy|original|returned|原邮件|原始).*|(?:Return-Path|Received|Message-ID):.*)$",
        text,
        maxsplit=1,
        flags=re.IGNORECASE | re.MULTILINE,
    )[0]


def _recipient(fields: Headers, said: str, daemon: str) -> str:
    named = fields.text("x-failed-recipients").partition(",")[0].strip()
    found = (one[0] for one in _ADDRESS.finditer(said[:_MOST_READ]))
    return named or next((one for one in found if one.lower() != daemon.lower()), "")


def _reason(said: str) -> str:
    found = _REASON.search(said[:20_000])
    return one_line(found[1])[:_MOST_WORDS] if found else ""
