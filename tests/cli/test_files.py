"""`keqing ingest`, `mail`, `analyse`, `match`: what comes in by hand, and lines in and out."""

from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from storage.embedded import Cluster
from tests import conftest, scripted_whisper, voices
from tests.cli.installation import NOWHERE, Done, Installation

pytestmark = pytest.mark.xdist_group("cli")

RESULT: Final = {
    "source",
    "interaction",
    "customer",
    "project",
    "confidence",
    "language",
    "sentiment",
    "signals",
    "status",
}


# --- files -------------------------------------------------------------------------------------

MAIL = """\
From: John Smith <john@acme.example>
To: zhao@zhuyun.example
Subject: Warehouse portal
Date: Fri, 20 Nov 2026 10:00:00 +0800
Message-ID: <cli-1@acme.example>

The warehouse portal is broken again, this is unacceptable!
"""
PASTED = "王芳 2026-11-20 10:00\n三期什么时候验收？\n小张 2026-11-20 10:01\n下周三。\n"
LINES = [
    '{"id":"j1","chat":"g-huajian","sender":{"id":"u-wang"},"text":"三期的事","sent_at":1795140000}',
    "bad",
    '{"id":"j2"}',
    '{"id":"j3","chat":"q","sender":{"id":"who"},"text":"在吗","sent_at":1795140000}',
    '{"id":"j4","chat":"q","sender":{"id":"x"},"text":"P-0001 和 P23-001","sent_at":1795140000}',
]


def brought(folder: Path) -> Path:
    """A folder of all that people bring."""
    folder.mkdir()
    (folder / "1.eml").write_text(MAIL)
    call = voices.speak("您好，这里是华建集团。", folder / "2.wav")
    (folder / "2.json").write_text('{"sender": "13800001111", "time": "2026-11-20T10:00:00+08:00"}')
    (folder / "3.wav").write_bytes(b"")
    (folder / "4.wav").write_bytes(call.read_bytes()[:30])
    (folder / "5.txt").write_text(PASTED, "utf-8")
    (folder / "6.jsonl").write_text("\n".join(LINES), "utf-8")
    (folder / "7.bin").write_bytes(b"nobody reads this")
    return folder


def test_all_that_people_bring_is_filed_or_says_why_not(elsewhere: Installation):
    folder = brought(elsewhere.folder / "in")
    done = elsewhere.keqing("ingest", folder, "--json")
    assert done.code == 1
    found = {line["source"]: line for line in done.lines}
    assert {source: line["status"] for source, line in found.items()} == {
        "1.eml": "filed",
        "2.wav": "waiting_for_model",
        "3.wav": "failed",
        "4.wav": "failed",
        "5.txt:1": "filed",
        "5.txt:2": "stranger",
        "6.jsonl:1": "filed",
        "6.jsonl:2": "failed",
        "6.jsonl:3": "failed",
        "6.jsonl:4": "stranger",
        "6.jsonl:5": "doubt",
    }
    for line in found.values():
        assert set(line) - {"error"} == RESULT
        assert ("error" in line) == (line["status"] == "failed")
    mail = found["1.eml"]
    assert (mail["customer"], mail["project"]) == ("C-0002", "P23-001")
    assert (mail["language"], mail["sentiment"]) == ("en", "negative")
    assert "complaint" in mail["signals"]
    assert found["2.wav"]["customer"] == "C-0001"
    assert found["3.wav"]["interaction"] is not None
    assert "0 bytes" in found["3.wav"]["error"]
    assert "chat" in found["6.jsonl:3"]["error"]

    again = elsewhere.keqing("ingest", folder, "--json").lines
    assert [line["interaction"] for line in again] == [
        line["interaction"] for line in found.values()
    ]
    assert {line["status"] for line in again} == {"already_there", "failed"}

    # A model comes; what is brought next is transcribed, read and filed by its words.
    scripted_whisper.build(elsewhere.folder / "data" / "models" / "scripted")
    assert elsewhere.keqing("models", "list").out.startswith("scripted\t")
    voices.speak("您好，这里是华建集团。", elsewhere.folder / "new.wav", rate=8_000)
    done = elsewhere.keqing("ingest", "new.wav", "--json")
    (line,) = done.lines
    assert (done.code, line["status"], line["customer"]) == (0, "filed", "C-0001")
    assert (line["language"], line["sentiment"]) == ("zh", "negative")
    assert "complaint" in line["signals"]


def test_a_recording_is_transcribed_without_a_database(elsewhere: Installation):
    sound = voices.speak("您好，这里是华建集团。", elsewhere.folder / "call.wav", rate=8_000)
    waiting = elsewhere.keqing("transcribe", sound.name, KEQING_DATABASE_URL=NOWHERE)
    assert waiting.code == 2
    assert "keqing models pull" in waiting.err
    scripted_whisper.build(elsewhere.folder / "data" / "models" / "scripted")
    done = elsewhere.keqing("transcribe", sound.name, "--json", KEQING_DATABASE_URL=NOWHERE)
    (told,) = done.lines
    assert (done.code, told["language"]) == (0, "zh")
    assert told["duration_s"] > 0.5
    assert {"start", "end", "speaker", "text", "confidence", "sentiment"} == set(
        told["segments"][0]
    )
    assert any("第三次延期" in one for one in told["summary"])
    assert "negative" in {part["sentiment"] for part in told["segments"]}
    words = elsewhere.keqing("transcribe", sound.name, KEQING_DATABASE_URL=NOWHERE)
    assert "00:0" in words.out
    assert "要点" in words.out
    assert elsewhere.keqing("transcribe", "nowhere.wav").code == 2
    (elsewhere.folder / "empty.wav").write_bytes(b"")
    assert elsewhere.keqing("transcribe", "empty.wav").code == 2


