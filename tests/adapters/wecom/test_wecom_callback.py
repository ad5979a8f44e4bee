"""The callback over real HTTP: who is let in, what is kept, and what it is answered."""

import time

import pytest

from adapters.wecom.adapter import build
from adapters.wecom.crypto import Crypto
from bot.contract import Happening
from tests.adapters.wecom import far
from tests.adapters.wecom.harness import AES_KEY, CUSTOMER, TOKEN, WeCom
from tests.contract.harness import serving


async def verify(wecom: WeCom, echo: str, **changed: str) -> tuple[int, bytes]:
    timestamp = changed.get("timestamp", str(int(time.time())))
    sealed = changed.get("sealed", wecom.crypto.encrypt(echo.encode()))
    signature = changed.get("signature", wecom.crypto.sign(timestamp, "n", sealed))
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": "n", "echostr": sealed}
    async with wecom.http.get(f"{wecom.base}/wecom/callback", params=query) as response:
        return response.status, await response.read()


async def test_the_address_is_verified_with_the_bare_text(wecom: WeCom):
    assert await verify(wecom, "1616140317555161061") == (200, b"1616140317555161061")


async def test_plus_signs_survive_a_proxy_that_decodes_twice(wecom: WeCom):
    sealed = next(
        one for _ in range(999) if "+" in (one := wecom.crypto.encrypt(b"1616140317555161061"))
    )
    timestamp = str(int(time.time()))
    signature = wecom.crypto.sign(timestamp, "n", sealed)
    query = f"msg_signature={signature}&timestamp={timestamp}&nonce=n&echostr={sealed}"
    async with wecom.http.get(f"{wecom.base}/wecom/callback?{query}") as response:
        assert (response.status, await response.read()) == (200, b"1616140317555161061")


async def test_a_wrong_verification_is_refused(wecom: WeCom):
    assert (await verify(wecom, "1", signature="0" * 40))[0] == 401
    assert (await verify(wecom, "1", timestamp=str(int(time.time()) - 700)))[0] == 401
    assert (await verify(wecom, "1", sealed="AAAA"))[0] == 401


async def test_it_is_closed_without_its_settings():
    wecom = WeCom()
    adapter = build({}, wecom.inside.ports)
    async with serving(*adapter.routes()) as wecom.base, wecom.far():
        assert (await verify(wecom, "1"))[0] == 404
        assert await wecom.post(b"<xml/>") == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "0" * 40},
        {"signature": ""},
        {"timestamp": "1409659813"},
        {"timestamp": "x"},
        {"to": "ww0000000000000000"},
        {"to": ""},
        {"agent": "999"},
        {"encrypted": "AAAA"},
        {
            "encrypted": Crypto.of(TOKEN, AES_KEY, "ww0000000000000000").encrypt(
                b"<xml/>", b"0" * 16
            )
        },
        {"body": b""},
        {"body": b"<xml>"},
        {"body": b"{}"},
        {"body": b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>'},
        {"body": "<!DOCTYPE a><xml/>".encode("utf-16")},
        {"body": b"<xml>" * 50_000},
    ],
    ids=lambda one: str(one)[:40],
)
async def test_what_is_not_wecoms_or_not_for_us_is_refused(
    wecom: WeCom, changed: dict[str, object]
):
    raw = wecom.xml("LiLei", "text", MsgId="1", Content="/help")
    assert await wecom.post(raw, **changed) == 401
    assert (wecom.inside.delivered, wecom.inside.rejected) == ([], [])


async def test_the_inside_must_be_for_us_too(wecom: WeCom):
    raw = wecom.xml("LiLei", "text", MsgId="1", Content="x", ToUserName="ww0000000000000000")
    assert await wecom.post(raw) == 401
    assert wecom.inside.delivered == []


async def test_the_apps_own_or_the_messages_agent_may_stand_outside(wecom: WeCom):
    raw = wecom.xml("LiLei", "text", MsgId="1", Content="x", AgentID="1000009")
    assert await wecom.post(raw, agent="1000009") == 200
    assert await wecom.post(raw, agent="") == 200
    assert await wecom.post(raw) == 200


