"""Commands, the trace, help, settings and trouble: exit codes and what is printed."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.app import secret_key
from storage import audit
from storage.db import Database
from tests import conftest
from tests.cli.installation import NOWHERE, Installation

pytestmark = pytest.mark.xdist_group("cli")


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
        ('{"members": [{"name": "x", "role": "king"}]}', "'x'"),
        ('{"customers": [{"name": "x", "projects": [{"name": 5}]}]}', "customers.0.projects.0."),
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


def test_a_command_that_is_refused_ends_with_two(firm: Installation):
    done = firm.keqing("run", "客户 C-0002", "--as", "韩梅", "--json")
    assert (done.code, done.lines[0]["ok"]) == (2, False)
    assert "Acme" not in done.out


@pytest.mark.parametrize("who", ["没有这个人", b"\xff"])
def test_a_command_of_nobody_ends_with_two(firm: Installation, who: str | bytes):
    done = firm.keqing("run", "帮助", "--as", who)
    assert (done.code, done.out) == (2, "")
    assert "没有成员" in done.err


def test_words_that_are_no_text_are_answered(firm: Installation):
    done = firm.keqing("run", "客户 ".encode() + b"\xff\xfe", "--as", "陈总", "--json")
    assert (done.code, done.lines[0]["ok"]) == (2, False)


def test_a_talk_through_a_pipe(firm: Installation):
    done = firm.keqing("chat", "--as", "Emma", given="/whoami\nproject P23-001\n")
    assert done.code == 0
    assert done.out.index("Hello Emma") < done.out.index("project manager")
    assert "Warehouse portal" in done.out
    nobody = firm.keqing("chat")
    assert nobody.code == 2
    assert "--as" in nobody.err


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
            connection.execute(sql.encode())
    done = place.keqing("audit", "verify", "--json")
    (verdict,) = done.lines
    assert (done.code, verdict["intact"]) == ((1, False) if sql else (0, True))
    assert where in verdict["where"]
    if where == "seal 2":
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
    for words, language in (((), "en"), (("-h",), "zh")):
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
