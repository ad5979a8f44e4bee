"""The program as people start it: processes, exit codes, what they print."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from bot.app import secret_key
from storage import audit
from storage.db import Database
from tests import conftest, scripted_whisper, voices

pytestmark = pytest.mark.xdist_group("cli")

KEQING: Final = Path(sys.executable).with_name("keqing")
NOWHERE: Final = "postgresql://nobody:none@127.0.0.1:1/none?connect_timeout=2"
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


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Installation:
    """A place to start the program in: its folder, and a database."""

    folder: Path
    url: str | None

    def keqing(self, *words: str | bytes | Path, given: str = "", **environ: str) -> Done:
        """Run `keqing …` to its end in the folder."""
        base = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder)}
        base["KEQING_DATA_DIR"] = str(self.folder / "data")
        if self.url:
            base["KEQING_DATABASE_URL"] = self.url
        done = subprocess.run(
            [str(KEQING), *words],
            cwd=self.folder,
            env=base | environ,
            input=given.encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=90,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="module")
def firm(cluster, template, tmp_path_factory) -> Installation:
    """FIRM, loaded once; tests add to it what only they look at."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "firm.json").write_text(json.dumps(conftest.FIRM), "utf-8")
    made = Installation(folder, conftest._create(cluster, f"cli_{folder.name}", template))
    assert made.keqing("load", "firm.json").code == 0
    return made


@pytest.fixture
def elsewhere(firm: Installation, tmp_path: Path) -> Installation:
    """The same firm, with a folder of its own."""
    return Installation(tmp_path, firm.url)


# --- a firm, and commands ----------------------------------------------------------------------


def test_loading_twice_changes_nothing(firm: Installation):
    done = firm.keqing("load", "firm.json", "--json")
    assert (done.code, done.lines) == (
        0,
        [{"members": 8, "customers": 3, "projects": 3, "chats": 2}],
    )
    (stats,) = firm.keqing("stats", "--json").lines
    assert (stats["customers"], stats["projects"]) == (3, 3)


def test_stats_have_exactly_these_keys(firm: Installation):
    (stats,) = firm.keqing("stats", "--json").lines
    assert {name: set(v) if isinstance(v, dict) else type(v) for name, v in stats.items()} == {
        "inbox": {"waiting", "done", "failed"},
        "interactions": int,
        "customers": int,
        "projects": int,
        "doubt_queue": int,
        "outbox": {"waiting", "sent", "failed"},
        "jobs": set(stats["jobs"]),
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "公司资料有误"),
        ('{"members": 5}', "members: "),
        ('{"members": [{"name": "x", "role": "king"}]}', "'x'"),
        ('{"customers": [{"name": "x", "projects": [{"name": 5}]}]}', "customers.0.projects.0."),
        ('{"chats": [{"channel": "hook", "chat": "c", "customer": "C-9999"}]}', "C-9999"),
    ],
)
def test_a_firm_that_cannot_be_loaded_says_where(firm: Installation, body: str, why: str):
    (firm.folder / "wrong.json").write_text(body)
    done = firm.keqing("load", "wrong.json")
    assert (done.code, done.out) == (2, "")
    assert "公司资料有误" in done.err
    assert why in done.err


def test_a_command_is_run_as_a_member(firm: Installation):
    done = firm.keqing("run", "客户 华建", "--as", "陈总", "--json")
    (card,) = done.lines
    assert (done.code, card["ok"]) == (0, True)
    assert card["title"] == "C-0001 上海华建工程集团有限公司"
    shown = firm.keqing("run", "customer acme", "--as", "emma@zhuyun.example")
    assert "Acme Trading" in shown.out


def test_a_command_that_is_refused_ends_with_one(firm: Installation):
    done = firm.keqing("run", "客户 C-0002", "--as", "韩梅", "--json")
    assert (done.code, done.lines[0]["ok"]) == (1, False)
    assert "Acme" not in done.out


@pytest.mark.parametrize("who", ["没有这个人", b"\xff"])
def test_a_command_of_nobody_ends_with_two(firm: Installation, who: str | bytes):
    done = firm.keqing("run", "帮助", "--as", who)
    assert (done.code, done.out) == (2, "")
    assert "没有成员" in done.err


