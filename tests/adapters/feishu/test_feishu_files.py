"""Files: from Feishu's own address only, with its token, and refused in words."""

import pytest
from aiohttp import web

from bot.contract import Refused, RemoteFile, TryLater
from tests.adapters.feishu.harness import Feishu
from tests.adapters.feishu.stand_in import Refuse

FILE = RemoteFile(ref="om_1/file_1/file", name="报告.pdf", type="application/pdf")


@pytest.fixture
async def played():
    async with Feishu().running() as one:
        one.there.files["om_1/file_1"] = b"%PDF made up"
        await one.adapter._intake.own_id()
        yield one


async def test_a_file_is_fetched_with_its_name_and_type(played: Feishu):
    stored = await played.adapter.fetch(FILE)
    assert (stored.name, stored.type, stored.size) == ("报告.pdf", "application/pdf", 12)
    assert played.inside.media.files[stored.sha256] == b"%PDF made up"


async def test_a_picture_gets_the_type_that_the_answer_tells(played: Feishu):
    answer = web.Response(body=b"\x89PNG", content_type="image/png")
    played.there.file_answers.append(answer)
    stored = await played.adapter.fetch(RemoteFile(ref="om_1/img_1/image", name=""))
    assert (stored.name, stored.type) == ("file.png", "image/png")


async def test_a_stale_token_is_replaced_and_the_file_comes(played: Feishu):
    await played.adapter.fetch(FILE)
    played.there.expire()
    assert (await played.adapter.fetch(FILE)).size == 12


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (234009, "external chat"),
        (234003, "does not belong"),
        (234004, "not in the chat"),
        (234037, "100 MB"),
        (234038, "may not be downloaded"),
        (234043, "cannot be downloaded"),
        (99991672, "lacks"),
    ],
)
async def test_what_feishu_gives_not_is_said_in_words(played: Feishu, code: int, words: str):
    played.there.refusing += [Refuse(code, "required: [im:resource]")] * 2
    with pytest.raises(Refused, match=words):
        await played.adapter.fetch(FILE)


async def test_too_much_and_5xx_are_tried_later(played: Feishu):
    played.there.refusing.append(Refuse(1, status=503))
    with pytest.raises(TryLater):
        await played.adapter.fetch(FILE)
    played.there.refusing += [Refuse(99991400)] * 2
    with pytest.raises(TryLater):
        await played.adapter.fetch(FILE)


async def test_a_page_in_place_of_a_file_is_refused(played: Feishu):
    page = web.Response(text="<html>login</html>", content_type="text/html")
    played.there.file_answers.append(page)
    with pytest.raises(Refused, match="web page"):
        await played.adapter.fetch(FILE)


async def test_a_redirect_to_another_host_gets_no_token(played: Feishu):
    elsewhere = web.Response(status=302, headers={"Location": "http://127.0.0.1:9/x"})
    played.there.file_answers.append(elsewhere)
    with pytest.raises(Refused, match="not the platform's"):
        await played.adapter.fetch(FILE)


async def test_more_than_100_mb_is_not_begun(played: Feishu):
    large = FILE.model_copy(update={"size": 100 * 1024 * 1024 + 1})
    with pytest.raises(Refused, match="100 MB"):
        await played.adapter.fetch(large)


@pytest.mark.parametrize("ref", ["", "x", "a/b/c", "../../x/file", "om_1/file_1/file/more"])
async def test_a_name_that_is_no_files_is_refused(played: Feishu, ref: str):
    with pytest.raises(Refused):
        await played.adapter.fetch(FILE.model_copy(update={"ref": ref}))


async def test_a_name_stays_one_step_of_the_path(played: Feishu):
    with pytest.raises(Refused):
        await played.adapter.fetch(FILE.model_copy(update={"ref": "..%2f..%2fx/?a=b/file"}))
    assert all("/im/v1/messages/" in path for path in played.there.visits if "resources" in path)
