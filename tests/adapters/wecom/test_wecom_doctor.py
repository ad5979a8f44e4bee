"""`keqing doctor`, the directory, and the settings."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.wecom.adapter import build
from adapters.wecom.settings import WeComSettings
from bot.contract import Check, Refused
from tests.adapters.wecom.harness import AES_KEY, WeCom


def words(checks: list[Check], language: str = "zh") -> dict[str, bool]:
    return {check.text.in_(language, **check.facts): check.ok for check in checks}


async def found(wecom: WeCom) -> list[Check]:
    return list(await wecom.adapter.check())


async def test_all_is_well(wecom: WeCom):
    checks = await found(wecom)
    assert all(check.ok for check in checks)
    told = words(checks)
    assert "应用「客情助手」可用，可见范围：3 位成员、1 个部门" in told
    assert "微信客服可用：1 个客服账号" in told
    assert "时钟与企业微信相差 0 秒" in told or "时钟与企业微信相差 1 秒" in told


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("agent/get", {"errcode": 60020, "errmsg": "from ip: 203.0.113.9"}, "203.0.113.9"),
        ("agent/get", {"errcode": 301002, "errmsg": "x"}, "核对 AgentId"),
        ("agent/get", {"name": "客情", "allow_userinfos": {"user": []}}, "可见范围是空的"),
        ("agent/get", {"name": "客情", "allow_userinfos": [], "allow_partys": 7}, "可见范围是空的"),
        ("department/simplelist", {"errcode": 48002, "errmsg": "x"}, "通讯录不可读"),
        ("kf/account/list", {"errcode": 48002, "errmsg": "x"}, "可调用接口的应用"),
        ("gettoken", {"errcode": 40001, "errmsg": "x"}, "Secret"),
    ],
)
async def test_what_is_wrong_says_what_to_click(
    wecom: WeCom, path: str, answer: dict[str, Any], said: str
):
    wecom.server.tokens.clear()
    wecom.server.answers[path] = [answer] * 2
    checks = await found(wecom)
    assert any(said in told for told, ok in words(checks).items() if not ok)
    assert words(checks, "en")


async def test_pulling_that_fails_is_told(wecom: WeCom):
    assert wecom.adapter._puller
    wecom.adapter._puller.trouble = "OSError"
    assert "拉取客户消息出错：OSError" in words(await found(wecom))


async def test_a_clock_that_is_off_is_told(wecom: WeCom):
    await found(wecom)
    wecom.adapter._api._compare_clocks("Sat, 01 Jan 2000 00:00:00 GMT")
    assert (wecom.adapter._api.ahead_s or 0) > 60
    wecom.adapter._api._compare_clocks("sometime")


async def test_without_a_callback_it_says_where_to_set_it():
    wecom = WeCom()
    async with wecom.far():
        adapter = build({**wecom.branch(), "token": None}, wecom.inside.ports)
        await adapter.start()
        assert any("API 接收" in told for told in words(list(await adapter.check())))
        await adapter.stop()


async def test_what_is_off_is_told():
    assert words(list(await build({}, WeCom().inside.ports).check())) == {"企业微信没有配置": False}


async def test_members_come_with_who_is_above_them(wecom: WeCom):
    found = {one.id: one async for one in wecom.adapter.colleagues()}
    assert {id_: one.superior for id_, one in found.items()} == {
        "LiLei": "ChenZong",
        "WangFang": "ChenZong",
        "ChenZong": "",
    }
    assert found["LiLei"].name == "李雷"


async def test_the_leader_of_the_department_above_is_above_a_leader(wecom: WeCom):
    members = wecom.server.members
    members["LiLei"] |= {"direct_leader": [], "is_leader_in_dept": [1]}
    members["HanMei"] = {
        "userid": "HanMei",
        "name": "韩梅",
        "department": [2],
        "is_leader_in_dept": [0],
        "status": 5,
        "biz_mail": "han@zhuyun.example",
        "mobile": "13800001111",
    }
    found = {one.id: one async for one in wecom.adapter.colleagues()}
    assert (found["HanMei"].superior, found["LiLei"].superior) == ("LiLei", "ChenZong")
    han = found["HanMei"]
    assert (han.active, han.email, han.phone) == (False, "han@zhuyun.example", "13800001111")


async def test_members_are_read_one_by_one_where_the_list_is_closed(wecom: WeCom):
    wecom.server.full_directory = False
    assert {one.id async for one in wecom.adapter.colleagues()} == set(wecom.server.members)


async def test_a_directory_that_is_closed_is_refused(wecom: WeCom):
    wecom.server.answers["department/simplelist"] = [{"errcode": 60011, "errmsg": "x"}]
    with pytest.raises(Refused, match="可见范围"):
        _ = [one async for one in wecom.adapter.colleagues()]


async def test_odd_entries_of_the_directory_harm_nothing(wecom: WeCom):
    wecom.server.answers["user/list"] = [
        {"userlist": [None, 7, {}, {"userid": 9, "department": "x", "direct_leader": 7}]}
    ]
    wecom.server.answers["department/simplelist"] = [
        {"department_id": [{"id": 1, "parentid": 1}, {"id": "x"}, None]}
    ]
    assert [one.id async for one in wecom.adapter.colleagues()] == ["9"]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("encoding_aes_key", "short", "43 letters"),
        ("encoding_aes_key", "*" * 43, "43 letters"),
        ("agent_id", "app", "a number"),
        ("api_base", "qyapi.weixin.qq.com", "http"),
        ("accounts", 0, "greater"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused(field: str, value: Any, why: str):
    with pytest.raises(ValidationError, match=why):
        WeComSettings.model_validate({field: value})


def test_settings_come_from_the_environment_as_text():
    settings = WeComSettings.model_validate(
        {"agent_id": 1000002, "accounts": "20", "encoding_aes_key": "", "api_base": "https://x/"}
    )
    assert (settings.agent_id, settings.accounts) == ("1000002", 20)
    assert (settings.encoding_aes_key, settings.api_base) == (None, "https://x")
    assert not settings.on
    assert AES_KEY not in repr(WeComSettings.model_validate({"encoding_aes_key": AES_KEY}))
