"""Tells how an answer's first text grows, where somebody listens."""

from typing import Any

from adapters.llm.partial import Growing, first_text
from adapters.llm.server import Grown
from bot.contract import Asked, Heard


class Hearing:
    def __init__(self, asked: Asked, heard: Heard | None) -> None:
        self._name = first_text(asked.schema)
        self._heard = heard
        self._told = ""

    @property
    def listens(self) -> bool:
        return self._heard is not None and self._name is not None

    def begins(self) -> Grown:
        """For an answer from its beginning; one after it, from its own."""
        growing = Growing(self._name or "")

        def grown(piece: str) -> None:
            growing.feed(piece)
            # A second try is heard once it is past what was told of the first.
            if len(growing.text) > len(self._told):
                self._tell(growing.text)

        return grown

    def ends(self, value: dict[str, Any]) -> None:
        """The whole text, where it is not what was told last."""
        text = value.get(self._name or "")
        if isinstance(text, str) and text != self._told:
            self._tell(text)

    def _tell(self, text: str) -> None:
        self._told = text
        if self._heard is not None:
            self._heard(text)
