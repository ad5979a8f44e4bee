"""Slack's branch of the settings: `KEQING_SLACK__…`."""

from typing import Final

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

API_BASE: Final = "https://slack.com/api/"


class SlackSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    signing_secret: SecretStr | None = None
    """Proves that a request comes from Slack; without it the address `/slack/events` is closed."""
    bot_token: SecretStr | None = None
    """`xoxb-…`; without it Slack is off."""
    app_token: SecretStr | None = None
    """`xapp-…`: events come over a connection that we open, so that no public address is needed."""
    api_base: str = API_BASE

    @field_validator("api_base")
    @classmethod
    def _http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is needed")
        return value if value.endswith("/") else value + "/"

    @property
    def on(self) -> bool:
        return bool(self.bot_token and (self.signing_secret or self.app_token))
