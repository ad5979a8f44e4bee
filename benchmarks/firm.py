"""An invented firm of any size in the format of `keqing load`, and messages whose place is known.

Names are put together from parts, so firms share characters, trades and sometimes a brand, as real
ones do; a full name and a given alias belong to one firm alone. The same seed gives the same firm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from pypinyin import lazy_pinyin

Expected = tuple[str, str | None] | None
"""Codes of the customer and, where it can be known, the project; None: from a stranger."""

OWN_DOMAIN: Final = "keqing-bench.example"
FREE_DOMAINS: Final = ("qq.com", "163.com", "126.com", "foxmail.com", "gmail.com", "outlook.com")
BEGIN: Final = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Asia/Shanghai"))

_PLACES: Final = (
    "北京 上海 天津 重庆 浙江 江苏 山东 湖北 四川 福建 广东 陕西 安徽 河南 深圳 广州 杭州 南京 苏州 "
    "成都 武汉 西安 长沙 青岛 宁波 厦门"
).split()
# Characters firms like in their names; none of them stands in the sentences below.
_BRAND: Final = (
    "岚阙沐禾铎霁珂澜砚鹭屿楚垣秦坞启晟泓瀚煜峤琮璟昶骁翊翎萱蔚荣骏鹏鼎鑫森淼磊晖曜朗恒泰瑞祥"
    "嘉裕隆昌盛茂宏博雅智睿哲卓越凌云腾翔驰骋锦绣华筑匠基岩峰峻岭川溪泽润湘赣皖冀晋豫鲁粤滇黔"
)
_TRADES: Final = (
    "建设 建工 建筑 工程 市政 装饰 置业 地产 路桥 机电 监理 设计 咨询 能源 环保 科技 物流 制造"
).split()
_LEGAL: Final = ("有限公司", "集团有限公司", "股份有限公司", "有限责任公司", "工程有限公司")
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
)
_GIVEN: Final = (
    "伟芳敏静磊洋艳勇军杰娟涛明超霞平刚桂英华玉萍红建文志强国海燕雪梅欣怡浩宇晨曦思远嘉琪"
)
_AREAS: Final = {
    "zh": "滨江 城北 东湖 西溪 南站 金湖 临港 新城 老街 桃源 望江 高铁 空港 大学城 会展 码头 环城".split(),
    "en": "Harbour Street,Mill Lane,Queens Park,Station Road,Market Square,Canal Side,Dockyard".split(
        ","
    ),
}
_KINDS: Final = {
    "zh": (
        ("智慧工地平台", "工地"),
        ("劳务实名制系统", "实名制"),
        ("BIM深化咨询", "BIM"),
        ("工程档案数字化", "档案"),
        ("基坑监测", "监测"),
        ("渣土车管理平台", "渣土车"),
        ("预制构件追溯", "追溯"),
    ),
    "en": (
        ("Site Platform", "site platform"),
        ("BIM Coordination", "BIM"),
        ("Document Archive", "archive"),
        ("Workforce Register", "register"),
        ("Digital Handover", "handover"),
    ),
}
_EN_FIRST: Final = (
    "North South East West High Stone Oak Ash Elm Red White Black Silver Gold Iron Copper Mill Lake "
    "River Fern Hazel Raven Swan Wolf Fox Hart Crown King Queen Bishop Abbot Marsh Moor Heather Thorn "
    "Clover Barley Winter Summer Spring Harrow Tanner Cooper Mason Fletcher Sander Whit Brad Hamp Kil"
).split()
_EN_LAST: Final = (
    "gate bridge field ford wick mere dale brook haven crest holm stead worth combe wood shaw thorpe "
    "bury minster pool ridge well cliff bourne ley ton"
).split()
_EN_SECOND: Final = (
    "Meridian Atlas Falcon Juniper Cobalt Amber Beacon Summit Pioneer Union Civic Keystone Lantern "
    "Compass Anchor Granite Willow Cedar Maple Orchid Horizon Vector Prism Cascade Harvest Sterling "
    "Monarch Saxon Tudor Regent"
).split()
_EN_TRADES: Final = (
    "Construction Engineering Builders Developments Consulting Estates Civils".split()
)
_EN_LEGAL: Final = ("Ltd", "Limited", "Pte. Ltd.", "Inc.", "LLC", "Group plc")
_EN_NAMES: Final = (
    "Alice Brian Carla Derek Elena Felix Gina Henry Irene Jonas Kara Leo Mona Nigel Olive Peter Rosa "
    "Simon Tara Victor"
).split()
_SAID: Final = {
    "zh": (
        "今天的会几点开始？",
        "图纸我看过了，第三页标注不清楚，麻烦改一下",
        "设备已经收到，数量对得上，谢谢",
        "发票抬头按上次的来，下周付款",
        "昨天掉线两次，现在怎么样了？",
        "领导想再加一个统计报表，需要多少钱",
        "培训效果不错，大家都会用了",
    ),
    "en": (
        "What time does the meeting start today?",
        "I went through the drawings, page three is hard to read, please correct it",
        "The parcel arrived and the count is right, thank you",
        "Same invoice address as last time, payment next week",
        "It dropped out twice yesterday, how does it look now?",
        "Our director wants one more report, what would that cost",
        "The training went well, everybody can use it",
    ),
}
_SORTS: Final = "sender chat name code domain free stranger".split()
_SHARES: Final = (30, 25, 15, 10, 8, 7, 5)
"""How many of a hundred lines are of each sort."""
_ABOUT: Final = {
    "zh": ("关于{}：", "{}这边，", "【{}】"),
    "en": ("About {}: ", "{} here. ", "[{}] "),
}


# --- the firm ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Named:
    """A firm's name, the short form given for it, and what its domain begins with."""

    name: str
    alias: str
    latin: str
    language: str


