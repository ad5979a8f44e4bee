"""Pairs of contacts, and of customers, that may be one and the same: set by set, the whole firm.

Each question gives few pairs with what speaks for them; none looks at every pair.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Contact, Customer, Dismissal

MOST: Final = 300
"""Pairs of one kind that are looked at."""
_RECENT: Final = 500
"""Contacts that were made last, and items that came last, that are looked at one by one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows, the older first, and what speaks for their being one."""

    first: int
    second: int
    because: str
    what: str


_SAME_ADDRESS: Final = """
SELECT min(contact), max(contact), channel, address FROM (
  SELECT i.channel, i.address, COALESCE(c.merged_into_id, c.id) AS contact
  FROM identity i JOIN contact c ON c.id = i.contact_id
  WHERE i.contact_id IS NOT NULL AND (i.channel, i.address) IN (
    SELECT channel, address FROM identity WHERE contact_id IS NOT NULL
    GROUP BY channel, address HAVING count(*) > 1
  )
) AS owned GROUP BY channel, address
HAVING min(contact) <> max(contact) AND count(DISTINCT contact) = 2
ORDER BY 2 DESC LIMIT :most
"""
_SAME_NAME: Final = """
SELECT min(id), max(id), 'name', name FROM contact
WHERE merged_into_id IS NULL GROUP BY customer_id, name
HAVING count(*) = 2 ORDER BY 2 DESC LIMIT :most
"""
_SAME_NAME_AND_DOMAIN: Final = """
SELECT min(id), max(id), 'name at', name || ' @' || domain FROM (
  SELECT c.id, c.name, split_part(i.address, '@', 2) AS domain
  FROM contact c JOIN identity i ON i.contact_id = c.id AND i.channel = 'email'
  WHERE c.merged_into_id IS NULL
) AS reached GROUP BY name, domain
HAVING min(id) <> max(id) AND count(DISTINCT id) = 2 AND domain <> ALL(CAST(:free AS text[]))
ORDER BY 2 DESC LIMIT :most
"""


async def contacts(session: AsyncSession, free: Collection[str]) -> list[Pair]:
    """Contacts with one address, one name at one customer, or one name at one mail domain.

    An address that three or more have is a switchboard's. `free`: mail domains that anybody may have.
    """
    found: list[Pair] = []
    for query, facts in (
        (_SAME_ADDRESS, {}),
        (_SAME_NAME, {}),
        (_SAME_NAME_AND_DOMAIN, {"free": list(free)}),
    ):
        rows = await session.execute(text(query), {"most": MOST, **facts})
        found += [Pair(*row) for row in rows]
    return found


@dataclass(frozen=True, slots=True)
class Beside:
    """A contact without a name in Chinese, and one of the same customer who has one."""

    contact: int
    name: str
    mails: tuple[str, ...]
    other: int
    other_name: str


async def unnamed(session: AsyncSession) -> list[Beside]:
    """Contacts that go by an address or a Latin name, with the others of their customer."""
    rows = await session.execute(
        text(r"""
SELECT a.id, a.name, ARRAY(
    SELECT i.address FROM identity i WHERE i.contact_id = a.id AND i.channel = 'email'
  ), b.id, b.name
FROM (
  SELECT * FROM contact WHERE merged_into_id IS NULL AND name ~ '^[ -~]+$'
  ORDER BY id DESC LIMIT :recent
) AS a
CROSS JOIN LATERAL (
  SELECT id, name FROM contact b
  WHERE b.customer_id = a.customer_id AND b.merged_into_id IS NULL AND b.name !~ '^[ -~]+$'
  ORDER BY b.id LIMIT 20
) AS b
"""),
        {"recent": _RECENT},
    )
    return [Beside(a, name, tuple(mails), b, other) for a, name, mails, b, other in rows]


@dataclass(frozen=True, slots=True)
class Signed:
    """A contact and the end of the last that they wrote."""

    contact: int
    customer: int
    name: str
    end: str


async def signatures(session: AsyncSession) -> list[Signed]:
    """How the mails that came last end."""
    rows = await session.execute(
        text("""
