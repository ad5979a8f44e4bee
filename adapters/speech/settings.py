"""The speech branch of the settings: `KEQING_SPEECH__…`, shared by all engines."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, SecretStr

HUB: Final = "https://huggingface.co"


class SpeechSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    engine: Literal["faster-whisper", "remote"] = "faster-whisper"
    model: str = ""
    """A name in the models folder, or a path; empty: the first one there. Remote: its model's name."""
    device: str = "auto"
    compute_type: str = "auto"
    language: str = ""
    """ISO 639-1; empty: heard from the recording."""
    mirror: str = HUB
    """Where `keqing models pull` fetches models from."""
    base_url: str = "https://api.openai.com/v1"
    """Remote: an OpenAI-compatible server."""
    api_key: SecretStr = SecretStr("")
