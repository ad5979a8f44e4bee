"""Names of chats: the prefix says who speaks there."""

from typing import Final

from bot.contract import ChannelName

CHANNEL: Final = ChannelName("wecom")
USER: Final = "user"
"""`user:<UserId>`: a member's private chat with the app."""
GROUP: Final = "group"
"""`group:<chatid>`: a group that the app made (appchat); it can speak there and not listen."""
HOOK: Final = "hook"
"""`hook:<name in the settings>`: a group with a robot's webhook; the same."""
KF: Final = "kf"
"""`kf:<open_kfid>:<external_userid>`: a customer's talk with a 微信客服 account."""
ROBOT: Final = "robot"
"""`robot:<UserId>` or `robot:<chatid>`: a member, or a group, and the intelligent robot."""
ARCHIVE: Final = "archive"
"""`archive:<roomid>` or `archive:<id>:<id>`: what the archive tells; nobody speaks there."""


def user(userid: str) -> str:
    return f"{USER}:{userid}"


def kf(open_kfid: str, external_userid: str) -> str:
    return f"{KF}:{open_kfid}:{external_userid}"


def robot(id_: str) -> str:
    return f"{ROBOT}:{id_}"


def split(chat: str) -> tuple[str, str]:
    """Prefix and the rest."""
    prefix, _, rest = chat.partition(":")
    return prefix, rest
