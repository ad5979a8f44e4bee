"""The console in a real browser: in both languages, at phone and desk width, light and dark."""

import re

import pytest
from playwright.async_api import Page, expect

from bot.app import Program
from tests import play
from tests.web.conftest import DESK, PHONE, Watched

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("web")]

PAGES = (
    "/",
    "/customers",
    "/customers/C-0001",
    "/inbox",
    "/projects",
    "/projects/P-0001",
    "/search?q=三期",
)


@pytest.fixture
async def talked(loaded: Program) -> Program:
    await play.file_all(
        loaded,
        play.message(
            "m1", "三期的进度太慢了，非常不满意！" + "很长的网址http://example.com/" + "a" * 300
        ),
        play.message("m2", "Acme 和华建的货一起到吗", sender="new", chat="y"),
        play.message("m3", "你好，想了解你们的平台", sender="other", chat="z"),
    )
    return loaded


async def _overflow(page: Page) -> int:
    return await page.evaluate("document.documentElement.scrollWidth - innerWidth")


async def test_a_command_is_answered_and_its_button_pressed(talked: Program, watched: Watched):
    page = await watched.open("韩梅")
    await page.fill("#words", "/客户 C-0001")
    await page.keyboard.press("Enter")
    card = page.locator(".theirs", has_text="上海华建工程集团有限公司")
    await expect(card).to_be_visible()
    await expect(page.locator("#words")).to_have_value("")
    await card.get_by_role("button", name="时间线").click()
    await expect(page.locator(".mine").last).to_contain_text("/timeline C-0001")
    await expect(page.locator(".theirs").last).to_contain_text("不满意")
    await page.reload()
    await expect(page.locator(".line")).to_have_count(4)


async def test_the_palette_offers_what_one_may_do(talked: Program, watched: Watched):
    page = await watched.open("韩梅")
    palette = page.locator("#palette")
    await expect(palette).to_be_hidden()
    await page.fill("#words", "/")
    await expect(palette).to_be_visible()
    await expect(palette).to_contain_text("/新建客户")
    await expect(palette).not_to_contain_text("/添加成员")
    await page.keyboard.press("Escape")
    await expect(palette).to_be_hidden()
    await page.fill("#words", "/who")
    await page.keyboard.press("Enter")
    await expect(page.locator("#words")).to_have_value("/我是谁 ")
    await page.keyboard.press("Shift+Enter")
    await expect(page.locator("#words")).to_have_value("/我是谁 \n")
    await page.keyboard.press("Enter")
    await expect(page.locator(".theirs")).to_contain_text("韩梅")


