"""What Feishu's codes mean for us: try later, or never, and in what words."""

import re
from collections.abc import Mapping
from typing import Final

from bot.contract import AdapterError, Refused, TryLater
from bot.texts import Text

STALE_TOKEN: Final = frozenset({99991661, 99991663, 99991664, 99991665, 99991668, 99991671})
LATER: Final = frozenset({99991400, 230020, 230049, 11232, 11247, 1000004, 1000005})
"""Too much at once; 230049: the same message is just being sent."""
NO_CARD: Final = 230054
"""What is to be changed is a message of words, which no card can replace."""
UNCHANGEABLE: Final = frozenset(
    {200830, 230011, 230031, 230032, 230050, NO_CARD, 230075, 230110, 230111}
)
"""A message that can no longer be changed, or never could: a new one is sent instead."""
UNANSWERABLE: Final = frozenset({230011, 230019, 230071, 230072, 230110})
"""A reply whose message or topic is gone: it goes to the chat itself."""
NO_SCOPE: Final = 99991672
_SCOPES: Final = re.compile(r"[a-z][a-z_]*(?:[:.][a-z_.]+)+[a-z:]*")

_NEVER: Final = {
    230001: Text("飞书不接受这条消息的参数", "Feishu does not accept this message's parameters"),
    230002: Text(
        "机器人不在这个群里：请在群设置 > 群机器人里添加",
        "the bot is not in this chat: add it under chat settings > bots",
    ),
    230006: Text(
        "应用没有开启机器人能力：开发者后台 > 添加应用能力 > 机器人",
        "the app has no bot: developer console > add features > bot",
    ),
    230013: Text(
        "这个人不在机器人的可用范围内：开发者后台 > 版本管理与发布 > 可用范围",
        "this person is outside the bot's availability: console > version management > availability",
    ),
    230015: Text(
        "外部群没有开启对外共享：开发者后台 > 应用发布 > 对外共享",
        "external sharing is off for this external chat: console > app release > external sharing",
    ),
    230018: Text("群里只有管理员能发言", "only administrators may speak in this chat"),
    230022: Text("内容含敏感信息，飞书拒绝发送", "Feishu holds back the content as sensitive"),
    230025: Text("消息太长", "the message is too long"),
    230027: Text("没有权限：检查应用的权限", "no permission: check the app's scopes"),
    230028: Text("企业的防泄漏规则拦截了消息", "the firm's data loss rules stopped the message"),
    230029: Text("对方已离职", "this person has left the firm"),
    230034: Text("接收者的 ID 无效", "the receiver's id is not valid"),
    230035: Text("没有在这个群发言的权限", "no right to speak in this chat"),
    230038: Text("不能给其他企业的人发私聊", "no private messages to people of other firms"),
    230053: Text("对方停用了机器人的消息", "this person has switched the bot's messages off"),
    230099: Text("飞书不接受这张卡片", "Feishu does not accept this card"),
    232009: Text("群已解散", "the chat is closed"),
    234001: Text("文件的参数无效", "the file's parameters are not valid"),
    234003: Text("文件不属于这条消息", "the file does not belong to this message"),
    234004: Text("机器人不在文件所在的群里", "the bot is not in the chat of the file"),
    234009: Text(
        "文件在外部群里，飞书不允许下载", "the file is in an external chat: Feishu gives none out"
    ),
    234037: Text("文件超过 100 MB", "the file is larger than 100 MB"),
    234038: Text(
        "群或文件设了防泄漏，不能下载",
        "the chat or the file may not be downloaded (restricted mode)",
    ),
    234040: Text("消息已不可见", "the message is no longer visible"),
    234041: Text("文件加密，密钥已被企业删除", "the file's key was deleted by the firm"),
    234042: Text("企业的存储空间已满", "the firm's storage is full"),
    234043: Text("这类消息里的文件不能下载", "files of this kind of message cannot be downloaded"),
}
_SCOPE = Text(
    "应用缺少权限 {scopes}：开发者后台 > 权限管理，开通后发布新版本",
    "the app lacks {scopes}: console > permissions & scopes, then release a new version",
)
_CREDENTIALS: Final = frozenset({10003, 10014, 10015, 10012, 10013, 99991543})
_WRONG_APP = Text(
    "App ID 或 App Secret 不对：开发者后台 > 凭证与基础信息",
    "App ID or App Secret is wrong: console > credentials & basic info",
)
_OTHER = Text("飞书拒绝了请求", "Feishu refused the request")


class Fault(Exception):
    """An answer of Feishu's with a code that is not 0; without any it is minus the HTTP status."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"code {code}")
        self.code = code
        self.scopes = tuple(dict.fromkeys(_SCOPES.findall(message[:2000])))
        """The scopes that the answer names, any of which would do."""

    def words(self, language: str) -> str:
        if self.code == NO_SCOPE:
            wanted = " / ".join(self.scopes[:6]) or "?"
            return f"{_SCOPE.in_(language, scopes=wanted)} ({self.code})"
        told = _WRONG_APP if self.code in _CREDENTIALS else _NEVER.get(self.code, _OTHER)
        return f"{told.in_(language)} ({self.code})"

    def for_outbox(self, language: str) -> AdapterError:
        """Wrong credentials, stale tokens and answers that are not Feishu's are put right by a
        person; all else stays refused.
        """
        if self.code < 0 or self.code in _CREDENTIALS or self.code in STALE_TOKEN:
            return TryLater(self.words(language), after=600)
        return Refused(self.words(language))


def delay(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks us to wait; None where it does not say."""
    for name in ("x-ogw-ratelimit-reset", "Retry-After"):
        told = headers.get(name, "")
        if told.isascii() and told.isdecimal() and len(told) < 7:
            return float(told)
    return None
