"""Finds the parts that plug in: adapters, readers, speech engines, the site, by entry point."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel

from bot.contract import (
    Adapter,
    AdapterFactory,
    ChannelName,
    ModelFactory,
    Ports,
    Reader,
    SpeechFactory,
)


def settings_models() -> dict[str, type[BaseModel]]:
    """The branches of the settings that parts own."""
    return {entry.name: entry.load() for entry in entry_points(group="keqing.settings")}


def adapters(branches: Mapping[str, dict[str, Any]], ports: Ports) -> dict[ChannelName, Adapter]:
    """All channels, each made with its own branch of the settings."""
    made: dict[ChannelName, Adapter] = {}
    for entry in entry_points(group="keqing.adapters"):
        build: AdapterFactory = entry.load()
        adapter = build(branches.get(entry.name, {}), ports)
        made[adapter.channel] = adapter
    return made


def readers() -> dict[str, Reader]:
    """File ending → reader."""
    found: dict[str, Reader] = {}
    for entry in entry_points(group="keqing.readers"):
        reader: Reader = entry.load()()
        found |= dict.fromkeys(reader.suffixes, reader)
    return found


def speech(name: str) -> SpeechFactory:
    """The factory of a speech engine."""
    (entry,) = entry_points(group="keqing.speech", name=name)
    return entry.load()


def model() -> ModelFactory:
    """The factory of the language model."""
    (entry,) = entry_points(group="keqing.llm")
    return entry.load()


def one(group: str, name: str) -> Any:
    """The single part of this name in a group."""
    (entry,) = entry_points(group=group, name=name)
    return entry.load()
