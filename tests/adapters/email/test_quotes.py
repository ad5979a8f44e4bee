"""What is the sender's own in mails of the programs that customers use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.quotes import cut

OWN = "好的，周五之前给您方案。"
OWN_EN = "Fine with us. Please send the invoice by Friday."

FOXMAIL = """

张三
华建集团 采购部

发件人： 李四
发送时间： 2025-03-03 10:00
收件人： 张三
抄送： 王五
主题： Re: 二期报价
您好，附件是报价。"""
FOXMAIL_RULE = """

________________________________
张三
华建集团
手机：13800138000

发件人： 李四 <lisi@a.cn>
日期： 2025-03-03 10:00
收件人： 张三 <zs@b.cn>
主题： 报价
旧内容"""
QQ = """

------------------ 原始邮件 ------------------
发件人: "李四" <lisi@qq.com>;
发送时间: 2025年3月3日(星期一) 上午10:00
收件人: "张三"<zs@qq.com>;
主题: 报价

旧内容"""
QQ_NBSP = QQ.replace(" 原始邮件 ", "\xa0原始邮件\xa0")
QQ_PHONE = """

---Original---
From: "李四"<lisi@qq.com>
Date: Mon, Mar 3, 2025 10:00 AM
To: "张三"<zs@qq.com>;
Subject: 报价

旧内容"""
NETEASE = """

At 2025-03-03 10:00:00, "李四" <lisi@163.com> wrote:
>旧内容
>第二行"""
NETEASE_ZH = """

在 2025-03-03 10:00:00，"李四" <lisi@163.com> 写道：

旧内容，没有标记"""
NETEASE_MASTER = """

---- 回复的原邮件 ----
| 发件人 | 李四<lisi@163.com> |
| 日期 | 2025年03月03日 10:00 |
旧内容"""
OUTLOOK_ZH = """

________________________________
发件人: 李四 <lisi@a.cn>
发送时间: 2025年3月3日 10:00
收件人: 张三 <zs@b.cn>
主题: 报价

旧内容"""
OUTLOOK_OLD_ZH = """

-----邮件原件-----
发件人: 李四
旧内容"""
OUTLOOK_BOLD = """

*发件人:* 李四 <lisi@a.cn>
*发送时间:* 2025年3月3日 10:00
*收件人:* 张三
*主题:* 报价
旧内容"""
OUTLOOK_EN = """

From: Li Si <lisi@a.cn>
Sent: Monday, March 3, 2025 10:00 AM
To: Zhang San <zs@b.cn>
Cc: Wang Wu
Subject: RE: Quote

old words"""
OUTLOOK_OLD = """

-----Original Message-----
From: Li Si
Sent: Monday
old words"""
GMAIL_EN = """

On Mon, Mar 3, 2025 at 10:00 AM Li Si <lisi@gmail.com> wrote:

> old words
> more"""
GMAIL_WRAPPED = """

On Mon, Mar 3, 2025 at 10:00 AM Li Si With A Very Long Name Indeed <
lisi.with.a.long.address@gmail.com> wrote:

> old words"""
GMAIL_ZH = """

李四 <lisi@gmail.com> 于2025年3月3日周一 10:00写道：

> 旧内容"""
APPLE_ZH = """

> 在 2025年3月3日，10:00，李四 <lisi@a.cn> 写道：
>
> 旧内容"""
APPLE_ZH_TOP = """

在 2025年3月3日，上午10:00，李四 <lisi@a.cn> 写道：

> 旧内容"""
APPLE_EN = """

On 3 Mar 2025, at 10:00, Li Si <lisi@a.cn> wrote:

> old words
>
>> even older"""
FORWARD_GMAIL = """

---------- Forwarded message ---------
From: Li Si <lisi@a.cn>
Date: Mon, Mar 3, 2025
Subject: Quote
To: <zs@b.cn>

old words"""
FORWARD_APPLE = """

Begin forwarded message:

From: Li Si
old words"""
FORWARD_163 = """

