"""Charts: safe markup, and pictures that need no font of the machine."""

import hashlib
import tomllib
from io import BytesIO
from xml.etree import ElementTree as ET

import av

from bot.contract import Can, Chart, Notice, Series
from bot.render import chart, curve, plain
from bot.render.degrade import degrade

MOOD = Chart(
    title='情绪 <script>"&\x00',
    series=(
        Series(name="客户", points=((0, -2), (50, 0.5), (100, 1))),
        Series(name="王" * 60, points=((10, 0),)),
    ),
    low=-1,
    high=1,
    across=((0, "0:00"), (100, "1:40")),
    up=((-1, "差"), (1, "好")),
    words="情绪：差 → 好",
)


def test_the_svg_holds_words_and_no_markup_of_theirs():
    root = ET.fromstring(chart.svg(MOOD))  # noqa: S314 - our own
    texts = [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert '情绪 <script>"&' in texts
    assert root.get("aria-label") == MOOD.words
    assert "style" not in chart.svg(MOOD)
    assert all(len(text) <= 24 for text in texts)


def test_what_lies_outside_is_drawn_at_the_edge():
    root = ET.fromstring(chart.svg(MOOD))  # noqa: S314 - our own
    dots = [
        node for node in root.iter("{http://www.w3.org/2000/svg}circle") if node.get("r") == "3"
    ]
    heights = [float(dot.get("cy", "")) for dot in dots]
    assert max(heights) <= curve.HEIGHT - curve.BOTTOM
    assert len(dots) == 4


def test_the_picture_is_drawn_with_the_font_that_is_shipped():
    with av.open(BytesIO(chart.png(MOOD))) as picture:
        frame = next(picture.decode(video=0))
    shown = frame.to_ndarray(format="gray")
    assert shown.shape == (330, 960)
    named = chart.png(MOOD.model_copy(update={"title": "齉龘"}))
    unnamed = chart.png(MOOD.model_copy(update={"title": "\U0002a6d6\U0002a6d6"}))
    assert named != unnamed


def test_fonts_are_listed_and_unchanged():
    listed = tomllib.loads((chart.FONTS / "VENDOR.toml").read_text("utf-8"))["file"]
    fonts = {path.name for path in chart.FONTS.glob("*.otf")}
    assert {file["path"] for file in listed} == fonts
    for file in listed:
        body = (chart.FONTS / file["path"]).read_bytes()
        assert hashlib.sha256(body).hexdigest() == file["sha256"]
        assert (chart.FONTS / file["path"]).with_suffix(".LICENSE.txt").is_file()


def test_where_there_are_no_pictures_its_words_stand_for_it():
    notice = Notice(text="要点", chart=MOOD)
    assert degrade(notice, ()).text == "要点\n情绪：差 → 好"
    assert degrade(notice, {Can.CHARTS}) == notice
    assert "情绪：差 → 好" in plain.text(notice)
