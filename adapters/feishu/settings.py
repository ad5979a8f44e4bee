"""Feishu's branch of the settings: `KEQING_FEISHU__…`."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

CHINA: Final = "https://open.feishu.cn"


class FeishuSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    app_id: str = ""
    """The app's id, `cli_…`; without it and its secret the channel is off."""
    app_secret: SecretStr = SecretStr("")
    encrypt_key: SecretStr = SecretStr("")
    """With it, events that are not encrypted and signed are refused."""
    verification_token: SecretStr = SecretStr("")
    api_base: str = Field(default=CHINA)
    """Lark outside of China: https://open.larksuite.com."""
    long_connection: bool = False
    """Fetch events over a connection of ours, so that no public address is needed."""

    @field_validator("app_id")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.strip()

    @field_validator("api_base")
    @classmethod
    def _http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is needed")
        return value.rstrip("/")

    @property
    def on(self) -> bool:
        return bool(self.app_id and self.app_secret.get_secret_value())
