"""What every speech engine keeps to: the one on this machine and any OpenAI-compatible server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from adapters.speech import remote, whisper
from bot.contract import SpeechEngine, Unreadable, Window
from tests import scripted_whisper
from tests.adapters.speech import recordings
from tests.adapters.speech.far_side import far_side
from tests.adapters.speech.recordings import RATE
from tests.adapters.speech.transcriptions import KEY, PATH, Transcriptions

MIXED = "這里是华建集團，头髮 Hello。"
JAPANESE = "了解しました。来週の会議で説明します。"


@dataclass
class Bench:
    """An engine to be made, that will say what it is told to."""

    make: Callable[..., SpeechEngine]
    says: Callable[[str], None]
    prompts: Callable[[], Sequence[str]]
    window: Callable[[int], None]


@pytest.fixture(params=["here", "far"])
def bench(request, tmp_path, monkeypatch) -> Iterator[Bench]:
    if request.param == "here":
        yield _here(tmp_path / "models", monkeypatch)
        return
    with far_side() as server:
        speaker = Transcriptions("你好。")
        server.answers[PATH] = speaker
        settings = {"base_url": f"{server.url}/v1", "api_key": KEY, "model": "m"}
        yield Bench(
            make=lambda **more: remote.build({**settings, **more}, tmp_path),
            says=lambda text: setattr(speaker, "text", text),
            prompts=lambda: speaker.prompts,
            window=lambda size: monkeypatch.setattr(remote, "BATCH", size),
        )


def _here(models: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    heard: list[str] = []
    capped = whisper.windows.capped

    def listening(*given: Any) -> str:
        heard.append(capped(*given))
        return heard[-1]

    def says(text: str) -> None:
        scripted_whisper.build(models / "scripted", (0.0, text, 2.0))

    monkeypatch.setattr(whisper.windows, "capped", listening)
    says("你好。")
    return Bench(
        make=lambda **more: whisper.build(more, models),
        says=says,
        prompts=lambda: heard,
        window=lambda size: monkeypatch.setattr(whisper, "BATCH", size),
    )


def ignore(_: object) -> None:
    pass


@pytest.fixture
def call(tmp_path, voice, english):
    """Two people, eight turns; short ones of one side fall into long ones of the other."""
    length = len(voice) * 3
    sound = np.zeros((length, 2), np.int16)
    for at in (0.0, 1.6):
        begin = int(at * len(voice))
        sound[begin : begin + len(voice), 0] = voice
    for at in (0.2, 1.15, 1.9, 2.65):
        begin = int(at * len(voice))
        sound[begin : begin + len(english), 1] = english
    return recordings.encode(tmp_path / "call.wav", sound)


def test_a_call_of_two_is_told_in_order(bench, call):
    shares: list[float] = []
    told = bench.make(language="zh").transcribe(call, progress=shares.append)
    assert {segment.speaker for segment in told.segments} == {"agent", "customer"}
    assert len(told.segments) == 8
    assert {segment.text for segment in told.segments} == {"你好。"}
    starts = [segment.start for segment in told.segments]
    assert starts == sorted(starts)
    assert all(0 <= one.start <= one.end <= told.duration_s for one in told.segments)
    assert shares == sorted(shares)
    assert (shares[0] >= 0, shares[-1]) == (True, 1.0)
    assert told.language == "zh"


def test_words_lie_within_their_segment(bench, call):
    for segment in bench.make(language="zh").transcribe(call, progress=ignore).segments:
        times = [time for word in segment.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(segment.start <= time <= segment.end for time in times)
        assert times == [round(time, 2) for time in times]
        if segment.words:
            assert "".join(word.text for word in segment.words).strip() == segment.text


class Stopped(Exception):
    pass


@pytest.mark.parametrize("size", [1, 2, 5])
def test_it_goes_on_after_every_window(bench, call, size):
    bench.window(size)
    kept: list[Window] = []
    engine = bench.make()
    whole = engine.transcribe(call, progress=ignore, keep=kept.append)
    assert [window.until_s for window in kept] == sorted({window.until_s for window in kept})
    assert sum(len(window.segments) for window in kept) == len(whole.segments)
    for count in range(len(kept) + 1):
        again: list[Window] = []
        # What was kept has been through the database as JSON.
        before = [Window.model_validate_json(one.model_dump_json()) for one in kept[:count]]
        told = engine.transcribe(call, progress=ignore, done=before, keep=again.append)
        assert told == whole
        assert again == kept[count:]


def test_what_was_kept_before_a_stop_is_enough(bench, call):
    bench.window(2)
    kept: list[Window] = []

    def keep(window: Window) -> None:
        if len(kept) == 2:
            raise Stopped
        kept.append(window)

    engine = bench.make()
    with pytest.raises(Stopped):
        engine.transcribe(call, progress=ignore, keep=keep)
    resumed = engine.transcribe(call, progress=ignore, done=kept)
    assert resumed == engine.transcribe(call, progress=ignore)


def test_a_language_heard_once_is_kept(bench, call):
    bench.says("好")
    kept = [Window(until_s=1.0, language="ja", segments=())]
    assert bench.make().transcribe(call, progress=ignore, done=kept).language == "ja"


@pytest.mark.parametrize(
    ("script", "language", "said"),
    [
        ("简", "zh", "这里是华建集团，头发 Hello。"),
        ("zh-hant", "zh", "這裏是華建集團，頭髮 Hello。"),
        ("", "zh", MIXED),
        ("simplified", "ja", MIXED),
    ],
)
def test_chinese_is_written_in_one_script(bench, call, script, language, said):
    bench.says(MIXED)
    told = bench.make(script=script, language=language).transcribe(call, progress=ignore)
    assert {one.text for one in told.segments} == {said}
    assert {"".join(w.text for w in one.words) or said for one in told.segments} == {said}


def test_japanese_within_chinese_stays(bench, call):
    bench.says(JAPANESE)
    told = bench.make(language="zh").transcribe(call, progress=ignore)
    assert {one.text for one in told.segments} == {JAPANESE}


def test_many_hotwords_are_capped_and_none_is_cut(bench, call):
    many = ["x" * 500, *(f"第{n}号热词" for n in range(500))]
    assert bench.make(language="zh").transcribe(call, hotwords=many, progress=ignore).segments
    prompts = bench.prompts()
    assert prompts
    for prompt in prompts:
        assert 0 < len(prompt.encode()) <= 240
        assert prompt.split() == many[1 : len(prompt.split()) + 1]


@pytest.mark.parametrize("text", ["字幕由 Amara.org 社区提供", "谢谢" * 20, "♪♪♪"])
def test_what_nobody_said_is_left_out(bench, call, text):
    bench.says(text)
    assert bench.make(language="zh").transcribe(call, progress=ignore).segments == ()


def test_silence_says_nothing_and_costs_nothing(bench, tmp_path):
    path = recordings.encode(tmp_path / "a.wav", recordings.silence(4))
    shares: list[float] = []
    told = bench.make(price="1 USD").transcribe(path, progress=shares.append)
    assert (told.segments, told.duration_s, told.cost) == ((), 4.0, Decimal(0))
    assert shares[-1] == 1.0


def test_speech_costs_by_the_minute(bench, call, voice, english):
    free = bench.make().transcribe(call, progress=ignore)
    assert (free.cost, free.currency) == (Decimal(0), "")
    kept: list[Window] = []
    told = bench.make(price="0.60 usd").transcribe(call, progress=ignore, keep=kept.append)
    said_s = (2 * len(voice) + 4 * len(english)) / RATE
    assert float(told.cost) == pytest.approx(said_s / 100, rel=0.15)
    assert told.cost == round(told.cost, 4)
    assert told.currency == "USD"
    again = bench.make(price="0.60 usd").transcribe(call, progress=ignore, done=kept)
    assert again.cost == told.cost


def _film(path: Path) -> Path:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("kind", ["empty", "SILK", "no sound track"])
def test_what_cannot_be_heard_says_why_at_once(bench, tmp_path, kind):
    path = tmp_path / "a"
    if kind == "no sound track":
        _film(path)
    else:
        path.write_bytes(b"" if kind == "empty" else b"\x02#!SILK_V3" + bytes(99))
    with pytest.raises(Unreadable, match=kind):
        bench.make().transcribe(path, hotwords=["a"], progress=ignore)
    assert not bench.prompts()
