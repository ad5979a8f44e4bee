"""The calls' branch of the settings: `KEQING_CALLS__…`."""

import json
import re
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from adapters.calls import pattern as patterns

_HOST: Final = re.compile(r"(\*\.[\w-]+\.)?[\w.-]+(:\d{1,5})?", re.ASCII)


class CallsSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    folder: Path | None = None
    """Where the telephone system puts its recordings; nothing in it is ever changed."""
    pattern: str = ""
    """A regular expression for file names, with the groups of `pattern.GROUPS`."""
    secret: SecretStr | None = None
    """Signs `POST /calls/recordings`; without it that address is closed."""
    hosts: list[str] = []
    """Origins that recordings may be fetched from: `https://pbx.example.com`."""

    @field_validator("folder", mode="before")
    @classmethod
    def _folder(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("secret")
    @classmethod
    def _filled(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value and value.get_secret_value() else None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        patterns.compiled(value)
        return value.strip()

    @field_validator("hosts", mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        """A variable of the environment holds the list as JSON."""
        if not isinstance(value, str):
            return value
        if not value.strip():
            return []
        try:
            found: object = json.loads(value)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, list):
            raise ValueError('write it as ["https://pbx.example.com"]')  # noqa: TRY004 - pydantic's
        return cast("list[object]", found)

    @field_validator("hosts")
    @classmethod
    def _origins(cls, value: list[str]) -> list[str]:
        return [_origin(one.strip().rstrip("/")) for one in value]


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or f"{parts.scheme}://{parts.netloc}" != value:
        raise ValueError("an origin is needed, such as https://pbx.example.com, without a path")
    if not _HOST.fullmatch(parts.netloc):
        raise ValueError("no such host; `*` may only begin it, as in https://*.example.com")
    return value
