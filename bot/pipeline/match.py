"""Which customer and which project a message belongs to, and why.

Order of evidence: a code in the text, the sender, the chat, the thread, the mail domain, a name in the
text, a name that sounds or looks alike. A person is asked where evidence disagrees or two customers
remain. `load` asks the database once for a whole batch; `decide` is pure.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from rapidfuzz import fuzz
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.domain import mail_domains, names
from storage import directory
from storage.directory import Directory, KnownProject, Name
from storage.people import address, bounded, phone

Decision = Literal["file", "ask", "stranger"]

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
CONFIDENCE: Final = {
    "code": 0.98,
    "sender": 0.95,
    "chat": 0.94,
    "thread": 0.92,
    "recipient": 0.92,
    "domain": 0.88,
    "name": 0.85,
    "alike": 0.70,
}


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

    @property
    def norm(self) -> str:
        return names.normal(f"{self.subject}\n{self.text}"[:READ])


@dataclass(frozen=True, slots=True)
class Candidate:
    customer_id: int
    project_id: int | None
    confidence: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The answer. `because` names the evidence; `candidates` are ordered, the best first."""

    decision: Decision
    customer_id: int | None = None
    project_id: int | None = None
    contact_id: int | None = None
    user_id: int | None = None
    confidence: float = 0.0
    because: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(slots=True)
class _Evidence:
    """Customers that one kind of evidence speaks for."""

    kind: str
    found: dict[int, str] = field(default_factory=dict)
    """Customer → what was found."""
    project_id: int | None = None


@dataclass(frozen=True, slots=True)
class _ProjectWords:
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


async def load(session: AsyncSession, questions: Sequence[Question]) -> Directory:
    """Look up, in a few queries, all that these questions need."""
    found = Directory()
    people = {pair for q in questions for pair in (*q.senders, *q.recipients)}
    found.known = await directory.identities(session, people) if people else {}
    if by_name := {name for channel, name in people if channel == NAME}:
        found.known |= await directory.named(session, by_name)
    chats = {(q.channel, bounded(q.chat)) for q in questions if q.chat}
    found.chats = await directory.chats(session, chats) if chats else {}
    threads = {(q.channel, bounded(ref)) for q in questions for ref in q.references}
    found.threads = await directory.threads(session, threads) if threads else {}
    codes = {code for q in questions for code in _codes_in(f"{q.subject}\n{q.text}"[:READ])}
    found.codes = await directory.codes(session, codes) if codes else {}
    if mails := {mail_domains.domain_of(a) for pair in people for a in pair[1:]} - {""}:
        found.domains = await directory.domains(
            session, {d for m in mails for d in mail_domains.walk(m)}
        )
        found.own_domains = await directory.own_domains(session)
    await _load_names(session, questions, found)
    customers = _all_customers(questions, found)
    found.projects = await directory.projects(session, customers) if customers else {}
    found.customers = await directory.customers(session, customers) if customers else {}
    return found


async def _load_names(
    session: AsyncSession, questions: Sequence[Question], found: Directory
) -> None:
    """Names are looked for only where nothing firmer was found; sounds where no name was."""
    open_ = [q for q in questions if not _firm(q, found)]
    heads = {probe for q in open_ for probe in names.probes(q.norm)}
    found.names = await directory.names(session, heads) if heads else {}
    silent = [q for q in open_ if not _named(q.norm, found)]
    windows = {window for q in silent for window in names.sound_windows(q.norm)}
    found.sounds = await directory.sounds(session, windows) if windows else {}


def _firm(question: Question, found: Directory) -> bool:
    return any(len(evidence.found) == 1 for evidence in _evidence(question, found))


def _all_customers(questions: Sequence[Question], found: Directory) -> set[int]:
    ids = {known.customer_id for each in found.known.values() for known in each}
    ids |= {chat.customer_id for chat in found.chats.values()}
    ids |= {customer for customer, _ in found.threads.values()}
    ids |= {customer for each in found.domains.values() for customer in each}
    ids |= {customer for customer, _ in found.codes.values()}
    for question in questions:
        norm = question.norm
        ids |= set(_named(norm, found)) | set(_alike(norm, found))
    return {id_ for id_ in ids if id_ is not None}


def decide(question: Question, found: Directory) -> Match:
    """Weigh the evidence for one message."""
    contact_id, user_id = _who(question, found)
    evidence = [e for e in _evidence(question, found) if e.found]
    norm = question.norm
    if not any(len(e.found) == 1 for e in evidence):
        named = _Evidence("name", _named(norm, found))
        if named.found:
            evidence.append(named)
        elif alike := _alike(norm, found):
            evidence.append(_Evidence("alike", alike))
    if not evidence:
        # A member's own words are no stranger's; but somebody must say whose they are.
        decision: Decision = "stranger" if user_id is None else "ask"
        return Match(decision, contact_id=contact_id, user_id=user_id)
    candidates = _weigh(evidence, found, norm)
    best = candidates[0]
    decision = "ask" if _unsure(evidence, candidates) else "file"
    return Match(
        decision,
        customer_id=best.customer_id if decision == "file" else None,
        project_id=best.project_id if decision == "file" else None,
        contact_id=contact_id if decision == "file" else None,
        user_id=user_id,
        confidence=best.confidence if decision == "file" else min(best.confidence, 0.5),
        because=best.because,
        candidates=candidates[:5],
    )


def _who(question: Question, found: Directory) -> tuple[int | None, int | None]:
    """The contact and the member that the sender is, where that is clear."""
    for pair in question.senders:
        known = found.known.get(pair, [])
        if len(known) == 1:
            return known[0].contact_id, known[0].user_id
    return None, None


