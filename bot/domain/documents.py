"""What other systems call the fields of what they tell us: mappings, as data."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

Kind = Literal["receipts", "invoices", "terms", "status"]
SHIPPED: Final = ("generic", "iot", "kingdee", "yonyou")
LEAST: Final[dict[Kind, tuple[str, ...]]] = {
    "receipts": ("id", "amount", "date"),
    "invoices": ("number", "amount", "date"),
    "terms": ("amount", "date"),
    "status": ("event",),
}
KNOWN: Final[dict[Kind, tuple[str, ...]]] = {
    "receipts": ("id", "amount", "date", "customer", "project", "currency", "note", "state"),
    "invoices": ("number", "amount", "tax", "date", "customer", "project", "currency", "state"),
    "terms": (
        *("event", "name", "amount", "date", "customer", "project", "contract", "currency"),
        "state",
    ),
    "status": ("event", "progress", "phase", "milestone", "task", "defect", "severity", "note"),
}
"""The fields of ours that each kind of document can fill."""
_EVENT: Final = {"receipts": "id", "invoices": "number"}


class Columns(BaseModel):
    """What a system calls its fields: ours → theirs, the first that a row has is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    columns: dict[str, list[str]]
    currencies: dict[str, str] = {}
    only: dict[str, list[str]] = {}
    """Values that a field must have, where a row has it: only audited documents, say."""
    values: dict[str, dict[str, str]] = {}
    """Our field → what they write in it → what we call that."""

    def value(self, row: Mapping[str, Any], field: str) -> str:
        for name in self.columns.get(field, ()):
            if found := str(row.get(name) or "").strip():
                return self.values.get(field, {}).get(found, found)
        return ""

    def event(self, row: Mapping[str, Any]) -> str:
        """What tells a document of this kind from all others."""
        return self.value(row, _EVENT.get(self.kind, "event"))

    def unknown(self, row: Mapping[str, Any]) -> int:
        """How many fields of a row nobody has asked for."""
        known = {name for names in self.columns.values() for name in names}
        return len(set(row) - known)


def mapping(name: str, kind: Kind) -> Columns:
    """A shipped mapping by its name, or one from a file; raises `ValueError` and `OSError`."""
    return shipped(name, kind) if name in SHIPPED else _read(Path(name).read_text("utf-8"), kind)


def shipped(name: str, kind: Kind) -> Columns:
    """A shipped mapping; raises `ValueError` where it has none of this kind."""
    if name not in SHIPPED:
        raise ValueError(f"no {name}")
    return _read(_source(name), kind)


def shipped_for(kind: Kind) -> list[str]:
    """The shipped mappings that know documents of this kind."""
    return [name for name in SHIPPED if kind in tomllib.loads(_source(name))]


def _source(name: str) -> str:
    folder = resources.files("bot.domain").joinpath("data", "erp")
    return folder.joinpath(f"{name}.toml").read_text("utf-8")


def _read(source: str, kind: Kind) -> Columns:
    data = tomllib.loads(source)
    if kind not in data:
        raise ValueError(f"no [{kind}]")
    try:
        return Columns(
            kind=kind,
            columns=data[kind],
            currencies=data.get("currencies", {}),
            only=data.get("only", {}) if kind != "status" else {},
            values=data.get("values", {}) if kind == "status" else {},
        )
    except ValidationError as error:
        raise ValueError(error.errors(include_url=False)[0]["msg"]) from error


def flat(found: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested fields by dotted path; what is empty or a list of objects has no value.

    >>> flat({"a": {"b": "1", "c": None}, "d": ["x", "y"]})
    {'a.b': '1', 'd': 'x, y'}
    """
    row: dict[str, str] = {}
    for name, value in found.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            row |= flat(value, f"{path}.")
        elif isinstance(value, list):
            plain = [one for one in value if isinstance(one, str)]
            row |= {path: ", ".join(plain)} if plain else {}
        elif isinstance(value, bool):
            row[path] = "true" if value else "false"
        elif value is not None:
            row[path] = str(value)
    return row
