"""Why a backup or a restore did not happen."""

from typing import Literal

from storage.embedded import Words

Code = Literal["damaged", "not_empty", "dump_failed", "restore_failed"]


class BackupError(Exception):
    """A backup or a restore that did not happen; `.zh` and `.en` say why, `code` is for programs."""

    def __init__(self, code: Code, words: Words, detail: str = "") -> None:
        super().__init__(code, words, detail)
        self.code: Code = code
        self.zh = "\n".join(filter(None, (words.zh, detail)))
        self.en = "\n".join(filter(None, (words.en, detail)))

    def __str__(self) -> str:
        return self.en
