"""Copies to a shared mailbox: each mail lands in the chat of the customer that it is about."""

import pytest

from adapters.email import adapter as email
from adapters.email.parse import parse
from adapters.email.parties import filed
from tests.adapters.email.broken_mails import mixed, part
from tests.contract.harness import Inside

LOG, DOMAINS = "log@firm.cn", frozenset({"firm.cn", "firm.com"})
OUTLOOK = """请存档。

________________________________
发件人: 李雷 <Li@c.cn>
发送时间: 2026年11月20日 10:00
收件人: 王经理 <wang@firm.cn>
主题: 二期报价

报价我们收到了，周五答复。

李雷"""
GMAIL = """FYI

---------- Forwarded message ---------
From: Li Lei <li@c.cn>
Date: Fri, Nov 20, 2026 at 10:00 AM
Subject: quote
To: <wang@firm.cn>


We have the quote.

On Thu, Nov 19, 2026 Wang <wang@firm.cn> wrote:
> please look"""
APPLE = """> Begin forwarded message:
>
> From: Li Lei <li@c.cn>
> Subject: quote
> Date: 20 November 2026 at 10:00:00 CST
> To: wang@firm.cn
>
> We have the quote."""
QQ = """


------------------ 原始邮件 ------------------
发件人: "李雷" <li@c.cn>;
发送时间: 2026年11月20日(星期五) 上午10:00
收件人: "王经理"<wang@firm.cn>;
主题: 二期报价

报价我们收到了。"""


def mail(sender="wang@firm.cn", to="", cc="", subject="二期", text="hello", more=""):
    head = [
        f"From: Wang <{sender}>",
        f"To: {to}",
        f"Cc: {cc}",
        f"Subject: {subject}",
        "Message-ID: <1@firm.cn>",
    ]
    body = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text
    return ("\r\n".join(one for one in [*head, more] if one) + "\r\n" + body).encode()


@pytest.mark.parametrize(
    ("raw", "chat"),
    [
        (mail("li@c.cn", to="wang@firm.cn", cc=LOG), ""),  # a customer's
        (mail(to="li@c.cn"), "li@c.cn"),  # log@ in Bcc
        (mail(to="li@c.cn", cc=LOG), "li@c.cn"),
        (mail(to=LOG, cc="li@c.cn"), "li@c.cn"),
        (mail(to="zhao@firm.cn, LI@c.cn, x@d.cn"), "li@c.cn"),  # a colleague before the customer
        (mail(to="zhao@firm.com", cc="li@c.cn"), "li@c.cn"),  # the firm's other domain
        (mail(LOG, to="li@c.cn"), "li@c.cn"),
        (mail(to=f"zhao@firm.cn, {LOG}"), "zhao@firm.cn"),  # among colleagues
        (mail(to=LOG), ""),  # to the assistant's mailbox alone, and nothing passed on
        (mail(to=LOG, subject="转发：二期", text="见附件"), ""),
        (mail(to="WANG@firm.cn"), ""),  # to oneself
        (mail("wang@sub.firm.cn", to="li@c.cn"), ""),  # another domain is not the firm's
    ],
)  # fmt: skip
def test_the_chat_is_the_customers(raw, chat):
    read = parse(raw)
    assert filed(read, LOG, DOMAINS) == (read, chat)


@pytest.mark.parametrize(
    ("subject", "text", "new", "above"),
    [
        ("转发: 二期报价", OUTLOOK, "报价我们收到了，周五答复。\n\n李雷", "请存档。"),
        ("Fwd: quote", GMAIL, "We have the quote.", "FYI"),
        ("quote", GMAIL, "We have the quote.", "FYI"),  # announced in the text alone
        ("Fw: quote", APPLE, "We have the quote.", ""),
        ("转发：二期报价", QQ, "报价我们收到了。", ""),
    ],
)
@pytest.mark.parametrize("to", [LOG, ""])
def test_what_is_passed_on_to_the_mailbox_alone_is_its_first_senders(subject, text, new, above, to):
    read, chat = filed(parse(mail(to=to, subject=subject, text=text)), LOG, DOMAINS)
    assert chat == "li@c.cn"
    assert read.sender.address.lower() == "li@c.cn"
    assert read.new_text == new
    assert above in read.quoted


def test_a_mail_passed_on_as_a_file_is_its_first_senders():
    inner = b"From: Li <li@c.cn>\r\nSubject: q\r\nDate: Fri, 20 Nov 2026 10:00:00 +0800\r\n\r\nWe have it."
    raw = mixed(part("message/rfc822", inner)).replace(
        b"From: Li <li@c.cn>\r\nSubject: s", b"From: wang@firm.cn\r\nSubject: Fwd: q", 1
    )
    read, chat = filed(parse(raw), LOG, DOMAINS)
    assert (chat, read.new_text) == ("li@c.cn", "We have it.")


@pytest.mark.parametrize(
    "raw",
    [
        mail("zhao@else.cn", to=LOG, subject="Fwd: quote", text=GMAIL),  # a stranger cannot
        mail(to=LOG, subject="Re: quote", text=OUTLOOK),  # an answer quotes, it passes nothing on
        mail(to=LOG, subject="Fwd: x", text=GMAIL.replace("li@c.cn", "zhao@firm.cn")),
        mail(to=LOG, subject="Fwd: x", text=GMAIL.replace("<li@c.cn>", "")),
        mail(to=LOG, subject="Fwd: x", text=GMAIL, more="Auto-Submitted: auto-forwarded"),
    ],
)  # fmt: skip
def test_what_is_not_passed_on_stays_its_senders(raw):
    read = parse(raw)
    assert filed(read, LOG, DOMAINS) == (read, "")


def test_passed_on_to_a_customer_is_the_firms_own_mail():
    read = parse(mail(to="zhao@d.cn", subject="Fwd: quote", text=GMAIL))
    assert filed(read, LOG, DOMAINS) == (read, "zhao@d.cn")


@pytest.mark.parametrize(
    ("boxes", "domains"),
    [
        ([{"address": LOG}], {"firm.cn"}),
        ([{"address": LOG}, {"address": "us@firm.com"}], {"firm.cn", "firm.com"}),
        ([{"address": "us@163.com"}], set()),
        ([{"address": LOG, "own_domains": ["A.cn"]}], {"a.cn"}),
        ([{"address": LOG, "own_domains": []}], set()),
    ],
)
def test_whose_domains_are_the_firms(boxes, domains):
    boxes = [{"url": "imap://127.0.0.1", **box} for box in boxes]
    settings = email.EmailSettings.model_validate({"mailboxes": boxes})
    assert settings.own_domains(settings.mailboxes[0]) == domains


def test_a_recorded_mail_lands_in_the_same_chat():
    box = {"url": "imap://us:x@127.0.0.1", "address": LOG}
    made = email.build({"mailboxes": [box]}, Inside().ports)
    [sent] = made.translate(mail(to="li@c.cn"))
    [passed_on] = made.translate(mail(to=LOG, subject="Fwd: quote", text=GMAIL))
    assert (sent.chat, sent.sender.id) == ("li@c.cn", "wang@firm.cn")
    assert (passed_on.chat, passed_on.sender.id) == ("li@c.cn", "li@c.cn")
    assert not passed_on.sender.proven