def test_words_that_are_no_text_are_answered(firm: Installation):
    done = firm.keqing("run", "客户 ".encode() + b"\xff\xfe", "--as", "陈总", "--json")
    assert (done.code, done.lines[0]["ok"]) == (1, False)


def test_a_talk_through_a_pipe(firm: Installation):
    done = firm.keqing("chat", "--as", "Emma", given="/whoami\nproject P23-001\n")
    assert done.code == 0
    assert done.out.index("Hello Emma") < done.out.index("project manager")
    assert "Warehouse portal" in done.out
    nobody = firm.keqing("chat")
    assert nobody.code == 2
    assert "--as" in nobody.err


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
    for wrong in ("nowhere.eml", "."):
        assert firm.keqing("mail", wrong).code == 2


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
    assert firm.keqing("analyse", given='{"id": 1, "text": "好"}').code == 0
    assert firm.keqing("analyse", given="") == Done(0, "", "")


def test_match_answers_where_messages_belong_and_writes_nothing(firm: Installation):
    given = [
        '{"id": 1, "text": "三期的摄像头", "channel": "hook", "sender": "u-wang"}',
        '{"id": 2, "text": "P-0001", "channel": "hook", "sender": "u-john"}',
        '{"id": 3, "text": "在吗"}',
        "not json",
        '{"id": 4, "text": ["x"]}',
        '{"id": 5, "text": "P23-001\\u0000", "chat": "\\ud800", "sender": "\\u0000"}',
    ]
    (before,) = firm.keqing("stats", "--json").lines
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
    assert firm.keqing("stats", "--json").lines == [before]


# --- the trace ---------------------------------------------------------------------------------


def write_and_seal(place: Installation) -> None:
    """Two seals of three entries each, by the installation's own key."""

    async def work() -> None:
        kept = place.folder / "data" / "kept"
        db = Database(place.url or "", secret_key(kept))
        for number in range(2):
            async with db.transaction() as session:
                traces = [audit.Trace(f"{name}{number}", "customer", 1) for name in "abc"]
                await audit.write(session, *traces)
            async with db.transaction() as session:
                link = await audit.seal(session)
            assert link is not None
            audit.keep_head(kept, link)
        await db.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("", ""),
        ("UPDATE audit_entry SET actor_id = 5 WHERE action = 'b0'", "seal 1"),
        ("DELETE FROM audit_entry WHERE action = 'b1'", "seal 2"),
        (
            """WITH gone AS (DELETE FROM audit_seal WHERE id = 2 RETURNING low)
               DELETE FROM audit_entry USING gone WHERE mark >= low""",
            "6 entries were sealed, 3 are left",
        ),
        (
            """UPDATE audit_entry a SET action = b.action FROM audit_entry b
               WHERE (a.action, b.action) IN (('a1', 'b1'), ('b1', 'a1'))""",
            "seal 2",
        ),
        (
            """INSERT INTO audit_entry (mark, action, subject, digest)
               SELECT mark, 'new', subject, digest FROM audit_entry WHERE action = 'a0'""",
            "seal 1",
        ),
    ],
    ids=["untouched", "edited", "deleted", "tail cut", "reordered", "inserted"],
)
def test_whatever_is_done_to_the_trace_shows(url: str, tmp_path: Path, sql: str, where: str):
    place = Installation(tmp_path, url)
    write_and_seal(place)
    if sql:
        with psycopg.connect(url) as connection:
            connection.execute(sql)
    done = place.keqing("audit", "verify", "--json")
    (verdict,) = done.lines
    assert (done.code, verdict["intact"]) == ((1, False) if sql else (0, True))
    assert where in verdict["where"]
    if sql:
        spoken = place.keqing("audit", "verify", KEQING_LANGUAGE="en")
        assert (spoken.code, spoken.out) == (1, f"The audit chain is broken: {verdict['where']}\n")


# --- help, settings, trouble -------------------------------------------------------------------

