"""All settings: one tree, read once, from `keqing.toml` and `KEQING_…` (nested with `__`).

Parts get values, never the tree; an adapter validates its own branch.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.texts import Text

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d\s*-\s*([01]\d|2[0-3]):[0-5]\d")
PREFIX: Final = "KEQING_"
FILE: Final = "keqing.toml"

_Model = TypeVar("_Model", bound=BaseModel)


class BadSettings(Exception):
    """A setting has a value that cannot be used. The message names it, in both languages."""


class Settings(BaseModel):
    """The tree. Branches of adapters are kept as they are: their names are not known here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("data")
    database_url: str | None = Field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None
    """Where people and platforms reach the web side, behind its proxy: `https://keqing.example.com`."""
    language: Literal["zh", "en"] = "zh"
    timezone: str = "Asia/Shanghai"
    quiet_hours: str = "21:00-08:00"
    """When nothing is pushed, in each reader's zone; empty: at any hour."""
    keep_recordings_days: int = Field(default=0, ge=0, le=36_500)
    """Older recordings are deleted, their words are not; 0: they stay."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    branches: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)

    @field_validator("language", mode="before")
    @classmethod
    def _language(cls, value: object) -> object:
        return {"zh-cn": "zh", "zh_cn": "zh", "en-us": "en"}.get(str(value).lower(), value)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception as error:
            raise ValueError(f"no such time zone: {value}") from error
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value.strip() and not _HOURS.fullmatch(value.strip()):
            raise ValueError("write it as 21:00-08:00, or leave it empty")
        return value.strip()

    @field_validator("public_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is needed")
        return value.rstrip("/") if value else None

    @property
    def address(self) -> str:
        """Where the web side is reached."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def quiet(self) -> tuple[time, time] | None:
        """The quiet hours as from when until when."""
        if not self.quiet_hours:
            return None
        start, end = self.quiet_hours.split("-")
        return time.fromisoformat(start.strip()), time.fromisoformat(end.strip())

    @property
    def kept(self) -> Path:
        """What a backup takes besides the database: files, the audit key, the chain's head."""
        return self.data_dir / "kept"

    def branch(self, name: str) -> dict[str, Any]:
        """The settings of one adapter or engine; empty where nothing is set."""
        return self.branches.get(name, {})


_BAD = Text(
    "设置「{name}」的值不可用：{why}。请改正后再启动。",
    "the setting {name} has a value that cannot be used: {why}. Correct it and start again.",
)
_BAD_FILE = Text(
    "设置文件 {name} 不是有效的 TOML：{why}", "the settings file {name} is not valid TOML: {why}"
)


def load(
    models: Mapping[str, type[BaseModel]],
    *,
    folder: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Settings, list[str]]:
    """Read the tree; answers it and the dotted names of settings that nothing knows.

    `models` are the branches that adapters and engines own. Raises `BadSettings`.
    """
    given = _from_file((folder or Path.cwd()) / FILE)
    for name, value in _from_environment(os.environ if environ is None else environ):
        _put(given, name, value)
    known = set(Settings.model_fields) - {"branches"}
    unknown = sorted(set(given) - known - set(models))
    branches: dict[str, dict[str, Any]] = {}
    for name, model in models.items():
        found = given.get(name, {})
        if not isinstance(found, dict):
            raise bad(name, "a table is needed here")
        values = cast("dict[str, Any]", found)
        unknown += [f"{name}.{key}" for key in sorted(set(values) - set(model.model_fields))]
        mine = {key: value for key, value in values.items() if key in model.model_fields}
        branches[name] = _checked(model, mine, f"{name}.").model_dump()
    tree = {name: value for name, value in given.items() if name in known}
    return _checked(Settings, {**tree, "branches": branches}, ""), unknown


def _checked(model: type[_Model], values: dict[str, Any], prefix: str) -> _Model:
    try:
        return model(**values)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise bad(prefix + ".".join(str(part) for part in first["loc"]), first["msg"]) from None


def bad(name: str, why: str) -> BadSettings:
    """The error for a setting, by its dotted name, in both languages."""
    shown = f"{name} ({PREFIX}{name.upper().replace('.', '__')})"
    return BadSettings(
        f"{_BAD.in_('zh', name=shown, why=why)}\n{_BAD.in_('en', name=shown, why=why)}"
    )


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        facts = {"name": str(path), "why": str(error)}
        raise BadSettings(
            f"{_BAD_FILE.in_('zh', **facts)}\n{_BAD_FILE.in_('en', **facts)}"
        ) from None


def _from_environment(environ: Mapping[str, str]) -> list[tuple[list[str], str]]:
    return [
        (name.removeprefix(PREFIX).lower().split("__"), value)
        for name, value in sorted(environ.items())
        if name.startswith(PREFIX)
    ]


def _put(tree: dict[str, Any], name: list[str], value: str) -> None:
    for part in name[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = cast("dict[str, Any]", inner)
    tree[name[-1]] = value
