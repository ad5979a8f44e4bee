"""Questions about what is known, and how things are said."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import search
from storage.tables import Article

ARTICLE, REPLY = "article", "reply"


async def found(session: AsyncSession, words: str, limit: int = 6) -> Sequence[Article]:
    """Articles with all of these words, those that are used most before the others."""
    asked = search.query(words)
    if not asked:
        return []
    hits = await session.execute(
        text("""
SELECT id FROM article WHERE kind = 'article' AND search @@ CAST(:asked AS tsquery)
ORDER BY used DESC, changed_at DESC, id LIMIT :most
"""),
        {"asked": asked, "most": limit},
    )
    ids = [id_ for (id_,) in hits]
    rows = {
        one.id: one for one in await session.exec(select(Article).where(col(Article.id).in_(ids)))
    }
    return [rows[id_] for id_ in ids]


async def named(session: AsyncSession, kind: str, name: str) -> Article | None:
    asked = select(Article).where(Article.kind == kind, Article.name == name)
    return (await session.exec(asked)).first()


async def of_kind(session: AsyncSession, kind: str, limit: int = 40) -> Sequence[Article]:
    """Those that are used most, first."""
    asked = (
        select(Article)
        .where(Article.kind == kind)
        .order_by(col(Article.used).desc(), col(Article.name))
        .limit(limit)
    )
    return (await session.exec(asked)).all()