def _evidence(question: Question, found: Directory) -> list[_Evidence]:
    """What speaks for which customer, the firmest first."""
    listed = [_by_code(question, found)]
    sender = _Evidence("sender")
    for pair in question.senders:
        for known in found.known.get(pair, []):
            if known.customer_id is not None:
                sender.found.setdefault(known.customer_id, pair[1])
    listed.append(sender)
    chat = found.chats.get((question.channel, bounded(question.chat)))
    if chat and chat.customer_id is not None:
        listed.append(_Evidence("chat", {chat.customer_id: question.chat}, chat.project_id))
    for reference in reversed(question.references):
        if thread := found.threads.get((question.channel, bounded(reference))):
            listed.append(_Evidence("thread", {thread[0]: reference}, thread[1]))
            break
    listed.append(_by_recipient(question, found))
    listed.append(_by_domain(question, found))
    return listed


def _by_code(question: Question, found: Directory) -> _Evidence:
    evidence = _Evidence("code")
    for code in _codes_in(f"{question.subject}\n{question.text}"[:READ]):
        if hit := found.codes.get(code):
            evidence.found.setdefault(hit[0], code)
            evidence.project_id = evidence.project_id or hit[1]
    return evidence


def _by_recipient(question: Question, found: Directory) -> _Evidence:
    """A member's own mail is filed by whom it was sent to."""
    evidence = _Evidence("recipient")
    if any(known.user_id for pair in question.senders for known in found.known.get(pair, [])):
        for pair in question.recipients:
            for known in found.known.get(pair, []):
                if known.customer_id is not None:
                    evidence.found.setdefault(known.customer_id, pair[1])
    return evidence


def _by_domain(question: Question, found: Directory) -> _Evidence:
    evidence = _Evidence("domain")
    for _, mail in (*question.senders, *question.recipients):
        domain = mail_domains.domain_of(mail)
        if not domain or domain in found.own_domains:
            continue
        for part in mail_domains.walk(domain):
            if customers := found.domains.get(part):
                evidence.found.update(dict.fromkeys(customers, part))
                return evidence
    return evidence


def _codes_in(text: str) -> list[str]:
    """What looks like a code: parts joined by a dash, or letters and digits together."""
    return list(dict.fromkeys(match.group().upper() for match in _CODE.finditer(text)))[:40]


def _named(norm: str, found: Directory) -> dict[int, str]:
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


def _alike(norm: str, found: Directory) -> dict[int, str]:
    """Customers whose name sounds like, or nearly is, something in the text."""
    customers: dict[int, str] = {}
    windows = names.sound_windows(norm) if found.sounds else set[str]()
    for window in windows & found.sounds.keys():
        for name in found.sounds[window]:
            customers.setdefault(name.customer_id, name.norm)
    if customers:
        return customers
    for probe in names.probes(norm) & found.names.keys():
        for name in found.names[probe]:
            if len(name.norm) >= 5 and fuzz.partial_ratio(name.norm, norm) >= _ALIKE:
                customers.setdefault(name.customer_id, name.norm)
    return customers


def _weigh(evidence: Iterable[_Evidence], found: Directory, norm: str) -> tuple[Candidate, ...]:
    """A candidate per customer: its firmest evidence counts, project words break ties."""
    best: dict[int, tuple[float, list[str], int | None]] = {}
    for each in evidence:
        # Evidence that several customers share says less about each of them.
        share = 0.0 if len(each.found) == 1 else 0.25
        for customer, what in each.found.items():
            score, because, project = best.get(customer, (0.0, [], None))
            score = max(score, CONFIDENCE[each.kind] - share)
            best[customer] = (score, [*because, f"{each.kind}: {what}"], project or each.project_id)
    candidates: list[Candidate] = []
    for customer, (score, because, project) in best.items():
        projects = found.projects.get(customer, [])
        given = project if any(p.id == project for p in projects) else None
        name = found.customers.get(customer, ("", ""))[1]
        candidates.append(
            _candidate(customer, given, score, because, _project(projects, norm, name), projects)
        )
    return tuple(sorted(candidates, key=lambda c: -c.confidence))


def _candidate(
    customer: int,
    given: int | None,
    score: float,
    because: list[str],
    words: _ProjectWords,
    projects: Sequence[KnownProject],
) -> Candidate:
    """A customer with the project that a code, the text, or there being only one, speaks for.

    A project that a chat or a thread gives is left only for another's whole name.
    """
    open_ = [p for p in projects if p.open]
    coded = given is not None and any(b.startswith("code") for b in because)
    if words.shown and not coded and (given is None or words.whole):
        confidence = round(min(0.99, score + 0.03), 3)
        reasons = (*because, f"project: {words.shown}")
        return Candidate(customer, words.project_id, confidence, reasons)
    if given is None and len(open_) == 1:
        return Candidate(customer, open_[0].id, round(score, 3), (*because, "only open project"))
    return Candidate(customer, given, round(score, 3), tuple(because))


def _project(projects: Sequence[KnownProject], norm: str, customer_name: str) -> _ProjectWords:
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
        return _ProjectWords()
    return _ProjectWords(*scored[0][1:])


def _unsure(evidence: Sequence[_Evidence], candidates: Sequence[Candidate]) -> bool:
    """Whether a person must say."""
    by_kind = {each.kind: each for each in evidence}
    code, sender = by_kind.get("code"), by_kind.get("sender")
    if code and (len(code.found) > 1 or (sender and not set(code.found) & set(sender.found))):
        return True
    best = candidates[0]
    if "alike" in by_kind:
        return len(by_kind["alike"].found) > 1 or not any(
            reason.startswith("project: ") for reason in best.because
        )
    firmest = evidence[0]
    if len(firmest.found) == 1:
        return False
    # Several customers share the firmest evidence: other evidence or project words may part them.
    return len(candidates) > 1 and best.confidence - candidates[1].confidence < 0.02
