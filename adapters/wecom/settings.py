"""WeCom's branch of the settings: `KEQING_WECOM__…`."""

import base64
import binascii
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

API_BASE: Final = "https://qyapi.weixin.qq.com"
ROBOT_WS: Final = "wss://openws.work.weixin.qq.com"


class WeComSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    corp_id: str = ""
    """我的企业 → 企业信息 → 企业ID."""
    agent_id: str = ""
    secret: SecretStr | None = None
    """The app's own; with agent_id it opens private and group chats."""
    token: SecretStr | None = None
    """Of the app's 接收消息 page; with encoding_aes_key it opens `/wecom/callback`."""
    encoding_aes_key: SecretStr | None = None
    api_base: str = API_BASE
    kf_secret: SecretStr | None = None
    """微信客服's; the same as `secret` where the app itself may manage the accounts."""
    group_robots: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    """A name of one's own → the `key` in the webhook address of a group robot."""
    accounts: int = Field(default=100, ge=1)
    """Accounts of the firm: an app may send 200 messages a day for each."""

    robot_token: SecretStr | None = None
    """Of the intelligent robot's page; with robot_encoding_aes_key it opens `/wecom/robot`."""
    robot_encoding_aes_key: SecretStr | None = None
    robot_id: str = ""
    """With robot_secret: the robot by its long connection, without a public address."""
    robot_secret: SecretStr | None = None
    robot_ws: str = ROBOT_WS
    robot_name: str = ""
    """As it stands behind the @ in groups; where it is empty, the first word with an @ is taken."""
    archive_secret: SecretStr | None = None
    """Of the conversation archive's page; used by `keqing wecom-archive` alone."""
    archive_keys: dict[str, str] = Field(default_factory=dict[str, str])
    """The version of a public key → the file with its private key (PEM)."""
    archive_library: str = ""
    """Where libWeWorkFinanceSdk_C.so lies; WeCom's licence forbids shipping it."""

    @field_validator("agent_id", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("agent_id")
    @classmethod
    def _number(cls, value: str) -> str:
        if value and not (value.isascii() and value.isdecimal()):
            raise ValueError("the AgentId is a number, such as 1000002")
        return value

    @field_validator("api_base")
    @classmethod
    def _http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is needed")
        return value.rstrip("/")

    @field_validator("robot_ws")
    @classmethod
    def _ws(cls, value: str) -> str:
        if not value.startswith(("ws://", "wss://")):
            raise ValueError("a ws:// or wss:// address is needed")
        return value

    @field_validator("encoding_aes_key", "robot_encoding_aes_key")
    @classmethod
    def _key(cls, value: SecretStr | None) -> SecretStr | None:
        if not value or not value.get_secret_value():
            return None
        try:
            key = base64.b64decode(value.get_secret_value() + "=", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise ValueError("the EncodingAESKey has 43 letters and digits")
        return value

    @property
    def listens(self) -> bool:
        """Whether callbacks can be checked and read."""
        return bool(self.corp_id and self.token and self.encoding_aes_key)

    @property
    def has_app(self) -> bool:
        return bool(self.corp_id and self.agent_id and self.secret)

    @property
    def has_kf(self) -> bool:
        return bool(self.corp_id and self.kf_secret)

    @property
    def robot_listens(self) -> bool:
        """The robot's callbacks can be checked and read."""
        return bool(self.robot_token and self.robot_encoding_aes_key)

    @property
    def robot_connects(self) -> bool:
        return bool(self.robot_id and self.robot_secret)

    @property
    def has_robot(self) -> bool:
        return self.robot_listens or self.robot_connects

    @property
    def has_archive(self) -> bool:
        return bool(self.corp_id and self.archive_secret)

    @property
    def on(self) -> bool:
        return (
            self.has_app
            or self.has_kf
            or self.has_robot
            or self.has_archive
            or bool(self.group_robots)
        )
