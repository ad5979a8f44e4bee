"""Every template as Feishu gets it; `KEQING_GOLDEN=write` writes what is not there yet."""

import json
import os
from pathlib import Path

import pytest

from adapters.feishu import outbound
from adapters.feishu.adapter import FeishuAdapter
from bot.contract import Notice, Target
from bot.render.degrade import degrade
from tests.adapters.feishu import card_schema

HERE = Path(__file__).parent
LINES = (HERE.parents[1] / "data" / "notices.jsonl").read_text("utf-8").splitlines()
CASES = [json.loads(line) for line in LINES]
CHATS = {"zh": "ou_11111111111111111111111111111111", "en": "oc_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['name']}.{case['language']}")
def test_a_notice_is_sent_like_this(case: dict):
    notice = degrade(Notice.model_validate(case["notice"]), FeishuAdapter.can)
    calls = outbound.calls(Target(chat=CHATS[case["language"]]), notice, "golden", "img_v3_golden")
    sent = []
    for call in calls:
        size = len(json.dumps(call.body, ensure_ascii=False).encode())
        content = card_schema.check(call.body["msg_type"], call.body["content"], size)
        sent.append({"path": call.path, "type": call.body["msg_type"], "content": content})
    text = json.dumps(sent, ensure_ascii=False, indent=1) + "\n"
    path = HERE / "golden" / f"{case['name']}.{case['language']}.json"
    if not path.exists() and os.environ.get("KEQING_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['name']}.{case['language']}")
def test_a_notice_loses_no_word(case: dict):
    notice = degrade(Notice.model_validate(case["notice"]), FeishuAdapter.can)
    shown = "\n".join(
        card_schema.seen(kind, content)[0]
        for kind, content in outbound.messages(Target(chat="oc_1"), notice, "img_v3_golden")
    )
    wanted = [notice.title, *notice.text.split("\n"), notice.note]
    wanted += [word for fact in notice.facts for word in (fact.label, fact.value)]
    wanted += [one.label for one in notice.buttons]
    wanted += list(notice.table.columns) if notice.table else []
    wanted += [cell for row in notice.table.rows for cell in row] if notice.table else []
    wanted += [field.label for field in notice.form.fields] if notice.form else []
    wanted += [notice.chart.words] if notice.chart else []
    for words in wanted:
        assert "".join(words.split()) in "".join(shown.split())
