"""A call in the browser: its sound, the words that follow it, and a person's hand on them."""

import io
import math
import struct
import wave
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from bot.app import Program
from bot.contract import Kind, Segment, Transcript, Word
from bot.jobs import transcribe
from bot.pipeline.file import transcript_json
from storage.tables import Interaction
from tests import play
from tests.web.conftest import DESK, PHONE, LogIn, Watched

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("web")]

SAID = Transcript(
    language="zh",
    duration_s=40,
    segments=(
        Segment(start=0, end=9, speaker="agent", text="您好，<b>请讲</b>。"),
        Segment(
            start=10,
            end=20,
            speaker="customer",
            text="三期第三次延期，很不满意。",
            words=(
                Word(start=10, end=14, text="三期第三次延期，"),
                Word(start=15, end=20, text="很不满意。"),
            ),
        ),
        Segment(start=21, end=26, speaker="agent", text="抱歉，我们周五前给您新的计划。"),
        Segment(start=30, end=34, speaker="customer", text="好的，那就这么定了，谢谢。"),
    ),
)


def sound(seconds: int = 40) -> bytes:
    """A quiet tone."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        tone = (int(900 * math.sin(n / 8)) for n in range(8000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    return out.getvalue()


@pytest.fixture
async def called(loaded: Program) -> int:
    file = await loaded.media.put_bytes("call.wav", "audio/wav", sound())
    await play.file_all(
        loaded,
        play.message(
            "call",
            "",
            sender="13800001111",
            channel="calls",
            chat="13800001111",
            kind=Kind.CALL,
            attachments=(file,),
            sent_at=datetime(2026, 11, 20, 2, tzinfo=UTC),
        ),
    )
    async with loaded.db.transaction() as session:
        item = await session.get_one(Interaction, 1)
        item.transcript, item.status = transcript_json(SAID), "filed"
        item.project_id = 1
        transcribe.understand(item, SAID)
        session.add(item)
    return 1


async def opened(
    watched: Watched,
    number: int,
    at: str = "",
    *,
    who: str = "陈总",
    viewport: dict[str, int] = DESK,
) -> Page:
    page = await watched.open(who, viewport=viewport)
    await page.goto(f"{watched.url}/talks/{number}{at}")
    return page


async def test_the_words_follow_the_sound(called: int, watched: Watched):
    page = await opened(watched, called)
    await expect(page.locator(".turn")).to_have_count(4)
    await expect(page.locator("svg.chart")).to_be_visible()
    await expect(page.locator("#sound")).to_have_js_property("duration", 40)
    await page.locator("aside .at", has_text="0:10").first.click()
    await expect(page.locator("#sound")).to_have_js_property("currentTime", 10)
    await expect(page.locator(".turn.now")).to_contain_text("第三次延期")
    await page.get_by_text("很不满意。", exact=True).click()
    await expect(page.locator(".heard").last).to_have_text("很不满意。")
    await expect(page.locator(".turn b").first).to_have_text("我方")
    await expect(page.locator(".turn").first).to_contain_text("<b>请讲</b>")


async def test_a_second_in_the_address_leads_there(called: int, watched: Watched):
    page = await opened(watched, called, "#t=31")
    await expect(page.locator("#sound")).to_have_js_property("currentTime", 31)
    await expect(page.locator(".turn.now")).to_contain_text("就这么定了")


async def test_a_line_is_corrected_and_a_speaker_named(called: int, watched: Watched):
    page = await opened(watched, called)
    await page.locator(".mend summary").nth(1).click()
    await page.locator(".mend textarea").nth(1).fill("三期进展顺利 “很好” 我们满意")
    await page.get_by_role("button", name="更正").nth(0).click()
    await expect(page.locator(".said")).to_contain_text("第 2 行已更正")
    await expect(page.locator(".turn").nth(1)).to_contain_text("进展顺利 “很好”")
    await page.locator(".rename input[name=text]").first.fill("李雷")
    await page.locator(".rename button").first.click()
    await expect(page.locator(".turn b").first).to_have_text("李雷")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("who", ["陈总", "Emma"])
async def test_it_fits_in_both_languages(
    called: int, watched: Watched, who: str, size: dict[str, int]
):
    page = await opened(watched, called, who=who, viewport=size)
    await expect(page.locator("h1")).to_contain_text("通话" if who == "陈总" else "Call")
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_sound_and_words_are_behind_the_same_rights(
    loaded: Program, called: int, as_member: LogIn
):
    for who, status in (("陈总", 200), ("韩梅", 200), ("赵强", 404)):
        member = await as_member(who)
        for path in (f"/talks/{called}", "/files/1"):
            async with member.get(path) as answer:
                assert (path, answer.status) == (path, status), who
    async with (await as_member("陈总")).get(f"/talks/{2**63}") as answer:
        assert answer.status == 404
    async with (await as_member("陈总")).get("/files/1", headers={"Range": "bytes=0-9"}) as answer:
        assert (answer.status, len(await answer.read())) == (206, 10)
