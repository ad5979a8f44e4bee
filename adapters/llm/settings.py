"""The language model's branch of the settings: `KEQING_LLM__…`."""

from decimal import Decimal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator


class ModelSettings(BaseModel):
    model_config = ConfigDict(frozen=True, validate_default=True)

    base_url: str = ""
    """An OpenAI-compatible server, such as `https://api.openai.com/v1`; empty: there is none."""
    api_key: SecretStr = SecretStr("")
    """A server of one's own may want none."""
    model: str = ""
    budget_per_day: int = Field(default=500_000, ge=0)
    """Tokens that all processes together may spend in a day (UTC); 0: no limit."""
    budget_per_person: int = Field(default=0, ge=0)
    """Tokens a day (UTC) of one member; 0: no limit but the one for all."""
    price_in: Decimal = Field(default=Decimal(0), ge=0, allow_inf_nan=False)
    """Of a million tokens of questions; 0: free."""
    price_out: Decimal = Field(default=Decimal(0), ge=0, allow_inf_nan=False)
    """Of a million tokens of answers."""
    mask: bool = False
    """Whether people's names, numbers and addresses are replaced before a question leaves."""

    @field_validator("base_url")
    @classmethod
    def _http(cls, value: str) -> str:
        address = value.strip().rstrip("/")
        parts = urlsplit(address)
        if address and not (parts.scheme in {"http", "https"} and parts.hostname):
            raise ValueError("an http:// or https:// address is needed")
        _ = parts.port  # raises for what is no number
        if "@" in parts.netloc:
            raise ValueError("no password goes in here; a key belongs in KEQING_LLM__API_KEY")
        return address

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value().strip()
        if not (key.isascii() and key.isprintable()):
            raise ValueError("a key has plain Latin letters, digits and signs only")
        return SecretStr(key)

    @field_validator("model")
    @classmethod
    def _named(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("base_url") and not value.strip():
            raise ValueError("the name of a model is needed where base_url is set")
        return value.strip()
