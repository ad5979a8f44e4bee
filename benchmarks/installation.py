"""An installation in a folder of its own: its processes, its database, requests as signed by others.

What measures the program and what kills it both start it the way people do, by its command.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from bot.contract import signing
from storage.embedded import open_cluster

PROJECT: Final = Path(__file__).parents[1]
KEQING: Final = Path(sys.executable).with_name("keqing")
SECRET: Final = "made-up-for-measuring"
_START_S: Final = 60


class Installation:
    """A data folder and whatever runs on it; `end` leaves nothing behind."""

    def __init__(self, **settings: str) -> None:
        """`settings` are `KEQING_…` names without the prefix."""
        self.base = Path(tempfile.mkdtemp(prefix="keqing-run-"))
        self.base.chmod(0o711)  # the database's own account goes through it
        self.data = self.base / "data"
        self.port = free_port()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("KEQING_")},
            "KEQING_DATA_DIR": str(self.data),
            "KEQING_HOOK__SECRET": SECRET,
            "KEQING_LOG_LEVEL": "warning",
            **{f"KEQING_{name}": value for name, value in settings.items()},
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, port: int | None = None) -> subprocess.Popen[bytes]:
        """Start `keqing …` in the background; what it says goes to `said` in the base folder."""
        with (self.base / "said").open("ab") as said:
            process = subprocess.Popen(
                [str(KEQING), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=self.environment | {"KEQING_PORT": str(port or self.port)},
                cwd=self.base,
            )
        self.running.append(process)
        return process

    def do(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run `keqing …` to its end."""
        return subprocess.run(
            [str(KEQING), *arguments],
            input=given,
            capture_output=True,
            check=False,
            env=self.environment,
            cwd=self.base,
        )

    def load(self, firm: dict[str, Any]) -> None:
        file = self.base / "firm.json"
        file.write_text(json.dumps(firm, ensure_ascii=False), "utf-8")
        done = self.do("load", str(file))
        assert done.returncode == 0, done.stderr.decode()

    def ready(self, port: int | None = None) -> float:
        """Wait until the server takes messages; the seconds that took. Raises where it never does."""
        began = time.monotonic()
        while status(port or self.port, "/readyz") != 200:
            ended = [p.returncode for p in self.running if p.poll() is not None]
            if ended or time.monotonic() - began > _START_S:
                said = (self.base / "said").read_text("utf-8", "replace")[-3000:]
                raise RuntimeError(f"not ready (ended: {ended}): {said}")
            time.sleep(0.01)
        return time.monotonic() - began

    def kill(self, process: subprocess.Popen[bytes], sign: int = signal.SIGKILL) -> int:
        """Signal one of our processes and wait for its end; its exit code."""
        process.send_signal(sign)
        self.running.remove(process)
        return process.wait(_START_S)

    def postmaster(self) -> int | None:
        """The database server's process id, while its file is there."""
        try:
            return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return None

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection to the installation's database, which runs at least as long."""
        cluster = open_cluster(self.data)
        try:
            with psycopg.connect(cluster.url, autocommit=True) as connection:
                yield connection
        finally:
            cluster.close()

    def end(self) -> None:
        for process in [*self.running]:
            self.kill(process, signal.SIGTERM)
        open_cluster(
            self.data
        ).close()  # also where everybody was killed: the last one out stops it
        shutil.rmtree(self.base)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def status(port: int, path: str) -> int:
    """The status of a GET; 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def signed(body: bytes, now: float) -> dict[str, str]:
    """The headers that prove a body to `/hooks/message`."""
    timestamp = str(int(now))
    return {
        "Content-Type": "application/json",
        signing.TIMESTAMP: timestamp,
        signing.SIGNATURE: signing.sign(SECRET.encode(), timestamp, body),
    }
