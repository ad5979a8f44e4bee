"""Which customer and which project a message belongs to, and why.

Order of evidence: a code in the text, the sender, the chat, the thread, the mail domain, a name in the
text, a name that sounds or looks alike. A person is asked where evidence disagrees or two customers
remain. `load` asks the database once for a whole batch; `decide` is pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.domain import contexts, mail_domains, names
from bot.pipeline import evidence, naming
from storage import directory
from storage.directory import Directory, KnownProject
from storage.people import bounded

Decision = Literal["file", "ask", "stranger"]

CONFIDENCE: Final = {
    "code": 0.98,
    "sender": 0.95,
    "chat": 0.94,
    "thread": 0.92,
    "recipient": 0.92,
    "domain": 0.88,
    "name": 0.85,
    "signed": 0.82,
    "alike": 0.70,
    "number": 0.40,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    customer_id: int
    project_id: int | None
    confidence: float
    because: tuple[str, ...]
    whole: bool = False
    """The text names the project in full."""


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

    @property
    def status(self) -> str:
        """How the filing of what was asked about stands."""
        return {"file": "filed", "ask": "doubt", "stranger": "stranger"}[self.decision]


async def load(session: AsyncSession, questions: Sequence[evidence.Question]) -> Directory:
    """Look up, in a few queries, all that these questions need."""
    found = Directory()
    people = {pair for q in questions for pair in (*q.senders, *q.recipients, *q.written)}
    found.known = await directory.identities(session, people) if people else {}
    if by_name := {name for channel, name in people if channel == evidence.NAME}:
        found.known |= await directory.named(session, by_name)
    chats = {(q.channel, bounded(q.chat)) for q in questions if q.chat}
    found.chats = await directory.chats(session, chats) if chats else {}
    threads = {(q.channel, bounded(ref)) for q in questions for ref in q.references}
    found.threads = await directory.threads(session, threads) if threads else {}
    codes = {code for q in questions for code in evidence.codes_in(q.read)}
    found.codes = await directory.codes(session, codes) if codes else {}
    if mails := {mail_domains.domain_of(a) for pair in people for a in pair[1:]} - {""}:
        found.domains = await directory.domains(
            session, {d for m in mails for d in mail_domains.walk(m)}
        )
        found.own_domains = await directory.own_domains(session)
    open_ = [q.norm for q in questions if not _firm(q, found)]
    await _load_names(session, open_, found)
    customers = _all_customers(open_, found)
    found.projects = await directory.projects(session, customers) if customers else {}
    found.customers = await directory.customers(session, customers) if customers else {}
    return found


async def _load_names(session: AsyncSession, open_: Sequence[str], found: Directory) -> None:
    """Names are looked for only where nothing firmer was found; sounds where no name was."""
    probes = {probe for norm in open_ for probe in names.probes(norm)}
    heads = await directory.heads(session, probes) if probes else set[str]()
    norms = {opening for norm in open_ for opening in names.openings(norm, heads)}
    found.names = await directory.names(session, norms) if norms else {}
    silent = [norm for norm in open_ if not any(_own(hit) for hit in naming.hits(norm, found))]
    windows = {window for norm in silent for window in names.sound_windows(norm)}
    found.sounds = await directory.sounds(session, windows) if windows else {}
    heads &= {probe for norm in silent for probe in names.probes(norm)}
    found.near = await directory.near(session, heads) if heads else {}


def _own(hit: naming.Hit) -> bool:
    """Whether it is a customer's own name, and long enough not to stand there by chance."""
    return hit.name.project_id is None and not contexts.short(hit.name.norm)


def _firm(question: evidence.Question, found: Directory) -> bool:
    """Whether firm evidence speaks for one customer, and none against."""
    listed = evidence.firm(question, found)
    return any(len(one.found) == 1 for one in listed) and not _opposed(listed)


def _opposed(listed: Sequence[evidence.Evidence]) -> bool:
    """Whether who writes and where they write speak for different customers."""
    by_kind = {one.kind: one.found.keys() for one in listed if one.found}
    sender, chat = by_kind.get("sender"), by_kind.get("chat")
    return bool(sender and chat and not sender & chat)


def _all_customers(open_: Sequence[str], found: Directory) -> set[int]:
    ids = {known.customer_id for each in found.known.values() for known in each}
    ids |= {chat.customer_id for chat in found.chats.values()}
    ids |= {customer for customer, _ in found.threads.values()}
    ids |= {customer for each in found.domains.values() for customer in each}
    ids |= {customer for customer, _ in found.codes.values()}
    ids |= {name.customer_id for each in found.names.values() for name in each}
    ids |= {name.customer_id for each in found.sounds.values() for name in each}
    if found.near:
        for norm in open_:
            ids |= naming.alike(norm, found).keys()
    return {id_ for id_ in ids if id_ is not None}


