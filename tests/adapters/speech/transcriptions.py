"""Plays an OpenAI-compatible transcription server with its limits."""

import io
import json
from collections.abc import Sequence
from email.message import Message
from email.parser import BytesParser

import av

from tests.adapters.speech.far_side import Answer

PATH = "/v1/audio/transcriptions"
KEY = "secret-key"
MOST = 25 * 1024 * 1024
TYPES = frozenset("flac m4a mp3 mp4 mpeg mpga oga ogg wav webm".split())
FIELDS = frozenset("file model language prompt response_format temperature".split())


class Transcriptions:
    """Says `text` for whatever it hears; `first` are the answers it gives before that."""

    def __init__(self, text: str, first: Sequence[Answer] = ()) -> None:
        self.text = text
        self.first = list(first)
        self.prompts: list[str] = []
        self.seconds: list[float] = []

    def __call__(self, headers: Message, body: bytes) -> Answer:
        if self.first:
            return self.first.pop(0)
        if headers["Authorization"] != f"Bearer {KEY}":
            return _refusal(401, "no such key")
        if len(body) > MOST:
            return _refusal(413, "too large")
        head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
        parts = {
            part.get_param("name", header="content-disposition"): part
            for part in BytesParser().parsebytes(head + body).get_payload()
        }
        if set(parts) - FIELDS or not parts["model"].get_payload():
            return _refusal(400, f"unknown or missing: {sorted(parts)}")
        if parts["file"].get_filename().rpartition(".")[2] not in TYPES:
            return _refusal(400, "not such a file")
        with av.open(io.BytesIO(parts["file"].get_payload(decode=True))) as sound:
            self.seconds.append(sound.duration / av.time_base)
        if "prompt" in parts:
            self.prompts.append(parts["prompt"].get_payload(decode=True).decode())
        return 200, json.dumps({"text": self.text}).encode(), {}


def _refusal(status: int, why: str) -> Answer:
    return status, json.dumps({"error": {"message": why}}).encode(), {}
