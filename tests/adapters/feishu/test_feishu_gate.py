"""Signature, encryption, verification: who gets in, and in which order it is decided."""

import asyncio
import hashlib
import json
import time
from base64 import b64encode
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError

from adapters.feishu import adapter, crypto
from adapters.feishu.settings import FeishuSettings
from bot.contract import Busy
from tests.adapters.feishu import harness, stand_in
from tests.adapters.feishu.harness import KEY, TOKEN, Feishu, encrypted, signed


@pytest.fixture
async def played():
    async with Feishu().running() as one:
        yield one


def test_the_documented_vector_decrypts():
    assert crypto.decrypt("test key", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=") == (
        b"hello world"
    )


def test_the_signature_is_sha256_over_time_nonce_key_and_body():
    expected = hashlib.sha256('1795140000n0ncekey{"encrypt":"å"}'.encode()).hexdigest()
    body = '{"encrypt":"å"}'.encode()
    assert crypto.sign("key", "1795140000", "n0nce", body) == expected
    assert crypto.is_right("key", "1795140000", "n0nce", expected, body, 1795140300)
    assert not crypto.is_right("key", "1795140000", "n0nce", expected, body, 1795140301)
    assert not crypto.is_right("key", "1795140000", "n0nce", expected, body, 1795139699)
    assert not crypto.is_right("key", "1795140000", "n0nce", expected.upper(), body, 1795140000)


def ciphered(data: bytes) -> str:
    """Encrypted blocks whose plain text ends in what is no padding."""
    outer = json.loads(encrypted(data, "test key", b"i" * 16))
    return outer["encrypt"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "é", "AAAA", "A" * 21 + "=", "P37w+VZImNgPEO1RBhJ6Rg=="),
        b64encode(b"0" * 47).decode(),
        ciphered(b"hello")[:-4] + "AAA=",
        b64encode(b"0" * 48).decode(),
    ],
)
def test_broken_ciphers_are_told_from_right_ones(text: str):
    with pytest.raises(crypto.BadCipher):
        crypto.decrypt("test key", text)


@pytest.mark.parametrize("last", [0, 17, 255])
def test_the_padding_is_checked(last: int):
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = hashlib.sha256(b"k").digest()
    aes = Cipher(algorithms.AES(key), modes.CBC(b"i" * 16)).encryptor()
    data = b"i" * 16 + aes.update(b"x" * 15 + bytes([last])) + aes.finalize()
    with pytest.raises(crypto.BadCipher, match="padding"):
        crypto.decrypt("k", b64encode(data).decode())


VERIFY = {"challenge": "ajls384kdjx98XX", "token": TOKEN, "type": "url_verification"}
UNSIGNED = {"X-Lark-Signature": ""}


async def test_the_challenge_comes_unsigned_and_is_answered(played: Feishu):
    raw = json.dumps(VERIFY).encode()
    assert await played.post(raw, headers=UNSIGNED) == 200
    assert played.answer == {"challenge": "ajls384kdjx98XX"}
    assert await played.post(raw) == 200
    assert (played.inside.delivered, played.inside.rejected) == ([], [])


@pytest.mark.parametrize(
    "changed", [{"token": "wrong"}, {"token": None}, {"token": 7}, {"type": "event_callback"}]
)
async def test_another_challenge_is_refused(played: Feishu, changed: dict[str, Any]):
    raw = json.dumps(VERIFY | changed).encode()
    assert await played.post(raw, headers=UNSIGNED) == 401
    plain = {"body": json.dumps(VERIFY).encode(), "headers": UNSIGNED}
    assert await played.post(b"", **plain) == 401


def wrong() -> dict[str, dict[str, Any]]:
    body = encrypted(b'{"a":1}')
    right = signed(body)
    return {
        "no signature": {"headers": UNSIGNED},
        "another key": {"body": body, "headers": signed(body, "other")},
        "another body": {"body": body + b" ", "headers": right},
        "cut": {"body": body, "headers": {"X-Lark-Signature": right["X-Lark-Signature"][:-1]}},
        "not ASCII": {"headers": {"X-Lark-Signature": "é你"}},
        "another nonce": {"headers": {"X-Lark-Request-Nonce": "other"}},
        "old": {"at": time.time() - 400},
        "from the future": {"at": time.time() + 400},
        "in words": {"headers": {"X-Lark-Request-Timestamp": "now"}},
        "huge": {"headers": {"X-Lark-Request-Timestamp": "9" * 400}},
        "not encrypted": {"body": b'{"header":{}}', "headers": signed(b'{"header":{}}')},
    }


@pytest.mark.parametrize("which", wrong())
async def test_a_stranger_is_refused_before_anything_is_kept(played: Feishu, which: str):
    event = played.message(played.member, "text", {"text": "hi"})
    assert await played.post(json.dumps(event).encode(), **wrong()[which]) == 401
    assert (played.inside.delivered, played.inside.rejected) == ([], [])