def test_what_cannot_be_brought_says_so(firm: Installation):
    (firm.folder / "x.bin").write_bytes(b"x")
    done = firm.keqing("ingest", "x.bin", "nowhere.eml", "--json")
    assert done.code == 1
    assert [(line["source"], line["status"]) for line in done.lines] == [
        ("x.bin", "failed"),
        ("nowhere.eml", "failed"),
    ]


def test_without_a_model_the_list_says_what_to_do(firm: Installation):
    done = firm.keqing("models", "list")
    assert done.code == 0
    assert "keqing models pull small" in done.out


def test_a_mail_is_shown(firm: Installation):
    (firm.folder / "m.eml").write_text(MAIL)
    (shown,) = firm.keqing("mail", "m.eml", "--json", KEQING_DATABASE_URL=NOWHERE).lines
    assert shown["from"] == {"name": "John Smith", "address": "john@acme.example"}
    assert shown["subject"] == "Warehouse portal"
    assert firm.keqing("mail", "nowhere.eml").code == 2


# --- lines in, lines out -----------------------------------------------------------------------


def test_analyse_needs_no_database_and_keeps_the_order(firm: Installation):
    given = [
        '{"id": 1, "text": "这已经是第三次延期了，麻烦给个说法"}',
        "not json",
        '{"id": "b", "text": "Great work, thank you so much!"}',
        "",
        '{"id": 3, "text": 5}',
        '{"id": 4, "text": ""}',
        '{"id": 5, "text": "\\ud83d\\u0000"}',
        '{"text": "' + "好" * 20000 + '"}',
    ]
    done = firm.keqing("analyse", "--json", given="\n".join(given), KEQING_DATABASE_URL=NOWHERE)
    found = done.lines
    assert done.code == 1
    assert [line["id"] for line in found] == [1, None, "b", 3, 4, 5, None]
    assert ["error" in line for line in found] == [False, True, False, True, False, False, False]
    assert set(found[0]) == {"id", "language", "sentiment", "signals"}
    assert set(found[0]["sentiment"]) == {"label", "score", "because"}
    assert (found[0]["language"], found[0]["sentiment"]["label"]) == ("zh", "negative")
    assert (found[2]["language"], found[2]["sentiment"]["label"]) == ("en", "positive")
    assert firm.keqing("analyse", given="") == Done(0, "", "")


def rows(place: Installation) -> Any:
    """How many rows there are of what a message leaves behind."""
    asked = "SELECT (SELECT count(*) FROM inbox_key), (SELECT max(id) FROM audit_entry)"
    with psycopg.connect(place.url or "") as connection:
        return connection.execute(asked).fetchone()


def test_match_answers_where_messages_belong_and_writes_nothing(firm: Installation):
    given = [
        '{"id": 1, "text": "三期的摄像头", "channel": "hook", "sender": "u-wang"}',
        '{"id": 2, "text": "P-0001", "channel": "hook", "sender": "u-john"}',
        '{"id": 3, "text": "在吗"}',
        "not json",
        '{"id": 4, "text": ["x"]}',
        '{"id": 5, "text": "P23-001\\u0000", "chat": "\\ud800", "sender": "\\u0000"}',
    ]
    before = rows(firm)
    done = firm.keqing("match", "--json", given="\n".join(given))
    found = done.lines
    assert done.code == 1
    assert [line["id"] for line in found] == [1, 2, 3, None, 4, 5]
    keys = {"id", "customer", "project", "confidence", "decision", "candidates", "because"}
    for line in found:
        assert set(line) == ({"id", "error"} if "error" in line else keys)
    assert [line.get("decision") for line in found] == [
        "file",
        "ask",
        "stranger",
        None,
        None,
        "file",
    ]
    assert (found[0]["customer"], found[0]["project"]) == ("C-0001", "P-0001")
    assert found[0]["because"] == ["sender: u-wang", "project: 三期"]
    assert {guess["customer"] for guess in found[1]["candidates"]} == {"C-0001", "C-0002"}
    assert set(found[1]["candidates"][0]) == {"customer", "project", "confidence", "because"}
    assert (found[2]["customer"], found[2]["confidence"], found[2]["candidates"]) == (None, 0, [])
    assert found[5]["project"] == "P23-001"
    assert rows(firm) == before


def test_the_example_of_a_firm_can_be_loaded(cluster: Cluster, template: str, tmp_path: Path):
    example = Path(__file__).parents[2] / "docs" / "firm.example.json"
    made = Installation(tmp_path, conftest._create(cluster, f"example_{tmp_path.name}", template))
    done = made.keqing("load", example, "--json")
    assert done.code == 0, done.err
    card = made.keqing("run", "customer 华建", "--as", "沈若溪")
    assert "P-0001" in card.out
