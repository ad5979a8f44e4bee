"""The webhook's branch of the settings: `KEQING_HOOK__…`."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from adapters.hook.systems import read


class HookSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    secret: SecretStr | None = None
    """Signs both ways; without it the webhook is closed."""
    push_url: str | None = Field(default=None)
    """Where pushes to `hook` chats are POSTed."""

    systems: str = Field(default="", repr=False)
    """Systems that rules tell: `erp=https://erp.example.cn/in private:mes=http://10.0.0.5/in`."""

    @field_validator("systems")
    @classmethod
    def _named(cls, value: str) -> str:
        read(value)
        return value

    @field_validator("push_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is needed")
        return value or None
