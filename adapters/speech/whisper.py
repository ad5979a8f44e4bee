"""Speech to text on this machine, with faster-whisper. It is imported when first needed: it takes a
second and 60 MB, which only the speech worker should spend.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.speech import fetch, hardware, listening, script, windows
from adapters.speech.decode import RATE, shape
from adapters.speech.invented import invented, repeats
from adapters.speech.settings import SpeechSettings
from adapters.speech.turns import Heard, Turn
from adapters.speech.windows import Batch
from bot.contract import Segment, Transcript, WaitingForModel, Window, Word
from bot.texts import Text

BATCH: Final = 8
"""Turns that the model decodes together; about 220 s of sound at most is held."""
MAX_HOTWORDS: Final = 60
"""Tokens. Long hot words and a prompt together pass Whisper's 448 positions, which it refuses."""

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
        self,
        path: Path,
        *,
        hotwords: Sequence[str] = (),
        progress: Callable[[float], None],
        done: Sequence[Window] = (),
        keep: Callable[[Window], None] = lambda _: None,
    ) -> Transcript:
        shape(path)  # what no model could ever hear is said at once
        self._folder()

        def read(heard: Heard, batch: Batch, language: str) -> tuple[str, Sequence[Segment]]:
            language = self._language(batch, language)
            return language, list(self._read(heard, batch, language, hotwords))

        return windows.go_through(
            path,
            self._settings,
            read,
            size=BATCH,
            packed=True,
            progress=progress,
            done=done,
            keep=keep,
        )

    def listening_copy(self, path: Path, into: Path) -> bool:
        return listening.copy(path, into)

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
        from faster_whisper import BatchedInferencePipeline  # noqa: PLC0415

        folder, settings = str(self._folder()), self._settings
        return BatchedInferencePipeline(
            hardware.load(folder, settings.device, settings.compute_type)
        )

    def _language(self, batch: Batch, known: str) -> str:
        model = self._pipeline.model
        if not model.model.is_multilingual:
            return "en"
        if known:
            return known
        language, _, _ = model.detect_language(audio=np.concatenate([sound for _, sound in batch]))
        return str(language)

    def _read(
        self, heard: Heard, batch: Batch, language: str, hotwords: Sequence[str]
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
        self, batch: Batch, language: str, hotwords: Sequence[str], no_repeat_ngram_size: int
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
            word_timestamps=True,
            no_repeat_ngram_size=no_repeat_ngram_size,
            initial_prompt=script.prompt(self._settings.script, language),
            hotwords=windows.capped(hotwords, self._fits) or None,
        )
        out: list[list[Any]] = [[] for _ in batch]
        for one in found:
            # `seek` (1/100 s) is where its clip began; the model's own times may run past its end.
            number = min(range(len(starts)), key=lambda n: abs(starts[n] / RATE - one.seek / 100))
            began = starts[number] / RATE
            for timed in (one, *one.words):
                timed.start -= began
                timed.end -= began
            out[number].append(one)
        return out

    def _fits(self, words: str) -> bool:
        tokenizer = self._pipeline.model.hf_tokenizer
        return len(tokenizer.encode(f" {words}", add_special_tokens=False).ids) <= MAX_HOTWORDS


def _segment(one: Any, turn: Turn, speaker: str) -> Segment:
    start = _between(turn.start, turn.at(float(one.start)), turn.end)
    end = _between(start, turn.at(float(one.end), ending=True), turn.end)
    words: list[Word] = []
    at = start
    for word in one.words:
        begins = _between(at, turn.at(float(word.start)), end)
        at = _between(begins, turn.at(float(word.end), ending=True), end)
        words.append(Word(start=begins, end=at, text=word.word))
    return Segment(
        start=start,
        end=end,
        speaker=speaker,
        text=one.text.strip(),
        confidence=round(min(1.0, math.exp(float(one.avg_logprob))), 3),
        words=tuple(words),
    )


def _between(low: float, value: float, high: float) -> float:
    """A time in hundredths of a second; the model's own may run out of what it heard."""
    return round(min(max(low, value), high), 2)
