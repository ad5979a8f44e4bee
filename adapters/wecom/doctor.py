"""What `keqing doctor` says of WeCom: what works, and what to click where it does not."""

from collections.abc import Awaitable
from typing import Any, Final

from adapters.wecom import wire
from adapters.wecom.api import Api, Door
from adapters.wecom.errors import ApiError
from adapters.wecom.settings import WeComSettings
from bot.contract import AdapterError, Check
from bot.texts import Text

_MOST_SKEW_S: Final = 60.0
_CONSOLE: Final = "work.weixin.qq.com"
_OFF: Final = Text("企业微信没有配置", "WeCom is not set up")
_APP: Final = Text(
    "应用「{name}」可用，可见范围：{members} 位成员、{departments} 个部门",
    'the app "{name}" works; it sees {members} members and {departments} departments',
)
_NOBODY: Final = Text(
    "应用「{name}」的可见范围是空的：管理后台 → 应用管理 → 该应用 → 可见范围，加入成员或部门",
    'the app "{name}" sees nobody: admin console → 应用管理 → the app → 可见范围, add members',
)
_APP_BAD: Final = Text(
    "应用不可用：{why}（管理后台 → 应用管理 → 该应用，核对 AgentId、Secret、企业可信 IP）",
    "the app does not work: {why} (admin console → 应用管理 → the app: check AgentId, Secret and "
    "企业可信IP)",
)
_DIRECTORY: Final = Text(
    "通讯录可读：{departments} 个部门", "the directory can be read: {departments}"
)
_DIRECTORY_BAD: Final = Text(
    "通讯录不可读：{why}（管理后台 → 应用管理 → 该应用 → 可见范围）",
    "the directory cannot be read: {why} (admin console → 应用管理 → the app → 可见范围)",
)
_LISTENS: Final = Text("回调地址 /wecom/callback 已开启", "the callback /wecom/callback is open")
_DEAF: Final = Text(
    "没有接收消息：管理后台 → 应用管理 → 该应用 → 接收消息 → 设置 API 接收，"
    "把 Token 与 EncodingAESKey 填入设置",
    "nothing is received: admin console → 应用管理 → the app → 接收消息 → 设置API接收; copy Token "
    "and EncodingAESKey into the settings",
)
_KF: Final = Text("微信客服可用：{accounts} 个客服账号", "微信客服 works: {accounts} accounts")
_KF_BAD: Final = Text(
    "微信客服不可用：{why}（管理后台 → 微信客服 → API，勾选「可调用接口的应用」并授权客服账号）",
    "微信客服 does not work: {why} (admin console → 微信客服 → API: choose the app under "
    "可调用接口的应用 and grant it the accounts)",
)
_KF_STUCK: Final = Text("拉取客户消息出错：{why}", "pulling customers' messages fails: {why}")
_CLOCK: Final = Text("时钟与企业微信相差 {seconds} 秒", "the clock is {seconds} s off WeCom's")


async def check(
    settings: WeComSettings, api: Api, doors: dict[str, Door], trouble: str
) -> list[Check]:
    """All findings; `trouble` is why pulling does not work, where it does not."""
    if not settings.on:
        return [Check(ok=False, text=_OFF)]
    found: list[Check] = []
    if "app" in doors:
        found.append(await _app(settings, api, doors["app"]))
        found.append(await _directory(api, doors["app"]))
    if "kf" in doors:
        found.append(await _kf(api, doors["kf"]))
        if trouble:
            found.append(Check(ok=False, text=_KF_STUCK, facts={"why": trouble}))
    if doors:
        found.append(Check(ok=settings.listens, text=_LISTENS if settings.listens else _DEAF))
    if api.ahead_s is not None:
        off = round(api.ahead_s)
        found.append(Check(ok=abs(off) <= _MOST_SKEW_S, text=_CLOCK, facts={"seconds": off}))
    return found


async def _asked(call: Awaitable[dict[str, Any]]) -> tuple[dict[str, Any], str]:
    """The answer, or why there is none."""
    try:
        return await call, ""
    except ApiError as error:
        return {}, str(error.outcome())
    except AdapterError as error:
        return {}, str(error)


async def _app(settings: WeComSettings, api: Api, door: Door) -> Check:
    call = api.call(door, "agent/get", query={"agentid": settings.agent_id})
    answer, why = await _asked(call)
    if why:
        return Check(ok=False, text=_APP_BAD, facts={"why": why, "console": _CONSOLE})
    members = wire.as_list(wire.as_object(answer.get("allow_userinfos")).get("user"))
    departments = wire.as_list(wire.as_object(answer.get("allow_partys")).get("partyid"))
    tags = wire.as_list(wire.as_object(answer.get("allow_tags")).get("tagid"))
    facts = {
        "name": wire.as_text(answer.get("name")),
        "members": len(members),
        "departments": len(departments),
    }
    sees = bool(members or departments or tags)
    return Check(ok=sees, text=_APP if sees else _NOBODY, facts=facts)


async def _directory(api: Api, door: Door) -> Check:
    answer, why = await _asked(api.call(door, "department/simplelist"))
    if why:
        return Check(ok=False, text=_DIRECTORY_BAD, facts={"why": why})
    count = len(wire.as_list(answer.get("department_id")))
    return Check(ok=True, text=_DIRECTORY, facts={"departments": count})


async def _kf(api: Api, door: Door) -> Check:
    answer, why = await _asked(api.call(door, "kf/account/list", {"offset": 0, "limit": 100}))
    if why:
        return Check(ok=False, text=_KF_BAD, facts={"why": why})
    count = len(wire.as_list(answer.get("account_list")))
    return Check(ok=True, text=_KF, facts={"accounts": count})
