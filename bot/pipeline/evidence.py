"""What speaks for a customer or a project: each kind of evidence, found in what was looked up.

Pure: a `Question` and a `Directory` in, evidence out. `match` weighs it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.domain import mail_domains, names
from storage.directory import Directory
from storage.people import address, bounded, phone

READ: Final = 2000
"""Characters of a text in which names and codes are looked for."""
_CODE: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)+(?![A-Za-z0-9])|(?<![A-Za-z0-9])(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{4,20}(?![A-Za-z0-9])"
)
PASTED: Final = "paste"
"""The channel of talk that people paste."""
NAME: Final = "name"
"""The address kind of a sender of whom only the name is known."""
_END: Final = 400


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of a message before anybody has read it."""

    text: str = ""
    subject: str = ""
    channel: str = ""
    senders: tuple[tuple[str, str], ...] = ()
    """(channel, address in normal form): the channel's own id, a mail address, a phone."""
    chat: str = ""
    references: tuple[str, ...] = ()
    recipients: tuple[tuple[str, str], ...] = ()
    proven: bool = True
    mail: bool = False
    """Anybody can write into a mail what it answers; elsewhere the platform says so."""

    @property
    def read(self) -> str:
        """What is read of the text: its beginning, and its end, where people sign."""
        whole = f"{self.subject}\n{self.text}"
        if len(whole) <= READ:
            return whole
        return f"{whole[: READ - _END]}\n{whole[-_END:]}"

    @property
    def norm(self) -> str:
        return names.normal(self.read)

    @property
    def written(self) -> tuple[tuple[str, str], ...]:
        return addresses_in(self.read)


@dataclass(slots=True)
class Evidence:
    """Customers that one kind of evidence speaks for."""

    kind: str
    found: dict[int, str] = field(default_factory=dict)
    """Customer → what was found."""
    project_id: int | None = None


def senders_of(
    channel: str, id_: str, email: str | None = None, phone_: str | None = None
) -> tuple[tuple[str, str], ...]:
    """All addresses that a sender is known by; an id that looks like a mail or a phone counts."""
    if channel == PASTED:  # pasted talk knows nothing of a sender but the name
        return ((NAME, id_.strip()),)
    pairs: dict[tuple[str, str], None] = {}
    if id_ and channel:
        pairs[channel, address(channel, id_)] = None
    mail = email or (id_ if mail_domains.domain_of(id_) else "")
    if mail:
        pairs["email", address("email", mail)] = None
    dialled = phone_ or (id_ if re.fullmatch(r"[+\d][\d\s()-]{6,19}", id_) else "")
    pairs |= dict.fromkeys(("phone", digits) for digits in _phones(dialled))
    return tuple(pairs)


def _phones(dialled: str) -> Iterator[str]:
    """A telephone number with and without its country's code, as contacts may have it."""
    digits = phone(dialled)
    if not digits:
        return
    yield digits
    if re.match(r"\s*(\+|00)", dialled):
        for code in _COUNTRIES:
            rest = digits.removeprefix(code).removeprefix("0")
            if digits.startswith(code) and len(rest) >= _LEAST_LOCAL:
                yield f"{code}{rest}"
                yield rest
                return
    elif len(digits) in _LOCAL:
        yield from (f"{code}{digits}" for code in _COUNTRIES)


_COUNTRIES: Final = (
    "852 853 886 353 351 358 420 971 966 972 1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49"
    " 52 54 55 56 57 60 61 62 63 64 65 66 81 82 84 90 91 92 94 95 98"
).split()
_LOCAL: Final = range(8, 11)
"""Digits of numbers told without their country; a mobile number of China has eleven."""
_LEAST_LOCAL: Final = 7


def who(
    question: Question, found: Directory, customer: int | None = None
) -> tuple[int | None, int | None]:
    """The contact and the member that the sender is, where that is clear; of somebody who works with
    several customers, the contact with `customer`.
    """
    for pair in question.senders:
        known = found.known.get(pair, [])
        if customer is not None:
            known = [one for one in known if one.customer_id in {customer, None}]
        if len(known) == 1:
            return known[0].contact_id, known[0].user_id
    return None, None


