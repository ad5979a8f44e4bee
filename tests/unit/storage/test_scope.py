"""Who sees which rows: the conditions as SQL, over rows."""

from typing import Any

import pytest
from sqlmodel import col, select

from bot.app import Program
from storage.scope import Scope
from storage.tables import Customer, Interaction, Project
from tests import play

ALL_CUSTOMERS = {"C-0001", "C-0002", "C-0003"}
ALL_PROJECTS = {"P-0001", "P-0002", "P23-001"}
HUAJIAN, ACME, NOWHERE = "三期的事", "warehouse portal", "随便问问"
LABOUR = "劳务实名制系统的事"
ALL_TALK = {HUAJIAN, LABOUR, ACME, NOWHERE}


@pytest.fixture
async def talked(loaded: Program) -> Program:
    await play.file_all(
        loaded,
        play.message("m1", HUAJIAN),
        play.message("m2", LABOUR),
        play.message("m3", ACME, sender="u-john", chat="x"),
        play.message("m4", NOWHERE, sender="nobody", chat="y"),
    )
    return loaded


async def seen(program: Program, scope: Scope) -> tuple[set[str], set[str], set[str]]:
    """Codes of customers, codes of projects, and texts."""
    async with program.db.transaction() as session:
        customers = await session.exec(select(Customer.code).where(scope.customers()))
        projects = await session.exec(select(Project.code).where(scope.projects()))
        talk = await session.exec(select(Interaction.text).where(scope.interactions()))
        return set(customers), set(projects), set(talk)


@pytest.mark.parametrize(
    ("who", "customers", "projects", "talk", "money"),
    [
        ("管理员", ALL_CUSTOMERS, ALL_PROJECTS, ALL_TALK, "amount"),
        ("陈总", ALL_CUSTOMERS, ALL_PROJECTS, ALL_TALK, "amount"),
        ("韩梅", {"C-0001"}, {"P-0001", "P-0002"}, {HUAJIAN, LABOUR}, "none"),
        ("赵强", {"C-0002", "C-0003"}, {"P23-001"}, {ACME}, "none"),
        ("李雷", {"C-0001"}, {"P-0001"}, {HUAJIAN}, "percent"),
        ("Emma", {"C-0001", "C-0002"}, ALL_PROJECTS, {HUAJIAN, LABOUR, ACME}, "percent"),
        ("钱会计", ALL_CUSTOMERS, ALL_PROJECTS, set(), "amount"),
    ],
)
async def test_each_role_sees_its_own_rows(
    talked: Program,
    who: str,
    customers: set[str],
    projects: set[str],
    talk: set[str],
    money: str,
):
    scope = (await play.actor(talked, who)).scope
    found = await seen(talked, scope)
    assert found[:2] == (customers, projects)
    assert found[2] == talk
    if money != "none":
        assert scope.money == money


@pytest.mark.parametrize(
    ("grant", "customers", "projects"),
    [
        (("none", "none"), set(), set()),
        (("all", "none"), ALL_CUSTOMERS, set()),
        (("none", "all"), set(), ALL_PROJECTS),
        (("own", "own"), set(), set()),
        (("project", "member"), set(), set()),
    ],
)
async def test_a_scope_of_nobody_in_particular(
    talked: Program, grant: Any, customers: set[str], projects: set[str]
):
    for nobody in (None, 0, 99_999):
        found = await seen(talked, Scope(nobody).plus(grant[0], grant[1], "none", talk=False))
        assert found == (customers, projects, set())


async def test_without_any_role_there_is_nothing(talked: Program):
    assert await seen(talked, Scope(1)) == (set(), set(), set())
    assert await seen(talked, Scope(1, talk=True)) == (set(), set(), set())


async def test_the_program_itself_sees_everything(talked: Program):
    assert await seen(talked, Scope.everything()) == (ALL_CUSTOMERS, ALL_PROJECTS, ALL_TALK)


async def test_two_roles_add_up(talked: Program):
    sql = "UPDATE user_account SET roles = '{sales,pm}' WHERE name = :who RETURNING id"
    await play.rows(talked, sql, who="韩梅")
    code = "UPDATE project SET manager_id = (SELECT id FROM user_account WHERE name = '韩梅')"
    await play.rows(talked, f"{code} WHERE code = 'P23-001' RETURNING id")
    scope = (await play.actor(talked, "韩梅")).scope
    assert await seen(talked, scope) == (
        {"C-0001", "C-0002"},
        ALL_PROJECTS,
        {HUAJIAN, LABOUR, ACME},
    )
    assert scope.money in {"percent", "amount"}


async def test_a_member_of_a_project_sees_its_talk_and_not_its_customers(talked: Program):
    await play.run(talked, "项目成员 P-0002 李雷")
    scope = (await play.actor(talked, "李雷")).scope
    assert (await seen(talked, scope))[2] == {HUAJIAN, LABOUR}
    await play.rows(talked, "UPDATE interaction SET project_id = NULL RETURNING id")
    assert (await seen(talked, scope))[2] == set()


async def test_what_moves_to_another_owner_is_seen_by_them_at_once(talked: Program):
    sql = "UPDATE customer SET owner_id = (SELECT id FROM user_account WHERE name = '赵强')"
    await play.rows(talked, f"{sql} WHERE code = 'C-0001' RETURNING id")
    assert (await seen(talked, (await play.actor(talked, "韩梅")).scope)) == (set(), set(), set())
    found = await seen(talked, (await play.actor(talked, "赵强")).scope)
    assert found == (ALL_CUSTOMERS, ALL_PROJECTS, {HUAJIAN, LABOUR, ACME})


async def test_each_role_only_widens(talked: Program):
    narrow = Scope(1).plus("own", "own", "amount", talk=True)
    wide = narrow.plus("all", "all", "none", talk=False)
    assert (wide.money, wide.talk) == ("amount", True)
    for before, after in zip(await seen(talked, narrow), await seen(talked, wide), strict=True):
        assert before <= after


async def test_conditions_join_with_others(talked: Program):
    scope = (await play.actor(talked, "韩梅")).scope
    async with talked.db.transaction() as session:
        asked = select(Customer.code).where(scope.customers(), col(Customer.tier) == "normal")
        assert list(await session.exec(asked)) == []
