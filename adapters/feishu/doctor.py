"""What `keqing doctor` says about Feishu: what is well, and what to click where it is not."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from adapters.feishu.api import Api, section, text
from adapters.feishu.errors import Fault
from bot.contract import Check, TryLater
from bot.texts import Text

_MOST_SKEW_S: Final = 60
_ENABLED: Final = 2

Scope = tuple[str, Text]
SCOPES: Final[Sequence[Scope]] = (
    ("im:message", Text("收发消息", "read and send messages")),
    ("im:message:send_as_bot", Text("以应用身份发消息", "send messages as the app")),
    ("im:message.p2p_msg:readonly", Text("读私聊消息", "read private messages")),
    (
        "im:message.group_msg",
        Text("读群里所有消息（否则只有 @ 它的）", "read all messages of groups, not only mentions"),
    ),
    ("im:resource", Text("下载文件和语音，发送图表", "fetch files and voice, send charts")),
    ("im:chat:readonly", Text("读群信息和成员变动", "read chats and who joins them")),
    ("contact:contact.base:readonly", Text("读通讯录", "read the directory")),
    ("contact:user.base:readonly", Text("读成员姓名和上级", "read names and superiors")),
    ("contact:user.email:readonly", Text("读成员邮箱", "read mail addresses")),
    ("contact:user.phone:readonly", Text("读成员手机号", "read mobile numbers")),
)
_WIDER: Final = {
    "im:message.p2p_msg:readonly": {"im:message.p2p_msg", "im:message.p2p_msg:readonly"},
    "im:message.group_msg": {"im:message.group_msg", "im:message.group_msg:readonly"},
    "im:chat:readonly": {"im:chat", "im:chat:readonly", "im:chat:read"},
    "contact:contact.base:readonly": {
        "contact:contact.base:readonly",
        "contact:contact:readonly_as_app",
        "contact:contact:readonly",
    },
}
"""Scopes that contain another."""

_OFF = Text(
    "飞书没有配置：在开发者后台 > 凭证与基础信息取 App ID 和 App Secret，"
    "填 KEQING_FEISHU__APP_ID 和 KEQING_FEISHU__APP_SECRET",
    "Feishu is not set up: take App ID and App Secret from the developer console > credentials & "
    "basic info into KEQING_FEISHU__APP_ID and KEQING_FEISHU__APP_SECRET",
)
_TOKEN = Text("飞书凭证有效", "Feishu's credentials work")
_FAILED = Text("飞书：{why}", "Feishu: {why}")
_BOT = Text("机器人「{name}」已启用", "the bot “{name}” is enabled")
_NO_BOT = Text(
    "机器人没有启用：开发者后台 > 添加应用能力 > 机器人，然后发布版本",
    "the bot is not enabled: developer console > add features > bot, then release a version",
)
_SCOPES_FINE = Text("权限齐全", "all scopes are granted")
_SCOPE_MISSING = Text(
    "缺少权限 {scope}（{what}）：开发者后台 > 权限管理，开通后发布新版本",
    "scope {scope} is missing ({what}): console > permissions & scopes, then release a version",
)
_CLOCK = Text("时钟和飞书相差 {seconds} 秒", "the clock differs from Feishu's by {seconds} s")
_CLOCK_WRONG = Text(
    "时钟和飞书相差 {seconds} 秒：超过 300 秒时事件会被拒绝，请校准服务器时间",
    "the clock differs from Feishu's by {seconds} s: beyond 300 s events are refused; set it right",
)
_NO_WAY_IN = Text(
    "收不到消息：设 KEQING_FEISHU__ENCRYPT_KEY（开发者后台 > 事件与回调 > 加密策略），"
    "或设 KEQING_FEISHU__LONG_CONNECTION=true",
    "no way in: set KEQING_FEISHU__ENCRYPT_KEY (console > events & callbacks > encryption), or "
    "KEQING_FEISHU__LONG_CONNECTION=true",
)
_PLAIN = Text(
    "事件没有加密，只靠 Verification Token：建议设 Encrypt Key",
    "events come unencrypted, with the verification token alone: set an encrypt key",
)
_WEB = Text(
    "事件和回调的请求地址都填 https://你的域名/feishu/events",
    "events and callbacks both go to https://your.host/feishu/events",
)
_LINE = Text("长连接可用", "the long connection can be opened")
EVENTS: Final = Text(
    "飞书不让查询订阅，请核对：事件与回调 > 事件配置里有 接收消息、消息撤回、用户进群/出群、"
    "机器人进群/被移出群、群解散、群配置修改、机器人自定义菜单；回调配置里有 卡片回传交互"
    "（没有时点按钮报 200340）；两处的订阅方式一致",
    "Feishu does not tell subscriptions, so please look: events have message received and recalled,"
    " users joining and leaving, bot added and removed, chat disbanded and updated, custom menu; "
    "callbacks have card action (without it a tap shows 200340); both by the same way",
)
SHARING: Final = Text(
    "要在客户所在的外部群里用：开发者后台 > 应用发布 > 对外共享；外部群里的文件飞书不让下载",
    "for external chats with customers: console > app release > external sharing; Feishu gives out "
    "no files of external chats",
)


async def check(
    api: Api,
    *,
    on: bool,
    encrypted: bool,
    by_token: bool,
    long_connection: bool,
    now: Callable[[], datetime],
) -> Sequence[Check]:
    if not on:
        return [Check(ok=False, text=_OFF)]
    try:
        await api.token()
        found = [Check(ok=True, text=_TOKEN)]
        found += [await _bot(api), *await _scopes(api), *_clock(api.date, now())]
    except (TryLater, Fault) as error:
        return [_failed(error)]
    found += await _way_in(api, encrypted, by_token, long_connection)
    return [*found, Check(ok=True, text=EVENTS), Check(ok=True, text=SHARING)]


def _failed(error: TryLater | Fault) -> Check:
    told: list[str] = []
    for language in ("zh", "en"):
        why = error.words(language) if isinstance(error, Fault) else str(error)
        told.append(_FAILED.in_(language, why=why))
    return Check(ok=False, text=Text(*told))


def _missing(scope: str, what: Text) -> Check:
    told = (_SCOPE_MISSING.in_(one, scope=scope, what=what.in_(one)) for one in ("zh", "en"))
    return Check(ok=False, text=Text(*told))


async def _bot(api: Api) -> Check:
    bot = section(await api.call("GET", "bot/v3/info"), "bot")
    if not text(bot, "open_id") or bot.get("activate_status", _ENABLED) != _ENABLED:
        return Check(ok=False, text=_NO_BOT)
    return Check(ok=True, text=_BOT, facts={"name": text(bot, "app_name")})


async def _scopes(api: Api) -> list[Check]:
    answer = section(await api.call("GET", "application/v6/scopes"), "data")
    told = answer.get("scopes")
    granted = {
        one.get("scope_name")
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, dict) and one.get("grant_status") == 1
    }
    missing = [
        _missing(name, what) for name, what in SCOPES if not granted & _WIDER.get(name, {name})
    ]
    return missing or [Check(ok=True, text=_SCOPES_FINE)]


def _clock(date: str, now: datetime) -> list[Check]:
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return []
    skew = round((now - there.replace(tzinfo=there.tzinfo or UTC)).total_seconds())
    fine = abs(skew) <= _MOST_SKEW_S
    return [Check(ok=fine, text=_CLOCK if fine else _CLOCK_WRONG, facts={"seconds": skew})]


async def _way_in(api: Api, encrypted: bool, by_token: bool, long_connection: bool) -> list[Check]:
    found: list[Check] = []
    if encrypted:
        found.append(Check(ok=True, text=_WEB))
    elif by_token:
        found.append(Check(ok=False, text=_PLAIN))
    if long_connection:
        try:
            await api.connection()
            found.append(Check(ok=True, text=_LINE))
        except (TryLater, Fault) as error:
            found.append(_failed(error))
    return found or [Check(ok=False, text=_NO_WAY_IN)]
