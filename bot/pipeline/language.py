"""Which language a text is in, by the script of its letters."""

import re
from typing import Final, Literal

from bot.pipeline.sentences import head, visible

Language = Literal["zh", "en", "mix", "other"]

_CODES: Final = re.compile(r"[A-Za-z]{0,8}[-_#]?\d[\w./:-]{0,40}|[\w-]{1,60}\.[A-Za-z]{2,4}\b")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['’][A-Za-z]+)?")
_KANA: Final = re.compile(r"[\u3041-\u30fa\u31f0-\u31ff\uff66-\uff9d]")
_ELSEWHERE: Final = re.compile(
    r"[\u0370-\u1dff\u1100-\u11ff\u2c00-\u2dff\ua000-\uabff\uac00-\ud7af\ufb1d-\ufdff\ufe70-\ufefc]"
)

# Words that Chinese texts use as their own: they make no text mixed.
_BORROWED: Final = frozenset(
    [
        "pdf",
        "ppt",
        "excel",
        "word",
        "wps",
        "app",
        "wifi",
        "vip",
        "qq",
        "id",
        "usb",
        "dwg",
        "cad",
        "bim",
        "ok",
        "pc",
        "kpi",
        "logo",
        "bug",
        "erp",
        "crm",
        "oa",
        "u",
    ]
)
# The commonest short words of languages that share our letters; two of them beat no English ones.
_FOREIGN: Final = frozenset(
    [
        "der",
        "die",
        "das",
        "und",
        "nicht",
        "ist",
        "wir",
        "bitte",
        "mit",
        "für",
        "auf",
        "ein",
        "eine",
        "noch",
        "le",
        "les",
        "des",
        "est",
        "nous",
        "vous",
        "pas",
        "une",
        "pour",
        "avec",
        "dans",
        "sur",
        "merci",
        "el",
        "los",
        "las",
        "una",
        "para",
        "con",
        "por",
        "gracias",
        "esta",
        "muy",
        "que",
        "del",
        "il",
        "gli",
        "sono",
        "grazie",
        "della",
        "non",
        "di",
        "per",
        "het",
        "een",
        "niet",
        "wij",
        "voor",
        "graag",
        "obrigado",
        "não",
        "uma",
        "com",
        "os",
        "khong",
        "cua",
    ]
)
_ENGLISH: Final = frozenset(
    [
        "the",
        "and",
        "is",
        "are",
        "was",
        "to",
        "of",
        "in",
        "for",
        "you",
        "we",
        "i",
        "it",
        "this",
        "that",
        "not",
        "with",
        "on",
        "at",
        "be",
        "have",
        "has",
        "please",
        "thanks",
        "can",
        "will",
        "our",
        "your",
        "my",
        "no",
        "from",
        "by",
        "as",
        "do",
        "did",
        "what",
        "when",
        "how",
        "still",
        "again",
    ]
)
_MIXED_FROM, _MIXED_TO = 0.12, 0.90


def detect(text: str) -> Language:
    """Chinese, English, a mix of the two, or "other": another language, or no words at all.

    Links, addresses, @mentions, codes and file names do not count. A Latin word weighs as much as
    two Chinese characters. Reads the first `sentences.LIMIT` characters; linear in their number.
    """
    words = visible(head(text))
    if words.isascii():
        return _of_latin(_CODES.sub(" ", words))
    han = len(_HAN.findall(words))
    kana = len(_KANA.findall(words))
    others = kana + len(_ELSEWHERE.findall(words))
    if others and others >= 0.15 * (others + han + 0.5 * len(_LATIN.findall(words))):
        return "other"
    stripped = _CODES.sub(" ", words)
    if not han:
        return _of_latin(stripped)
    latin = [word for word in _LATIN.findall(stripped) if word.lower() not in _BORROWED]
    share = 2 * len(latin) / (2 * len(latin) + han)
    if share < _MIXED_FROM:
        return "zh"
    return "mix" if share < _MIXED_TO else "en"


def _of_latin(text: str) -> Language:
    words = {word.lower() for word in _LATIN.findall(text)}
    if not words:
        return "other"
    foreign = len(words & _FOREIGN)
    return "other" if foreign >= 2 and foreign > len(words & _ENGLISH) else "en"
