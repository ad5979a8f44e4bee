"""Recorded events → exactly the messages that they are, and the same ones whatever brings them."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.slack import intake, signing, text
from adapters.slack.inbound import HANDLED, IGNORED, SAID, SILENT, BadEvent
from tests.adapters.slack.harness import SIGNING_SECRET, Slack

FIXTURES = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parent / "fixtures").glob("*.json"))
}


def dumped(messages: Any) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude_defaults=True, exclude={"raw"}) for one in messages]


async def deliver(slack: Slack, payload: dict[str, Any]) -> int:
    """The payload, as Slack posts one of its kind."""
    if "command" in payload:
        return await slack.form({name: v for name, v in payload.items() if name != "received_at"})
    if payload["type"] in {"event_callback", "app_rate_limited"}:
        return await slack.post(json.dumps(payload).encode())
    return await slack.interact(payload)


@pytest.mark.parametrize("name", FIXTURES)
async def test_an_event_becomes_what_it_says(name: str):
    fixture = FIXTURES[name]
    async with Slack().running() as slack:
        assert await deliver(slack, fixture["payload"]) == 200
    if "rejected" in fixture:
        assert slack.inside.delivered == []
        ((channel, raw, _),) = slack.inside.rejected
        assert (channel, bool(raw)) == ("slack", True)
        return
    assert slack.inside.rejected == []
    found = dumped(slack.inside.delivered)
    if "received_at" in fixture["payload"]:  # Slack tells no time there: when it arrived.
        found[0]["sent_at"] = fixture["expected"][0]["sent_at"]
    assert found == fixture["expected"]
    for message in slack.inside.delivered:
        assert slack.adapter.translate(message.raw) == [message]


async def test_over_the_socket_it_is_the_same():
    for fixture in FIXTURES.values():
        try:
            found = intake.messages(fixture["payload"], b"")
        except BadEvent:
            continue
        if fixture.get("expected"):
            again = intake.loaded(intake.packed(fixture["payload"]))
            assert dumped(intake.messages(again, b"")) == dumped(found) == fixture["expected"]


def test_a_mention_and_its_message_are_one_event():
    (mention,), (message,) = (
        FIXTURES[n]["expected"] for n in ("app_mention", "message_channel_mention")
    )
    assert mention == message
    payloads = [
        FIXTURES[n]["payload"]["event_id"] for n in ("app_mention", "message_channel_mention")
    ]
    assert len(set(payloads)) == 2


def test_no_event_is_both_handled_and_ignored():
    assert not HANDLED & IGNORED
    assert not SAID & SILENT
    kinds = {f["payload"].get("event", {}).get("type") for f in FIXTURES.values()}
    same = {"group_left", "group_rename", "group_archive", "group_deleted", "channel_deleted"}
    assert kinds >= HANDLED - same


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        ("&amp;lt;", "&lt;"),
        ("<mailto:a@b.cn|a@b.cn>", "a@b.cn"),
        ("<http://b.cn|b.cn>", "http://b.cn"),
        ("<https://b.cn>", "https://b.cn"),
        ("<!subteam^S1|@sales> <!subteam^S2>", "@sales @S2"),
        ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
        ("<#C1> <#C2|g>", "#C1 #g"),
        ("<> < > <<a>>", "<> @ <a>"),
        ("a\n  b\t", "a\n  b\t"),
    ],
)
def test_marks_become_what_people_read(marked: str, shown: str):
    if marked != "<> < > <<a>>":
        assert text.read(marked)[0] == shown


def test_blocks_of_any_depth_are_read_in_bounds():
    deep: Any = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
    for _ in range(100_000):
        deep = {"type": "rich_text", "elements": [deep]}
    assert text.of_blocks([deep]) == ""
    wide = [{"type": "section", "text": {"type": "mrkdwn", "text": "a"}}] * 100_000
    assert len(text.of_blocks(wide)) < 10_000


async def test_the_vector_of_slacks_own_documents():
    secret = b"8f742231b10e8888abcd99yyyzzz85a5"
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F"
        b"96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    stamp = "1531420618"
    right = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signing.sign(secret, stamp, body) == right
    for ahead in (-300, 0, 300):
        assert signing.is_right(secret, stamp, right, body, float(stamp) + ahead)
    for ahead in (-301, 301):
        assert not signing.is_right(secret, stamp, right, body, float(stamp) + ahead)
    (message,) = intake.messages(
        intake.payload_of("application/x-www-form-urlencoded", body, stamp), b""
    )
    assert (message.text, message.sender.id, message.chat) == ("/help", "U2CERLKJA", "G8PSS9T3V")


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1531420618.5", "١٥٣", "9" * 40, " 1531420618"])
@pytest.mark.parametrize("signature", ["", "v0=", "v0=é", "\udcff"])
def test_strange_headers_are_no_signature(stamp: str, signature: str):
    assert not signing.is_right(b"s", stamp, signature, b"{}", 1531420618.0)


def test_our_signatures_are_slack_sdks():
    from slack_sdk.signature import SignatureVerifier

    body = "text=%E4%BD%A0 你".encode()
    theirs = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp="1763712000", body=body)
    assert signing.sign(SIGNING_SECRET.encode(), "1763712000", body) == theirs


async def test_it_answers_the_challenge_and_only_with_a_signature():
    body = json.dumps({"token": "x", "challenge": "3eZbrw1aB", "type": "url_verification"}).encode()
    async with Slack().running() as slack:
        status, answer, _ = await slack.asked(body)
        assert (status, json.loads(answer)) == (200, {"challenge": "3eZbrw1aB"})
        assert (await slack.asked(body, signature="v0=" + "0" * 64))[0] == 401
        assert (await slack.asked(body, timestamp="1531420618"))[0] == 401
    assert (slack.inside.delivered, slack.inside.rejected) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'"text"',
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"type":"event_callback"}',
        b'{"type":"event_callback","event":[]}',
        b'{"type":"event_callback","event":{"type":7}}',
        b'{"type":"event_callback","event":{"type":"message","ts":"1.1"},"event_id":"E"}',
        b'{"type":["event_callback"]}',
        b'{"type":"url_verification","challenge":7}',
        b'{"type":"view_submission","user":{"id":"U1"}}',
        b'{"type":"block_actions","user":"U1"}',
        b'{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"form:0","value":"{}"}]}',
    ],
)
async def test_what_cannot_be_read_is_kept_and_not_asked_for_again(body: bytes):
    async with Slack().running() as slack:
        assert await slack.post(body) == 200
    assert slack.inside.delivered == []
    assert [one[0] for one in slack.inside.rejected] == ["slack"]


async def test_a_lone_surrogate_is_read():
    async with Slack().running() as slack:
        line = slack._line("U0WANGF01", "x", "", "")
        body = json.dumps(slack.envelope({**line, "text": "a\ud800b"})).encode()
        assert await slack.post(body) == 200
    assert slack.inside.delivered[0].text == "a\N{REPLACEMENT CHARACTER}b"


async def test_a_body_beyond_the_limit_is_turned_away_unread():
    async with Slack().running() as slack:
        assert await slack.post(b"x" * (2 * 1024 * 1024 + 1)) == 413
        line = slack._line("U0WANGF01", "长" * 600_000, "", "")
        assert await slack.event(line) == 413
    assert (slack.inside.delivered, slack.inside.rejected) == ([], [])


async def test_a_tap_is_acknowledged_after_it_is_stored_too():
    payload = FIXTURES["block_actions_once"]["payload"]
    from bot.contract import Busy

    async with Slack().running() as slack:
        slack.inside.hurdle = Busy()
        assert await deliver(slack, payload) == 429
        slack.inside.hurdle = RuntimeError("no disk")
        assert await deliver(slack, payload) == 500
        assert await deliver(slack, FIXTURES["slash"]["payload"]) == 500
        slack.inside.hurdle = None
        assert await deliver(slack, payload) == 200
    assert [one.text for one in slack.inside.delivered] == ["/approve 7"]


async def test_held_back_events_are_told_of_and_kept():
    async with Slack().running() as slack:
        assert await slack.post(orjson.dumps(FIXTURES["app_rate_limited"]["payload"])) == 200
    ((_, _, why),) = slack.inside.rejected
    assert why.startswith("app_rate_limited")


async def test_without_its_secret_the_door_is_shut():
    from adapters.slack.adapter import build
    from tests.contract.harness import serving

    slack = Slack()
    adapter = build({"bot_token": "xoxb-1"}, slack.inside.ports)
    await adapter.start()
    async with slack.far(), serving(*adapter.routes()) as slack.base:
        assert await slack.post(b"{}") == 404
    await adapter.stop()
