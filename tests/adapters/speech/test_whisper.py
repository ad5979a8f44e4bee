"""The engine on this machine, with a model whose words are known."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

from adapters.speech import whisper
from bot.contract import Unreadable, WaitingForModel
from tests import scripted_whisper
from tests.adapters.speech import recordings


def ignore(_share):
    pass


def test_a_recording_becomes_a_transcript(tmp_path, voice, models):
    path = recordings.encode(tmp_path / "a.amr", voice, ".amr")
    shares = []
    transcript = whisper.build({"model": "scripted"}, models).transcribe(
        path, hotwords=["华建"], progress=shares.append
    )
    assert transcript.language == "zh"
    assert transcript.duration_s == pytest.approx(len(voice) / 16_000, abs=0.1)
    assert [segment.text for segment in transcript.segments] == [
        "你好，这里是华建集团。",
        "这已经是第三次延期了，麻烦给个说法。",
    ]
    assert transcript.segments[-1].end <= transcript.duration_s
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_call_of_two_has_two_speakers(tmp_path, voice, models):
    pause = np.zeros_like(voice)
    sound = np.stack([np.concatenate([voice, pause]), np.concatenate([pause, voice])], axis=1)
    path = recordings.encode(tmp_path / "a.wav", sound)
    transcript = whisper.build({"language": "zh"}, models).transcribe(path, progress=ignore)
    assert [segment.speaker for segment in transcript.segments] == ["agent"] * 2 + ["customer"] * 2
    assert transcript.segments[2].start >= len(voice) / 16_000 - 0.5
    assert transcript.text.startswith("agent: 你好")


def test_many_hotwords_are_capped(tmp_path, voice, models):
    path = recordings.encode(tmp_path / "a.wav", voice)
    many = [f"第{n}号热词" for n in range(500)]
    transcript = whisper.build({}, models).transcribe(path, hotwords=many, progress=ignore)
    assert len(transcript.segments) == 2


def test_silence_says_nothing(tmp_path, models):
    path = recordings.encode(tmp_path / "a.wav", recordings.silence(4))
    transcript = whisper.build({}, models).transcribe(path, progress=ignore)
    assert (transcript.segments, transcript.duration_s) == ((), 4.0)


def test_the_language_is_heard(tmp_path, voice):
    scripted_whisper.build(tmp_path / "models" / "en", (0.0, "Hello", " there.", 2.0), "en")
    path = recordings.encode(tmp_path / "a.wav", voice)
    transcript = whisper.build({}, tmp_path / "models").transcribe(path, progress=ignore)
    assert (transcript.language, transcript.text) == ("en", "Hello there.")


def test_subtitles_of_films_are_left_out(tmp_path, voice):
    script = (0.0, "谢谢", "谢谢谢谢", "谢谢谢谢谢谢", "谢谢谢谢谢谢谢谢谢谢", 2.0)
    scripted_whisper.build(tmp_path / "models" / "loop", script)
    path = recordings.encode(tmp_path / "a.wav", voice)
    transcript = whisper.build({}, tmp_path / "models").transcribe(path, progress=ignore)
    assert transcript.segments == ()


@pytest.mark.parametrize("name", ["", "small"])
def test_without_a_model_it_waits(tmp_path, voice, name):
    path = recordings.encode(tmp_path / "a.wav", voice)
    engine = whisper.build({"model": name}, tmp_path / "none")
    with pytest.raises(WaitingForModel):
        engine.transcribe(path, progress=ignore)
    assert list(engine.models()) == []


def test_an_empty_recording_says_so(tmp_path, models):
    path = tmp_path / "a.wav"
    path.touch()
    with pytest.raises(Unreadable, match="empty"):
        whisper.build({}, models).transcribe(path, progress=ignore)


def test_models_are_found_by_name_and_by_path(tmp_path, voice, models):
    folder = tmp_path / "kept" / "faster-whisper-tiny"
    shutil.copytree(models / "scripted", folder)
    path = recordings.encode(tmp_path / "a.wav", voice)
    assert list(whisper.build({}, folder.parent).models()) == [("tiny", folder)]
    for name, where in (("tiny", folder.parent), (str(folder), tmp_path)):
        assert whisper.build({"model": name}, where).transcribe(path, progress=ignore).segments


def test_importing_the_engine_is_cheap():
    code = "import adapters.speech.whisper, adapters.speech.remote, sys; print('faster_whisper' in sys.modules, 'openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
