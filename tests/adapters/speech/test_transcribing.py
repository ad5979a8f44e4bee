"""`keqing transcribe` as people start it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.speech import recordings
from tests.adapters.speech.far_side import far_side
from tests.adapters.speech.transcriptions import KEY, PATH, Transcriptions

KEQING = Path(sys.executable).with_name("keqing")


@pytest.fixture
def server():
    with far_side() as far:
        far.answers[PATH] = Transcriptions("這已經是第三次延期了，麻烦给个说法。")
        yield far


@pytest.fixture
def start(server, tmp_path, voice):
    """Starts `keqing transcribe call.wav …` with the server as its engine."""
    sound = np.concatenate([voice, recordings.silence(3), voice])
    recordings.encode(tmp_path / "call.wav", sound)
    environ = {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "KEQING_DATA_DIR": str(tmp_path / "data"),
        "KEQING_SPEECH__ENGINE": "remote",
        "KEQING_SPEECH__BASE_URL": f"{server.url}/v1",
        "KEQING_SPEECH__API_KEY": KEY,
        "KEQING_SPEECH__PRICE": "0.6 USD",
    }
    return lambda *words: subprocess.Popen(
        [KEQING, "transcribe", "call.wav", *words],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_object_has_its_shape(start):
    out, _ = start("--json").communicate(timeout=60)
    told = json.loads(out)
    assert set(told) == {"language", "duration_s", "segments", "summary"}
    assert told["segments"]
    assert set(told["segments"][0]) == set("start end speaker text confidence sentiment".split())
    assert told["segments"][0]["text"] == "这已经是第三次延期了，麻烦给个说法。"
    assert told["language"] == "zh"


def test_people_read_times_and_what_it_cost(start):
    process = start()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.startswith("00:00 这已经是第三次延期了")
    assert "用时" in out
    assert "USD" in out


def test_a_server_that_refuses_is_told(start, server):
    server.answers[PATH] = (401, b"{}", {})
    process = start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "401" in err
    assert "Traceback" not in err
    assert KEY not in err


def test_it_stops_when_asked_to(start, server):
    asked, over = threading.Event(), threading.Event()

    def stall(_headers, _body):
        asked.set()
        over.wait(60)
        return 200, b"{}", {}

    server.answers[PATH] = stall
    process = start()
    try:
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        over.set()
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert out == ""
