"""Names of firms and projects: normal forms, the shorter names people say, how they sound."""

import re
import unicodedata
from collections.abc import Container, Iterator
from functools import lru_cache
from typing import Final

from bot.domain.firm_words import PLACES, TRADE_EN, TRADE_ZH, plain

_LEGAL_ZH: Final = (
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "股份公司",
    "分公司",
    "公司",
)
_LEGAL_EN: Final = re.compile(
    r"[\s,]+(co|company|corp|corporation|inc|incorporated|ltd|limited|llc|llp|plc|gmbh|ag|s\.?a|b\.?v"
    r"|pte|pty|group|holdings?)\.?$"
)
_BRACKETS: Final = re.compile(r"[((\[【][^))\]】]*[))\]】]")
_TRADES: Final = re.compile(rf"({TRADE_ZH})$")
_LAST_EN: Final = re.compile(rf"(?<=[a-z0-9])(?: (?:{TRADE_EN}))+$")
_SPACES: Final = re.compile(r"\s+")
_INVISIBLE: Final = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff")
)
_CJK: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
_CJK_SPACE: Final = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
_RUN: Final = re.compile(rf"[{_CJK}]+|[a-z0-9&._-]*[a-z0-9][a-z0-9&._-]*")
GENERIC: Final = frozenset(
    "项目 系统 平台 工程 公司 客户 集团 科技 一期 二期 三期 四期 合同 设计 软件 服务 管理 中国 建设 "
    "project system platform phase group company the and app web".split()
)
"""Words that name nobody by themselves."""


@lru_cache(maxsize=2048)
def normal(text: str) -> str:
    """Folded width and case, no invisible marks, one space between words.

    >>> normal("ＡＣＭＥ  Corp\u200b"), normal("华建 集团")
    ('acme corp', '华建集团')
    """
    return _CJK_SPACE.sub("", _SPACES.sub(" ", folded(text)).strip())


def folded(text: str) -> str:
    """Folded width and case, with all the spaces that people put."""
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold()


