"""What a person wrote, apart from what the mail quotes and from the signature.

Rules for Foxmail, QQ, 163, Outlook, Gmail and Apple Mail, in Chinese and English. They work line by
line on text; whatever they take away is kept, in its order, as the quoted part.
"""

import re
from dataclasses import dataclass
from typing import Final

# "------------------ 原始邮件 ------------------", "-----Original Message-----", "---Original---"
BANNER: Final = re.compile(
    r"^[-_=—*\s]{2,}(?:原始邮件|邮件原件|原邮件|回复的原邮件|转发的?邮件(?:信息)?|转发邮件信息|已转发的?邮件"
    r"|original(?: message| mail)?|forwarded (?:message|mail)|replied message|原始訊息|轉寄的?郵件)[-_=—*\s]{2,}$",
    re.IGNORECASE,
)
FORWARD: Final = re.compile(
    r"^(?:begin forwarded message|开始转发的?邮件|以下是转发的?邮件)\s*[：:]$", re.IGNORECASE
)
PASSED_ON: Final = re.compile(
    r"^[-_=—*\s]*(?:转发的?邮件(?:信息)?|转发邮件信息|已转发的?邮件|以下是转发的?邮件|开始转发的?邮件|轉寄的?郵件"
    r"|(?:begin )?forwarded (?:message|mail))[^。]{0,40}$",
    re.IGNORECASE,
)
# The small table of fields that Foxmail and Outlook put above a quoted mail.
FROM: Final = re.compile(
    r"^\**(?:发件人(?: / From)?|发送人|寄件者|寄件人|from)\**\s*[：:]", re.IGNORECASE
)
OTHER_FIELD: Final = re.compile(
    r"^\**(?:发送时间|发送日期|发件时间|日期|时间|寄件日期|收件人|收件者|抄送|抄送人|副本|主题|主旨|sent|date|to|cc|subject)(?: / (?:Date|Subject))?\**\s*[：:]",
    re.IGNORECASE,
)
# The line of Apple Mail, Gmail and 163: "在 <date>，<name> <address> 写道：", "On <date> <name> wrote:"
WROTE: Final = re.compile(
    r"^(?=.*(?:\d|@)).{0,300}(?:写道|寫道|编写|wrote)\s*[：:]$", re.IGNORECASE
)
WROTE_BEGINS: Final = re.compile(
    r"^(?:在|于|on|at|(?:19|20)\d\d|.{0,80}<[^<>\s]+@[^<>\s]+>)", re.IGNORECASE
)
RULE: Final = re.compile(r"^[-_=—*]{5,}$")
PHONE_SIGNATURE: Final = re.compile(
    r"^(?:发自我的|发自|来自我的|从我的|使用我的|发送自|从 ?windows|来自 ?outlook|获取 ?outlook|sent from (?:my|mail|outlook|yahoo|windows)|get outlook for)"
    r".{0,50}$",
    re.IGNORECASE,
)
CONTACT: Final = re.compile(
    r"电话|手机|传真|地址|邮箱|邮编|网址|公司|部门|\btel\b|\bmob|phone|fax|e-?mail|www\.|https?:|@|\d{7,}|\d{3,4}-\d{7,8}",
    re.IGNORECASE,
)
NUMBER_AFTER: Final = re.compile(r"^>\s?[\d.]+")
SIGNATURE_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Cut:
    """A mail's text in two: `new`, what its sender wrote now, and `quoted`, all the rest."""

    new: str
    quoted: str


