"""WeCom's error codes as the outbox understands them.

Facts: developer.work.weixin.qq.com/document/path/90313. Programs go by the code, since the message
may change; only the address in 60020 is read from it, for a person to copy.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.contract import AdapterError, Refused, TryLater

BUSY: Final = -1
TOKEN: Final = frozenset({40001, 40014, 42001})
"""A token is turned down: ask for a new one, once."""
WRONG_STATE: Final = 95018
BAD_MSG_TOKEN: Final = 95007
NO_RESPONSE_CODE: Final = 60140
REPLY_GONE: Final = frozenset({NO_RESPONSE_CODE, 846605})
"""A code for one answer is used up or too old; which of these it is, is not documented."""

LATER: Final = {BUSY: 10.0, 6000: 5.0, 45009: 60.0, 45033: 5.0}
"""Seconds to wait; WeCom tells none. 45009 counts by the minute."""
_REFUSED: Final = {
    40001: "密钥（Secret）不对 / the Secret is wrong",
    40013: "企业 ID 不对 / the corp id is wrong",
    40014: "新的令牌也被拒绝 / a new token is turned down too",
    42001: "新的令牌也被拒绝 / a new token is turned down too",
    40007: "文件已过期（仅保留三天）或不属于本应用 / the file is gone (kept for 3 days) or not this app's",
    40056: "AgentId 不对 / the AgentId is wrong",
    40096: "该客户不存在 / there is no such customer",
    41001: "没有令牌 / a token is missing",
    44004: "消息是空的 / the message is empty",
    48002: "该应用无权调用此接口：请在管理后台为它开通 / the app may not call this: "
    "grant it in the admin console",
    60011: "该成员或部门不在应用的可见范围内 / the member is outside of the app's visible range",
    60111: "没有这个成员 / there is no such member",
    45002: "消息太长 / the message is too long",
    846605: "回复已过期 / it is too late to answer that",
    81013: "收件人不在应用的可见范围内，或已离职 / the recipient is outside of the app's visible "
    "range, or has left",
    82001: "没有有效的收件人 / there is no valid recipient",
    86001: "没有这个群 / there is no such group",
    86003: "没有这个群，或不是本应用创建的 / there is no such group, or another app made it",
    93000: "群机器人的地址已失效，或机器人已被移除 / the robot's address is no longer valid",
    95000: "没有这个客服账号 / there is no such 微信客服 account",
    95001: "48 小时内已发满 5 条，等客户再次发言 / five messages in 48 hours are used up: "
    "the customer must write first",
    95002: "客户 48 小时内没有发言 / the customer has not written within 48 hours",
    95004: "没有这个客服账号 / there is no such 微信客服 account",
    95017: "企业关闭了微信客服的 API / the firm's API of 微信客服 is switched off",
    WRONG_STATE: "会话状态不允许发送 / the conversation's state lets nothing through",
}
_ADDRESS: Final = re.compile(r"from ip: ?([0-9a-fA-F.:]{3,45})")
_ALREADY: Final = re.compile(r"(?i)(msg_?id|task_?id).{0,40}(exist|dup|repeat|used|unique)")


class ApiError(Exception):
    """A code other than 0. Never leaves the adapter: see `outcome`."""

    def __init__(self, code: int, told: str) -> None:
        super().__init__(f"errcode {code}")
        self.code = code
        self.told = told

    @property
    def is_repeat(self) -> bool:
        """It has been sent before, under the same id.

        The codes for this are not documented (2026-11), so here the message is read: where the words
        are others, a repeat is refused aloud, and still nobody sees it twice.
        """
        return bool(_ALREADY.search(self.told))

    @property
    def is_of_cursor(self) -> bool:
        """A cursor is turned down; the code for this is not documented either."""
        return "cursor" in self.told.lower()

    def outcome(self) -> AdapterError:
        """What leaves the adapter."""
        if self.code in LATER:
            return TryLater(f"errcode {self.code}", after=LATER[self.code])
        if self.code == 60020:
            found = _ADDRESS.search(self.told)
            address = found[1] if found else "本服务器的出口地址 / this server's address"
            return Refused(
                f"服务器地址不在企业可信 IP 中，请在应用详情页添加 {address} / "
                f"the server's address is not trusted: add {address} under 企业可信IP"
            )
        words = _REFUSED.get(self.code)
        return Refused(f"errcode {self.code}: {words}" if words else f"errcode {self.code}")


def code_of(answer: Mapping[str, Any]) -> int:
    """The code of an answer; 0 where there is none, as in some good ones."""
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else BUSY
