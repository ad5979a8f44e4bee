"""Bounces as servers write them, masked; the mail that they tell of is <ours@firm.cn>."""

OURS = "<ours@firm.cn>"
_RETURNED = (
    "Received: from x by y\r\nMessage-ID: <ours@firm.cn>\r\nFrom: service@firm.cn\r\n"
    "To: li@c.cn\r\nSubject: progress\r\n\r\nhello"
)


def dsn(
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <li@c.cn>: no such user",
    returned: str = "message/rfc822",
) -> bytes:
    said = f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {diagnostic}\r\n"
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.firm.cn\r\nTo: service@firm.cn\r\nSubject: Undelivered\r\n"
        'Message-ID: <dsn@mx>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
        "--r\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n"
        "--r\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.firm.cn\r\n\r\n"
        f"Final-Recipient: rfc822; li@c.cn\r\n{said}\r\n"
        f"--r\r\nContent-Type: {returned}\r\n\r\n{_RETURNED}\r\n--r--\r\n"
    ).encode()


def free(sender: str, subject: str, body: str, *fields: str) -> bytes:
    head = [f"From: {sender}", "To: service@firm.cn", f"Subject: {subject}", "Message-ID: <b@mx>"]
    return "\r\n".join(
        [*head, *fields, "Content-Type: text/plain; charset=utf-8", "", body]
    ).encode()


_COPY = f"\n{_RETURNED}"
_THREAD = "References: <first@x> <ours@firm.cn>"

FREE: list[tuple[str, bytes, str]] = [
    ("postfix", free("MAILER-DAEMON@mx.cn (Mail Delivery System)", "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.cn.\n\n<li@c.cn>: host mx.c.cn[1.2.3.4] said: 550 5.1.1 User unknown\n" + _COPY), "550 5.1.1 User unknown"),
    ("qmail", free("MAILER-DAEMON@mx.cn", "failure notice",
        "Hi. This is the qmail-send program at mx.cn.\n\n<li@c.cn>:\n1.2.3.4 does not like recipient.\nRemote host said: 550 no mailbox\nGiving up.\n\n--- Below this line is a copy of the message.\n" + _COPY), "550 no mailbox"),
    ("exim", free("Mail Delivery System <Mailer-Daemon@mx.cn>", "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered.\n\n  li@c.cn\n    550 relay not permitted\n" + _COPY, "X-Failed-Recipients: li@c.cn"), "550 relay not permitted"),
    ("gmail", free("Mail Delivery Subsystem <mailer-daemon@googlemail.com>", "Delivery Status Notification (Failure)",
        "Your message wasn't delivered to li@c.cn because the address couldn't be found.\nThe response was:\n550 5.1.1 The email account does not exist\n" + _COPY, "X-Failed-Recipients: li@c.cn"), "550 5.1.1"),
    ("exchange", free("Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@firm.cn>", "Undeliverable: progress",
        "Delivery has failed to these recipients or groups:\n\nli@c.cn\nThe email address wasn't found.\n#550 5.1.10 RESOLVER.ADR.RecipientNotFound #\n" + _COPY), "5.1.10"),
    ("exchange-zh", free("postmaster@firm.onmicrosoft.com", "未送达: progress", "无法将邮件传递给以下收件人:\nli@c.cn\n原因：550 5.4.1 拒绝\n", _THREAD), "550 5.4.1"),
    ("qq", free("PostMaster@qq.com", "来自qq.com的退信", "很抱歉，您的邮件被退回来了……\n\n原邮件信息：\n收件人 li@c.cn\n退信原因 收件人邮件地址（li@c.cn）不存在，邮件无法送达。\n\nMessage-ID: <ours@firm.cn>"), "退信原因"),
    ("163", free("Postmaster@163.com", "系统退信", "抱歉，您的邮件被退回来了。\n收件人：li@c.cn\n退信原因：550 User not found\n", "In-Reply-To: <ours@firm.cn>"), "550 User not found"),
    ("aliyun", free("postmaster@service.aliyun.com", "退信通知 / Undelivered", "您的邮件投递失败\n收件人 li@c.cn\n原因：553 mailbox not found\n" + _COPY), "553"),
]  # fmt: skip

NOT_FINAL: list[tuple[str, bytes]] = [
    ("delayed", dsn("delayed", "4.4.1", "smtp; 451 try later")),
    ("exim-warning", free("Mailer-Daemon@mx.cn", "Warning: message delayed 24 hours", "undelivered so far; li@c.cn\n" + _COPY)),
    ("gmail-delay", free("mailer-daemon@googlemail.com", "Delivery Status Notification (Delay)", "Delivery incomplete: li@c.cn. Gmail will retry for 47 more hours.\n" + _COPY)),
    ("zh-delay", free("postmaster@x.cn", "邮件未送达", "li@c.cn 暂时无法投递，系统将继续尝试投递\n" + _COPY)),
]  # fmt: skip

NO_BOUNCE: list[tuple[str, bytes]] = [
    ("delivered", dsn("delivered", "2.0.0", "smtp; 250 ok")),
    ("relayed", dsn("relayed", "2.0.0", "smtp; 250 ok")),
    ("a person", free("li@c.cn", "退信了怎么办", "Undelivered Mail Returned to Sender? 550\n" + _COPY)),
    ("a person answers", free("li@c.cn", "Re: Undelivered Mail", "MAILER-DAEMON said so.", "In-Reply-To: <ours@firm.cn>")),
    ("daemon says hello", free("postmaster@c.cn", "Quota", "Your mailbox is 90 % full.", "References: <ours@firm.cn>")),
]  # fmt: skip
