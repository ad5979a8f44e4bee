"""A spoken call of two channels, from the telephone system's folder to a task in the project."""

import wave
from pathlib import Path

import numpy as np
import pytest

from adapters.calls.folder import Watch
from bot.app import Program
from bot.runtime import SPEECH
from tests import play, scripted_whisper, voices

RATE = 16_000
LINES = (
    ("agent", "您好，这里是客情科技，请问有什么可以帮您？"),
    ("customer", "你们的系统又坏了，今天已经是第三次了，请你们马上处理。"),
    ("agent", "非常抱歉，我们周五之前把新的计划发给您。"),
    ("customer", "好的，那就这么定了，再见。"),
)
SAYS = (0.0, "三期已经是", "第三次延期了，", "请你们周五前给个说法。", 6.0)
"""What the scripted model hears in every turn."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[tuple[float, float]]]:
    """Both sides of a call on a channel each, with some of the other in it; and when each spoke."""
    folder = tmp_path_factory.mktemp("call")
    sides: dict[str, list[tuple[float, np.ndarray]]] = {"agent": [], "customer": []}
    at, times = 0.5, []
    for number, (who, words) in enumerate(LINES):
        sound = voices.samples(voices.speak(words, folder / f"{number}.wav", "cmn"))
        sides[who].append((at, sound))
        times.append((at, at + len(sound) / RATE))
        at += len(sound) / RATE + 1.2
    whole = np.zeros((int((at + 0.5) * RATE), 2), np.float64)
    for channel, who in enumerate(("agent", "customer")):
        for start, sound in sides[who]:
            place = slice(int(start * RATE), int(start * RATE) + len(sound))
            whole[place, channel] += sound
            whole[place, 1 - channel] += sound * 0.1
    path = folder / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.clip(whole, -32768, 32767).astype(np.int16).tobytes())
    return path.read_bytes(), times


async def test_from_the_folder_to_a_task(
    loaded: Program, tmp_path: Path, recording: tuple[bytes, list[tuple[float, float]]]
):
    sound, times = recording
    models = loaded.settings.data_dir / "models"
    models.mkdir(parents=True, exist_ok=True)
    scripted_whisper.build(models / "scripted", SAYS)
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "20261120-140322_13800001111_6021.wav").write_bytes(sound)
    watch = Watch(folder, None, loaded.ports)
    for _ in range(4):
        await watch._round()
    await play.file_all(loaded)
    await loaded.jobs.run((SPEECH,), concurrency=1, wait=False)

    (call,) = await play.rows(loaded, "SELECT * FROM interaction")
    segments = call["transcript"]["segments"]
    heard = {who: [s for s in segments if s["speaker"] == who] for who in ("agent", "customer")}
    for (who, _), (start, end) in zip(LINES, times, strict=True):
        inside = [s for s in heard[who] if start - 0.6 <= s["start"] <= end]
        other = "customer" if who == "agent" else "agent"
        leaked = [s for s in heard[other] if start + 0.6 <= s["start"] <= end - 0.6]
        assert inside, (who, start, segments)
        assert not leaked, (who, leaked)
    assert (call["customer_id"], call["project_id"], call["status"]) == (1, 1, "filed")
    assert call["sentiment"] == "negative"
    assert "第三次延期" in call["because"]

    (minutes,) = [n for n in await play.posted(loaded, "i-p1") if "通话要点" in n.title]
    words = play.words(minutes)
    for part in ("P-0001", "[0:00] 我方：三期已经是", "谁说得多", "客户", "要办的事"):
        assert part in words, words
    assert minutes.chart is not None
    assert [series.name for series in minutes.chart.series] == ["客户", "我方"]
    task = next(one.command for one in minutes.buttons if one.command.startswith("/task new"))
    assert (await play.run(loaded, task, "李雷")).ok
    (made,) = await play.rows(
        loaded, "SELECT name, project_id FROM task WHERE interaction_id = :id", id=call["id"]
    )
    assert made["project_id"] == 1
    assert "给个说法" in made["name"]
