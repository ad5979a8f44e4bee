"""A data folder, and programs that use it."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_harness import WHO, Program, end_servers, give, keep, roomy

from storage.embedded import open_cluster


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder, named but not made, under one that everybody can enter and write to."""
    base = Path(tempfile.mkdtemp(prefix="keqing-test-", dir=roomy()))
    base.chmod(0o777)
    yield base / "data"
    end_servers(base)
    shutil.rmtree(base)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A data folder whose cluster was made and stopped, with `kept` in it."""
    base = Path(tempfile.mkdtemp(prefix="keqing-test-", dir=roomy()))
    base.chmod(0o711)
    cluster = open_cluster(base / "data")
    keep(cluster.url)
    cluster.close()
    yield base / "data"
    shutil.rmtree(base)


@pytest.fixture
def made(folder: Path, template: Path) -> Path:
    """A copy of the template: making a cluster anew for each test would take half the time."""
    subprocess.run(["cp", "-a", str(template), str(folder)], check=True)
    return folder


@pytest.fixture
def programs(folder: Path) -> Iterator[list[Program]]:
    started: list[Program] = []
    yield started
    for program in started:
        program.end()


@pytest.fixture(params=WHO)
def start(request, folder: Path, programs: list[Program]):
    if request.param == "nobody" and "made" in request.fixturenames:
        request.getfixturevalue("made")
        give(folder, "nobody")
    """Start a program on the folder; wait for it unless told not to."""

    def start(*, wait: bool = True) -> Program | dict:
        program = Program(folder, request.param)
        programs.append(program)
        if wait:
            program.facts = program.hear()
            program.url = program.facts.get("url")
        return program

    return start
