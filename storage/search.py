"""Search over what was said: pairs of Chinese characters and whole Latin words, in a tsvector.

The wheel's PostgreSQL has no trigram extension and no Chinese word splitter; pairs need neither and
find every two-character word.
"""

import re
import unicodedata
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Interaction

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
    if not asked:
        return []
    newest = await session.scalar(text("SELECT max(id) FROM interaction"))
    # Common words: enough lie among the newest. Rare ones: the index finds all of them quickly.
    # Ids first, then the sort: the planner's walk down the time index takes half a second.
    for since in (max(0, (newest or 0) - RECENT), max(0, (newest or 0) - 10 * RECENT), 0):
        hits = await _hits(session, scope, asked, since, limit)
        if len(hits) >= limit or since == 0:
            break
    found = await session.exec(
        select(Interaction)
        .where(col(Interaction.id).in_(hits))
        .order_by(col(Interaction.occurred_at).desc(), col(Interaction.id).desc())
    )
    return list(found.all())


async def _hits(
    session: AsyncSession, scope: Scope, asked: str, since: int, limit: int
) -> list[int]:
    matching: Any = (
        select(
            Interaction.id,
            Interaction.occurred_at,
            Interaction.customer_id,
            Interaction.project_id,
        )
        .where(
            text("interaction.search @@ CAST(:asked AS tsquery)").bindparams(
                bindparam("asked", asked)
            ),
            col(Interaction.id) > since,
            col(Interaction.recalled_at).is_(None),
        )
        .cte("matching")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    # Whose they are is asked of the hits alone: beside the index it misleads the planner.
    visible = scope.interactions(matching.c.customer_id, matching.c.project_id)
    rows = await session.execute(
        select(matching.c.id).where(visible).order_by(matching.c.occurred_at.desc()).limit(limit)
    )
    return [id_ for (id_,) in rows]
