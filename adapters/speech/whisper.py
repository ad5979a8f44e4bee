"""Speech to text on this machine, with faster-whisper. It is imported when first needed: it takes a
second and 60 MB, which only the speech worker should spend.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.speech import fetch, turns
from adapters.speech.decode import RATE, channels
from adapters.speech.invented import invented, repeats
from adapters.speech.settings import SpeechSettings
from adapters.speech.turns import Heard, Turn
from adapters.speech.voice import Floats
from bot.contract import Segment, Transcript, WaitingForModel
from bot.texts import Text

BATCH: Final = 8
"""Turns that the model decodes together; about 220 s of sound at most is held."""
MAX_HOTWORDS: Final = 60
"""Tokens. Long hot words and a prompt together pass Whisper's 448 positions, which it refuses."""
SIMPLIFIED: Final = "以下是普通话的对话，使用简体中文。"
"""Steers Whisper away from mixing traditional characters in; it is never spoken."""
HEARING: Final = 0.1
"""The share of the work that finding the turns takes."""

NO_MODEL: Final = Text(
    "{folder} 中没有语音模型 {name}", "there is no speech model {name} in {folder}"
)


def build(settings: dict[str, Any], models_dir: Path) -> "FasterWhisper":
    """Entry point `keqing.speech`: see `contract.SpeechFactory`."""
    return FasterWhisper(SpeechSettings.model_validate(settings), models_dir)


class FasterWhisper:
    """See `contract.SpeechEngine`; `progress` gets 0..1."""

    def __init__(self, settings: SpeechSettings, models_dir: Path) -> None:
        self._settings = settings
        self._models_dir = models_dir

    def transcribe(
        self, path: Path, *, hotwords: Sequence[str] = (), progress: Callable[[float], None]
    ) -> Transcript:
        channels(path)  # what no model could ever hear is said at once
        self._folder()
        heard = turns.hear(path)
        progress(HEARING)
        language = self._settings.language
        segments: list[Segment] = []
        sounds = turns.cut(path, heard)
        while batch := list(islice(sounds, BATCH)):
            language = language or self._language(batch)
            segments += self._read(heard, batch, language, hotwords)
            done = batch[-1][0].end / max(heard.duration_s, 1e-9)
            progress(HEARING + (1 - HEARING) * min(done, 1.0))
        segments.sort(key=lambda segment: segment.start)
        progress(1.0)
        return Transcript(
            language=language,
            duration_s=round(heard.duration_s, 3),
            segments=tuple(segments),
            bad_packets=heard.bad_packets,
        )

    def pull(self, name: str, progress: Callable[[float], None]) -> Path:
        return fetch.fetch(name, self._settings.mirror, self._models_dir, progress)

    def models(self) -> Iterator[tuple[str, Path]]:
        if self._models_dir.is_dir():
            for folder in sorted(self._models_dir.iterdir()):
                if not folder.name.startswith(".") and (folder / fetch.WEIGHTS).is_file():
                    yield folder.name.removeprefix("faster-whisper-"), folder

    def _folder(self) -> Path:
        """The model's folder, resolved: faster-whisper takes a bare name for a download."""
        name = self._settings.model
        if name and (Path(name) / fetch.WEIGHTS).is_file() and len(Path(name).parts) > 1:
            return Path(name).resolve()
        for there, folder in self.models():
            if name in {"", there, folder.name}:
                return folder.resolve()
        facts = {"name": name, "folder": self._models_dir}
        raise WaitingForModel(fetch.both(NO_MODEL, **facts))

    @cached_property
    def _pipeline(self) -> Any:
        from faster_whisper import BatchedInferencePipeline, WhisperModel  # noqa: PLC0415

        return BatchedInferencePipeline(
            WhisperModel(
                str(self._folder()),
                device=self._settings.device,
                compute_type=self._settings.compute_type,
                local_files_only=True,
            )
        )

    def _language(self, batch: Sequence[tuple[Turn, Floats]]) -> str:
        model = self._pipeline.model
        if not model.model.is_multilingual:
            return "en"
        language, _, _ = model.detect_language(audio=np.concatenate([sound for _, sound in batch]))
        return str(language)

    def _read(
        self,
        heard: Heard,
        batch: Sequence[tuple[Turn, Floats]],
        language: str,
        hotwords: Sequence[str],
    ) -> Iterator[Segment]:
        said = self._said(batch, language, hotwords, no_repeat_ngram_size=0)
        for number, (turn, sound) in enumerate(batch):
            found = said[number]
            # A loop is sometimes the decoder's fault and not the silence's: once more without it.
            if any(repeats(one.text) for one in found):
                found = self._said([(turn, sound)], language, hotwords, no_repeat_ngram_size=3)[0]
            for one in found:
                if not invented(one.text, one.no_speech_prob, one.avg_logprob):
                    yield _segment(one, turn, heard.speaker(turn))

    def _said(
        self,
        batch: Sequence[tuple[Turn, Floats]],
        language: str,
        hotwords: Sequence[str],
        no_repeat_ngram_size: int,
    ) -> list[list[Any]]:
        """faster-whisper's segments of each turn, their times counted from the turn's start."""
        ends = np.cumsum([len(sound) for _, sound in batch]).tolist()
        starts = [0, *ends[:-1]]
        clips = [{"start": a / RATE, "end": b / RATE} for a, b in zip(starts, ends, strict=True)]
        found, _ = self._pipeline.transcribe(
            np.concatenate([sound for _, sound in batch]),
            language=language,
            clip_timestamps=clips,
            batch_size=BATCH,
            without_timestamps=False,
            no_repeat_ngram_size=no_repeat_ngram_size,
            initial_prompt=SIMPLIFIED if language == "zh" else None,
            hotwords=self._hotwords(hotwords) or None,
        )
        out: list[list[Any]] = [[] for _ in batch]
        for one in found:
            # `seek` (1/100 s) is where its clip began; the model's own times may run past its end.
            number = min(range(len(starts)), key=lambda n: abs(starts[n] / RATE - one.seek / 100))
            one.start -= starts[number] / RATE
            one.end -= starts[number] / RATE
            out[number].append(one)
        return out

    def _hotwords(self, words: Sequence[str]) -> str:
        tokenizer = self._pipeline.model.hf_tokenizer
        kept = ""
        for word in words:
            longer = f"{kept} {word}".strip()
            if len(tokenizer.encode(f" {longer}", add_special_tokens=False).ids) > MAX_HOTWORDS:
                break
            kept = longer
        return kept


def _segment(one: Any, turn: Turn, speaker: str) -> Segment:
    start = min(turn.start + max(float(one.start), 0.0), turn.end)
    end = min(turn.start + max(float(one.end), 0.0), turn.end)
    return Segment(
        start=round(start, 2),
        end=round(max(start, end), 2),
        speaker=speaker,
        text=one.text.strip(),
        confidence=round(min(1.0, math.exp(float(one.avg_logprob))), 3),
    )
