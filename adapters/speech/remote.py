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

from adapters.speech import turns
from adapters.speech.decode import RATE
from adapters.speech.invented import repeats
from adapters.speech.settings import SpeechSettings
from adapters.speech.voice import Floats
from bot.contract import NotSupported, Refused, Segment, Transcript, TryLater

OPUS_BITS: Final = 24_000
"""Bits per second: 28 s are 84 kB, far below every server's limit."""
MAX_PROMPT: Final = 200
"""Characters of hot words that are sent along."""
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
        self, path: Path, *, hotwords: Sequence[str] = (), progress: Callable[[float], None]
    ) -> Transcript:
        heard = turns.hear(path)
        segments: list[Segment] = []
        with self._client() as client:
            for turn, sound in turns.cut(path, heard):
                text = self._said(client, sound, hotwords)
                if text and not repeats(text):
                    speaker = heard.speaker(turn)
                    segments.append(
                        Segment(start=turn.start, end=turn.end, speaker=speaker, text=text)
                    )
                progress(min(turn.end / heard.duration_s, 1.0))
        progress(1.0)
        return Transcript(
            language=self._settings.language,
            duration_s=round(heard.duration_s, 3),
            segments=tuple(segments),
            bad_packets=heard.bad_packets,
        )

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

    def _said(self, client: Any, sound: Floats, hotwords: Sequence[str]) -> str:
        import openai  # noqa: PLC0415

        wishes: dict[str, str] = {}
        if self._settings.language:
            wishes["language"] = self._settings.language
        if hotwords:
            wishes["prompt"] = " ".join(hotwords)[:MAX_PROMPT]
        try:
            answer = client.audio.transcriptions.create(
                file=("turn.ogg", to_opus(sound), "audio/ogg"),
                model=self._settings.model or WHISPER,
                response_format="json",
                **wishes,
            )
        except (openai.APIConnectionError, openai.InternalServerError, openai.RateLimitError) as e:
            raise TryLater(f"{self._settings.base_url}: {type(e).__name__}", after=_after(e)) from e
        except openai.OpenAIError as error:
            status = getattr(error, "status_code", "")
            raise Refused(f"{self._settings.base_url}: {type(error).__name__} {status}") from error
        return str(getattr(answer, "text", answer)).strip()


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
