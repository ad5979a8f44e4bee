"""The built-in PostgreSQL, for real: started, attached to and killed, as root and not."""

import os
import pwd
import signal
import stat
from pathlib import Path

import psycopg
import pytest
from embedded_harness import (
    WHO,
    Program,
    alive,
    keep,
    kept,
    kill_server,
    needs_root,
    place_of,
    refusal,
    server_pid,
    sql,
)

from storage.embedded import open_cluster, server


def test_a_fresh_cluster_is_durable_and_private(start, folder):
    program = start()
    names = ["fsync", "synchronous_commit", "data_checksums", "listen_addresses", "jit"]
    names += ["server_encoding", "max_connections", "shared_buffers", "log_destination"]
    found = {name: sql(program.url, f"SHOW {name}")[0][0] for name in names}
    assert found == {
        "fsync": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "jit": "off",
        "server_encoding": "UTF8",
        "max_connections": "60",
        "shared_buffers": "256MB",
        "log_destination": "stderr",
    }
    who = "SELECT current_user, current_database(), rolsuper FROM pg_roles WHERE rolname = user"
    assert sql(program.url, who) == [("keqing", "keqing", False)]
    version = "SELECT current_setting('server_version_num')::int / 10000"
    assert sql(program.url, version) == [(18,)]
    cluster = folder / "postgres"
    assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
    assert stat.S_IMODE((cluster / "password").stat().st_mode) == 0o600
    assert list((folder / "postgres-log").glob("postgres-*.log"))


def test_the_password_is_needed(start, made):
    url = start().url
    password = url.split(":")[2].split("@")[0]
    for wrong in (url.replace(password, "guess"), url.replace("//keqing:", "//postgres:")):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(wrong)


def test_the_server_has_its_own_session_and_none_of_our_settings(start, made):
    start()
    pid = server_pid(made)
    assert os.getsid(pid) != os.getsid(0)
    environ = Path(f"/proc/{pid}/environ")
    if environ.exists():
        assert "KEQING" not in environ.read_text()


def test_a_second_process_attaches_and_the_last_one_out_stops(start, made):
    first = start()
    pid = server_pid(made)
    second = start()
    assert second.url == first.url
    assert server_pid(made) == pid
    first.ask("close")
    assert kept(second.url)
    second.ask("close")
    assert not (made / "postgres" / "postmaster.pid").exists()
    assert not alive(pid)


def test_processes_racing_at_the_first_start_share_one_server(start):
    racers = [start(wait=False) for _ in range(4)]
    facts = [racer.hear() for racer in racers]
    assert len({fact["url"] for fact in facts}) == 1
    keep(facts[0]["url"])
    for racer in racers:
        assert racer.ask("ensure") is False
        racer.ask("close")


def test_kill_9_of_the_program_leaves_a_server_to_attach_to(start, made):
    first = start()
    pid = server_pid(made)
    first.end(signal.SIGKILL)
    second = start()
    assert server_pid(made) == pid
    assert kept(second.url)
    second.ask("close")
    assert not alive(pid)


def test_kill_9_of_the_server_is_mended_by_the_running_program(start, made):
    program = start()
    assert program.ask("ensure") is False
    sql(program.url, "INSERT INTO kept VALUES ('just now')")
    kill_server(made)
    assert program.ask("ensure") is True
    assert sql(program.url, "SELECT word FROM kept") == [("客情",), ("just now",)]
    program.ask("close")


def test_kill_9_of_both_is_mended_by_the_next_start(start, made):
    program = start()
    sql(program.url, "INSERT INTO kept VALUES ('just now')")
    kill_server(made)
    program.end(signal.SIGKILL)
    assert sql(start().url, "SELECT word FROM kept") == [("客情",), ("just now",)]


def test_a_pid_reused_by_somebody_else_does_not_stop_the_start(start, made):
    program = start()
    pid_file = made / "postgres" / "postmaster.pid"
    facts, owner = pid_file.read_text(), pid_file.stat()
    kill_server(made)
    program.end(signal.SIGKILL)
    stranger = start(wait=False).process  # alive, of the same user, and no server
    pid_file.write_text(facts.replace(facts.split()[0], str(stranger.pid), 1))
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    assert kept(start().url)


def test_a_long_path_gets_a_short_socket(folder, programs):
    deep = folder / ("长" * 30) / ("with space " * 8)
    who = WHO[-1]
    program = Program(deep, who)
    programs.append(program)
    url = program.hear()["url"]
    sockets = Path(url.partition("host=")[2])
    assert len(os.fsencode(deep)) > 150
    assert len(os.fsencode(sockets)) < 80
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    keep(url)
    program.ask("close")
    assert not sockets.exists()
    again = Program(deep, who)
    programs.append(again)
    assert kept(again.hear()["url"])
    again.ask("close")


@needs_root
def test_a_planted_socket_folder_is_refused(folder):
    deep = folder / ("x" * 120)
    open_cluster(deep).close()
    planted = Path("/tmp") / f"keqing-{place_of(deep).mark}"  # noqa: S108
    planted.mkdir(mode=0o777)
    try:
        os.chown(planted, pwd.getpwnam("daemon").pw_uid, -1)
        error = refusal(deep)
    finally:
        planted.rmdir()
    assert error.code == "socket"
    assert str(planted) in error.zh


def test_a_deleted_socket_is_mended(made, monkeypatch):
    monkeypatch.setattr(server, "_LEFTOVER_SECONDS", 0.1)
    cluster = open_cluster(made)
    (made / "postgres" / ".s.PGSQL.5432").unlink()
    assert cluster.ensure() is True
    assert kept(cluster.url)
    cluster.close()


def test_close_twice_is_once_and_ensure_comes_before(made):
    cluster = open_cluster(made)
    cluster.close()
    cluster.close()
    with pytest.raises(ValueError, match="closed"):
        cluster.ensure()
    assert "password" not in repr(cluster)
    assert cluster.url not in repr(cluster)


def test_settings_of_the_administrator_win(made):
    with (made / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("work_mem = 7MB\nmax_connections = 31\n")
    cluster = open_cluster(made)
    assert sql(cluster.url, "SHOW work_mem") == [("7MB",)]
    assert sql(cluster.url, "SHOW max_connections") == [("31",)]
    cluster.close()


def test_a_broken_setting_is_told_with_the_servers_own_words(made):
    with (made / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    error = refusal(made)
    assert error.code == "start_failed"
    assert "no_such_setting" in error.en
    assert "no_such_setting" in error.zh


def test_a_first_start_cut_short_is_begun_anew(folder):
    half = folder / "postgres-new" / "base"
    half.mkdir(parents=True)
    (half.parent / "PG_VERSION").write_text("18\n")
    cluster = open_cluster(folder)
    keep(cluster.url)
    cluster.close()
    assert not half.parent.exists()