def firm(question: Question, found: Directory) -> list[Evidence]:
    """What speaks for which customer, the firmest first."""
    listed = [_by_code(question, found)]
    sender = Evidence("sender")
    for pair in question.senders:
        for known in found.known.get(pair, []):
            if known.customer_id is not None:
                sender.found.setdefault(known.customer_id, pair[1])
    listed.append(sender)
    chat = found.chats.get((question.channel, bounded(question.chat)))
    if chat and chat.customer_id is not None:
        listed.append(Evidence("chat", {chat.customer_id: question.chat}, chat.project_id))
    for reference in reversed(question.references):
        if thread := found.threads.get((question.channel, bounded(reference))):
            listed.append(Evidence("thread", {thread[0]: reference}, thread[1]))
            break
    listed.append(_by_recipient(question, found))
    listed.append(_by_domain(question, found))
    return listed


def _by_code(question: Question, found: Directory) -> Evidence:
    evidence = Evidence("code")
    for code, foreign in _codes(question.read):
        if not foreign and (hit := found.codes.get(code)):
            evidence.found.setdefault(hit[0], code)
            evidence.project_id = evidence.project_id or hit[1]
    return evidence


def by_number(question: Question, found: Directory) -> Evidence:
    """Codes that the text calls somebody else's: an invoice's, an order's, a drawing's."""
    evidence = Evidence("number")
    for code, foreign in _codes(question.read):
        if foreign and (hit := found.codes.get(code)):
            evidence.found.setdefault(hit[0], code)
    return evidence


def signed(question: Question, found: Directory) -> Evidence:
    """Customers whose people's addresses, or whose domain, stand in the text."""
    evidence = Evidence("signed")
    for pair in question.written:
        for known in found.known.get(pair, []):
            if known.customer_id is not None:
                evidence.found.setdefault(known.customer_id, pair[1])
        domain = mail_domains.domain_of(pair[1])
        if domain and domain not in found.own_domains:
            for part in mail_domains.walk(domain):
                if customers := found.domains.get(part):
                    evidence.found.update(dict.fromkeys(customers, part))
                    break
    return evidence


def _by_recipient(question: Question, found: Directory) -> Evidence:
    """A member's own mail is filed by whom it was sent to."""
    evidence = Evidence("recipient")
    if any(known.user_id for pair in question.senders for known in found.known.get(pair, [])):
        for pair in question.recipients:
            for known in found.known.get(pair, []):
                if known.customer_id is not None:
                    evidence.found.setdefault(known.customer_id, pair[1])
    return evidence


def _by_domain(question: Question, found: Directory) -> Evidence:
    evidence = Evidence("domain")
    for _, mail in (*question.senders, *question.recipients):
        domain = mail_domains.domain_of(mail)
        if not domain or domain in found.own_domains:
            continue
        for part in mail_domains.walk(domain):
            if customers := found.domains.get(part):
                evidence.found.update(dict.fromkeys(customers, part))
                return evidence
    return evidence


def codes_in(text: str) -> list[str]:
    """What looks like a code: parts joined by a dash, or letters and digits together."""
    return list(dict.fromkeys(code for code, _ in _codes(text)))[:40]


def _codes(text: str) -> Iterator[tuple[str, bool]]:
    """Codes in upper case, and whether the words before call them somebody else's number."""
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES)
    for match in _CODE.finditer(folded):
        foreign = _FOREIGN.search(folded, max(0, match.start() - 24), match.start())
        yield match.group().upper(), foreign is not None


_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_FOREIGN: Final = re.compile(
    r"(?:(?:发票|订单|图纸?|快递|运单|单据|采购|物料|送货|流水|报价)(?:单号|编号|号码|号|单)[ ::#是为]*"
    r"|\b(?:invoice|order|purchase order|po|drawing|dwg|tracking|parcel|serial)"
    r"(?: ?(?:no|nr|num|number|id)\b)?[ .:#]*)$",
    re.IGNORECASE,
)


def addresses_in(text: str) -> tuple[tuple[str, str], ...]:
    """Mail addresses and mobile numbers that stand in a text, as in a signature."""
    found = [("email", address("email", mail)) for mail in _MAIL.findall(text)]
    found += [("phone", phone(number)) for number in _MOBILE.findall(text)]
    return tuple(dict.fromkeys(found))[:10]


_MAIL: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
)
_MOBILE: Final = re.compile(r"(?<![\d-])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\d-])")