def generate(customers: int, seed: int) -> dict[str, Any]:
    """A firm with so many customers; about one in five goes by an English name.

    Codes are given (`C-000001`, `P-0000001`), so that the right answer of filing is known.
    """
    dice = Random(seed)
    members = _members(dice, min(200, 12 + customers // 100))
    staff = {role: [m["name"] for m in members if m["role"] == role] for role in ("sales", "pm")}
    names = _names(dice)
    made: list[dict[str, Any]] = []
    chats: list[dict[str, Any]] = []
    projects = people = 0
    for number in range(1, customers + 1):
        named = next(names)
        one = _customer(dice, number, named, projects, people, staff)
        projects += len(one["projects"])
        people += len(one["contacts"])
        made.append(one)
        chats += _chats(dice, one)
    return {"members": members, "customers": made, "chats": chats}


def _members(dice: Random, count: int) -> list[dict[str, Any]]:
    roles = ("admin", "manager", "finance", "service", "sales", "pm", "sales", "pm")
    names: dict[str, None] = {}
    while len(names) < count:
        names[_person(dice, "zh")] = None
    return [
        {
            "name": name,
            "role": roles[n] if n < len(roles) else dice.choice(roles[3:]),
            "emails": [f"member{n}@{OWN_DOMAIN}"],
            "ids": {"hook": f"member-{n}"},
        }
        for n, name in enumerate(names)
    ]


def _person(dice: Random, language: str) -> str:
    if language == "en":
        return f"{dice.choice(_EN_NAMES)} {dice.choice(_EN_FIRST)}{dice.choice(_EN_LAST)}"
    return dice.choice(_SURNAMES) + "".join(dice.choices(_GIVEN, k=dice.choice((1, 2, 2))))


def _names(dice: Random) -> Iterator[_Named]:
    """Names without end and without repeats: of full names, of aliases, of domains."""
    pinyin = {char: lazy_pinyin(char)[0] for char in _BRAND}
    seen: set[str] = set()
    domains: dict[str, int] = {}
    while True:
        made = _english(dice) if dice.random() < 0.2 else _chinese(dice, pinyin)
        if made.alias in seen or made.name in seen:
            continue
        seen |= {made.alias, made.name}
        times = domains[made.latin] = domains.get(made.latin, 0) + 1
        latin = made.latin if times == 1 else f"{made.latin}{times}"
        yield _Named(made.name, made.alias, latin, made.language)


def _chinese(dice: Random, pinyin: dict[str, str]) -> _Named:
    brand = "".join(dice.sample(_BRAND, dice.choice((2, 2, 3))))
    trade = dice.choice(_TRADES)
    place = dice.choice(_PLACES) if dice.random() < 0.85 else ""
    latin = "".join(pinyin[char] for char in brand)
    return _Named(f"{place}{brand}{trade}{dice.choice(_LEGAL)}", brand + trade, latin, "zh")


def _english(dice: Random) -> _Named:
    first = dice.choice(_EN_FIRST) + dice.choice(_EN_LAST)
    alias = f"{first} {dice.choice(_EN_SECOND)}"
    full = f"{alias} {dice.choice(_EN_TRADES)} {dice.choice(_EN_LEGAL)}"
    return _Named(full, alias, alias.lower().replace(" ", "-"), "en")


def _customer(
    dice: Random,
    number: int,
    named: _Named,
    projects: int,
    people: int,
    staff: dict[str, list[str]],
) -> dict[str, Any]:
    """`projects` and `people` are how many there are already: their codes and ids go on from there."""
    # A small firm often writes from free mail alone.
    domain = f"{named.latin}.example" if dice.random() < 0.75 else ""
    return {
        "code": f"C-{number:06d}",
        "name": named.name,
        "aliases": [named.alias],
        "domains": [domain] if domain else [],
        "tier": dice.choices(("normal", "key", "vip"), (80, 15, 5))[0],
        "owner": dice.choice(staff["sales"]),
        "contacts": [
            _contact(dice, people + n, domain, named.language)
            for n in range(dice.choice((1, 1, 2, 3)))
        ],
        "projects": _projects(dice, projects, named.language, staff["pm"]),
    }


def _contact(dice: Random, number: int, domain: str, language: str) -> dict[str, Any]:
    return {
        "name": _person(dice, language),
        "emails": [f"u{number:07d}@{domain or dice.choice(FREE_DOMAINS)}"],
        # No telephone number of China begins so.
        "phones": [f"10{number:09d}"],
        "ids": {"hook": f"u-{number:07d}"},
    }


def _projects(dice: Random, before: int, language: str, pms: list[str]) -> list[dict[str, Any]]:
    """One to three projects that share neither place nor kind, so that their words tell them apart."""
    count = dice.choice((1, 1, 2, 3))
    sites = [_site(dice, area, language) for area in dice.sample(_AREAS[language], count)]
    kinds = dice.sample(_KINDS[language], count)
    space = "" if language == "zh" else " "
    return [
        {
            "code": f"P-{before + n:07d}",
            "name": f"{site}{space}{kind}",
            "aliases": [f"{site}{space}{short}"],
            "manager": dice.choice(pms),
            "phase": dice.choice(("start", "plan", "do", "do", "accept", "paid")),
            "budget": dice.randrange(100, 4000) * 1000,
            "progress": dice.randrange(0, 101),
        }
        for n, (site, (kind, short)) in enumerate(zip(sites, kinds, strict=True), 1)
    ]


def _site(dice: Random, area: str, language: str) -> str:
    """A place, most often with its plot: one project in five has a name that others have too."""
    if dice.random() < 0.2:
        return area
    plot = f"{dice.choice('ABCDEFGHJK')}{dice.randrange(1, 100)}"
    return f"{area}{plot}地块" if language == "zh" else f"{area} Plot {plot}"


def _chats(dice: Random, customer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Six customers in ten have a chat of their own; some projects have one too."""
    if dice.random() < 0.6:
        yield _chat(f"group-{customer['code']}", customer, None)
    for project in customer["projects"]:
        if dice.random() < 0.15:
            yield _chat(f"group-{project['code']}", customer, project["code"])


def _chat(chat: str, customer: dict[str, Any], project: str | None) -> dict[str, Any]:
    bound = {"channel": "hook", "chat": chat, "customer": customer["code"], "audience": "customer"}
    return bound | ({"project": project} if project else {})


# --- what is said --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """Who says what where, and where that belongs."""

    chat: str
    sender: dict[str, str]
    text: str
    expected: Expected


def messages(
    firm: dict[str, Any], count: int, seed: int
) -> Iterator[tuple[dict[str, Any], Expected]]:
    """Hook bodies, a second apart, each with where it belongs.

    Of a hundred: 30 from a known sender in a chat nobody has bound, 25 by anybody in a bound chat,
    15 from strangers who name the customer, 10 who name a code, 8 from a known mail domain, 7 from
    free mail naming the customer in full, 5 from strangers who name nobody.
    """
    dice = Random(seed)
    chats = {chat["chat"]: chat for chat in firm["chats"]}
    by_code = {customer["code"]: customer for customer in firm["customers"]}
    bound = list(chats.values())
    for number in range(count):
        kind = dice.choices(_SORTS, _SHARES)[0]
        if kind == "chat" and bound:
            chat = dice.choice(bound)
            line = _in_chat(dice, number, by_code[chat["customer"]], chat)
        else:
            line = _line(dice, number, dice.choice(firm["customers"]), kind)
        yield _body(line, number, seed), line.expected


def _body(line: _Line, number: int, seed: int) -> dict[str, Any]:
    return {
        "id": f"bench-{seed}-{number}",
        "chat": line.chat,
        "sender": line.sender,
        "text": line.text,
        "sent_at": (BEGIN + timedelta(seconds=number)).isoformat(),
    }


def _line(dice: Random, number: int, customer: dict[str, Any], kind: str) -> _Line:
    """A line in a chat that is bound to nobody."""
    chat, language = f"dm-{number}", _language(customer)
    said = dice.choice(_SAID[language])
    project = dice.choice(customer["projects"])
    named, expected = _maybe_project(dice, customer, project)
    unknown = {"id": f"walk-in-{number}", "name": _person(dice, language)}
    free = f"w{number:08d}@{dice.choice(FREE_DOMAINS)}"
    match kind:
        case "sender":
            return _Line(
                chat, _known(dice, customer), _about(dice, language, named) + said, expected
            )
        case "code":
            code = dice.choice((customer["code"], project["code"]))
            place = (customer["code"], _project_of(customer, code))
            return _Line(chat, unknown, _about(dice, language, code) + said, place)
        case "domain" if customer["domains"]:
            sender = unknown | {"email": f"new{number}@{customer['domains'][0]}"}
            return _Line(chat, sender, _about(dice, language, named) + said, expected)
        case "stranger":
            return _Line(chat, unknown | {"email": free}, said, None)
        case _:
            # A name: in full from free mail, short from a chat of which nothing else is known.
            name = customer["name"] if kind == "free" else customer["aliases"][0]
            sender = unknown | ({"email": free} if kind == "free" else {})
            words = _about(dice, language, f"{name} {named}".strip())
            return _Line(chat, sender, words + said, expected)


def _in_chat(dice: Random, number: int, customer: dict[str, Any], chat: dict[str, Any]) -> _Line:
    language = _language(customer)
    said = dice.choice(_SAID[language])
    sender = dice.choice(
        (_known(dice, customer), {"id": f"colleague-{number}", "name": _person(dice, language)})
    )
    if "project" in chat:
        return _Line(chat["chat"], sender, said, (customer["code"], chat["project"]))
    named, expected = _maybe_project(dice, customer, dice.choice(customer["projects"]))
    return _Line(chat["chat"], sender, _about(dice, language, named) + said, expected)


def _maybe_project(
    dice: Random, customer: dict[str, Any], project: dict[str, Any]
) -> tuple[str, Expected]:
    """A project's name or nothing, and the place that this tells."""
    if dice.random() < 0.5:
        return dice.choice((project["name"], project["aliases"][0])), (
            customer["code"],
            project["code"],
        )
    return "", (customer["code"], _project_of(customer, ""))


def _project_of(customer: dict[str, Any], code: str) -> str | None:
    """The project with this code; else the only one there is."""
    codes = [project["code"] for project in customer["projects"]]
    return code if code in codes else codes[0] if len(codes) == 1 else None


def _known(dice: Random, customer: dict[str, Any]) -> dict[str, str]:
    contact = dice.choice(customer["contacts"])
    return {"id": contact["ids"]["hook"], "name": contact["name"]}


def _about(dice: Random, language: str, what: str) -> str:
    return dice.choice(_ABOUT[language]).format(what) if what else ""


def _language(customer: dict[str, Any]) -> str:
    return "en" if customer["name"].isascii() else "zh"
