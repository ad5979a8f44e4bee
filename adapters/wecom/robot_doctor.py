"""What `keqing doctor` says of the intelligent robot and of the conversation archive.

The robot's connection is not tried: that would put out the one that works.
"""

from pathlib import Path
from typing import Final

from adapters.wecom import archive_keys
from adapters.wecom.robot_marks import Chats
from adapters.wecom.settings import WeComSettings
from bot.contract import Check
from bot.texts import Text

_LISTENS: Final = Text("智能机器人的回调地址 /wecom/robot 已开启", "/wecom/robot is open")
_CONNECTED: Final = Text(
    "智能机器人长连接：最近一次没有出错", "the robot's connection: no trouble when last used"
)
_CUT: Final = Text(
    "智能机器人长连接不可用：{why}（管理后台 → 安全与管理 → 管理工具 → 智能机器人 → 该机器人 → "
    "API 模式 → 使用长连接，核对 Bot ID 与 Secret；同一个机器人只能有一条连接）",
    "the robot's connection does not work: {why} (admin console → 安全与管理 → 管理工具 → 智能机器人 "
    "→ the robot → API模式 → 使用长连接: check Bot ID and Secret; a robot has one connection only)",
)
_LIBRARY: Final = Text("会话存档的组件已就位：{path}", "the archive's library is there: {path}")
NO_LIBRARY: Final = Text(
    "缺少会话存档组件：从 https://developer.work.weixin.qq.com/document/path/91774 下载 Linux 版 SDK，"
    "解压出 libWeWorkFinanceSdk_C.so，把它的路径填入 KEQING_WECOM__ARCHIVE_LIBRARY（腾讯的许可不允许"
    "我们随程序分发）",
    "the archive's library is missing: download the SDK for Linux from "
    "https://developer.work.weixin.qq.com/document/path/91774, unpack libWeWorkFinanceSdk_C.so and "
    "put its path into KEQING_WECOM__ARCHIVE_LIBRARY (its licence forbids that we ship it)",
)
_KEYS: Final = Text(
    "会话存档私钥可读：版本 {versions}", "the archive's keys can be read: {versions}"
)
BAD_KEYS: Final = Text(
    "会话存档私钥不可用：{why}（管理后台 → 管理工具 → 会话内容存档 → 消息加密公钥；"
    "设置 KEQING_WECOM__ARCHIVE_KEYS__<版本号>=私钥文件）",
    "the archive's keys do not work: {why} (admin console → 管理工具 → 会话内容存档 → 消息加密公钥; "
    "set KEQING_WECOM__ARCHIVE_KEYS__<version>=the private key's file)",
)


async def robot(settings: WeComSettings, marks: Chats) -> list[Check]:
    found: list[Check] = []
    if settings.robot_listens:
        found.append(Check(ok=True, text=_LISTENS))
    if settings.robot_connects:
        why = await marks.trouble()
        text = _CUT if why else _CONNECTED
        found.append(Check(ok=not why, text=text, facts={"why": why} if why else {}))
    return found


def archive(settings: WeComSettings) -> list[Check]:
    if not settings.has_archive:
        return []
    path = settings.archive_library
    there = bool(path) and Path(path).is_file()
    library = Check(
        ok=there, text=_LIBRARY if there else NO_LIBRARY, facts={"path": path} if there else {}
    )
    try:
        keys = archive_keys.load(settings.archive_keys)
    except archive_keys.BadKey as error:
        return [library, Check(ok=False, text=BAD_KEYS, facts={"why": str(error)})]
    versions = ", ".join(sorted(keys.versions))
    return [library, Check(ok=True, text=_KEYS, facts={"versions": versions})]
