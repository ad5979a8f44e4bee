"""Look-ups that filing asks, in batches: who an address is, whose a chat, a domain, a name is."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

LEAST_NEAR = 5
"""Characters of a name that may be misspelt; in a shorter one, one wrong is another name."""
MOST_SHARED = 60
"""Owners of one name that are looked at: what so many share tells no customer."""
MOST_NEAR = 200
"""Names with one head that are compared with a text."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whom an address belongs to: a contact of a customer, or a member."""

    contact_id: int | None
    customer_id: int | None
    user_id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Chat:
    id: int
    customer_id: int | None
    project_id: int | None
    audience: str | None


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a customer, or of one of its projects."""

    customer_id: int
    project_id: int | None
    norm: str
    source: str


@dataclass(frozen=True, slots=True)
class KnownProject:
    id: int
    code: str
    name: str
    customer_id: int
    open: bool
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class Directory:
    """What a batch of messages asked for, ready to be read."""

    known: dict[tuple[str, str], list[Known]] = field(default_factory=dict)
    chats: dict[tuple[str, str], Chat] = field(default_factory=dict)
    threads: dict[tuple[str, str], tuple[int, int | None]] = field(default_factory=dict)
    domains: dict[str, list[int]] = field(default_factory=dict)
    own_domains: frozenset[str] = frozenset()
    codes: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """Upper-case code → customer and, for a project's code, the project."""
    names: dict[str, list[Name]] = field(default_factory=dict)
    """Head → names that begin so and stand in one of the texts."""
    near: dict[str, list[Name]] = field(default_factory=dict)
    """Head → customers' names that begin so, whatever the texts say."""
    sounds: dict[str, list[Name]] = field(default_factory=dict)
    projects: dict[int, list[KnownProject]] = field(default_factory=dict)
    customers: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Customer → code and name."""


async def identities(
    session: AsyncSession, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[Known]]:
    """Who owns addresses; `pairs` are (channel, address in normal form)."""
    found: dict[tuple[str, str], list[Known]] = defaultdict(list)
    rows = await session.execute(
        text("""
SELECT i.channel, i.address, k.id, k.customer_id, i.user_id,
  COALESCE(k.name, (SELECT u.name FROM user_account u WHERE u.id = i.user_id))
FROM identity i
LEFT JOIN contact c ON c.id = i.contact_id
LEFT JOIN contact k ON k.id = COALESCE(c.merged_into_id, c.id)
JOIN unnest(CAST(:channels AS text[]), CAST(:addresses AS text[])) AS q(channel, address)
  ON q.channel = i.channel AND q.address = i.address
"""),
        _columns(pairs, "channels", "addresses"),
    )
    for channel, address, *owner in rows:
        known = Known(*owner)
        if known not in found[channel, address]:  # of two that were merged, both may have it
            found[channel, address].append(known)
    return dict(found)


async def named(
    session: AsyncSession, wanted: Collection[str]
) -> dict[tuple[str, str], list[Known]]:
    """Contacts and members by their whole name, as pasted talk gives it: keys are ("name", name)."""
    found: dict[tuple[str, str], list[Known]] = defaultdict(list)
    rows = await session.execute(
        text("""
SELECT c.name, k.id, k.customer_id, NULL::bigint
FROM contact c JOIN contact k ON k.id = COALESCE(c.merged_into_id, c.id)
WHERE c.name = ANY(:names)
UNION
SELECT name, NULL, NULL, id FROM user_account WHERE name = ANY(:names)
"""),
        {"names": list(wanted)},
    )
    for name, contact, customer, user in rows:
        found["name", name].append(Known(contact, customer, user, name))
    return dict(found)


async def chats(
    session: AsyncSession, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Chat]:
    rows = await session.execute(
        text("""
SELECT c.channel, c.chat, c.id, c.customer_id, c.project_id, c.audience FROM conversation c
JOIN unnest(CAST(:channels AS text[]), CAST(:chats AS text[])) AS q(channel, chat)
  ON q.channel = c.channel AND q.chat = c.chat
"""),
        _columns(pairs, "channels", "chats"),
    )
    return {(row[0], row[1]): Chat(*row[2:]) for row in rows}


async def add_chats(
    session: AsyncSession, new: Sequence[tuple[str, str, str]]
) -> dict[tuple[str, str], Chat]:
    """Make conversations (channel, chat, name) that are not there yet; answers all of them."""
    await session.execute(
        text("""
INSERT INTO conversation (channel, chat, name, created_at)
SELECT q.channel, q.chat, q.name, now()
FROM unnest(CAST(:channels AS text[]), CAST(:chats AS text[]), CAST(:names AS text[]))
  AS q(channel, chat, name)
ORDER BY q.channel, q.chat
ON CONFLICT (channel, chat) DO NOTHING
"""),
        {
            "channels": [row[0] for row in new],
            "chats": [row[1] for row in new],
            "names": [row[2] for row in new],
        },
    )
    return await chats(session, [(row[0], row[1]) for row in new])


async def threads(
    session: AsyncSession, pairs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, int | None]]:
    """Where earlier messages (channel, message key) were filed: customer and project."""
    rows = await session.execute(
        text("""
SELECT i.channel, i.message_key, i.customer_id, i.project_id FROM interaction i
JOIN unnest(CAST(:channels AS text[]), CAST(:messages AS text[])) AS q(channel, message)
  ON q.channel = i.channel AND q.message = i.message_key
WHERE i.customer_id IS NOT NULL
"""),
        _columns(pairs, "channels", "messages"),
    )
    return {(channel, key): (customer, project) for channel, key, customer, project in rows}


async def domains(session: AsyncSession, names: Collection[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    rows = await session.execute(
        text("""