def is_cjk(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf"


def head(norm: str) -> str:
    """How a normal form begins: three Chinese characters, or the first Latin word.

    >>> head("华建集团"), head("acme corp"), head("华建"), head("tcl科技")
    ('华建集', 'acme', '华建', 'tcl')
    """
    if norm and is_cjk(norm[0]):
        run = _RUN.match(norm)
        return run.group()[:3] if run else norm[:3]
    run = _RUN.search(norm)
    return run.group() if run else norm[:20]


def probes(norm: str) -> set[str]:
    """All heads that a name inside this normalised text could have."""
    found: set[str] = set()
    for run in _RUN.findall(norm):
        if is_cjk(run[0]):
            found.update(run[i : i + 2] for i in range(len(run) - 1))
            found.update(run[i : i + 3] for i in range(len(run) - 2))
        else:
            found.add(run)
            found.add(run.strip("._-&"))
    return found


def words(norm: str) -> set[str]:
    """What two names are compared by: Chinese pairs and Latin words."""
    found: set[str] = set()
    for run in _RUN.findall(norm):
        if is_cjk(run[0]):
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        elif len(run) > 1 or run.isdigit():
            found.add(run)
    return found


def shorter(name: str) -> list[str]:
    """The shorter forms of a firm's name that people say, longest first, normalised.

    >>> shorter("上海华建工程集团有限公司")
    ['上海华建工程集团', '华建工程集团', '上海华建工程', '华建工程', '上海华建', '华建']
    >>> shorter("Acme Trading Co., Ltd.")
    ['acme trading', 'acme']
    """
    norm = normal(_BRACKETS.sub("", name))
    found: dict[str, None] = {}
    for base in _without_legal(norm):
        placeless = _without_place(base)
        found.update(dict.fromkeys([base, placeless]))
        trimmed = base
        while (shorter_ := _TRADES.sub("", trimmed)) != trimmed:
            trimmed = shorter_
            found.update(dict.fromkeys([trimmed, _without_place(trimmed)]))
        bare = _LAST_EN.sub("", base)
        if len(bare) >= 4 and not plain(bare):
            found[bare] = None
    own = normal(name)
    return [
        form
        for form in found
        if form != own and len(form) >= 2 and form not in GENERIC and form not in PLACES
    ]


def _without_legal(norm: str) -> list[str]:
    for suffix in _LEGAL_ZH:
        if norm.endswith(suffix):
            return [norm.removesuffix(suffix)]
    trimmed = norm
    while (shorter_ := _LEGAL_EN.sub("", trimmed)) != trimmed:
        trimmed = shorter_.rstrip(" ,.")
    return [trimmed]


def _without_place(norm: str) -> str:
    for place in PLACES:
        if norm.startswith(place):
            rest = norm.removeprefix(place).removeprefix("市").removeprefix("省")
            if len(rest) >= 2 and rest not in GENERIC and not _TRADES.fullmatch(rest):
                return rest
    return norm


def standing(norm_text: str, heads: Container[str]) -> Iterator[tuple[int, str]]:
    """Where names with one of these heads may begin in a normalised text."""
    for run in _RUN.finditer(norm_text):
        start, shown = run.span()[0], run.group()
        if is_cjk(shown[0]):
            for i in range(len(shown) - 1):
                pair, three = shown[i : i + 2], shown[i : i + 3]
                if pair in heads:
                    yield start + i, pair
                if three != pair and three in heads:
                    yield start + i, three
            continue
        while start and norm_text[start - 1].isalpha() and not is_cjk(norm_text[start - 1]):
            start -= 1  # a word that begins with another script's letter, as in "österreich"
        if shown in heads:
            yield start, shown
        if (bare := shown.strip("._-&")) != shown and bare in heads:
            yield start + shown.index(bare), bare


def openings(norm_text: str, heads: Container[str], longest: int = 80) -> set[str]:
    """Every run of words or characters that a name with one of these heads could be."""
    found: set[str] = set()
    for start, _ in standing(norm_text, heads):
        most = 40 if is_cjk(norm_text[start]) else longest
        for end in range(start + 2, min(len(norm_text), start + most) + 1):
            if norm_text[end - 1] in "。!?;:\n":
                break
            if _edge(norm_text, end, norm_text[end - 1]):
                found.add(norm_text[start:end])
    return found


def spans(norm_text: str, norm_name: str) -> list[tuple[int, int]]:
    """Where a name stands in a text, both normalised; Latin names only as whole words."""
    found: list[tuple[int, int]] = []
    start = norm_text.find(norm_name)
    while start >= 0:
        end = start + len(norm_name)
        if _edge(norm_text, start - 1, norm_name[0]) and _edge(norm_text, end, norm_name[-1]):
            found.append((start, end))
        start = norm_text.find(norm_name, start + 1)
    return found


def _edge(text: str, outside: int, inside: str) -> bool:
    """Whether a name may begin or end here: a Latin word must not go on."""
    if outside < 0 or outside >= len(text) or not (inside.isascii() and inside.isalnum()):
        return True
    beside = text[outside]
    return not (beside.isascii() and beside.isalnum())


def sound(norm: str) -> str | None:
    """Pinyin syllables of a Chinese name, without tones; None for one that is not Chinese.

    >>> sound("华建集团"), sound("acme")
    ('hua jian ji tuan', None)
    """
    if len(norm) < 2 or not all(is_cjk(char) for char in norm):
        return None
    # Imported late: 40 ms that a start need not pay.
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    return " ".join(lazy_pinyin(norm))


@lru_cache(maxsize=512)
def sound_windows(norm: str, most: int = 300) -> frozenset[str]:
    """What runs of three to eight characters of a text sound like, for at most `most` characters."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    found: set[str] = set()
    for run in _RUN.findall(norm[:most]):
        if not is_cjk(run[0]) or len(run) < 3:
            continue
        syllables = lazy_pinyin(run)
        for length in range(3, 9):
            found.update(
                " ".join(syllables[i : i + length]) for i in range(len(syllables) - length + 1)
            )
    return frozenset(found | _typed_windows(norm[:most]))


def _typed_windows(norm: str) -> set[str]:
    """Three to eight syllables of pinyin that somebody typed instead of characters."""
    found: set[str] = set()
    for stretch in _TYPED.findall(norm):
        parts = [syllables(word) for word in stretch.split()]
        for i in range(len(parts)):
            whole: list[str] = []
            for part in parts[i : i + 8]:
                if not part or len(whole) + len(part) > 8:
                    break
                whole += part
                if len(whole) >= 3:
                    found.add(" ".join(whole))
    return found


_TYPED: Final = re.compile(r"(?<![a-z0-9])[a-z]{2,40}(?: [a-z]{1,40})*(?![a-z0-9])")
_SYLLABLE: Final = re.compile(
    r"(?:[bpmf]?(?:a|o|ai|ei|ao|an|en|ang|eng)|[bpmfdtnlgkhzcsr]?(?:u)|[bpm](?:i|iao|ie|ian|in|ing)|"
    r"fou|pou|mou|miu|me|"
    r"[dtnlgkhzcs](?:a|e|ai|ei|ao|ou|an|en|ang|eng|ong|uo|uan|ui|un)|[gkh](?:ua|uai|uang)|"
    r"[dtnl](?:i|iao|ie|ian|ing|iu)|dia|[nl](?:in|iang|v|ve|ue)|lia|"
    r"(?:zh|ch|sh)(?:i|a|e|ai|ei|ao|ou|an|en|ang|eng|ong|u|ua|uo|uai|uan|uang|ui|un)|[zcs]i|"
    r"r(?:i|e|ao|ou|an|en|ang|eng|ong|uo|uan|ui|un)|"
    r"[jqx](?:i|ia|ie|iao|iu|ian|in|iang|ing|iong|u|ue|uan|un)|"
    r"y(?:i|a|e|ao|ou|an|in|ang|ing|ong|u|ue|uan|un)|w(?:u|a|o|ai|ei|an|en|ang|eng)|er|e|ou)"
)


def syllables(word: str) -> list[str]:
    """A word as pinyin, the longest syllables first; empty where it is none.

    >>> syllables("huajian"), syllables("jianshe"), syllables("platform")
    (['hua', 'jian'], ['jian', 'she'], [])
    """
    ends: list[list[str] | None] = [[], *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 6), end):
            before = ends[start]
            if before is not None and _SYLLABLE.fullmatch(word, start, end):
                ends[end] = [*before, word[start:end]]
                break
    return ends[-1] or []