def decide(question: evidence.Question, found: Directory) -> Match:
    """Weigh the evidence for one message."""
    contact_id, user_id = evidence.who(question, found)
    spoken = [e for e in evidence.firm(question, found) if e.found]
    norm = question.norm
    opposed, doubtful = _opposed(spoken), False
    if opposed:
        spoken, opposed = _settled(spoken, question, found)
    elif not any(len(e.found) == 1 for e in spoken):
        said, doubtful = _said(question, norm, found)
        spoken += said
    if not spoken:
        number = evidence.by_number(question, found)
        if not number.found:
            # A member's own words are no stranger's; but somebody must say whose they are.
            decision: Decision = "stranger" if user_id is None else "ask"
            return Match(decision, contact_id=contact_id, user_id=user_id)
        spoken, doubtful = [number], True
    candidates = _weigh(spoken, found, norm)
    unsure = opposed or doubtful or _unsure(spoken, candidates)
    if unsure or _claimed(question, spoken, found):
        best = candidates[0]
        return Match(
            "ask",
            user_id=user_id,
            confidence=min(best.confidence, 0.5),
            because=best.because,
            candidates=candidates[:5],
        )
    best = candidates[0]
    contact_id, _ = evidence.who(question, found, best.customer_id)
    return Match(
        "file",
        customer_id=best.customer_id,
        project_id=best.project_id,
        contact_id=contact_id,
        user_id=user_id,
        confidence=best.confidence,
        because=best.because,
        candidates=candidates[:5],
    )


def _settled(
    spoken: Sequence[evidence.Evidence], question: evidence.Question, found: Directory
) -> tuple[list[evidence.Evidence], bool]:
    """Sender and chat speak for different customers: what the text names may settle it."""
    code = next((e for e in spoken if e.kind == "code"), None)
    both = {c for e in spoken if e.kind in {"sender", "chat"} for c in e.found}
    said = naming.named(question.norm, found, names.folded(question.read))
    told = (code or said).found.keys() & both
    if len(told) != 1:
        return list(spoken), True
    kept = [
        evidence.Evidence(e.kind, {c: w for c, w in e.found.items() if c in told}, e.project_id)
        for e in spoken
    ]
    return [e for e in kept if e.found], False


def _said(
    question: evidence.Question, norm: str, found: Directory
) -> tuple[list[evidence.Evidence], bool]:
    """What the text itself tells: a name, addresses in it, a name alike; and whether to doubt it."""
    said = naming.named(norm, found, names.folded(question.read))
    signed = evidence.signed(question, found)
    name = evidence.Evidence("name", said.found)
    if said.found and signed.found:
        if agreed := {c: n for c, n in said.found.items() if c in signed.found}:
            return [evidence.Evidence("name", agreed), signed], len(agreed) > 1
        return [name, signed], True
    if said.found and said.sure and not said.through:
        return [name], False
    if signed.found:
        return [signed], len(signed.found) > 1
    alike = naming.alike(norm, found)
    if agreed := {c: n for c, n in said.found.items() if c in alike}:
        # A project's name and the sound of the customer's: two that agree.
        return [evidence.Evidence("name", agreed)], len(agreed) > 1
    if said.found and not (alike and said.through and len(said.found) > 1):
        return [name], not said.sure
    return ([evidence.Evidence("alike", alike)] if alike else []), False


def _weigh(
    spoken: Iterable[evidence.Evidence], found: Directory, norm: str
) -> tuple[Candidate, ...]:
    """A candidate per customer: its firmest evidence counts, project words break ties."""
    best: dict[int, tuple[float, list[str], int | None]] = {}
    for each in spoken:
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
            _candidate(
                customer,
                given,
                score,
                because,
                naming.project_words(projects, norm, name),
                projects,
            )
        )
    return tuple(sorted(candidates, key=lambda c: -c.confidence))


def _candidate(
    customer: int,
    given: int | None,
    score: float,
    because: list[str],
    words: naming.ProjectWords,
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
        return Candidate(customer, words.project_id, confidence, reasons, words.whole)
    if given is None and len(open_) == 1:
        return Candidate(customer, open_[0].id, round(score, 3), (*because, "only open project"))
    return Candidate(customer, given, round(score, 3), tuple(because))


def _claimed(
    question: evidence.Question, spoken: Sequence[evidence.Evidence], found: Directory
) -> bool:
    """Whether only its thread or whom else it went to speak for a mail's customer, while nobody
    knows who wrote it.
    """
    if not question.mail or spoken[0].kind not in {"thread", "domain"}:
        return False
    if any(found.known.get(pair) for pair in question.senders):
        return False
    domains = [mail_domains.domain_of(address) for _, address in question.senders]
    if spoken[0].kind == "domain" and found.own_domains.intersection(domains):
        return False
    theirs = {
        customer
        for domain in set(domains) - found.own_domains
        for part in mail_domains.walk(domain)
        for customer in found.domains.get(part, ())
    }
    return not spoken[0].found.keys() <= theirs


def _unsure(spoken: Sequence[evidence.Evidence], candidates: Sequence[Candidate]) -> bool:
    """Whether a person must say."""
    by_kind = {each.kind: each for each in spoken}
    code, sender = by_kind.get("code"), by_kind.get("sender")
    if code and (len(code.found) > 1 or (sender and not set(code.found) & set(sender.found))):
        return True
    best = candidates[0]
    if "alike" in by_kind:
        return not best.whole or any(other.whole for other in candidates[1:])
    firmest = spoken[0]
    if len(firmest.found) == 1:
        return False
    if firmest.kind == "name" and len(set(firmest.found.values())) > 1 and not best.whole:
        return True  # two names, not one that two have
    # Several customers share the firmest evidence: other evidence or project words may part them.
    return len(candidates) > 1 and best.confidence - candidates[1].confidence < 0.02
