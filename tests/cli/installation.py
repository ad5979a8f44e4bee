"""The program as people start it: a process in a folder, with a database."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

KEQING: Final = Path(sys.executable).with_name("keqing")
NOWHERE: Final = "postgresql://nobody:none@127.0.0.1:1/none?connect_timeout=2"


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