def cut(text: str) -> Cut:
    """Part the text of a mail. Lines are never changed, only sorted into one half or the other."""
    lines = text.splitlines()
    bare = [line.replace("\u200b", "").replace("\xa0", " ").strip() for line in lines]
    end = _quote_begins(bare)
    mine = _own_lines(bare[:end])
    return Cut(
        _tidy([line for line, own in zip(lines, mine, strict=False) if own]),
        _tidy([line for line, own in zip(lines, mine, strict=False) if not own] + lines[end:]),
    )


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A mail that another one passes on in its text."""

    sender: str
    """As its From line has it."""
    text: str
    above: str
    """What whoever passes it on has written."""
    announced: bool
    """A line above says that it is passed on."""


def passed_on(lines: list[str]) -> PassedOn | None:
    bare = [line.replace("\u200b", "").replace("\xa0", " ").strip() for line in lines]
    at = next((at for at in range(len(bare)) if _field_table(bare, at)), None)
    if at is None:
        return None
    above = [line for line in bare[:at] if line]
    announced = bool(above and PASSED_ON.match(above[-1]))
    last = at
    while last + 1 < len(bare) and bare[last + 1]:
        last += 1
    return PassedOn(
        sender=FROM.sub("", bare[at]).strip(" *|"),
        text=_tidy(lines[last + 1 :]),
        above=_tidy([line for line in lines[:at] if not BANNER.match(line.strip())]),
        announced=announced,
    )


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()


# --- where everything below is an earlier mail ---------------------------------------------------


def _quote_begins(bare: list[str]) -> int:
    """The first line that belongs to a quote reaching to the end; the number of lines if none."""
    for at, line in enumerate(bare):
        if BANNER.match(line) or FORWARD.match(line) or _field_table(bare, at):
            return _with_rule(bare, at)
        length = _attribution(bare, at)
        if length and not _next_is_marked(bare, at + length):
            return at
    return len(bare)


def _field_table(bare: list[str], at: int) -> bool:
    """A From line with two or more other fields close below it."""
    if not FROM.match(bare[at]):
        return False
    near = [line for line in bare[at + 1 : at + 13] if line][:8]
    if sum(bool(OTHER_FIELD.match(line)) for line in near) >= 2:
        return True
    # Outlook on telephones puts all of them on one line.
    return len(re.findall(r"(?:发送时间|日期|收件人|主题|Sent|To|Subject)\s*[：:]", bare[at])) >= 2


def _with_rule(bare: list[str], at: int) -> int:
    """The quote begins at the drawn line above it, where there is one."""
    above = at
    while above > 0 and not bare[above - 1]:
        above -= 1
    return above - 1 if above > 0 and RULE.match(bare[above - 1]) else at


def _attribution(bare: list[str], at: int) -> int:
    """How many lines "… wrote:" takes from here; 0 where there is none. Gmail wraps it."""
    if not bare[at] or not WROTE_BEGINS.match(bare[at]):
        return 0
    for length in range(1, min(3, len(bare) - at) + 1):
        joined = " ".join(bare[at : at + length])
        if WROTE.match(joined):
            return length
        if not bare[at + length - 1] or joined.endswith(("。", "！", "？")):
            return 0
    return 0


def _next_is_marked(bare: list[str], at: int) -> bool:
    return next((line for line in bare[at : at + 10] if line), "").startswith((">", "＞"))


# --- what is not the sender's own above it -------------------------------------------------------


def _own_lines(bare: list[str]) -> list[bool]:
    own = [True] * len(bare)
    _strike_marked(bare, own)
    for at, line in enumerate(bare):
        if PHONE_SIGNATURE.match(line):
            own[at] = False
    signature = _signature_begins(bare, own)
    return own[:signature] + [False] * (len(bare) - signature)


def _strike_marked(bare: list[str], own: list[bool]) -> None:
    """Strike runs of ">" lines and the "… wrote:" above them; answers between them stay."""
    at = 0
    while at < len(bare):
        length = _attribution(bare, at)
        end = at + length
        while end < len(bare) and (bare[end].startswith((">", "＞")) or (length and not bare[end])):
            end += 1
        run = [line for line in bare[at + length : end] if line]
        # A lone "> 3000 元" is the sender's own arithmetic.
        if run and (length or len(run) > 1 or not NUMBER_AFTER.match(run[0])):
            own[at:end] = [False] * (end - at)
        at = max(end, at + 1)


def _signature_begins(bare: list[str], own: list[bool]) -> int:
    """The line of the sender's signature, among the last lines of their own; len if there is none."""
    last = max((at for at, mine in enumerate(own) if mine and bare[at]), default=-1)
    for at in range(max(0, last - 3 * SIGNATURE_LINES), last):
        below = [line for line in bare[at + 1 : last + 1] if line]
        if not own[at] or not 0 < len(below) <= SIGNATURE_LINES:
            continue
        if bare[at] == "--":  # RFC 3676 4.3; most programs lose the blank behind it
            return at
        if RULE.match(bare[at]) and any(CONTACT.search(line) for line in below) and _short(below):
            return at
    return len(bare)


def _short(lines: list[str]) -> bool:
    return all(len(line) <= 60 for line in lines)
