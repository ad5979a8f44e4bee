"""Search over what was said: pairs of Chinese characters and whole Latin words, in a tsvector.

The wheel's PostgreSQL has no trigram extension and no Chinese word splitter; pairs need neither and
find every two-character word.
"""

import re
import unicodedata
from typing import Final

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Customer, Interaction, Project

_CJK: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
_RUN: Final = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_MOST_TEXT: Final = 20_000
"""Characters of one text that are searchable; a tsvector may not exceed 1 MB."""
_MOST_LEXEME: Final = 60
RECENT: Final = 30_000
"""How many of the newest items are searched first: common words are found there at once."""


def lexemes(content: str) -> list[str]:
    """What a text is found by, each once.

    >>> lexemes("华建三期 ETA?")
    ['eta', '三期', '华建', '建三']
    """
    found: set[str] = set()
    folded = unicodedata.normalize("NFKC", content[:_MOST_TEXT]).casefold()
    for run in _RUN.findall(folded):
        if "\u3400" <= run[0] <= "\u9fff":
            found.update(run[i : i + 2] for i in range(len(run) - 1))
            if len(run) == 1:
                found.add(run)
        else:
            found.add(run[:_MOST_LEXEME])
    return sorted(found)


def vector(content: str) -> str:
    """The tsvector of a text, as its input form."""
    return " ".join("'" + lexeme.replace("\\", "\\\\") + "'" for lexeme in lexemes(content))


def query(words: str) -> str:
    """The tsquery for what a person typed: all of it must be there, Latin words by beginning."""
    parts: list[str] = []
    for lexeme in lexemes(words):
        latin = not "\u3400" <= lexeme[0] <= "\u9fff"
        parts.append(f"'{lexeme}'" + (":*" if latin else ""))
    return " & ".join(parts)


async def interactions(
    session: AsyncSession, scope: Scope, words: str, *, limit: int = 20
) -> list[Interaction]:
    """The newest interactions with these words that `scope` may see."""
    asked = query(words)
    if not asked or not scope.talk:
        return []
    newest = await session.scalar(text("SELECT max(id) FROM interaction")) or 0
    own = None if scope.sees_all_customers else await _own(session, scope)
    # Common words: enough lie among the newest. Rare ones: the index finds all of them quickly.
    spans = (RECENT, 10 * RECENT, newest) if own is None else (newest,)
    hits: list[int] = []
    for span in spans:
        hits = await _hits(session, asked, max(0, newest - span), own, limit)
        if len(hits) >= limit or span >= newest:
            break
    found = await session.exec(
        select(Interaction)
        .where(col(Interaction.id).in_(hits))
        .order_by(col(Interaction.occurred_at).desc(), col(Interaction.id).desc())
    )
    return list(found.all())


async def _own(session: AsyncSession, scope: Scope) -> dict[str, list[int]]:
    """The customers and projects whose talk is open, as numbers: the planner can estimate those."""
    customers = await session.exec(select(Customer.id).where(scope.open_customers()))
    projects = await session.exec(select(Project.id).where(scope.projects()))
    return {"customers": list(customers.all()), "projects": list(projects.all())}


async def _hits(
    session: AsyncSession,
    asked: str,
    since: int,
    own: dict[str, list[int]] | None,
    limit: int,
) -> list[int]:
    """Ids first, then the sort: the planner's walk down the time index takes half a second."""
    visible = "AND (customer_id = ANY(:customers) OR project_id = ANY(:projects))" if own else ""
    rows = await session.execute(
        text(f"""
WITH matching AS MATERIALIZED (
  SELECT id, occurred_at FROM interaction
  WHERE search @@ CAST(:asked AS tsquery) AND id > :since AND recalled_at IS NULL {visible}
)
SELECT id FROM matching ORDER BY occurred_at DESC, id DESC LIMIT :limit
"""),  # noqa: S608 - one of two texts of ours
        {"asked": asked, "since": since, "limit": limit, **(own or {})},
    )
    return [id_ for (id_,) in rows]
