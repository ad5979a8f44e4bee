"""The rules of the house: sizes, imports, style, types, words, and what may be committed."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from storage import db as storage_db
from storage.tables import metadata

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
CODE = sorted(
    path
    for folder in ("bot", "adapters", "storage")
    for path in (ROOT / folder).rglob("*.py")
    if "versions" not in path.parts
)
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split("\n")


def of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", CODE, ids=of)
def test_files_classes_and_functions_stay_within_their_budgets(path: Path):
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert lines(node) <= 60, f"{node.name} has {lines(node)} lines"
        if isinstance(node, ast.ClassDef):
            assert lines(node) <= 200, f"{node.name} has {lines(node)} lines"


def run(*command: str) -> str:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout[-4000:] + done.stderr[-2000:]


def test_imports_point_one_way():
    assert run("lint-imports", "--no-cache") == ""


def test_style():
    assert run("ruff", "check", "--no-cache", ".") == ""
    assert run("ruff", "format", "--no-cache", "--check", ".") == ""


@pytest.mark.timeout(300)
def test_types():
    assert run("basedpyright", "--warnings") == ""


def test_modules_import_each_other_in_no_ring():
    import grimp

    graph = grimp.build_graph("bot", "adapters", "storage", cache_dir=None)
    rings = [
        (module, other)
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
        if not other.startswith(module + ".")
        and not module.startswith(other + ".")
        and graph.chain_exists(importer=other, imported=module)
    ]
    assert rings == []


def test_the_migrations_make_what_the_tables_say(url: str):
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _o, name, kind, *_: (
                    not (kind == "table" and name.startswith("procrastinate"))
                )
            },
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(url: str):
    assert storage_db.migrate(url) is False
    with psycopg.connect(url) as connection:
        assert storage_db.revision(connection) == storage_db.head()


def test_the_compose_file_is_one():
    assert (
        run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
        == ""
    )
    text = (ROOT / "docker-compose.yml").read_text()
    for service in ("postgres", "web", "worker", "speech"):
        assert re.search(rf"^  {service}:$", text, re.MULTILINE), service


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_address(name: str):
    text = (ROOT / name).read_text()
    pins = re.findall(r"^[a-z0-9][\w.-]*(?:\[.*\])?==\S+", text, re.MULTILINE)
    assert len(pins) > 30
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text


def test_nothing_is_committed_that_must_not_be():
    names = [name for name in TRACKED if name]
    assert not [n for n in names if n.endswith(("uv.lock", "poetry.lock", "package-lock.json"))]
    # Written in two parts, so that this file does not find itself.
    machine = re.compile(
        "|".join(
            ["/wor" + "k/", "/home/" + "[a-z]+/", "/roo" + "t/", "BEGIN [A-Z ]*PRIV" + "ATE KEY"]
        )
    )
    found = [
        name
        for name in names
        if (ROOT / name).is_file()
        and (ROOT / name).stat().st_size < 1_000_000
        and "vendor" not in name
        and machine.search((ROOT / name).read_text("utf-8", "replace"))
    ]
    assert found == []


def test_links_in_the_documents_lead_somewhere():
    broken = [
        (document.name, target)
        for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_every_target_of_the_makefile_has_help():
    text = (ROOT / "Makefile").read_text()
    for name in ("setup", "run", "test", "check", "bench", "eval", "fmt", "lock", "help"):
        assert re.search(rf"^{name}:.*## ", text, re.MULTILINE), name
