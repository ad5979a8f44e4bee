"""The speech branch of the settings: `KEQING_SPEECH__…`, shared by all engines."""

import re
from decimal import Decimal
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

HUB: Final = "https://huggingface.co"
Script = Literal["", "simplified", "traditional"]
SCRIPTS: Final[dict[str, Script]] = {
    "": "",
    "simplified": "simplified",
    "简": "simplified",
    "简体": "simplified",
    "zh-hans": "simplified",
    "traditional": "traditional",
    "繁": "traditional",
    "繁體": "traditional",
    "繁体": "traditional",
    "zh-hant": "traditional",
}
PRICE: Final = re.compile(r"(\d{1,6}(?:\.\d{1,8})?)\s*([A-Za-z]{3})")


class SpeechSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    engine: Literal["faster-whisper", "remote"] = "faster-whisper"
    model: str = ""
    """A name in the models folder, or a path; empty: the first one there. Remote: its model's name."""
    device: str = "auto"
    compute_type: str = "auto"
    language: str = ""
    """ISO 639-1; empty: heard from the recording."""
    script: Script = "simplified"
    """The script that Chinese is written in; empty: as the model happens to write it."""
    price: str = ""
    """Per minute of speech, with its currency: "0.006 USD"."""
    mirror: str = HUB
    """Where `keqing models pull` fetches models from."""
    base_url: str = "https://api.openai.com/v1"
    """Remote: an OpenAI-compatible server."""
    api_key: SecretStr = SecretStr("")

    @field_validator("script", mode="before")
    @classmethod
    def _script(cls, value: object) -> object:
        return SCRIPTS.get(value.strip().lower(), value) if isinstance(value, str) else value

    @field_validator("price")
    @classmethod
    def _price(cls, value: str) -> str:
        if value.strip() and not PRICE.fullmatch(value.strip()):
            raise ValueError("a price per minute and its currency, such as 0.006 USD")
        return value.strip()

    def cost(self, seconds: float) -> tuple[Decimal, str]:
        """What so much speech costs, and in which currency; nothing where no price is set."""
        found = PRICE.fullmatch(self.price)
        if found is None:
            return Decimal(0), ""
        minutes = Decimal(str(round(seconds, 3))) / 60
        return (Decimal(found[1]) * minutes).quantize(Decimal("0.0001")), found[2].upper()
