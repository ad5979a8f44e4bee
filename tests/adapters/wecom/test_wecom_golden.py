"""Every notice of the product in both languages, as WeCom's messages; the stand-in takes them all."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.wecom import cards, outbound, robot_outbound
from adapters.wecom.adapter import WeComAdapter
from bot.contract import Notice
from bot.render.degrade import degrade
from tests.adapters.wecom import content, robot_stand_in

DATA = b"\x89PNG made up"
PICTURE = "3Ggolden"
MEDIA = {PICTURE: DATA}
HERE = Path(__file__).parent
NOTICES = [
    json.loads(line)
    for line in (HERE.parents[1] / "data" / "notices.jsonl").read_text("utf-8").splitlines()
]


def rendered(notice: Notice) -> dict[str, Any]:
    shown = degrade(notice, WeComAdapter.can)
    return {
        "user": outbound.private(shown, "golden", outbound.picture(PICTURE)),
        "group": outbound.group(shown, outbound.picture(PICTURE)),
        "hook": outbound.robot(shown, outbound.whole_picture(DATA)),
        "kf": outbound.customer(shown, "golden"),
        "robot": robot_outbound.messages(shown, "golden"),
        "reply": robot_outbound.one(shown, "golden"),
        "place": cards.replacing(shown, "golden"),
    }


@pytest.mark.parametrize("line", NOTICES, ids=lambda one: f"{one['name']}.{one['language']}")
def test_a_notice_is_rendered_as_it_was(line: dict[str, Any]):
    found = rendered(Notice.model_validate(line["notice"]))
    for message in found["user"]:
        content.check_content(message, types={"text", "image", "template_card"}, media=MEDIA)
    for message in found["group"]:
        content.check_content(message, types={"text", "image", "markdown"}, media=MEDIA)
    for message in found["hook"]:
        content.check_content(message, types={"text", "image", "markdown"}, markdown=4096)
    for message in found["kf"]:
        content.check_content(message, types={"text"})
    for message in [*found["robot"], found["reply"]]:
        robot_stand_in.check_message(message)
    if found["place"]:
        content.check_card(found["place"])
    path = HERE / "golden" / f"{line['name']}.{line['language']}.json"
    path.parent.mkdir(exist_ok=True)
    if not path.exists() and os.environ.get("KEQING_GOLDEN") == "write":
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert found == json.loads(path.read_text("utf-8"))


def test_no_golden_file_is_left_over():
    names = {f"{line['name']}.{line['language']}.json" for line in NOTICES}
    assert {path.name for path in (HERE / "golden").glob("*.json")} == names
