"""Words for people, always in both interface languages.

A text is written once, where it is used, as a pair; a text that lacks one language cannot be made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in Chinese and English; `{name}` marks where a fact goes."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        if not self.zh or not self.en:
            raise ValueError(f"a text needs both languages: {self.zh!r} / {self.en!r}")

    def in_(self, language: str, /, **facts: object) -> str:
        """The text in `language` ('zh' or 'en'; others read Chinese), with its facts filled in."""
        text = self.en if language == "en" else self.zh
        return text.format(**facts) if facts else text


def listed(items: Iterable[str], language: str) -> str:
    """Items in a row, as each language joins them."""
    return (", " if language == "en" else "、").join(items)


def language_of(value: object) -> Language:
    """The interface language nearest to a setting or an Accept-Language header; Chinese if unclear.

    >>> language_of("en-GB,en;q=0.9"), language_of("zh_CN"), language_of(None)
    ('en', 'zh', 'zh')
    """
    return "en" if str(value or "").lower().startswith("en") else "zh"