EVERY_HELP = """
import typer
from typer.testing import CliRunner
from bot.cli import app

def walk(group, path):
    yield path
    for name, one in getattr(group, "commands", {}).items():
        yield from walk(one, [*path, name])

for path in walk(typer.main.get_command(app), []):
    done = CliRunner().invoke(app, [*path, "--help"])
    print("@", " ".join(path), done.exit_code)
    print(done.output)
"""


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_has_help_in_both_languages(language: str, tmp_path: Path):
    environ = {"PATH": "/usr/bin:/bin", "KEQING_LANGUAGE": language, "COLUMNS": "200"}
    shown = subprocess.run(
        [sys.executable, "-c", EVERY_HELP],
        env=environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout.decode()
    _, *pages = shown.split("\n@ ")
    heads = [page.splitlines()[0] for page in pages]
    assert {"serve 0", "ingest 0", "audit verify 0", "models pull 0", "mail 0"} <= set(heads)
    for page in pages:
        assert page.splitlines()[0].endswith(" 0")
        assert is_chinese(page) == (language == "zh")


def test_the_program_shows_its_commands(firm: Installation):
    for words, language in ((("--help",), "en"), ((), "en"), (("-h",), "zh")):
        done = firm.keqing(*words, KEQING_LANGUAGE=language)
        assert "serve" in done.out + done.err
        assert is_chinese(done.out + done.err) == (language == "zh")


def test_an_unknown_setting_is_named_and_ignored(firm: Installation):
    done = firm.keqing("stats", "--json", KEQING_PROT="1", KEQING_HOOK__SECRT="2")
    assert (done.code, len(done.lines)) == (0, 1)
    for name in ("prot", "hook.secrt"):
        assert f"没有名为 {name} 的设置" in done.err


@pytest.mark.parametrize(
    ("environ", "name"),
    [({"KEQING_PORT": "abc"}, "KEQING_PORT"), ({"KEQING_HOOK__PUSH_URL": "x"}, "KEQING_HOOK__PUSH_URL")],
)  # fmt: skip
def test_a_bad_value_stops_the_program_and_is_named(
    firm: Installation, environ: dict[str, str], name: str
):
    done = firm.keqing("serve", **environ)
    assert (done.code, done.out) == (2, "")
    assert f"({name})」的值不可用" in done.err
    assert f"({name}) has a value that cannot be used" in done.err


def test_a_broken_settings_file_is_named(elsewhere: Installation):
    (elsewhere.folder / "keqing.toml").write_text("port = = 1")
    done = elsewhere.keqing("stats")
    assert (done.code, done.out) == (2, "")
    assert "keqing.toml" in done.err
    assert "is not valid TOML" in done.err


def test_settings_come_from_the_file_too(elsewhere: Installation):
    (elsewhere.folder / "keqing.toml").write_text('language = "en"\ncolour = "red"')
    done = elsewhere.keqing("audit", "verify", KEQING_DATABASE_URL=str(elsewhere.url))
    assert "there is no setting colour" in done.err


def test_a_taken_port_is_named(firm: Installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = firm.keqing("serve", "--only", "web", KEQING_PORT=str(port))
    assert done.code == 2
    assert f"端口 {port} 已被占用" in done.err


def test_a_database_that_cannot_be_reached_is_named(firm: Installation):
    done = firm.keqing("stats", KEQING_DATABASE_URL=NOWHERE)
    assert (done.code, done.out) == (2, "")
    assert "cannot be reached" in done.err
    assert "none@" not in done.err


@pytest.mark.parametrize("words", [("serve", "--only", "mail"), ("worker", "--queue", "x")])
def test_words_that_mean_nothing_are_refused(firm: Installation, words: tuple[str, ...]):
    assert firm.keqing(*words).code == 2


# --- with a database of its own ----------------------------------------------------------------


@pytest.fixture
def alone() -> Iterator[Installation]:
    """A folder and nothing else; not under pytest's, which is the user's alone."""
    folder = Path(tempfile.mkdtemp(prefix="kq"))
    folder.chmod(0o755)
    yield Installation(folder, None)
    shutil.rmtree(folder)


def test_without_any_setting_it_brings_its_own_database(alone: Installation):
    (alone.folder / "firm.json").write_text(json.dumps(conftest.FIRM), "utf-8")
    assert alone.keqing("load", "firm.json").code == 0
    assert alone.keqing("run", "客户 华建", "--as", "陈总").code == 0
    assert alone.keqing("stats", "--json").lines[0]["customers"] == 3
    (verdict,) = alone.keqing("audit", "verify", "--json").lines
    assert (verdict["intact"], verdict["unsealed"]) == (True, 1)
