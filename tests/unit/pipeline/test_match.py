"""Which customer and project a message belongs to, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import names
from bot.pipeline import evidence, match
from storage.directory import Chat, Directory, Known, KnownProject, Name

HUAJIAN, ZHUANGSHI, HORIZON = 1, 2, 3
NAMES = {
    HUAJIAN: ("C-1", "上海华建工程集团有限公司", ["上海华建工程集团", "华建工程集团", "华建"]),
    ZHUANGSHI: ("C-2", "深圳华健装饰有限公司", ["华健装饰", "华健"]),
    HORIZON: ("C-3", "Horizon Estates Ltd", ["horizon estates", "horizon"]),
}
PROJECTS = {
    HUAJIAN: [(11, "P-0011", "滨江A3地块三期"), (12, "P-0012", "城北档案数字化")],
    ZHUANGSHI: [(21, "P-0021", "滨江C4地块监测")],
    HORIZON: [(31, "P-0031", "Mill Lane Portal")],
}
KNOWN = {
    ("hook", "wang"): [Known(101, HUAJIAN, None, "王芳")],
    ("hook", "both"): [Known(102, HUAJIAN, None, "李"), Known(103, ZHUANGSHI, None, "李")],
    ("phone", "13800138000"): [Known(101, HUAJIAN, None, "王芳")],
    ("phone", "447700900123"): [Known(104, HORIZON, None, "Ann")],
    ("hook", "member"): [Known(None, None, 7, "陈")],
}


def directory() -> Directory:
    found = Directory(known=dict(KNOWN))
    for id_, (code, full, aliases) in NAMES.items():
        found.customers[id_] = (code, full)
        found.codes[code] = (id_, None)
        for norm in (names.normal(full), *aliases):
            _add(found, Name(id_, None, norm, "given"))
        for number, project, title in PROJECTS[id_]:
            found.codes[project] = (id_, number)
            known = KnownProject(number, project, title, id_, open=True)
            found.projects.setdefault(id_, []).append(known)
            _add(found, Name(id_, number, names.normal(title), "given"))
    found.chats["hook", "group"] = Chat(1, ZHUANGSHI, None, "customer")
    found.domains["huajian.example"] = [HUAJIAN]
    found.own_domains = frozenset({"ours.example"})
    return found


def _add(found: Directory, name: Name) -> None:
    found.names.setdefault(names.head(name.norm), []).append(name)
    if (sound := names.sound(name.norm)) and len(name.norm) > 2:
        found.sounds.setdefault(sound, []).append(name)


def asked(text: str, sender: str = "", chat: str = "", **more) -> match.Match:
    senders = evidence.senders_of("hook", sender) if sender else ()
    question = evidence.Question(text, channel="hook", senders=senders, chat=chat, **more)
    return match.decide(question, directory())


@pytest.mark.parametrize(
    ("text", "sender", "chat", "customer", "project"),
    [
        ("我是华建的，三期怎么样了", "", "", HUAJIAN, 11),
        ("A3地块3期怎么样了", "wang", "", HUAJIAN, 11),
        ("华健装饰这边，图纸收到", "", "", ZHUANGSHI, 21),
        ("Ｐ－００１２何时上线", "", "", HUAJIAN, 12),
        ("p–0031 please", "", "", HORIZON, 31),
        ("Horizon Estates here, thank you", "", "", HORIZON, 31),
        ("订单号 P-0021，收到", "wang", "", HUAJIAN, None),
        ("滨江C4地块监测的图纸", "both", "", ZHUANGSHI, 21),
        ("我是华健的，收到", "wang", "group", ZHUANGSHI, 21),
        ("收到，回电 138 0013 8000", "", "", HUAJIAN, None),
        ("noted\n\nAnn\nann@mail.huajian.example", "", "", HUAJIAN, None),
        ("huajian zhuangshi 滨江C4地块监测", "", "", ZHUANGSHI, 21),
    ],
)
def test_filed(text, sender, chat, customer, project):
    answer = asked(text, sender, chat)
    assert (answer.decision, answer.customer_id, answer.project_id) == ("file", customer, project)
    assert answer.because


@pytest.mark.parametrize(
    ("text", "sender", "chat"),
    [
        ("P-0021 的事", "wang", ""),  # a code against a sender
        ("收到", "wang", "group"),  # a sender in another's chat
        ("收到", "both", ""),  # works with two
        ("关于华建和华健：收到", "", ""),
        ("我是深圳华建装饰有限公司的", "", ""),  # a brand of ours, another firm
        ("订单号：P-0021", "", ""),  # somebody else's number
        ("扩大华建立的", "", ""),  # may be chance
        ("我们跟华剑装饰说过", "", ""),  # sounds alike, and no project
        ("今天开会", "member", ""),
    ],
)
def test_a_person_is_asked(text, sender, chat):
    answer = asked(text, sender, chat)
    assert answer.decision in {"ask", "stranger"}
    assert (answer.decision == "ask") or "扩大" in text
    assert answer.customer_id is None


@pytest.mark.parametrize(
    "text", ["今天开会", "we are far from the horizon, talk later", "发票号 12345678，请查收"]
)
def test_small_talk_stays_a_strangers(text):
    assert asked(text, "nobody").decision == "stranger"


def test_a_person_of_two_customers_is_the_contact_of_the_one_it_is_filed_with():
    assert asked("滨江C4地块监测的图纸", "both").contact_id == 103


@pytest.mark.parametrize(
    "dialled", ["+44 7700 900123", "0044 7700 900123", "07700 900123", "+44 (0) 7700 900123"]
)
def test_a_telephone_number_with_or_without_its_country(dialled):
    question = evidence.Question(
        "hello", channel="calls", senders=evidence.senders_of("calls", "", phone_=dialled)
    )
    assert match.decide(question, directory()).customer_id == HORIZON


def test_the_end_of_a_long_text_is_read_as_well():
    long = "好的。" * 2000 + "\n上海华建工程集团有限公司"
    assert asked(long).customer_id == HUAJIAN


WORDS = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "华建",
                "华健装饰",
                "horizon",
                "P-0021",
                "订单号",
                "三期",
                " ",
                "\ud800",
                "\x00",
                "这边",
            ]
        ),
        max_size=12,
    ).map("".join),
)


@given(WORDS, st.sampled_from(["", "wang", "both", "member"]), st.sampled_from(["", "group"]))
def test_no_text_breaks_it_and_the_same_is_answered_twice(text, sender, chat):
    answer = asked(text, sender, chat)
    assert answer == asked(text, sender, chat)
    sure = [candidate.confidence for candidate in answer.candidates]
    assert sure == sorted(sure, reverse=True)
    assert (answer.customer_id is not None) == (answer.decision == "file")
    assert answer.because or answer.decision != "file"
