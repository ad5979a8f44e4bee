"""Names, heads and sounds that many customers share cost no more than those of a few."""

from sqlalchemy import text

from bot.app import Program
from storage import directory


async def _crowd(program: Program, count: int, stem: str) -> None:
    async with program.db.transaction() as session:
        await session.execute(
            text("""
INSERT INTO alias (customer_id, text, norm, head, pinyin, source)
SELECT 1, n, n, :stem, 'ren shan ren', 'given'
FROM (SELECT CAST(:stem AS text) || 'name' || i AS n FROM generate_series(1, :count) i) g
"""),
            {"count": count, "stem": stem},
        )


async def test_a_head_that_too_many_share_is_not_compared(loaded: Program):
    await _crowd(loaded, directory.MOST_NEAR - 1, "few")
    await _crowd(loaded, directory.MOST_NEAR, "many")
    async with loaded.db.transaction() as session:
        assert await directory.heads(session, {"few", "many", "none"}) == {"few", "many"}
        found = await directory.near(session, {"few", "many"})
        assert len(found["few"]) == directory.MOST_NEAR - 1
        assert "many" not in found
        sounds = await directory.sounds(session, {"ren shan ren"})
        assert len(sounds["ren shan ren"]) == directory.MOST_SHARED


async def test_a_new_name_is_found_at_once(loaded: Program):
    async with loaded.db.transaction() as session:
        assert await directory.names(session, {"newname1"}) == {}
    await _crowd(loaded, 1, "new")
    async with loaded.db.transaction() as session:
        found = await directory.names(session, {"newname1"})
    assert [name.norm for name in found["new"]] == ["newname1"]


async def test_a_new_colleagues_domain_is_ours_at_once(loaded: Program):
    async with loaded.db.transaction() as session:
        assert "new.example" not in await directory.own_domains(session)
        await session.execute(
            text("""
INSERT INTO identity (channel, address, user_id, created_at)
SELECT 'email', 'a@new.example', id, now() FROM user_account LIMIT 1
""")
        )
        assert "new.example" in await directory.own_domains(session)