@pytest.mark.parametrize(
    "raw", [b"not json", b"", b"[]", b"[" * 90_000, b'{"schema":"2.0"}', b"\xff\x00"]
)
async def test_what_is_signed_and_unreadable_is_kept_and_acknowledged(played: Feishu, raw: bytes):
    assert await played.post(raw) == 200
    ((channel, kept, why),) = played.inside.rejected
    assert (channel, kept) == ("feishu", raw)
    assert why


async def test_a_signed_cipher_of_another_key_is_kept_as_it_came(played: Feishu):
    body = encrypted(b"{}", "another key", b"i" * 16)
    assert await played.post(b"", body=body) == 200
    ((_, kept, why),) = played.inside.rejected
    assert kept == body
    assert "decrypted" in why or "JSON" in why


async def test_an_unknown_event_is_kept_and_an_ignored_one_is_not(played: Feishu):
    assert await played.deliver(played.event("im.message.sung_v1", {})) == 200
    assert [why for *_, why in played.inside.rejected] == ["unknown event: im.message.sung_v1"]
    assert await played.deliver(played.event("im.message.reaction.created_v1", {})) == 200
    assert len(played.inside.rejected) == 1


async def test_too_large_a_body_is_not_read(played: Feishu):
    most = b'{"a":"' + b"x" * adapter.MOST_BYTES + b'"}'
    assert await played.post(b"", body=most) == 413
    assert (played.inside.delivered, played.inside.rejected) == ([], [])


async def test_a_body_of_unknown_length_stops_at_the_limit(played: Feishu):
    async def endless():
        for _ in range(64):
            yield b" " * 1024 * 1024

    async with aiohttp.ClientSession() as http:
        try:
            async with http.post(f"{played.base}/feishu/events", data=endless()) as response:
                assert response.status == 413
        except aiohttp.ClientConnectionError:
            pass  # the line was cut before the answer could be read
    assert (played.inside.delivered, played.inside.rejected) == ([], [])


async def test_too_much_at_once_says_when_to_come_back(played: Feishu):
    played.inside.hurdle = Busy()
    assert await played.say(played.member, "hi") == 429


async def by_token(raw: dict[str, Any], **settings: Any) -> tuple[int, Feishu]:
    async with Feishu(encrypt_key="", **settings).running() as one:
        return await one.post(b"", body=json.dumps(raw).encode(), headers=UNSIGNED), one


async def test_without_an_encrypt_key_the_verification_token_decides():
    event = Feishu().message("ou_1", "text", {"text": "hi"})
    status, one = await by_token(event)
    assert (status, [message.text for message in one.inside.delivered]) == (200, ["hi"])
    event["header"]["token"] = "wrong"
    status, one = await by_token(event)
    assert (status, one.inside.delivered, one.inside.rejected) == (401, [], [])
    assert (await by_token({**VERIFY}))[0] == 200
    assert (await by_token({**VERIFY, "token": "x"}))[0] == 401


async def test_with_neither_key_nor_token_there_is_no_way_in():
    event = Feishu().message("ou_1", "text", {"text": "hi"})
    assert (await by_token(event, verification_token=""))[0] == 404
    event["header"]["token"] = ""
    assert (await by_token(event, verification_token=""))[0] == 404


async def test_it_is_off_without_app_or_secret():
    for missing in ("app_id", "app_secret"):
        async with Feishu(**{missing: ""}).running() as one:
            assert not one.adapter.on
            assert await one.say(one.member, "hi") == 404


def test_settings_show_no_secret_and_want_an_address():
    branch = {name.lower(): value for name, value in Feishu().settings().items()}
    settings = FeishuSettings.model_validate(branch | {"api_base": "https://open.larksuite.com/"})
    assert settings.api_base == "https://open.larksuite.com"
    for secret in (stand_in.APP_SECRET, harness.KEY, harness.TOKEN):
        assert secret not in repr(settings) + str(settings.model_dump())
    with pytest.raises(ValidationError):
        FeishuSettings(api_base="open.feishu.cn")
    assert FeishuSettings().api_base == "https://open.feishu.cn"


async def test_start_and_stop_do_not_wait_for_feishu():
    async with asyncio.timeout(2):
        one = Feishu(api_base="http://127.0.0.1:9")
        async with one.running():
            assert await one.say(one.member, "hi") == 200


async def test_a_tap_is_answered_with_a_toast_alone_after_it_is_stored(played: Feishu):
    from bot.contract import Button, Notice, Target

    notice = Notice(title="t", buttons=(Button(label="看", command="/tasks"),))
    await played.adapter.send(Target(chat=played.inner), notice, key="k")
    assert await played.tap(played.member, "看", chat=played.inner) == 200
    assert set(played.answer) == {"toast"}
    assert played.answer["toast"]["i18n"] == {"zh_cn": "已收到", "en_us": "Got it"}
    (message,) = played.inside.delivered
    assert (message.chat, message.private, message.direct) == (played.inner, False, played.member)
    assert KEY not in str(played.answer)
    foreign = played.tapped(played.member, played.there.messages[0], {"value": {"x": 1}})
    assert await played.deliver(foreign) == 200
    assert played.answer["toast"]["type"] == "error"
    assert len(played.inside.rejected) == 1
