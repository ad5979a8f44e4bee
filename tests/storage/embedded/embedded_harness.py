"""Programs that use a data folder as this or that user, and a look at the server they share."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psycopg
import pytest

from storage.embedded import EmbeddedError, open_cluster, server
from storage.embedded.account import choose
from storage.embedded.place import Place

ROOT = os.geteuid() == 0
WHO = ["root", "nobody"] if ROOT else ["user"]
needs_root = pytest.mark.skipif(not ROOT, reason="only root can set this up")
PROJECT = Path(__file__).parents[3]

# Changes its user only once all is imported: Python itself may lie where `nobody` cannot read.
PROGRAM = """
import json, os, pwd, sys
from pathlib import Path
from storage.embedded import EmbeddedError, open_cluster
if sys.argv[2] == "nobody":
    entry = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
def say(**facts): print(json.dumps(facts), flush=True)
try:
    cluster = open_cluster(Path(sys.argv[1]))
except EmbeddedError as error:
    say(code=error.code, zh=error.zh, en=error.en)
    sys.exit(1)
say(url=cluster.url, notes=[note.en for note in cluster.notes])
for line in sys.stdin:
    say(answer=getattr(cluster, line.strip())())
"""


class Program:
    """A process that uses the database of `folder`, as the user `who`."""

    def __init__(self, folder: Path, who: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, str(folder), who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1", "KEQING_TOKEN": "x"},
        )

    def hear(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def ask(self, word: str) -> object:
        print(word, file=self.process.stdin, flush=True)
        return self.hear()["answer"]

    def end(self, sign: int = signal.SIGKILL) -> None:
        self.process.send_signal(sign)
        self.process.communicate()


def roomy() -> Path | None:
    """A folder in memory if there is one with room: forty clusters are a lot of disk to write."""
    memory = Path("/dev/shm")  # noqa: S108
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else None


def end_servers(base: Path) -> None:
    for pid_file in base.rglob("postmaster.pid"):
        pid, used = int(pid_file.read_text().split()[0]), place_of(pid_file.parents[1])
        if server.runs(used, pid):
            os.kill(pid, signal.SIGQUIT)
            assert soon(partial(server.gone, used))


def give(folder: Path, who: str) -> None:
    entry = pwd.getpwnam(who)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid)


def place_of(root: Path) -> Place:
    return Place(root, root, choose(root / "postgres", root))


def alive(pid: int) -> bool:
    return bool(server._command(pid))


def soon(true, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def kill_server(folder: Path) -> None:
    """Kill the postmaster as the system would; back when it is gone for everybody."""
    os.kill(server_pid(folder), signal.SIGKILL)
    assert soon(lambda: not server.answers(folder / "postgres"))


def server_pid(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def sql(url: str, *statements: str) -> list:
    with psycopg.connect(url) as connection:
        cursors = [connection.execute(statement) for statement in statements]
        return cursors[-1].fetchall() if cursors[-1].description else []


def keep(url: str) -> None:
    sql(url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('客情')")


def kept(url: str) -> bool:
    return sql(url, "SELECT word FROM kept") == [("客情",)]


def refusal(folder: Path) -> EmbeddedError:
    with pytest.raises(EmbeddedError) as caught:
        open_cluster(folder)
    return caught.value
