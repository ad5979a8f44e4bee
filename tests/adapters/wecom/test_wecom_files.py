"""Files: streamed, bounded, from WeCom alone; its errors come as JSON with a 200."""

import json
from typing import Any

import pytest

from bot.contract import Refused, RemoteFile, TryLater
from tests.adapters.wecom.harness import WeCom

DATA = b"\xff\xd8made-up picture" * 99
GENERIC = "application/octet-stream"


def put(wecom: WeCom, data: bytes, type_: str = "image/jpeg", **headers: str) -> RemoteFile:
    wecom.server.media["1id"] = ("app", data, type_, headers)
    return RemoteFile(ref="app:1id", name="")


async def test_a_picture_is_named_by_the_answer(wecom: WeCom):
    disposition = 'attachment; filename="合同.jpg"'.encode().decode("latin-1")
    file = put(wecom, DATA, **{"Content-Disposition": 'attachment; filename="site.jpg"'})
    stored = await wecom.adapter.fetch(file)
    assert (stored.name, stored.type, stored.size) == ("site.jpg", "image/jpeg", len(DATA))
    assert wecom.inside.media.files[stored.sha256] == DATA
    assert disposition


async def test_a_text_file_is_a_file_and_no_error(wecom: WeCom):
    data = json.dumps({"errcode": 40007}).encode()
    file = put(wecom, data, "text/plain", **{"Content-Disposition": 'attachment; filename="a.txt"'})
    assert (await wecom.adapter.fetch(file)).size == len(data)


@pytest.mark.parametrize("type_", ["application/json", "text/plain"])
@pytest.mark.parametrize(
    ("code", "error", "words"),
    [(40007, Refused, "三天"), (-1, TryLater, "-1"), (45009, TryLater, "45009"), (1, Refused, "1")],
)
async def test_an_error_is_no_file(
    wecom: WeCom, type_: str, code: int, error: type[Exception], words: str
):
    file = put(wecom, json.dumps({"errcode": code, "errmsg": "made up"}).encode(), type_)
    with pytest.raises(error, match=words):
        await wecom.adapter.fetch(file)
    assert wecom.inside.media.files == {}


async def test_a_file_that_is_gone_is_refused_in_words(wecom: WeCom):
    with pytest.raises(Refused, match="40007"):
        await wecom.adapter.fetch(RemoteFile(ref="app:gone", name=""))


async def test_a_token_that_ran_out_is_replaced(wecom: WeCom):
    file = put(wecom, DATA)
    await wecom.adapter.fetch(file)
    wecom.server.tokens.clear()
    assert (await wecom.adapter.fetch(file)).size == len(DATA)


async def test_each_door_has_its_own_token(wecom: WeCom):
    put(wecom, DATA)
    with pytest.raises(Refused, match="40007"):
        await wecom.adapter.fetch(RemoteFile(ref="kf:1id", name=""))


async def test_a_page_in_place_of_a_file_is_refused(wecom: WeCom):
    with pytest.raises(Refused, match="web page"):
        await wecom.adapter.fetch(put(wecom, b"<html>login</html>", "text/html"))


async def test_no_other_host_is_asked(wecom: WeCom):
    with pytest.raises(Refused, match="host"):
        await wecom.adapter.fetch(put(wecom, b"", Location="http://127.0.0.1:9/x"))


async def test_what_is_larger_than_wecom_allows_is_not_kept(wecom: WeCom):
    with pytest.raises(Refused, match="20 MB"):
        await wecom.adapter.fetch(put(wecom, b"x" * (20 * 1024 * 1024 + 1), GENERIC))
    assert wecom.inside.media.files == {}


@pytest.mark.parametrize("ref", ["", "app:", "robot:x", "x"])
async def test_a_reference_of_a_door_that_is_not_set_up_waits(wecom: WeCom, ref: str):
    with pytest.raises(TryLater):
        await wecom.adapter.fetch(RemoteFile(ref=ref, name=""))


async def test_a_media_id_cannot_add_to_the_address(wecom: WeCom):
    odd: Any = "1id&access_token=x#y"
    with pytest.raises(Refused, match="40007"):
        await wecom.adapter.fetch(RemoteFile(ref=f"app:{odd}", name=""))


async def test_while_wecom_is_gone_a_file_is_tried_later(wecom: WeCom):
    await wecom.adapter.stop()
    with pytest.raises(TryLater):
        await wecom.adapter.fetch(put(wecom, DATA))
