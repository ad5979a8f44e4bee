"""Questions about chances, prices and quotes."""

from collections.abc import Sequence

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.scope import Scope
from storage.tables import Contract, Customer, Deal, PriceItem, Quote, QuoteLine

_OVER = ("won", "lost")


async def deal(session: AsyncSession, scope: Scope, id_: int) -> Deal | None:
    asked = (
        select(Deal)
        .join(Customer, col(Customer.id) == col(Deal.customer_id))
        .where(Deal.id == id_, scope.customers())
    )
    return (await session.exec(asked)).first()


async def listed(
    session: AsyncSession,
    scope: Scope,
    *,
    customer_id: int | None = None,
    open_only: bool = False,
    limit: int = 500,
) -> Sequence[tuple[Deal, Customer]]:
    """Chances with their customers, the nearest first."""
    asked = (
        select(Deal, Customer)
        .join(Customer, col(Customer.id) == col(Deal.customer_id))
        .where(scope.customers())
    )
    if customer_id is not None:
        asked = asked.where(Deal.customer_id == customer_id)
    if open_only:
        asked = asked.where(col(Deal.stage).not_in(_OVER))
    asked = asked.order_by(col(Deal.close_on).nulls_last(), col(Deal.id)).limit(limit)
    return (await session.exec(asked)).all()


async def of_contract(session: AsyncSession, contract: Contract) -> Deal | None:
    """The chance that a contract came of: its quote's, else the only won one of its customer that has
    no project yet.
    """
    quoted = await session.get(Quote, contract.quote_id or 0)
    if quoted is not None and quoted.deal_id is not None:
        return await session.get(Deal, quoted.deal_id)
    asked = select(Deal).where(
        Deal.customer_id == contract.customer_id,
        Deal.stage == "won",
        col(Deal.project_id).is_(None),
    )
    won = (await session.exec(asked.limit(2))).all()
    return won[0] if len(won) == 1 else None


async def prices(session: AsyncSession, *, limit: int = 500) -> Sequence[PriceItem]:
    asked = select(PriceItem).where(col(PriceItem.active)).order_by(PriceItem.code).limit(limit)
    return (await session.exec(asked)).all()


async def price_item(session: AsyncSession, code: str) -> PriceItem | None:
    """The item with this code, whether or not it is still sold."""
    asked = select(PriceItem).where(func.upper(PriceItem.code) == code.upper())
    return (await session.exec(asked)).first()


async def items_named(session: AsyncSession, words: Sequence[str]) -> dict[str, PriceItem]:
    """The items on sale that words mean, by the word: a code or a name, whatever its case."""
    wanted = {word.upper(): word for word in words}
    code, zh, en = (
        func.upper(name) for name in (PriceItem.code, PriceItem.name, PriceItem.name_en)
    )
    keys = list(wanted)
    asked = select(PriceItem).where(
        col(PriceItem.active), or_(code.in_(keys), zh.in_(keys), en.in_(keys))
    )
    found: dict[str, PriceItem] = {}
    for item in (await session.exec(asked)).all():
        for name in (item.name_en, item.name, item.code):
            if word := wanted.get(name.upper()):
                found[word] = item
    return found


async def quote(session: AsyncSession, scope: Scope, code: str) -> Quote | None:
    """The newest version of a quote."""
    asked = (
        select(Quote)
        .join(Customer, col(Customer.id) == col(Quote.customer_id))
        .where(func.upper(Quote.code) == code.upper(), scope.customers())
        .order_by(col(Quote.version).desc())
        .limit(1)
    )
    return (await session.exec(asked)).first()


async def lines(session: AsyncSession, quote_id: int) -> Sequence[QuoteLine]:
    asked = select(QuoteLine).where(QuoteLine.quote_id == quote_id)
    return (await session.exec(asked.order_by(col(QuoteLine.position)))).all()