async def test_a_file_is_sent_from_the_composer(talked: Program, watched: Watched):
    page = await watched.open("韩梅")
    await page.set_input_files(
        "#file", {"name": "会议.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    await expect(page.locator(".mine")).to_contain_text("会议.txt")
    await expect(page.locator(".theirs")).to_contain_text("已收到文件")


async def test_doubts_are_filed_by_keyboard_and_taken_back(talked: Program, watched: Watched):
    page = await watched.open("陈总")
    await page.click("header >> text=待归档")
    await expect(page.locator(".doubt")).to_have_count(2)
    await page.keyboard.press("j")
    await expect(page.locator(".doubt").first).to_be_focused()
    await page.keyboard.press("j")
    await expect(page.locator(".doubt").nth(1)).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("1")
    await expect(page.locator(".doubt")).to_have_count(1)
    await expect(page.locator(".said")).to_contain_text("归给")
    await expect(page.locator("header .badge")).to_have_text("2")
    await page.keyboard.press("u")
    await expect(page.locator(".doubt")).to_have_count(2)
    await page.locator(".doubt").nth(1).locator("input[name=name]").fill("C-0003")
    await page.locator(".doubt").nth(1).get_by_role("button", name="归档").click()
    await expect(page.locator(".said")).to_contain_text("北京远山")


async def test_a_project_is_dragged_and_a_refused_one_goes_back(talked: Program, watched: Watched):
    page = await watched.open("李雷")
    await page.goto(f"{watched.url}/projects")
    card = page.locator("[data-code='P-0001']")
    async with page.expect_response("**/projects"):
        await card.drag_to(page.locator("[data-phase=accept]"))
    await expect(page.locator("[data-phase=accept] [data-code='P-0001']")).to_be_visible()
    await expect(
        page.locator(".column", has=page.locator("[data-phase=accept]")).locator("[data-count]")
    ).to_have_text("1")
    await page.reload()
    await expect(page.locator("[data-phase=accept] [data-code='P-0001']")).to_be_visible()
    await play.rows(
        talked, "UPDATE user_account SET roles = '{finance}' WHERE name = '李雷' RETURNING id"
    )
    await card.drag_to(page.locator("[data-phase=paid]"))
    await expect(page.locator("#refused")).to_contain_text("没有权限")
    await expect(page.locator("[data-phase=accept] [data-code='P-0001']")).to_be_visible()


async def test_on_a_phone_a_project_is_moved_by_a_list(talked: Program, watched: Watched):
    page = await watched.open("李雷", viewport=PHONE, has_touch=True)
    await page.goto(f"{watched.url}/projects")
    async with page.expect_response("**/projects"):
        await page.locator("[data-code='P-0001'] select").select_option("accept")
    await expect(page.locator("[data-phase=accept] [data-code='P-0001']")).to_be_visible()
    await page.reload()
    await expect(page.locator("[data-phase=accept] [data-code='P-0001']")).to_be_visible()


async def test_a_note_stays_on_the_customers_page(talked: Program, watched: Watched):
    page = await watched.open("韩梅")
    await page.goto(f"{watched.url}/customers/C-0001")
    await page.fill(".note textarea", "内部：先别报价")
    await page.click(".note button")
    await expect(page.locator(".item-internal")).to_contain_text("先别报价")
    await expect(page.locator(".note textarea")).to_have_value("")


async def test_customers_narrow_while_one_types(talked: Program, watched: Watched):
    page = await watched.open("陈总")
    await page.goto(f"{watched.url}/customers")
    await expect(page.locator(".row-link")).to_have_count(3)
    await page.locator(".filters input").press_sequentially("acme")
    await expect(page.locator(".row-link")).to_have_count(1)
    await expect(page.locator(".filters input")).to_be_focused()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_in_both_languages(
    talked: Program, watched: Watched, viewport: dict[str, int], scheme: str
):
    page = await watched.open("陈总", viewport=viewport, color_scheme=scheme)
    await page.fill("#words", "/help")
    await page.keyboard.press("Enter")
    await expect(page.locator(".theirs")).to_be_visible()
    for language, title in (("中文", "对话"), ("English", "Chat")):
        if language == "English":
            await page.click(".me summary")
            await page.get_by_role("button", name=language).click()
        await page.goto(watched.url)
        await expect(page).to_have_title(re.compile(title))
        for path in PAGES:
            await page.goto(watched.url + path)
            assert await _overflow(page) <= 0, path
            await expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)


async def test_the_dark_switch_is_remembered(talked: Program, watched: Watched):
    page = await watched.open("韩梅", color_scheme="light")
    before = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await page.click(".me summary")
    await page.click("[data-switch-theme]")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != before


async def test_a_session_that_ends_elsewhere_leads_to_the_login(
    talked: Program, watched: Watched, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("adapters.web.chat.HEARTBEAT_S", 0.2)
    page = await watched.open("韩梅")
    await play.rows(talked, "UPDATE token SET used_at = now() RETURNING hash")
    await page.wait_for_url(re.compile("/login"))
    watched.wrong.clear()  # the browser reports the 401 that told it


async def test_what_a_command_lacks_is_filled_in(talked: Program, watched: Watched):
    page = await watched.open("陈总")
    await page.fill("#words", "/新建任务 due:2030-01-02")
    await page.keyboard.press("Enter")
    form = page.locator("form.fill")
    await expect(form.locator("[name=field-due]")).to_have_value("2030-01-02")
    await form.locator("[name=field-project]").fill("P-0001")
    await form.locator("[name=field-name]").fill('复核 "图纸"')
    await form.get_by_role("button", name="提交").click()
    await expect(page.locator(".theirs").last).to_contain_text("复核 ”图纸”")
    await expect(page.locator(".theirs").last).to_contain_text("2030")
