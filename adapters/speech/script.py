"""Chinese in one script: models mix simplified and traditional characters, within a sentence too."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from adapters.speech.settings import Script
from bot.contract import Segment, Word

CHINESE: Final = frozenset({"zh", "yue"})
TABLES: Final = {"simplified": "t2s", "traditional": "s2t"}
PROMPTS: Final = {
    "simplified": "以下是普通话的对话，使用简体中文。",
    "traditional": "以下是普通話的對話，使用繁體中文。",
}
"""Steer Whisper away from mixing the scripts; they are never spoken."""
KANA: Final = re.compile("[ぁ-ゖァ-ヺ]")
HANGUL: Final = re.compile("[가-힣]")
HAN: Final = re.compile("[\u4e00-\u9fff]")


@cache
def _table(name: str) -> Any:
    import opencc  # noqa: PLC0415 -- only Chinese needs it

    # Without the characters that few fonts have.
    return opencc.OpenCC(name, include_tofu_risk_dictionaries=False)


def prompt(script: Script, language: str) -> str | None:
    return PROMPTS.get(script) if language in CHINESE else None


def written(text: str) -> str:
    """The language that characters alone tell, for engines that tell none; empty: Latin or unsure."""
    for code, letters in (("ja", KANA), ("ko", HANGUL), ("zh", HAN)):
        if letters.search(text):
            return code
    return ""


def in_one_script(segment: Segment, script: Script, language: str) -> Segment:
    """The segment in `script`; what is not Chinese stays as it is, Japanese within it too."""
    if not script or language not in CHINESE or KANA.search(segment.text):
        return segment
    table = _table(TABLES[script])
    return segment.model_copy(
        update={"text": table.convert(segment.text), "words": _words(segment.words, table)}
    )


def _words(words: Sequence[Word], table: Any) -> tuple[Word, ...]:
    """Converted within their sentence, where 头发 becomes 頭髮; alone, 发 would become 發."""
    said = "".join(word.text for word in words)
    converted = table.convert(said)
    if len(converted) != len(said):
        return tuple(word.model_copy(update={"text": table.convert(word.text)}) for word in words)
    out: list[Word] = []
    at = 0
    for word in words:
        out.append(word.model_copy(update={"text": converted[at : at + len(word.text)]}))
        at += len(word.text)
    return tuple(out)
