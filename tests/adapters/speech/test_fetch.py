"""Models come from a mirror, file by file, and begin again where they stopped."""

import pytest

from adapters.speech import whisper
from bot.contract import Refused, TryLater
from tests.adapters.speech.far_side import far_side

BASE = "/Systran/faster-whisper-tiny/resolve/main/"
WEIGHTS = b"w" * 3_000_000


@pytest.fixture
def hub(models):
    with far_side() as server:
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            server.answers[BASE + name] = (200, name.encode(), {})
        server.answers[BASE + "model.bin"] = (200, WEIGHTS, {})
        yield server


def engine(hub, tmp_path):
    return whisper.build({"mirror": hub.url + "/"}, tmp_path / "models")


def test_a_model_is_fetched(hub, tmp_path):
    shares = []
    here = engine(hub, tmp_path)
    folder = here.pull("tiny", shares.append)
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    assert list(here.models()) == [("tiny", folder)]
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    assert shares == sorted(shares)
    assert len(shares) > 2
    assert shares[-1] == 1.0


def test_a_model_that_is_there_is_not_fetched_again(hub, tmp_path):
    engine(hub, tmp_path).pull("tiny", lambda _: None)
    asked = len(hub.asked)
    engine(hub, tmp_path).pull("tiny", lambda _: None)
    assert len(hub.asked) == asked


def test_it_goes_on_where_it_stopped(hub, tmp_path):
    whole = hub.answers[BASE + "model.bin"]
    hub.answers[BASE + "model.bin"] = (503, b"", {})
    here = engine(hub, tmp_path)
    with pytest.raises(TryLater):
        here.pull("tiny", lambda _: None)
    assert list(here.models()) == []
    hub.answers[BASE + "model.bin"] = whole
    hub.asked.clear()
    here.pull("tiny", lambda _: None)
    assert "config.json" not in hub.paths()


def test_half_a_file_is_no_file(hub, tmp_path):
    hub.answers[BASE + "model.bin"] = (200, b"half", {"Content-Length": "9", "Connection": "close"})
    with pytest.raises(TryLater):
        engine(hub, tmp_path).pull("tiny", lambda _: None)


def test_newer_models_have_another_vocabulary(hub, tmp_path):
    hub.answers[BASE + "vocabulary.json"] = hub.answers.pop(BASE + "vocabulary.txt")
    folder = engine(hub, tmp_path).pull("tiny", lambda _: None)
    assert (folder / "vocabulary.json").is_file()


@pytest.mark.parametrize("name", ["huge", "../x", "", "a/b"])
def test_what_is_not_there_is_refused(hub, tmp_path, name):
    with pytest.raises(Refused):
        engine(hub, tmp_path).pull(name, lambda _: None)


def test_a_mirror_is_a_web_address(tmp_path):
    with pytest.raises(Refused):
        whisper.build({"mirror": "file:///etc"}, tmp_path).pull("tiny", lambda _: None)


def test_a_mirror_that_is_down_is_tried_later(tmp_path):
    with pytest.raises(TryLater):
        whisper.build({"mirror": "http://127.0.0.1:9"}, tmp_path).pull("tiny", lambda _: None)
