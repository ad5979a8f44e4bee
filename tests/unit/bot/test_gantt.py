"""Pictures of plans: everything inside the picture, safe words, weekends and milestones seen."""

from datetime import date, timedelta
from io import BytesIO
from typing import Final
from xml.etree import ElementTree as ET

import av
from hypothesis import given
from hypothesis import strategies as st

from bot.contract import Gantt, Notice, Span
from bot.render import chart, gantt, plain
from bot.render.drawing import COLOURS

SVG: Final = "{http://www.w3.org/2000/svg}"
MONDAY: Final = date(2026, 11, 16)


def plan(*rows: Span, more: str = "") -> Gantt:
    return Gantt(
        title='三期 <script>"&\x00',
        rows=rows,
        today=MONDAY + timedelta(days=3),
        idle=tuple(MONDAY + timedelta(days=n) for n in (-2, -1, 5, 6, 12, 13, 5000)),
        legend=("关键路径", "其他任务", "里程碑", "今天"),
        more=more,
        words="甘特图：2 个任务",
    )


def task(start: int, days: int, **more: object) -> Span:
    first = MONDAY + timedelta(days=start)
    return Span.model_validate(
        {"label": "T-1 装摄像头", "first": first, "last": first + timedelta(days=days), **more}
    )


def drawn(shown: Gantt) -> ET.Element:
    return ET.fromstring(chart.svg(shown))  # noqa: S314 - our own


PLAN: Final = plan(
    task(0, 9, strong=True, share=0.5),
    task(2, 4, label="T-2 " + "很长的名字" * 20),
    task(13, 0, label="初验", stone=True),
    task(10, 0, label="上线", stone=True, share=1),
    more="另有 3 项没有画出",
)


def test_words_are_safe_and_what_matters_is_seen():
    root = drawn(PLAN)
    said = [node.text or "" for node in root.iter(f"{SVG}text")]
    assert '三期 <script>"&' in said
    assert "另有 3 项没有画出" in said
    assert root.get("aria-label") == PLAN.words
    assert any(text.startswith("T-2 很长") and text.endswith("…") for text in said)
    diamonds = [node.get("fill") for node in root.iter(f"{SVG}polygon")]
    assert diamonds == ["none", COLOURS[3], "none"]  # the last is the legend's
    faint = [node for node in root.iter(f"{SVG}rect") if node.get("fill-opacity") == "0.07"]
    assert len(faint) == 2  # two weekends
    bars = [node for node in root.iter(f"{SVG}rect") if node.get("rx")]
    whole, part, other = (float(bar.get("width", "")) for bar in bars)
    assert abs(part - whole / 2) < 0.2
    assert other < whole
    assert [bar.get("fill") for bar in bars] == [COLOURS[0], COLOURS[0], COLOURS[1]]
    assert "style" not in chart.svg(PLAN)


def test_without_pictures_it_is_drawn_in_characters():
    words, _, *rows, more = plain.text(Notice(chart=PLAN)).split("\n")
    assert (words, more) == (PLAN.words, PLAN.more)
    assert rows[0] == "◆ T-1 装摄像头 11-16 → 11-25 ██████████████████░░░░░░"
    assert "…" in rows[1]
    assert rows[3].startswith("◇ 上线 11-26 → 11-26 ")
    assert "▓" in rows[3]
    assert {len(row.rpartition(" ")[2]) for row in rows} == {24}


days = st.integers(0, 4000)


@given(st.lists(st.tuples(days, days, st.booleans(), st.floats(0, 1)), min_size=1, max_size=40))
def test_nothing_is_drawn_outside_of_the_picture(rows: list[tuple[int, int, bool, float]]):
    root = drawn(
        plan(*(task(at, 0 if stone else n, stone=stone, share=s) for at, n, stone, s in rows))
    )
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    assert height == gantt.TOP + gantt.ROW * len(rows) + gantt.BOTTOM
    for node in root.iter(f"{SVG}rect"):
        x, y = float(node.get("x", "0")), float(node.get("y", "0"))
        assert 0 <= x <= x + float(node.get("width", "")) <= width + 3
        assert 0 <= y <= y + float(node.get("height", "")) <= height
    named = [node for node in root.iter(f"{SVG}text") if node.get("y") == str(gantt.TOP - 8)]
    assert len(named) <= 10


def test_the_picture_for_chats_is_a_png():
    with av.open(BytesIO(chart.png(PLAN))) as picture:
        frame = next(picture.decode(video=0))  # pyright: ignore[reportAttributeAccessIssue]
    wide, high = gantt.WIDTH, gantt.TOP + gantt.ROW * 4 + gantt.BOTTOM
    assert frame.to_ndarray(format="gray").shape == (round(high * 1.5), round(wide * 1.5))
