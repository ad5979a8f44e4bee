"""What `keqing doctor` asks Slack, and what to click where something is missing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.slack.api import Api, skew
from bot.contract import AdapterError, Check
from bot.texts import Text

SCOPES: Final = {
    "app_mentions:read": Text("收到 @助手 的消息", "messages that mention the assistant"),
    "channels:history": Text("公开频道的消息", "messages of public channels"),
    "channels:read": Text("公开频道的成员变动", "who joins public channels"),
    "chat:write": Text("发送消息", "sending messages"),
    "commands": Text("斜杠命令和快捷方式", "slash commands and shortcuts"),
    "files:read": Text("读取文件和语音", "reading files and voice clips"),
    "files:write": Text("把图表作为图片发送", "showing charts as pictures"),
    "groups:history": Text("私有频道的消息", "messages of private channels"),
    "groups:read": Text("私有频道的成员变动", "who joins private channels"),
    "im:history": Text("与助手的私聊", "private chats with the assistant"),
    "im:write": Text("主动发起私聊", "starting private chats"),
    "mpim:history": Text("多人私信的消息", "messages of group chats"),
    "users:read": Text("成员名单", "the list of members"),
    "users:read.email": Text("成员的邮箱", "members' mail addresses"),
}
_SKEW_S: Final = 60
_WHERE: Final = Text(
    "api.slack.com/apps → 你的应用 → OAuth & Permissions → Bot Token Scopes，添加后重新安装应用",
    "api.slack.com/apps → your app → OAuth & Permissions → Bot Token Scopes; reinstall the app then",
)
_CONNECTED: Final = Text("Slack 已连接：{team}，{user}", "Slack is connected: {team}, {user}")
_ALL: Final = Text("权限齐全：{scopes}", "All scopes are there: {scopes}")
_AGREE: Final = Text("时钟与 Slack 一致", "The clock agrees with Slack's")
_APART: Final = Text(
    "本机时钟与 Slack 相差 {seconds} 秒，签名会被拒绝：请校准时间（NTP）",
    "This clock is {seconds} s ahead of Slack's, so that signatures fail: set it (NTP)",
)
_TOKEN: Final = Text(
    "Slack 不接受机器人令牌（{why}）：api.slack.com/apps → 你的应用 → OAuth & Permissions → "
    "Bot User OAuth Token，填入 KEQING_SLACK__BOT_TOKEN",
    "Slack does not take the bot token ({why}): api.slack.com/apps → your app → OAuth & Permissions → "
    "Bot User OAuth Token, into KEQING_SLACK__BOT_TOKEN",
)
_SOCKET: Final = Text(
    "Slack 不接受应用令牌（{why}）：api.slack.com/apps → 你的应用 → Basic Information → App-Level Tokens，"
    "权限 connections:write，并打开 Socket Mode",
    "Slack does not take the app token ({why}): api.slack.com/apps → your app → Basic Information → "
    "App-Level Tokens, scope connections:write; and switch Socket Mode on",
)


async def checks(api: Api, app_token: str, now: datetime) -> Sequence[Check]:
    try:
        answer = await api.read("auth.test")
    except AdapterError as error:
        return [Check(ok=False, text=_TOKEN, facts={"why": str(error)})]
    names = ("team", "user", "team_id", "user_id", "bot_id")
    facts = {name: str(answer.data.get(name, "")) for name in names}
    found = [
        Check(ok=True, text=_CONNECTED, facts=facts),
        *_scopes(answer.headers.get("x-oauth-scopes", "")),
        *_clock(answer.headers.get("Date", ""), now),
    ]
    return [*found, await _socket(api, app_token)] if app_token else found


def _scopes(told: str) -> Sequence[Check]:
    """One finding per missing scope, which says what is missed without it."""
    has = {one.strip() for one in told.split(",")}
    missing = [
        Check(
            ok=False,
            text=Text(
                f"缺少权限 {name}（{what.zh}）：{_WHERE.zh}",
                f"The scope {name} is missing ({what.en}): {_WHERE.en}",
            ),
            facts={"scope": name},
        )
        for name, what in SCOPES.items()
        if name not in has
    ]
    return missing or [Check(ok=True, text=_ALL, facts={"scopes": ", ".join(SCOPES)})]


def _clock(told: str, now: datetime) -> Sequence[Check]:
    """Signatures are good for five minutes."""
    ahead = skew(told, now)
    if ahead is None:
        return []
    ok = abs(ahead) <= _SKEW_S
    return [Check(ok=ok, text=_AGREE if ok else _APART, facts={"seconds": round(ahead)})]


async def _socket(api: Api, app_token: str) -> Check:
    try:
        await api.read("apps.connections.open", token=app_token)
    except AdapterError as error:
        return Check(ok=False, text=_SOCKET, facts={"why": str(error)})
    return Check(ok=True, text=Text("长连接（Socket Mode）可用", "Socket Mode works"))
