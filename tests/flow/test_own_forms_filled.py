"""A firm's own forms, from a file to the timeline."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import Program
from bot.cli import defining
from bot.contract import FieldKind
from tests import play

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
OURS = """
[[form]]
id = "gate"
title = { zh = "门禁检查", en = "Gate check" }
about = "project"
makes = "defect"
fields = [
  { name = "title", label = { zh = "问题", en = "What" }, required = true },
  { name = "severity", label = "严重程度", kind = "choice", choices = ["轻微", "严重"] },
]

[[form]]
id = "errand"
title = { zh = "跑腿", en = "Errand" }
about = "project"
makes = "task"
fields = [{ name = "what", label = "内容项" }, { name = "due", label = "何时", kind = "date" }]

[[form]]
id = "worry"
title = { zh = "担心", en = "Worry" }
about = "project"
makes = "risk"
fields = [{ name = "what", label = "什么", kind = "long", required = true }]
"""


@pytest.fixture
def at_ten(loaded: Program) -> Program:
    loaded.now = lambda: NOW
    return loaded


async def test_a_shipped_form_is_shown_filled_in_and_kept_as_a_note(at_ten: Program):
    listed = await play.said(at_ten, "/表单列表", "李雷")
    for words in ("site-inspection 现场巡检 项目 内部备注", "return-visit 回访记录 客户"):
        assert words in listed
    shown = (await play.run(at_ten, "/表单 巡检 三期", "李雷")).notice
    assert shown.form is not None
    assert shown.form.command == "/表单 site-inspection P-0001"
    assert [one.kind for one in shown.form.fields][:3] == [
        FieldKind.DATE,
        FieldKind.CHOICE,
        FieldKind.TEXT,
    ]
    filled = {
        "day": "2026-11-17",
        "weather": "雨",
        "place": 'A 座 "顶层"',
        "state": "已吊装\n待焊接",
    }
    missing = await play.run(at_ten, shown.form.line(filled), "李雷")
    assert "「安全」必须填写" in missing.notice.text
    assert missing.notice.form is not None
    assert missing.notice.form.fields[3].value == "A 座 ”顶层”"
    assert await play.rows(at_ten, "SELECT count(*) AS n FROM interaction") == [{"n": 0}]
    filled |= {"safety": "正常", "found": "/完成 T-1 {x}"}
    done = await play.run(at_ten, shown.form.line(filled), "李雷")
    assert done.ok, done.notice.text
    for words in (
        "天气：雨",
        "部位：A 座 ”顶层”",
        "完成情况：已吊装\n待焊接",
        "发现的问题：/完成 T-1 {x}",
    ):
        assert words in done.notice.text
    (row,) = await play.rows(
        at_ten, "SELECT kind, direction, audience, project_id, sender_name FROM interaction"
    )
    assert row == {
        "kind": "note",
        "direction": "internal",
        "audience": "internal",
        "project_id": 1,
        "sender_name": "李雷",
    }
    assert "现场巡检 巡检日期：2026-11-17" in await play.said(at_ten, "/timeline P-0001", "李雷")
    typed = await play.run(
        at_ten, "/form visit Acme day:yesterday by:phone Whom:John said:fine", "Emma"
    )
    assert typed.ok, typed.notice.text
    assert "How: phone" in typed.notice.text
    assert "Day: 2026-11-17" in typed.notice.text
    await play.run(at_ten, "/undo", "Emma")
    assert await play.rows(at_ten, "SELECT count(*) AS n FROM interaction") == [{"n": 1}]


async def test_a_firms_own_forms_make_work_for_who_may(at_ten: Program, tmp_path: Path):
    file = tmp_path / "forms.toml"
    file.write_text(OURS, "utf-8")
    assert await defining.bring(at_ten, [file], check=False) == 0
    for line in (
        "/表单 门禁 P-0001 title:门打不开 严重程度:严重",
        "/表单 跑腿 P-0001 内容项:取图纸 何时:2026-11-20",
        "/表单 担心 P-0001 what:材料涨价",
    ):
        outcome = await play.run(at_ten, line, "李雷")
        assert outcome.ok, outcome.notice.text
        assert "#" in outcome.notice.note
    made = "SELECT title, severity, interaction_id FROM defect"
    assert await play.rows(at_ten, made) == [
        {"title": "门打不开", "severity": "major", "interaction_id": 1}
    ]
    made = "SELECT name, due::text AS due, interaction_id FROM task WHERE id > 1"
    assert await play.rows(at_ten, made) == [
        {"name": "取图纸", "due": "2026-11-20", "interaction_id": 2}
    ]
    assert await play.rows(at_ten, "SELECT title, level FROM risk") == [
        {"title": "材料涨价", "level": "medium"}
    ]
    for line, why in (
        ("/表单 天书 P-0001", "可用：回访记录、现场巡检"),
        ("/表单 现场巡检", "请说明是哪个项目"),
        ("/表单 回访", "请说明是哪个客户"),
        ("/表单 现场巡检 P-9999", "没有找到项目"),
        ("/表单 现场巡检 P-0001 颜色:红", "没有「颜色」"),
        ("/表单 现场巡检 P23-001 day:明天", "必须填写"),
    ):
        assert why in await play.said(at_ten, line, "陈总"), line
    assert "没有找到客户" in await play.said(at_ten, "/表单 回访 Acme", "韩梅")
    assert "defect.write" in await play.said(at_ten, "/表单 门禁 P-0001 title:坏了", "韩梅")
    assert "note.write" in await play.said(at_ten, "/表单", "钱会计")
    assert await play.rows(at_ten, "SELECT count(*) AS n FROM interaction") == [{"n": 3}]
