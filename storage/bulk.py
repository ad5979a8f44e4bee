"""Many rows in one statement: what the hot path and imports write with."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession


async def insert(
    session: AsyncSession, table: type[SQLModel], rows: Sequence[dict[str, Any]]
) -> None:
    """Insert rows that all have the same columns; values as JSON can hold them.

    One JSON document is one parameter, however many rows: faster than a row at a time by far.
    """
    if not rows:
        return
    name = table.__tablename__
    columns = ", ".join(f'"{column}"' for column in rows[0])
    await session.execute(
        text(
            f"INSERT INTO {name} ({columns}) SELECT {columns}"  # noqa: S608 - our own names
            f" FROM jsonb_populate_recordset(NULL::{name}, CAST(:rows AS jsonb))"
        ),
        {"rows": orjson.dumps(rows, default=str).decode()},
    )


async def numbers(session: AsyncSession, table: type[SQLModel], count: int) -> list[int]:
    """Row numbers taken in advance, so that rows of several tables can name each other."""
    found = await session.execute(
        text(
            "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"
        ),
        {"table": str(table.__tablename__), "count": count},
    )
    return [number for (number,) in found]
