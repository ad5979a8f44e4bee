"""Since when rules' conditions hold, for rules that wait before they speak."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


async def keep(
    session: AsyncSession,
    rules: Collection[str],
    holding: Collection[tuple[str, str]],
    now: datetime,
) -> dict[tuple[str, str], datetime]:
    """Since when each (rule, subject) holds; what held before and does not any more is forgotten."""
    if not rules:
        return {}
    values = {
        "rules": list(rules),
        "named": [rule for rule, _ in holding],
        "subjects": [subject for _, subject in holding],
        "now": now,
    }
    await session.execute(
        text("""
DELETE FROM holding h WHERE h.rule = ANY(:rules) AND NOT EXISTS (
  SELECT 1 FROM unnest(CAST(:named AS text[]), CAST(:subjects AS text[])) AS n(rule, subject)
  WHERE n.rule = h.rule AND n.subject = h.subject)
"""),
        {name: values[name] for name in ("rules", "named", "subjects")},
    )
    await session.execute(
        text("""
INSERT INTO holding (rule, subject, since)
SELECT n.rule, n.subject, :now
FROM unnest(CAST(:named AS text[]), CAST(:subjects AS text[])) AS n(rule, subject)
ON CONFLICT (rule, subject) DO NOTHING
"""),
        {name: values[name] for name in ("named", "subjects", "now")},
    )
    found = await session.execute(
        text("SELECT rule, subject, since FROM holding WHERE rule = ANY(:rules)"),
        {"rules": list(rules)},
    )
    return {(row.rule, row.subject): row.since for row in found}
