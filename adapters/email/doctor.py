"""What `keqing doctor` says about mailboxes: what is well, and what to click where it is not."""

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.email import imap
from adapters.email.imap import Why
from adapters.email.mailbox import Pace, Thread, connected
from adapters.email.oauth import Access, NoToken, Unreachable
from adapters.email.settings import MailboxSettings
from bot import clock
from bot.contract import Check
from bot.texts import Text

OFF: Final = Text(
    "没有配置邮箱：填 KEQING_EMAIL__MAILBOXES（见 adapters/email/README.zh-CN.md）",
    "no mailbox is set up: fill KEQING_EMAIL__MAILBOXES (see adapters/email/README.md)",
)
_READS: Final = Text(
    "邮箱 {number}：可以收信（{folders}），最新一封 {newest}",
    "mailbox {number}: mail can be read ({folders}), the newest came {newest}",
)
_DAYS: Final = Text("{days} 天前", "{days} days ago")
_HOURS: Final = Text("{hours} 小时前", "{hours} hours ago")
_NONE: Final = Text("（还没有邮件）", "(there is none yet)")
_IDLE: Final = Text(
    "邮箱 {number}：新邮件立即收到（IDLE）",
    "mailbox {number}: new mail is told at once (IDLE)",
)
_NO_IDLE: Final = Text(
    "邮箱 {number}：服务器没有 IDLE，每分钟查看一次",
    "mailbox {number}: the server has no IDLE, it is looked at once a minute",
)
_NO_ID: Final = Text(
    "邮箱 {number}：服务器不收 ID（只有网易邮箱需要）",
    "mailbox {number}: the server takes no ID (only NetEase's need it)",
)
_NOT_PROVEN: Final = Text(
    "邮箱 {number}：没有填 authserv_id，所有发件人都算未证实",
    "mailbox {number}: authserv_id is empty, so no sender counts as proven",
)
_NO_SENT: Final = Text(
    "邮箱 {number}：找不到已发送文件夹，同事发出的邮件收不到；在 folders 里写上它的名字。现有：{there}",
    "mailbox {number}: no folder of sent mail is found, so mails that people send are not seen; name it "
    "in folders. There are: {there}",
)
_NO_FOLDER: Final = Text(
    "邮箱 {number}：没有文件夹「{folder}」，改 folders。现有：{there}",
    "mailbox {number}: there is no folder “{folder}”; change folders. There are: {there}",
)
_NOT_FOUND: Final = Text(
    "邮箱 {number}：找不到主机 {host}，检查 url 里的主机名和本机 DNS",
    "mailbox {number}: host {host} is not found; check its name in url, and DNS here",
)
_NOT_REACHED: Final = Text(
    "邮箱 {number}：连不上 {host}:{port}（{why}），检查端口（imaps 一般是 993）和防火墙",
    "mailbox {number}: {host}:{port} is not reached ({why}); check the port (993 for imaps) and firewalls",
)
_CERTIFICATE: Final = Text(
    "邮箱 {number}：{host} 的证书不可信（{why}），没有发出密码。检查主机名；自签证书要加入系统信任",
    "mailbox {number}: the certificate of {host} is not trusted ({why}), no password was sent. Check the "
    "name; trust a certificate of your own in the system",
)
_NO_TOKEN: Final = Text(
    "邮箱 {number}：授权服务器拒绝了 refresh_token（{why}）：重新授权，换掉 oauth.refresh_token；"
    "invalid_client 表示 client_id 或 client_secret 不对",
    "mailbox {number}: the provider turned the refresh_token down ({why}): authorise again and replace "
    "oauth.refresh_token; invalid_client means a wrong client_id or client_secret",
)
_NO_ANSWER: Final = Text(
    "邮箱 {number}：授权服务器没有正常回答（{why}），检查 token_url 和网络",
    "mailbox {number}: the provider of tokens does not answer as it should ({why}); check token_url and "
    "the network",
)
_FAILED: Final = Text(
    "邮箱 {number}：{host} 没有正常回答（{why}），过几分钟再试；一直如此就联系服务商",
    "mailbox {number}: {host} does not answer as it should ({why}); try again in some minutes, then ask "
    "the provider",
)
_NOT_LET_IN: Final = {
    Why.PASSWORD: Text(
        "邮箱 {number}：用户名或密码不对。密码要用授权码（客户端专用密码），不是网页登录密码；并确认已开启 IMAP",
        "mailbox {number}: user or password is not known. It takes the password made for programs "
        "(授权码, app password), not the web page's; and IMAP must be switched on",
    ),
    Why.OFF: Text(
        "邮箱 {number}：IMAP 没有开启。到网页邮箱的设置里开启 IMAP/SMTP 服务",
        "mailbox {number}: IMAP is switched off. Switch IMAP/SMTP on in the settings of the web mail",
    ),
    Why.UNSAFE: Text(
        "邮箱 {number}：服务器说 Unsafe Login（网易）。登录网页邮箱，在设置里重新开启 IMAP 并生成新的授权码",
        "mailbox {number}: the server says Unsafe Login (NetEase). In the web mail, switch IMAP off and on "
        "and make a new 授权码",
    ),
    Why.CLEAR: Text(
        "邮箱 {number}：{host} 不提供加密，没有发出密码。改用 imaps://（端口 993）",
        "mailbox {number}: {host} offers no TLS, so the password was not sent. Use imaps:// (port 993)",
    ),
    Why.TOKEN: Text(
        "邮箱 {number}：服务器不收 OAuth 令牌。检查用户名是否为完整地址、应用是否有 IMAP 权限、管理员是否允许 IMAP",
        "mailbox {number}: the server does not take the token. Check that user is the whole address, that "
        "the app has the IMAP scope, and that the administrator allows IMAP",
    ),
}