SELECT DISTINCT d.domain, COALESCE(c.merged_into_id, c.id)
FROM customer_domain d JOIN customer c ON c.id = d.customer_id
WHERE d.domain = ANY(:names) ORDER BY 1, 2
"""),
        {"names": list(names)},
    )
    for domain, customer in rows:
        found[domain].append(customer)
    return dict(found)


async def own_domains(session: AsyncSession) -> frozenset[str]:
    """Mail domains of the firm's members."""
    rows = await session.execute(
        text("""
SELECT DISTINCT split_part(address, '@', 2) FROM identity
WHERE channel = 'email' AND user_id IS NOT NULL
""")
    )
    return frozenset(domain for (domain,) in rows)


async def codes(session: AsyncSession, given: Collection[str]) -> dict[str, tuple[int, int | None]]:
    """Customers and projects by upper-case code."""
    rows = await session.execute(
        text("""
SELECT upper(code), COALESCE(merged_into_id, id), NULL::bigint
FROM customer WHERE upper(code) = ANY(:codes)
UNION ALL
SELECT upper(code), customer_id, id FROM project WHERE upper(code) = ANY(:codes)
"""),
        {"codes": list(given)},
    )
    return {code: (customer, project) for code, customer, project in rows}


async def heads(session: AsyncSession, wanted: Collection[str]) -> set[str]:
    """Those of `wanted` that a name begins with."""
    # A lateral with a limit stays a look-up per head; EXISTS may become a scan of all names.
    rows = await session.execute(
        text("""
SELECT q.head FROM unnest(CAST(:heads AS text[])) AS q(head)
CROSS JOIN LATERAL (SELECT FROM alias a WHERE a.head = q.head LIMIT 1) AS there
"""),
        {"heads": list(wanted)},
    )
    return {head for (head,) in rows}


async def names(session: AsyncSession, norms: Collection[str]) -> dict[str, list[Name]]:
    """Names in one of these normal forms, by their head; of one that many share, some."""
    return await _named_by(
        session,
        f"""
SELECT n.head, COALESCE(c.merged_into_id, c.id), n.project_id, n.norm, n.source
FROM unnest(CAST(:given AS text[])) AS q(norm)
CROSS JOIN LATERAL (SELECT * FROM alias a WHERE a.norm = q.norm LIMIT {MOST_SHARED}) AS n
JOIN customer c ON c.id = n.customer_id
""",  # noqa: S608 - our own number
        norms,
    )


async def near(session: AsyncSession, heads_: Collection[str]) -> dict[str, list[Name]]:
    """Customers' own longer names that begin with one of `heads_`: for those that are misspelt.

    A head that too many names share tells nothing, so it is left out.
    """
    found = await _named_by(
        session,
        f"""
SELECT n.head, COALESCE(c.merged_into_id, c.id), n.project_id, n.norm, n.source
FROM unnest(CAST(:given AS text[])) AS q(head)
CROSS JOIN LATERAL (SELECT * FROM alias a WHERE a.head = q.head LIMIT {MOST_NEAR}) AS n
JOIN customer c ON c.id = n.customer_id
""",  # noqa: S608 - our own number
        heads_,
    )
    return {
        head: [n for n in listed if n.project_id is None and len(n.norm) >= LEAST_NEAR]
        for head, listed in found.items()
        if len(listed) < MOST_NEAR
    }


async def sounds(session: AsyncSession, windows: Collection[str]) -> dict[str, list[Name]]:
    """Customers' names by how they are said."""
    return await _named_by(
        session,
        f"""
SELECT n.pinyin, COALESCE(c.merged_into_id, c.id), n.project_id, n.norm, n.source
FROM unnest(CAST(:given AS text[])) AS q(pinyin)
CROSS JOIN LATERAL (
  SELECT * FROM alias a WHERE a.pinyin = q.pinyin LIMIT {MOST_SHARED}
) AS n
JOIN customer c ON c.id = n.customer_id
""",  # noqa: S608 - our own number
        windows,
    )


async def _named_by(
    session: AsyncSession, query: str, given: Collection[str]
) -> dict[str, list[Name]]:
    found: dict[str, list[Name]] = defaultdict(list)
    for row in await session.execute(text(query), {"given": list(given)}):
        found[row[0]].append(Name(*row[1:]))
    return dict(found)


async def projects(session: AsyncSession, of: Collection[int]) -> dict[int, list[KnownProject]]:
    """All projects of customers, with the names they go by in normal form."""
    found: dict[int, list[KnownProject]] = defaultdict(list)
    rows = await session.execute(
        text("""
SELECT p.id, p.code, p.name, p.customer_id, p.phase <> 'closed',
  ARRAY(SELECT a.norm FROM alias a WHERE a.project_id = p.id)
FROM project p WHERE p.customer_id = ANY(:customers) ORDER BY p.id
"""),
        {"customers": list(of)},
    )
    for id_, code, name, customer, is_open, aliases in rows:
        found[customer].append(KnownProject(id_, code, name, customer, is_open, tuple(aliases)))
    return dict(found)


async def customers(session: AsyncSession, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    rows = await session.execute(
        text("SELECT id, code, name FROM customer WHERE id = ANY(:ids)"), {"ids": list(ids)}
    )
    return {id_: (code, name) for id_, code, name in rows}


def _columns(pairs: Collection[tuple[str, str]], first: str, second: str) -> dict[str, list[str]]:
    ordered = sorted(pairs)
    return {first: [pair[0] for pair in ordered], second: [pair[1] for pair in ordered]}