-------- 转发邮件信息 --------
发件人："李四" <lisi@163.com>
旧内容"""

TAILS = {
    "foxmail with rule": (OWN, FOXMAIL_RULE),
    "qq": (OWN, QQ),
    "qq with hard blanks": (OWN, QQ_NBSP),
    "qq on a phone": (OWN, QQ_PHONE),
    "163": (OWN, NETEASE),
    "163 in Chinese, unmarked": (OWN, NETEASE_ZH),
    "163 master": (OWN, NETEASE_MASTER),
    "outlook zh": (OWN, OUTLOOK_ZH),
    "outlook zh, old": (OWN, OUTLOOK_OLD_ZH),
    "outlook bold": (OWN, OUTLOOK_BOLD),
    "outlook en": (OWN_EN, OUTLOOK_EN),
    "outlook en, old": (OWN_EN, OUTLOOK_OLD),
    "gmail en": (OWN_EN, GMAIL_EN),
    "gmail en, wrapped": (OWN_EN, GMAIL_WRAPPED),
    "gmail zh": (OWN, GMAIL_ZH),
    "apple zh, all marked": (OWN, APPLE_ZH),
    "apple zh": (OWN, APPLE_ZH_TOP),
    "apple en": (OWN_EN, APPLE_EN),
    "forward gmail": (OWN_EN, FORWARD_GMAIL),
    "forward apple": (OWN_EN, FORWARD_APPLE),
    "forward 163": (OWN, FORWARD_163),
    "iphone zh": (OWN, "\n\n发自我的iPhone"),
    "iphone zh with blank": (OWN, "\n\n发自我的 iPhone\n"),
    "iphone en and quote": (OWN_EN, "\n\nSent from my iPhone" + APPLE_EN),
    "outlook phone": (OWN_EN, "\n\nGet Outlook for iOS<https://aka.ms/o0ukef>"),
    "netease phone": (OWN, "\n\n发自网易邮箱大师"),
    "dash dash": (OWN_EN, "\n-- \nZhang San\nHuajian Group"),
    "dash dash without its blank": (OWN_EN, "\n--\nZhang San\nHuajian Group"),
    "qq signature": (OWN, "\n\n------------------\n张三\n华建集团\n电话：021-12345678"),
}


@pytest.mark.parametrize(("own", "tail"), TAILS.values(), ids=TAILS.keys())
def test_only_the_senders_own_words_are_new(own, tail):
    found = cut(own + tail)
    assert found.new == own
    assert found.quoted


@pytest.mark.parametrize(("own", "tail"), TAILS.values(), ids=TAILS.keys())
def test_nothing_is_lost(own, tail):
    text = own + tail
    found = cut(text)
    kept = "".join((found.new + found.quoted).split())
    assert sorted(kept) == sorted("".join(text.split()))


def test_foxmail_keeps_an_unmarked_signature_with_the_words():
    assert cut(OWN + FOXMAIL).new == f"{OWN}\n\n张三\n华建集团 采购部"


def test_answers_between_the_quotes_stay():
    text = "On 3 Mar 2025, Li <l@a.cn> wrote:\n> one?\nYes.\n> two?\n> really?\nNo."
    assert cut(text).new == "Yes.\nNo."


def test_words_below_the_quote_stay():
    assert cut(f"On 3 Mar 2025, Li <l@a.cn> wrote:\n> one\n> two\n\n{OWN_EN}").new == OWN_EN


@pytest.mark.parametrize(
    "text",
    [
        "张总在会上写道：质量第一。\n请知悉。",
        "> 3000 元的部分要审批",
        "发件人：请写公司全称\n谢谢",
        "From now on: call us first.\nTo: be honest, it is late.",
        "第一部分\n-----------\n第二部分\n合同条款如下",
        "从我的角度看，项目进展顺利，但是我们还需要两周时间才能把所有的接口联调完毕，请理解，谢谢大家的支持与配合，辛苦了。",
        "总价：\n--\n",
        "On",
        "Yes.\nOn Monday\nwe meet",
    ],
)
def test_plain_words_are_left_alone(text):
    assert cut(text).new == text.strip()


LINES = st.sampled_from(
    ["On", "On 3 Mar", "<a@b> wrote:", "在 2025", "写道：", "> x", ">", "", "--", "-----", "From: a",
     "To: b", "Date: c", "---原始邮件---", "发自我的iPhone", "Tel: 1", "words"]
)  # fmt: skip


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_any_order_of_lines_is_parted_without_loss(text):
    found = cut(text)
    assert sorted("".join((found.new + found.quoted).split())) == sorted("".join(text.split()))


def test_only_a_quote_leaves_nothing_new():
    found = cut(FORWARD_GMAIL.strip())
    assert (found.new, found.quoted) == ("", FORWARD_GMAIL.strip())
