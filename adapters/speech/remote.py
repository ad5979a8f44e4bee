"""Speech to text by any server that speaks OpenAI's transcription protocol.

Newer models answer plain text without times, so our own turns are sent one by one: who spoke and
when is ours. Servers take at most 25 MB and no AMR, so a turn travels as Opus (about 0.1 MB).
"""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame

from adapters.speech import listening, script, windows
from adapters.speech.decode import RATE
from adapters.speech.invented import invented
from adapters.speech.settings import SpeechSettings
from adapters.speech.turns import Heard
from adapters.speech.voice import Floats
from adapters.speech.windows import Batch
from bot.contract import NotSupported, Refused, Segment, Transcript, TryLater, Window

OPUS_BITS: Final = 24_000
"""Bits per second: 28 s are 84 kB, far below every server's limit."""
BATCH: Final = 4
"""Turns that are kept together: what is heard again after a stop, and paid twice."""
MAX_PROMPT: Final = 180
"""Bytes of hot words that are sent along: 60 Chinese characters, about as many tokens."""
TIMEOUT_S: Final = 120.0
WHISPER: Final = "whisper-1"
"""The model asked for where none is set."""


def build(settings: dict[str, Any], models_dir: Path) -> "Remote":  # noqa: ARG001 -- a far engine keeps no models
    """Entry point `keqing.speech`: see `contract.SpeechFactory`."""
    return Remote(SpeechSettings.model_validate(settings))


class Remote:
    """See `contract.SpeechEngine`; `progress` gets 0..1. Raises `TryLater` and `Refused` too."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._settings = settings

    def transcribe(
        self,
        path: Path,
        *,
        hotwords: Sequence[str] = (),
        progress: Callable[[float], None],
        done: Sequence[Window] = (),
        keep: Callable[[Window], None] = lambda _: None,
    ) -> Transcript:
        prompt = windows.capped(hotwords, lambda line: len(line.encode()) <= MAX_PROMPT)
        with self._client() as client:

            def read(heard: Heard, batch: Batch, language: str) -> tuple[str, list[Segment]]:
                said: list[Segment] = []
                for turn, sound in batch:
                    text = self._said(client, sound, prompt)
                    if not invented(text):
                        who = heard.speaker(turn)
                        said.append(Segment(start=turn.start, end=turn.end, speaker=who, text=text))
                return language or script.written("".join(one.text for one in said)), said

            return windows.go_through(
                path,
                self._settings,
                read,
                size=BATCH,
                packed=False,
                progress=progress,
                done=done,
                keep=keep,
            )

    def listening_copy(self, path: Path, into: Path) -> bool:
        return listening.copy(path, into)

    def pull(self, name: str, progress: Callable[[float], None]) -> Path:  # noqa: ARG002 -- the port's shape
        raise NotSupported(f"the models of {self._settings.base_url} stay there: {name}")

    def models(self) -> Iterator[tuple[str, Path]]:
        """The far model counts as there: nothing needs to be fetched."""
        yield self._settings.model or WHISPER, Path()

    def _client(self) -> Any:
        from openai import OpenAI  # noqa: PLC0415 -- takes most of a second to import

        # A server of one's own often wants no key, but the client insists on some.
        key = self._settings.api_key.get_secret_value() or "none"
        return OpenAI(
            base_url=self._settings.base_url, api_key=key, timeout=TIMEOUT_S, max_retries=2
        )

    def _said(self, client: Any, sound: Floats, prompt: str) -> str:
        import openai  # noqa: PLC0415

        wishes: dict[str, str] = {}
        if self._settings.language:
            wishes["language"] = self._settings.language
        if prompt:
            wishes["prompt"] = prompt
        server = self._settings.base_url
        try:
            answer = client.audio.transcriptions.create(
                file=("turn.ogg", to_opus(sound), "audio/ogg"),
                model=self._settings.model or WHISPER,
                response_format="json",
                **wishes,
            )
        except (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError) as e:
            raise TryLater(f"{server}: {type(e).__name__}", after=_after(e)) from e
        except openai.OpenAIError as error:
            status = getattr(error, "status_code", "")
            raise Refused(f"{server}: {type(error).__name__} {status}") from error
        except ValueError as error:
            raise TryLater(f"{server}: an answer that is no JSON") from error
        # Some servers answer plain text; a page of HTML is none of them.
        text = getattr(answer, "text", answer)
        if not isinstance(text, str) or text.lstrip().startswith("<"):
            raise Refused(f"{server}: an answer that is no transcript")
        return text.strip()


def _after(error: Exception) -> float | None:
    """Seconds that the server asks to wait."""
    said = getattr(getattr(error, "response", None), "headers", {}).get("retry-after", "")
    return float(said) if said.isdecimal() else None


def to_opus(sound: Floats) -> bytes:
    """One channel at 16 kHz as an Ogg Opus file."""
    out = io.BytesIO()
    with av.open(out, mode="w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = OPUS_BITS
        pcm = (np.clip(sound, -1, 1) * 32_767).astype(np.int16)
        frame = AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()
