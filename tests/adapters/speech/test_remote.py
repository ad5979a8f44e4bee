"""Any server with OpenAI's transcription protocol."""

import json
import threading

import numpy as np
import pytest

from adapters.speech import decode, remote
from bot.contract import NotSupported, Refused, TryLater, Unreadable
from tests.adapters.speech import recordings
from tests.adapters.speech.far_side import far_side
from tests.adapters.speech.transcriptions import Transcriptions

PATH = "/v1/audio/transcriptions"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    with far_side() as far:
        far.answers[PATH] = (200, json.dumps({"text": " 您好。"}).encode(), {})
        yield far


def engine(server, **more):
    settings = {"base_url": f"{server.url}/v1", "api_key": "secret-key", "model": "m", **more}
    return remote.build(settings, None)


def test_each_turn_is_sent_as_opus(tmp_path, server, voice):
    pause = np.zeros_like(voice)
    sound = np.stack([np.concatenate([voice, pause]), np.concatenate([pause, voice])], axis=1)
    path = recordings.encode(tmp_path / "a.wav", sound)
    shares = []
    transcript = engine(server, language="zh").transcribe(
        path, hotwords=["华建"], progress=shares.append
    )
    assert [(s.speaker, s.text) for s in transcript.segments] == [
        ("agent", "您好。"),
        ("customer", "您好。"),
    ]
    assert transcript.language == "zh"
    assert shares[-1] == 1.0
    bodies = [body for _, body in server.asked]
    assert len(bodies) == 2
    assert all(b"OggS" in body and len(body) < 200_000 for body in bodies)
    assert "华建".encode() in bodies[0]


def test_opus_is_the_same_sound(tmp_path, voice):
    path = tmp_path / "a.ogg"
    path.write_bytes(remote.to_opus((voice / 32_768).astype(np.float32)))
    sound = np.concatenate(list(decode.blocks(path, 1, decode.Tally())))
    assert abs(len(sound) - len(voice)) < 1_600
    assert np.abs(sound).mean() == pytest.approx(np.abs(voice).mean(), rel=0.3)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_tried_later(tmp_path, server, voice, status):
    server.answers[PATH] = (status, b"{}", {"retry-after": "0", "x-should-retry": "false"})
    path = recordings.encode(tmp_path / "a.wav", voice)
    with pytest.raises(TryLater) as why:
        engine(server).transcribe(path, progress=lambda _: None)
    assert why.value.after == 0
    assert "secret-key" not in str(why.value)


def test_a_server_that_asks_for_patience_gets_it(tmp_path, server, voice):
    headers = {"retry-after": "90", "x-should-retry": "false"}
    server.answers[PATH] = (429, b"{}", headers)
    path = recordings.encode(tmp_path / "a.wav", voice)
    with pytest.raises(TryLater) as why:
        engine(server).transcribe(path, progress=lambda _: None)
    assert why.value.after == 90


def test_what_a_broken_line_cut_off_goes_on_later(tmp_path, server, voice):
    """Two turns: the second fails, the first is kept and not paid for again."""
    speaker = Transcriptions("您好。")
    server.answers[PATH] = speaker
    sound = np.concatenate([voice, recordings.silence(4), voice])
    path = recordings.encode(tmp_path / "a.wav", sound)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote, "BATCH", 1)
        kept = []

        def keep(window):
            kept.append(window)
            speaker.first = [(503, b"{}", {"x-should-retry": "false"})]

        with pytest.raises(TryLater):
            engine(server).transcribe(path, progress=lambda _: None, keep=keep)
        speaker.first = []
        told = engine(server).transcribe(path, progress=lambda _: None, done=kept)
    assert [one.text for one in told.segments] == ["您好。", "您好。"]
    assert len(speaker.seconds) == 2


def test_a_server_that_never_answers_is_tried_later(tmp_path, server, voice, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.1)
    over = threading.Event()

    def stall(_headers, _body):
        over.wait(30)
        return 200, b"{}", {}

    server.answers[PATH] = stall
    path = recordings.encode(tmp_path / "a.wav", voice)
    try:
        with pytest.raises(TryLater):
            engine(server).transcribe(path, progress=lambda _: None)
    finally:
        over.set()


def test_half_an_answer_is_tried_later(tmp_path, server, voice):
    server.answers[PATH] = (200, b'{"text": "half', {})
    path = recordings.encode(tmp_path / "a.wav", voice)
    with pytest.raises(TryLater):
        engine(server).transcribe(path, progress=lambda _: None)


def test_an_answer_in_plain_text_counts(tmp_path, server, voice):
    server.answers[PATH] = (200, "您好。\n".encode(), {"Content-Type": "text/plain"})
    path = recordings.encode(tmp_path / "a.wav", voice)
    assert engine(server).transcribe(path, progress=lambda _: None).text == "您好。"


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b"<html>log in here</html>", "text/html"),
        (b'{"words": "elsewhere"}', "application/json"),
        (b'["a"]', "application/json"),
    ],
)
def test_what_is_no_transcript_is_refused(tmp_path, server, voice, body, type_):
    server.answers[PATH] = (200, body, {"Content-Type": type_})
    path = recordings.encode(tmp_path / "a.wav", voice)
    with pytest.raises(Refused):
        engine(server).transcribe(path, progress=lambda _: None)


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_wrong_key_is_refused(tmp_path, server, voice, key):
    server.answers[PATH] = Transcriptions("您好。")
    path = recordings.encode(tmp_path / "a.wav", voice)
    with pytest.raises(Refused, match="401"):
        engine(server, api_key=key).transcribe(path, progress=lambda _: None)


@pytest.mark.parametrize(
    ("text", "language"), [("您好。", "zh"), ("お待ちください", "ja"), ("네", "ko"), ("Hello", "")]
)
def test_the_language_is_read_from_the_letters(tmp_path, server, voice, text, language):
    server.answers[PATH] = Transcriptions(text)
    path = recordings.encode(tmp_path / "a.wav", voice)
    told = engine(server).transcribe(path, progress=lambda _: None)
    assert (told.language, told.text) == (language, text)


@pytest.mark.parametrize("status", [400, 401, 413])
def test_a_refusal_is_final(tmp_path, server, voice, status):
    server.answers[PATH] = (status, b"{}", {})
    path = recordings.encode(tmp_path / "a.wav", voice)
    with pytest.raises(Refused):
        engine(server).transcribe(path, progress=lambda _: None)


def test_an_empty_recording_is_never_sent(tmp_path, server):
    path = tmp_path / "a.wav"
    path.touch()
    with pytest.raises(Unreadable):
        engine(server).transcribe(path, progress=lambda _: None)
    assert server.asked == []


def test_a_far_engines_model_counts_as_there_and_cannot_be_fetched(server):
    assert [name for name, _ in engine(server).models()] == ["m"]
    with pytest.raises(NotSupported):
        engine(server).pull("tiny", lambda _: None)