SELECT c.id, c.customer_id, c.name, right(i.text, 200) FROM (
  SELECT contact_id, text FROM interaction ORDER BY id DESC LIMIT :recent
) AS i JOIN contact c ON c.id = i.contact_id AND c.merged_into_id IS NULL
"""),
        {"recent": _RECENT},
    )
    return [Signed(*row) for row in rows]


_SAME_FIRM: Final = r"""
SELECT min(id), max(id), 'name', min(name) FROM (
  SELECT id, name, CASE WHEN octet_length(name) = length(name)
    THEN regexp_replace(lower(name),
      '([ ,.]+(co|company|corp|corporation|inc|incorporated|ltd|limited|llc|plc|gmbh|ag|pte))+[.]*$', '')
    ELSE replace(replace(replace(replace(replace(replace(replace(lower(name),
      ' ', ''), '（', '('), '）', ')'), '有限责任', ''), '股份', ''), '有限', ''), '公司', '') END AS base
  FROM customer WHERE merged_into_id IS NULL
) AS bare WHERE length(base) > 1 GROUP BY base HAVING count(*) = 2 ORDER BY 2 DESC LIMIT :most
"""
_SAME_DOMAIN: Final = """
SELECT min(c.id), max(c.id), 'domain', d.domain
FROM customer_domain d JOIN customer c ON c.id = d.customer_id AND c.merged_into_id IS NULL
GROUP BY d.domain HAVING count(*) = 2 ORDER BY 2 DESC LIMIT :most
"""
_CALLED: Final = """
SELECT LEAST(c.id, d.id), GREATEST(c.id, d.id), 'alias', a.text
FROM (
  SELECT norm FROM alias WHERE project_id IS NULL AND source IN ('given', 'taught')
  GROUP BY norm HAVING count(*) > 1
) AS shared
JOIN alias a ON a.norm = shared.norm AND a.project_id IS NULL AND a.source IN ('given', 'taught')
JOIN customer c ON c.id = a.customer_id AND c.merged_into_id IS NULL AND a.text <> c.name
JOIN alias own ON own.norm = a.norm AND own.project_id IS NULL AND own.customer_id <> a.customer_id
JOIN customer d ON d.id = own.customer_id AND d.merged_into_id IS NULL AND d.name = own.text
ORDER BY 2 DESC LIMIT :most
"""


async def customers(session: AsyncSession) -> list[Pair]:
    """Customers of one name but for the legal form, of one mail domain, or one called as the other."""
    found: list[Pair] = []
    for query in (_SAME_FIRM, _SAME_DOMAIN, _CALLED):
        rows = await session.execute(text(query), {"most": MOST})
        found += [Pair(*row) for row in rows]
    return found


async def people(
    session: AsyncSession, scope: Scope, ids: Collection[int]
) -> dict[int, tuple[Contact, Customer]]:
    """Contacts that `scope` may see, with their customers."""
    rows = await session.exec(
        select(Contact, Customer)
        .join(Customer, col(Customer.id) == col(Contact.customer_id))
        .where(col(Contact.id).in_(ids), scope.customers())
    )
    return {contact.id: (contact, customer) for contact, customer in rows}


async def dismissed(session: AsyncSession, subjects: Collection[str]) -> set[str]:
    """Those proposals that somebody has said no to."""
    found = await session.exec(
        select(Dismissal.subject).where(
            Dismissal.kind == "merge", col(Dismissal.subject).in_(subjects)
        )
    )
    return set(found)


async def addresses(
    session: AsyncSession, contact_ids: Collection[int]
) -> dict[int, list[tuple[str, str]]]:
    """What contacts are reached by: (channel, address)."""
    rows = await session.execute(
        text("""
SELECT COALESCE(c.merged_into_id, c.id), i.channel, i.address
FROM identity i JOIN contact c ON c.id = i.contact_id
WHERE COALESCE(c.merged_into_id, c.id) = ANY(:ids) ORDER BY i.id
"""),
        {"ids": list(contact_ids)},
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for contact, channel, address in rows:
        found.setdefault(contact, []).append((channel, address))
    return found


async def contacts_called(
    session: AsyncSession, scope: Scope, who: str, *, merged: bool = False
) -> Sequence[tuple[Contact, Customer]]:
    """Contacts by their number or their whole name; with `merged` those that are part of another."""
    number = who.removeprefix("#")
    meant = (
        Contact.id == int(number)
        if number.isdecimal() and len(number) < 18
        else Contact.name == who
    )
    part = (
        col(Contact.merged_into_id).is_not(None)
        if merged
        else col(Contact.merged_into_id).is_(None)
    )
    rows = await session.exec(
        select(Contact, Customer)
        .join(Customer, col(Customer.id) == col(Contact.customer_id))
        .where(meant, part, scope.customers())
        .order_by(col(Contact.id))
        .limit(10)
    )
    return rows.all()
