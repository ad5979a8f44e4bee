"""A firm that was loaded by the program itself."""

import json
from pathlib import Path

import pytest

from storage.embedded import Cluster
from tests import conftest
from tests.cli.installation import Installation


@pytest.fixture(scope="package")
def firm(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Installation:
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
