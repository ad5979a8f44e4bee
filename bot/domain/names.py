"""Names of firms and projects: normal forms, the shorter names people say, how they sound."""

import re
import unicodedata
from typing import Final

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
_PLACES: Final = (
    "北京 上海 天津 重庆 广东 江苏 浙江 山东 河南 四川 湖北 湖南 福建 安徽 河北 陕西 辽宁 江西 云南 "
    "广西 山西 贵州 吉林 黑龙江 内蒙古 新疆 甘肃 海南 宁夏 青海 西藏 香港 澳门 台湾 深圳 广州 杭州 "
    "南京 苏州 成都 武汉 西安 长沙 郑州 青岛 济南 宁波 无锡 合肥 佛山 东莞 厦门 福州 昆明 大连 沈阳 "
    "哈尔滨 石家庄 南昌 南宁 常州 温州 珠海 惠州 中山 中国"
).split()
_TRADES: Final = re.compile(
    r"(集团|控股|实业|科技|信息|技术|软件|网络|数据|智能|系统|电子|通信|工程|建设|建筑|建工|装饰|设计|"
    r"咨询|管理|服务|贸易|商贸|投资|发展|制造|机械|设备|重工|材料|能源|环保|物流|地产|置业|股份)$"
)
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


def normal(text: str) -> str:
    """Folded width and case, no invisible marks, one space between words.

    >>> normal("ＡＣＭＥ  Corp\u200b"), normal("华建 集团")
    ('acme corp', '华建集团')
    """
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold()
    return _CJK_SPACE.sub("", _SPACES.sub(" ", folded).strip())


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
    ['acme trading']
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
    own = normal(name)
    return [
        form
        for form in found
        if form != own and len(form) >= 2 and form not in GENERIC and form not in _PLACES
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
    for place in _PLACES:
        if norm.startswith(place):
            rest = norm.removeprefix(place).removeprefix("市").removeprefix("省")
            if len(rest) >= 2 and rest not in GENERIC and not _TRADES.fullmatch(rest):
                return rest
    return norm


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


def sound_windows(norm: str, most: int = 300) -> set[str]:
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
    return found