async def test_a_body_beyond_two_megabytes_is_not_read(wecom: WeCom):
    assert await wecom.post(b"", body=b" " * (2 * 1024 * 1024 + 1)) == 413


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"not xml", "not XML"),
        (b"<xml/>", "ToUserName"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml>&b;</xml>', "declarations"),
        ("no time", "CreateTime"),
        ("no id", "MsgId"),
        ("no media", "MediaId"),
        ("no sender", "FromUserName"),
        ("unknown type", "unknown message type: hologram"),
        ("unknown event", "unknown event: party"),
        ("unknown button", "unknown button"),
        ("unknown change", "unknown change of a contact"),
        ("no member", "names a member"),
    ],
)
async def test_what_is_right_and_unreadable_is_kept_and_acknowledged(
    wecom: WeCom, raw: bytes | str, why: str
):
    made = {
        "no time": wecom.xml("LiLei", "text", MsgId="1", CreateTime="soon"),
        "no id": wecom.xml("LiLei", "text", Content="x"),
        "no media": wecom.xml("LiLei", "image", MsgId="1"),
        "no sender": wecom.xml("", "text", MsgId="1", Content="x"),
        "unknown type": wecom.xml("LiLei", "hologram", MsgId="1"),
        "unknown event": wecom.xml("LiLei", "event", Event="party"),
        "unknown button": wecom.xml("LiLei", "event", Event="template_card_event", EventKey="x"),
        "unknown change": wecom.xml(
            "sys", "event", Event="change_external_contact", ChangeType="x"
        ),
        "no member": wecom.xml(
            "sys", "event", Event="change_external_contact", ChangeType="add_external_contact"
        ),
    }
    body = made[raw] if isinstance(raw, str) else raw
    assert await wecom.post(body) == 200
    assert wecom.inside.delivered == []
    ((channel, kept, told),) = wecom.inside.rejected
    assert (channel, kept) == ("wecom", body)
    assert why in told


@pytest.mark.parametrize(
    "name",
    "view enter_agent subscribe unsubscribe LOCATION batch_job_result change_contact "
    "change_external_chat sys_approval_change".split(),
)
async def test_events_that_say_nothing_to_us_are_acknowledged(wecom: WeCom, name: str):
    assert await wecom.event("LiLei", name, EventKey="https://x.example") == 200
    assert (wecom.inside.delivered, wecom.inside.rejected) == ([], [])


async def test_a_menu_says_the_command_that_the_administrator_wrote(wecom: WeCom):
    assert await wecom.event("LiLei", "click", EventKey="/tasks") == 200
    (message,) = wecom.inside.delivered
    assert (message.text, message.tapped, message.place) == ("/tasks", True, "")


async def test_the_grey_button_of_a_decided_card_says_nothing(wecom: WeCom):
    assert await wecom.press("LiLei", "-", "t", "c") == 200
    assert (wecom.inside.delivered, wecom.inside.rejected) == ([], [])


async def test_two_taps_of_one_second_are_two_events(wecom: WeCom):
    for _ in range(2):
        await wecom.press("LiLei", "0 /tasks", "t", "c")
    first, second = wecom.inside.delivered
    assert first.event_id != second.event_id


@pytest.mark.parametrize(
    ("change", "happened"),
    [
        ("add_external_contact", Happening.MET),
        ("add_half_external_contact", Happening.MET),
        ("del_external_contact", Happening.PARTED),
        ("del_follow_user", Happening.PARTED),
        ("edit_external_contact", None),
        ("transfer_fail", None),
    ],
)
async def test_members_and_customers_meet_and_part(
    wecom: WeCom, change: str, happened: Happening | None
):
    fields = {"ChangeType": change, "UserID": "LiLei", "ExternalUserID": CUSTOMER}
    assert await wecom.event("sys", "change_external_contact", **fields) == 200
    if happened is None:
        assert wecom.inside.delivered == []
        return
    (message,) = wecom.inside.delivered
    assert (message.happened, message.chat) == (happened, "user:LiLei")
    assert (message.sender.id, message.sender.outside) == (CUSTOMER, True)
    assert [one.id for one in message.people] == ["LiLei"]


async def test_a_pull_that_cannot_be_noted_is_not_acknowledged(wecom: WeCom):
    class Full:
        async def get(self, name: str) -> str:
            return ""

        async def put(self, name: str, value: str) -> None:
            raise OSError("disk full")

    wecom.adapter._marks._cursors = Full()
    assert await wecom.post(wecom.kf_event()) == 500


async def test_agents_of_ours_are_numbers():
    assert int(build({"agent_id": far.AGENT}, WeCom().inside.ports)._settings.agent_id) == far.AGENT


async def test_a_changed_directory_is_a_line_in_the_log(
    wecom: WeCom, capsys: pytest.CaptureFixture[str]
):
    fields = {"ChangeType": "update_user", "UserID": "LiLei", "Mobile": "13800001111"}
    assert await wecom.event("sys", "change_contact", **fields) == 200
    told = "".join(capsys.readouterr())
    assert "wecom.directory_changed" in told
    assert "13800001111" not in told
