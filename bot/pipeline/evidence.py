"""What speaks for a customer or a project: each kind of evidence, found in what was looked up.

Pure: a `Question` and a `Directory` in, evidence out. `match` weighs it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz

from bot.domain import mail_domains, names
from storage.directory import Directory, KnownProject, Name
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
_ALIKE: Final = 86.0
"""rapidfuzz ratio, 0 to 100, above which a name counts as misspelt."""


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
    def norm(self) -> str:
        return names.normal(f"{self.subject}\n{self.text}"[:READ])


@dataclass(slots=True)
class Evidence:
    """Customers that one kind of evidence speaks for."""

    kind: str
    found: dict[int, str] = field(default_factory=dict)
    """Customer → what was found."""
    project_id: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectWords:
    """The project that a text's words speak for; `whole`: by its whole name."""

    project_id: int | None = None
    shown: str = ""
    whole: bool = False


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
    digits = phone(phone_ or (id_ if re.fullmatch(r"[+\d][\d\s()-]{6,19}", id_) else ""))
    if digits:
        pairs["phone", digits] = None
    return tuple(pairs)


def who(question: Question, found: Directory) -> tuple[int | None, int | None]:
    """The contact and the member that the sender is, where that is clear."""
    for pair in question.senders:
        known = found.known.get(pair, [])
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
    for code in codes_in(f"{question.subject}\n{question.text}"[:READ]):
        if hit := found.codes.get(code):
            evidence.found.setdefault(hit[0], code)
            evidence.project_id = evidence.project_id or hit[1]
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
    return list(dict.fromkeys(match.group().upper() for match in _CODE.finditer(text)))[:40]


def named(norm: str, found: Directory) -> dict[int, str]:
    """Customers whose name, or whose project's, stands in the text; the longest names win."""
    hits: list[tuple[int, int, Name]] = []
    for probe in names.probes(norm) & found.names.keys():
        for name in found.names[probe]:
            if name.norm not in names.GENERIC:
                hits += [(start, end, name) for start, end in names.spans(norm, name.norm)]
    hits.sort(key=lambda hit: hit[0] - hit[1])
    covered: list[tuple[int, int]] = []
    own: dict[int, str] = {}
    through_project: dict[int, str] = {}
    for start, end, name in hits:
        if any(a <= start and end <= b and (a, b) != (start, end) for a, b in covered):
            continue
        covered.append((start, end))
        (own if name.project_id is None else through_project).setdefault(
            name.customer_id, name.norm
        )
    both = {customer: own[customer] for customer in own.keys() & through_project.keys()}
    # A customer's own name says more than a project's, which others may use as well.
    return both if len(both) == 1 else own or through_project


def alike(norm: str, found: Directory) -> dict[int, str]:
    """Customers whose name sounds like, or nearly is, something in the text."""
    customers: dict[int, str] = {}
    windows = names.sound_windows(norm) if found.sounds else set[str]()
    for window in windows & found.sounds.keys():
        for name in found.sounds[window]:
            customers.setdefault(name.customer_id, name.norm)
    if customers:
        return customers
    for probe in names.probes(norm) & found.near.keys():
        for name in found.near[probe]:
            if fuzz.partial_ratio(name.norm, norm) >= _ALIKE:
                customers.setdefault(name.customer_id, name.norm)
    return customers


def project_words(projects: Sequence[KnownProject], norm: str, customer_name: str) -> ProjectWords:
    """The one project whose own words stand in the text, and the words; none where unclear."""
    scored: list[tuple[float, int, str, bool]] = []
    text_words = names.words(norm)
    shared = names.words(names.normal(customer_name))
    own = {
        p.id: set[str]().union(*map(names.words, (names.normal(p.name), *p.aliases)))
        for p in projects
    }
    for project in projects:
        whole = [
            name
            for name in (names.normal(project.name), *project.aliases)
            if len(name) > 1 and names.spans(norm, name)
        ]
        others = set[str]().union(*(words for id_, words in own.items() if id_ != project.id))
        hits = (own[project.id] & text_words) - others - shared - names.GENERIC
        score = (10.0 + max(map(len, whole)) if whole else 0.0) + len(hits)
        if score:
            shown = max(whole, key=len) if whole else " ".join(sorted(hits)[:3])
            ranked = score + (0.5 if project.open else 0.0)
            scored.append((ranked, project.id, shown, bool(whole)))
    scored.sort(reverse=True)
    if not scored or (len(scored) > 1 and scored[0][0] - scored[1][0] < 0.4):
        return ProjectWords()
    return ProjectWords(*scored[0][1:])
