"""Backup and restore, with real clusters: complete, checked before use, whole or not at all."""

import hashlib
import io
import itertools
import json
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from storage.backup import BackupError, backup, check, restore
from storage.backup.database import connection
from storage.embedded import open_cluster
from storage.embedded.errors import Words

SCHEMA = """
CREATE TYPE level AS ENUM ('low', 'high');
CREATE DOMAIN code AS text CHECK (value <> '');
CREATE TABLE project (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code code UNIQUE, level level);
CREATE TABLE message (id serial PRIMARY KEY, project bigint REFERENCES project, raw bytea,
    words tsvector GENERATED ALWAYS AS (to_tsvector('simple', encode(raw, 'escape'))) STORED);
CREATE INDEX ON message USING gin (words);
CREATE VIEW open_project AS SELECT * FROM project WHERE level = 'high';
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql RETURN n * 2;
CREATE SCHEMA jobs;
CREATE TABLE jobs.task (id int);
INSERT INTO project (code, level) VALUES ('项目一', 'high'), ('P-2', 'low');
INSERT INTO message (project, raw) VALUES (1, '\\x00ff'), (2, 'hello');
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('0007');
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="keqing-test-"))
    folder.chmod(0o711)
    cluster = open_cluster(folder)
    yield cluster.url
    cluster.close()
    shutil.rmtree(folder)


@pytest.fixture
def new_database(server: str):
    """Make empty databases on one server; each call gives the URL of another."""
    names = (f"db{number}" for number in itertools.count())
    made = []

    def make() -> str:
        made.append(next(names))
        _do(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made[-1])))
        return server.replace("@/keqing?", f"@/{made[-1]}?")

    yield make
    for name in made:
        _do(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def filled(new_database) -> str:
    url = new_database()
    _do(url, SCHEMA)
    return url


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "ab").mkdir(parents=True)
    (folder / "ab" / "录音.wav").write_bytes(bytes(range(256)) * 5000)
    (folder / "empty").write_bytes(b"")
    return folder


@pytest.fixture
def saved(filled: str, files: Path, tmp_path: Path) -> Path:
    target = tmp_path / "keqing.backup"
    backup(filled, files, target)
    return target


def _do(url: str, statement) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _all(url: str, query: str) -> list:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def _picture(url: str) -> list:
    return [
        _all(url, "SELECT * FROM project ORDER BY id"),
        _all(url, "SELECT * FROM message ORDER BY id"),
        _all(url, "SELECT * FROM open_project"),
        _all(url, "SELECT twice(4)"),
        _all(url, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
        _all(url, "SELECT nextval('message_id_seq'), to_regclass('jobs.task')::text"),
        _all(
            url,
            "SELECT conname, contype FROM pg_constraint WHERE connamespace > 16383 OR "
            "connamespace = 'public'::regnamespace ORDER BY 1",
        ),
    ]


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _refused(*args, **options) -> BackupError:
    with pytest.raises(BackupError) as caught:
        restore(*args, **options)
    return caught.value


def test_everything_comes_back_in_a_fresh_cluster(filled, files, saved, tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="keqing-test-"))
    folder.chmod(0o711)
    cluster = open_cluster(folder)
    try:
        done = restore(cluster.url, tmp_path / "new" / "files", saved)
        assert _picture(cluster.url) == _picture(filled)
    finally:
        cluster.close()
        shutil.rmtree(folder)
    assert _tree(tmp_path / "new" / "files") == _tree(files)
    assert (done.files, done.files_bytes) == (2, 1_280_000)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["files"]


def test_the_backup_is_one_private_file_that_tells_what_it_is(filled, files, tmp_path):
    target = tmp_path / "out" / "a.backup"
    target.parent.mkdir()
    done = backup(filled, files, target)
    assert [path.name for path in target.parent.iterdir()] == ["a.backup"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    manifest = check(target)
    assert manifest == done.manifest
    assert manifest.alembic == "0007"
    assert set(manifest.members) == {"database.dump", "files/ab/录音.wav", "files/empty"}
    assert done.database_bytes > 1000


def test_a_database_without_migrations_and_files_is_saved_too(new_database, tmp_path):
    done = backup(new_database(), tmp_path / "none", tmp_path / "a.backup")
    assert done.manifest.alembic is None
    restore(new_database(), tmp_path / "restored", tmp_path / "a.backup")
    assert _tree(tmp_path / "restored") == {}


def test_platforms_tokens_stay_out(new_database, files, tmp_path):
    url = new_database()
    _do(url, "CREATE TABLE shared_token (name text PRIMARY KEY, value text)")
    _do(url, "INSERT INTO shared_token VALUES ('slack', 'made-up-token')")
    target = tmp_path / "tokens.backup"
    backup(url, files, target)
    restored = new_database()
    restore(restored, tmp_path / "restored", target)
    assert _all(restored, "SELECT * FROM shared_token") == []


def test_a_failing_backup_leaves_the_old_one(files, saved, server):
    before = saved.read_bytes()
    with pytest.raises(BackupError) as caught:
        backup(server.replace("@/keqing?", "@/nowhere?"), files, saved)
    assert caught.value.code == "dump_failed"
    assert "nowhere" in caught.value.zh
    assert saved.read_bytes() == before
    assert sorted(path.name for path in saved.parent.iterdir()) == ["files", "keqing.backup"]


def test_existing_data_are_replaced_only_by_force(filled, files, saved):
    picture, tree = _picture(filled), _tree(files)
    assert _refused(filled, files, saved).code == "not_empty"
    _do(filled, "DELETE FROM message; CREATE TABLE newer (id int); CREATE SCHEMA other")
    (files / "newer").write_bytes(b"x")
    restore(filled, files, saved, force=True)
    assert _tree(files) == tree
    assert _picture(filled)[:2] == picture[:2]
    assert _all(filled, "SELECT to_regclass('newer'), to_regnamespace('other')") == [(None, None)]


def test_files_alone_are_not_overwritten_either(new_database, files, saved):
    assert _refused(new_database(), files, saved).code == "not_empty"


def _rewritten(saved: Path, change) -> Path:
    """A copy of the backup in which `change(info, data)` had its say on each member."""
    target = saved.with_name("changed.backup")
    with tarfile.open(saved) as old, tarfile.open(target, "w:gz") as new:
        for info in old:
            data = old.extractfile(info).read()
            changed, data = change(info, data)
            changed.size = len(data)
            new.addfile(changed, io.BytesIO(data))
    return target


def _spoil(info, data):
    return info, (b"X" + data[1:] if info.name.endswith(".wav") else data)


def _escape(info, data):
    if info.name == "manifest.json":
        data = data.replace(b"files/empty", b"files/../../empty")
    info.name = info.name.replace("files/empty", "files/../../empty")
    return info, data


def _link(info, data):
    if info.name == "files/empty":
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return info, data


def _later_format(info, data):
    if info.name == "manifest.json":
        data = json.dumps(json.loads(data) | {"format": 2}).encode()
    return info, data


def _no_manifest(info, data):
    info.name = info.name.replace("manifest.json", "files/manifest")
    return info, data


def _stray(info, data):
    info.name = info.name.replace("files/empty", "elsewhere")
    return info, data


@pytest.mark.parametrize(
    "change",
    [_spoil, _escape, _link, _later_format, _no_manifest, _stray],
    ids=lambda f: f.__name__,
)
def test_a_changed_backup_changes_nothing(filled, files, saved, change):
    picture, tree = _picture(filled)[:2], _tree(files)
    changed = _rewritten(saved, change)
    assert _refused(filled, files, changed, force=True).code == "damaged"
    assert _picture(filled)[:2] == picture
    assert _tree(files) == tree


@pytest.mark.parametrize("keep", [0, 100, -500])
def test_a_torn_backup_is_refused(new_database, saved, tmp_path, keep):
    torn = tmp_path / "torn.backup"
    torn.write_bytes(saved.read_bytes()[:keep])
    assert _refused(new_database(), tmp_path / "f", torn).code == "damaged"


def test_a_restore_that_fails_leaves_database_and_files(filled, files, saved):
    def break_dump(info, data):
        if info.name == "database.dump":
            data = data[:-200]
        if info.name == "manifest.json":
            facts = json.loads(data)
            facts["members"]["database.dump"] = _facts
            data = json.dumps(facts).encode()
        return info, data

    with tarfile.open(saved) as tar:
        short = tar.extractfile("database.dump").read()[:-200]
    _facts = {"size": len(short), "sha256": hashlib.sha256(short).hexdigest()}
    picture, tree = _picture(filled)[:2], _tree(files)
    error = _refused(filled, files, _rewritten(saved, break_dump), force=True)
    assert error.code == "restore_failed"
    assert _picture(filled)[:2] == picture
    assert _tree(files) == tree


def test_the_password_stays_out_of_the_command_line(filled):
    target, environment = connection(filled)
    assert environment["PGPASSWORD"] not in target


def test_errors_speak_both_languages():
    error = BackupError("damaged", Words("坏了", "broken"), "why")
    assert (error.zh, str(error)) == ("坏了\nwhy", "broken\nwhy")