@dataclass(frozen=True, slots=True)
class _Seen:
    folders: Sequence[str]
    sent: str | None
    idles: bool
    takes_id: bool
    newest: datetime | None


async def look(number: int, box: MailboxSettings, access: Access | None) -> Sequence[Check]:
    """One mailbox, looked at as it is read: nothing in it changes."""
    server = box.server
    facts: dict[str, object] = {"number": number, "host": server.host, "port": server.port}

    def wrong(text: Text, why: object = "", **more: object) -> Sequence[Check]:
        return [Check(False, text, {**facts, "why": why, **more})]

    try:
        seen = await _seen(box, access)
    except imap.NotLetIn as error:
        return wrong(_NOT_LET_IN[error.why])
    except NoToken as error:
        return wrong(_NO_TOKEN, error)
    except Unreachable as error:
        return wrong(_NO_ANSWER, error)
    except ssl.SSLCertVerificationError as error:
        return wrong(_CERTIFICATE, error.verify_message)
    except socket.gaierror:
        return wrong(_NOT_FOUND)
    except (TimeoutError, ConnectionError) as error:
        return wrong(_NOT_REACHED, type(error).__name__)
    except imap.FAILURES as error:
        return wrong(_FAILED, type(error).__name__)
    return _findings(number, box, seen)


async def _seen(box: MailboxSettings, access: Access | None) -> _Seen:
    if access is None:
        return await _visit(box, "")
    token = await access.token()
    try:
        return await _visit(box, token)
    except imap.NotLetIn as refusal:
        if refusal.why is not Why.TOKEN:
            raise
        return await _visit(box, await access.token(refused=token))


async def _visit(box: MailboxSettings, token: str) -> _Seen:
    line = await connected(box.server, Pace().connect_s)
    async with Thread(imap.Session(box.server, line, token)) as thread:
        session = thread.session
        await thread.do(session.open)
        names = await thread.do(session.folder_names)
        sent = await thread.do(session.sent_folder)
        first = next((one for one in box.folders if one in names), "INBOX")
        await thread.do(lambda: session.examine(first))
        newest = await thread.do(session.newest)
        return _Seen(names, sent, session.idles, "ID" in session.capabilities, newest)


def _findings(number: int, box: MailboxSettings, seen: _Seen) -> Sequence[Check]:
    facts: dict[str, object] = {"number": number, "there": ", ".join(seen.folders)}
    missing = [one for one in box.folders if one not in seen.folders]
    found = [Check(False, _NO_FOLDER, {**facts, "folder": one}) for one in missing]
    if not box.folders and seen.sent is None:
        found.append(Check(False, _NO_SENT, facts))
    reads = [one for one in box.folders or ("INBOX", seen.sent or "") if one and one not in missing]
    if reads:
        found.insert(0, Check(True, _reads(seen.newest), {**facts, "folders": ", ".join(reads)}))
    found.append(Check(True, _IDLE if seen.idles else _NO_IDLE, facts))
    if not seen.takes_id:
        found.append(Check(True, _NO_ID, facts))
    if not box.authserv_id:
        found.append(Check(True, _NOT_PROVEN, facts))
    return found


def _reads(newest: datetime | None) -> Text:
    """The finding with the newest mail's age in both languages."""
    hours = int((clock.now() - newest).total_seconds() // 3600) if newest else 0
    age = _NONE if newest is None else _DAYS if hours >= 48 else _HOURS
    told = {language: age.in_(language, days=hours // 24, hours=hours) for language in ("zh", "en")}
    return Text(
        _READS.zh.replace("{newest}", told["zh"]), _READS.en.replace("{newest}", told["en"])
    )
