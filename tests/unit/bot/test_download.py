"""Files from platforms: bounded, from known hosts, and never a login page."""

import os

import pytest
from aiohttp import web

from bot.contract import Refused, RemoteFile, TryLater
from bot.download import Downloads, allowed
from tests.contract.harness import Media, serving

FILE = RemoteFile(ref="r", name="", type="application/octet-stream")
BYTES = os.urandom(3_000_000)


async def plain(request: web.Request) -> web.Response:
    if request.headers.get("Authorization") != "Bearer t":
        return web.Response(status=403)
    names = {"Content-Disposition": "attachment; filename*=UTF-8''..%2F%E6%96%B9%E6%A1%88.pdf"}
    return web.Response(body=BYTES, content_type="application/pdf", headers=names)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(64):
        await response.write(b"x" * 65536)
    return response


async def odd(request: web.Request) -> web.Response:
    """Whatever is no file."""
    what = request.match_info["what"]
    if what == "login":
        return web.Response(text="<html>", content_type="text/html")
    statuses = {"busy": 429, "down": 503, "gone": 404}
    where = {"moved": "/file", "circle": "/circle"}.get(what, request.query.get("to", ""))
    return web.Response(
        status=statuses.get(what, 302), headers={"Location": where, "Retry-After": "7"}
    )


ROUTES = (
    web.get("/file", plain),
    web.get("/endless", endless),
    web.get("/{what:login|busy|down|gone|moved|circle|away}", odd),
)


@pytest.fixture
async def host():
    async with serving(*ROUTES) as address:
        yield address


async def get(address: str, path: str, media: Media, file: RemoteFile = FILE, most: int = 10**7):
    headers = {"Authorization": "Bearer t"}
    return await Downloads(media)(
        address + path, file, origins=[address], headers=headers, most=most
    )


@pytest.mark.parametrize("path", ["/file", "/moved"])
async def test_a_file_is_kept_with_the_name_and_type_that_it_has(host: str, path: str):
    media = Media()
    stored = await get(host, path, media)
    assert (stored.name, stored.type, stored.size) == ("方案.pdf", "application/pdf", len(BYTES))
    assert media.files[stored.sha256] == BYTES


async def test_what_the_message_called_it_stays(host: str):
    named = RemoteFile(ref="r", name="a.amr", type="audio/amr")
    stored = await get(host, "/file", Media(), named)
    assert (stored.name, stored.type) == ("a.amr", "audio/amr")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/login", "permission"),
        ("/gone", "404"),
        ("/circle", "circle"),
        ("/away?to=http://127.0.0.1:1/x", "host"),
        ("/away?to=http://169.254.169.254/latest", "host"),
        ("/away?to=file:///etc/passwd", "host"),
    ],
)
async def test_what_is_no_file_of_the_platforms_is_refused(host: str, path: str, why: str):
    media = Media()
    with pytest.raises(Refused, match=why):
        await get(host, path, media)
    assert media.files == {}


@pytest.mark.parametrize("path", ["/file", "/endless"])
async def test_what_is_too_large_is_refused_with_a_word(host: str, path: str):
    with pytest.raises(Refused, match="1 MB"):
        await get(host, path, Media(), most=1024 * 1024)


async def test_what_is_said_to_be_too_large_is_not_even_asked_for():
    big = RemoteFile(ref="r", name="x", size=10**9)
    with pytest.raises(Refused, match="larger"):
        await get("http://127.0.0.1:1", "/x", Media(), big)


@pytest.mark.parametrize("path", ["/busy", "/down"])
async def test_what_may_pass_is_tried_later(host: str, path: str):
    with pytest.raises(TryLater) as caught:
        await get(host, path, Media())
    assert caught.value.after == 7.0


async def test_a_host_that_is_away_is_tried_later():
    with pytest.raises(TryLater):
        await get("http://127.0.0.1:1", "/x", Media())


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://files.slack.com/a", True),
        ("https://FILES.slack.com/a", True),
        ("https://files.slack.com:443/a", False),
        ("http://files.slack.com/a", False),
        ("https://slack.com.evil.example/a", False),
        ("https://evil.example/slack.com", False),
        ("https://user@files.slack.com/a", False),
        ("https://files.slack.com@evil.example/a", False),
        ("//files.slack.com/a", False),
        ("https://[::1/a", False),
        ("", False),
    ],
)
def test_only_the_platforms_own_origins_are_asked(url: str, is_allowed: bool):
    assert allowed(url, ["https://*.slack.com"]) is is_allowed
