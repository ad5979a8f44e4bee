"""What `keqing doctor` says of recordings."""

from pathlib import Path

from adapters.calls import adapter as calls
from bot.contract import Checking
from tests.contract.harness import Inside


def made(**settings: object) -> calls.CallsAdapter:
    return calls.build(settings, Inside().ports)


async def test_it_is_off_where_nothing_is_set():
    off = made()
    assert isinstance(off, Checking)
    assert not off.on
    assert list(await off.check()) == []


async def test_a_folder_that_can_be_read_says_what_is_in_it(tmp_path: Path):
    (tmp_path / "a.wav").touch()
    (tmp_path / "b.txt").touch()
    adapter = made(folder=str(tmp_path), secret="s")
    webhook, folder = await adapter.check()
    assert adapter.on
    assert webhook.ok
    assert (folder.ok, folder.facts["count"]) == (True, 1)


async def test_a_folder_that_is_not_there_says_what_to_do(tmp_path: Path):
    (found,) = await made(folder=str(tmp_path / "none")).check()
    assert not found.ok
    assert "KEQING_CALLS__FOLDER" in found.text.zh


async def test_a_folder_that_is_none_says_why(tmp_path: Path):
    (tmp_path / "file").touch()
    (found,) = await made(folder=str(tmp_path / "file")).check()
    assert not found.ok
    assert found.facts["why"]
