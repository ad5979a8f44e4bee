"""Chats of platforms: whose they are, who is in them, what reaches whom."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot import outbox
from bot.app import Program
from bot.contract import (
    PAGE,
    Audience,
    Budget,
    Can,
    ChannelName,
    Check,
    Colleague,
    Happening,
    InboundMessage,
    Mention,
    Notice,
    NotSupported,
    Refused,
    RemoteFile,
    Sender,
    Sent,
    StoredFile,
    Target,
    TryLater,
)
from storage import people as members
from tests import play

FAR = ChannelName("far")
MEMBERS = {"陈总": "m-chen", "李雷": "m-li", "韩梅": "m-han", "老板": "m-boss"}


class Far:
    """A chat platform, played from memory."""

    channel = FAR
    can = frozenset(Can)
    on = True

    def __init__(self) -> None:
        self.sent: list[tuple[Target, Notice]] = []
        self.limits: dict[str, tuple[Budget, ...]] = {}
        self.files: dict[str, StoredFile | Exception] = {}
        self.directory: list[Colleague] = []

    def budgets(self, chat: str) -> Sequence[Budget]:
        return self.limits.get(chat, ())

    def routes(self) -> list[Any]:
        return []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, target: Target, notice: Notice, *, key: str) -> Sent:
        self.sent.append((target, notice))
        return Sent(id=key)

    async def find(self, target: Target, key: str) -> Sent | None:
        raise NotSupported("cannot be asked")

    def translate(self, raw: bytes) -> Sequence[InboundMessage]:
        return []

    async def fetch(self, file: RemoteFile) -> StoredFile:
        found = self.files[file.ref]
        if isinstance(found, Exception):
            raise found
        return found

    async def check(self) -> Sequence[Check]:
        return []

    async def colleagues(self) -> AsyncIterator[Colleague]:
        for one in self.directory:
            yield one

    def said(self, chat: str) -> list[str]:
        return [play.words(notice) for target, notice in self.sent if target.chat == chat]


@pytest.fixture
async def far(loaded: Program) -> Far:
    platform = Far()
    loaded.adapters[FAR] = platform
    async with loaded.db.transaction() as session:
        for name, address in MEMBERS.items():
            user = await members.user_named(session, name)
            if user is not None:
                await members.add_identity(session, FAR, address, user_id=user.id)
    return platform


_count = iter(range(10**9))


def line(words: str, who: str = "m-chen", *, chat: str = "", **more: Any) -> InboundMessage:
    """What somebody says on the platform, privately where no chat is named."""
    sender = more.pop("sender", Sender(id=who, proven=True))
    fields: dict[str, Any] = {
        "channel": FAR,
        "event_id": f"e{next(_count)}",
        "chat": chat or who,
        "sender": sender,
        "text": words,
        "sent_at": datetime.now(UTC),
        "private": not chat,
        "addressed": not chat,
        "direct": sender.id,
    }
    return InboundMessage(**{**fields, **more})


async def told(program: Program, *messages: InboundMessage) -> None:
    await play.file_all(program, *messages)
    await play.send_all(program)


async def bound(program: Program, chat: str, audience: str, project: str = "P-0001") -> None:
    assert (await play.run(program, f"/bind {project} chat:far:{chat} audience:{audience}")).ok


# --- answers -----------------------------------------------------------------------------------


async def test_a_member_is_answered_where_they_ask_privately(loaded: Program, far: Far):
    await told(loaded, line("/project P-0001", thread="t1"))
    ((target, notice),) = far.sent
    assert (target.chat, target.thread) == ("m-chen", "t1")
    assert "华建三期智慧工地" in notice.title
    assert notice.note == ""


async def test_in_an_internal_group_the_answer_says_whose_chat_it_is(loaded: Program, far: Far):
    await bound(loaded, "g-in", "internal")
    await told(loaded, line("/project", chat="g-in", thread="t9", addressed=True))
    ((target, notice),) = far.sent
    assert (target.chat, target.thread) == ("g-in", "t9")
    assert "客户看不到" in notice.note


async def test_in_a_group_a_slash_line_needs_no_mention(loaded: Program, far: Far):
    await bound(loaded, "g-in", "internal")
    await told(loaded, line("/project", chat="g-in"), line("/聊聊而已", "u-x", chat="g-in"))
    ((target, notice),) = far.sent
    assert target.chat == "g-in"
    assert "P-0001" in notice.title
    (item,) = await play.rows(loaded, "SELECT text FROM interaction")
    assert item["text"] == "/聊聊而已"


@pytest.mark.parametrize("declared", [False, True])
async def test_before_customers_a_member_is_answered_privately(
    loaded: Program, far: Far, declared: bool
):
    if declared:
        await bound(loaded, "g-out", "customer")
    await told(loaded, line("/project P-0001", chat="g-out", addressed=True))
    ((target, notice),) = far.sent
    assert target.chat == "m-chen"
    assert notice.title


async def test_what_customers_type_runs_nothing(loaded: Program, far: Far):
    outsider = Sender(id="u-wang", proven=True, outside=True)
    await told(loaded, line("/progress P-0001 1%", chat="g-out", sender=outsider, addressed=True))
    assert far.sent == []
    (project,) = await play.rows(loaded, "SELECT progress FROM project WHERE code = 'P-0001'")
    assert project["progress"] == 60


async def test_a_strangers_tap_is_neither_run_nor_talk(loaded: Program, far: Far):
    outsider = Sender(id="u-wang", proven=True, outside=True)
    await told(loaded, line("/approve 1", chat="g-out", sender=outsider, tapped=True))
    assert far.sent == []
    assert await play.rows(loaded, "SELECT id FROM interaction") == []


async def test_a_mentioned_member_is_named(loaded: Program, far: Far):
    said = "/task new P-0001 复核图纸 @m-li"
    await told(loaded, line(said, mentions=(Mention(id="m-li", name="someone"),)))
    assert "李雷" in far.said("m-chen")[0]
    await told(
        loaded,
        line("请 @m-li 看一下", chat="g-out", mentions=(Mention(id="m-li"),)),
    )
    (item,) = await play.rows(loaded, "SELECT text FROM interaction")
    assert item["text"] == "请 @李雷 看一下"


async def test_a_customer_who_is_called_like_a_member_is_not_one(loaded: Program, far: Far):
    said = "/task new P-0001 复核图纸 @u-x"
    await told(loaded, line(said, mentions=(Mention(id="u-x", name="李雷"),)))
    (task,) = await play.rows(loaded, "SELECT count(*) FROM task WHERE assignee_id IS NOT NULL")
    before = task["count"]
    assert before == 1  # the one that was there
    assert "李雷" not in far.said("m-chen")[0]


async def test_a_reply_says_what_a_command_is_about(loaded: Program, far: Far):
    outsider = Sender(id="u-nobody", proven=True, outside=True)
    await told(loaded, line("报价单请重发", chat="g-out", sender=outsider, message_id="q1"))
    await told(loaded, line("/file P-0001", chat="g-out", about="q1", addressed=True))
    (item,) = await play.rows(loaded, "SELECT status, project_id FROM interaction")
    assert item["status"] == "filed"
    assert item["project_id"]


async def test_a_missing_word_is_asked_for_with_a_form(loaded: Program, far: Far):
    await told(loaded, line("/task new due:2026-12-01"))
    ((_, notice),) = far.sent
    assert notice.form is not None
    assert notice.form.command == "/新建任务"
    filled = {field.name: field.value for field in notice.form.fields}
    assert filled["due"] == "2026-12-01"
    said = notice.form.line({"project": "P-0001", "name": '修 "登录"', "due": "2026-12-01"})
    await told(loaded, line(said, tapped=True))
    (task,) = await play.rows(loaded, "SELECT name, due FROM task ORDER BY id DESC LIMIT 1")
    assert (task["name"], str(task["due"])) == ("修 ”登录”", "2026-12-01")


async def test_the_page_of_a_member_shows_what_is_theirs(loaded: Program, far: Far):
    await told(loaded, line("", "m-han", happened=Happening.OPENED))
    ((target, notice),) = far.sent
    assert (target.chat, target.place) == ("m-han", PAGE)
    assert "C-0001" in play.words(notice)


# --- whose chat it is --------------------------------------------------------------------------


async def test_who_takes_the_assistant_in_is_asked_whose_chat_it_is_once(loaded: Program, far: Far):
    added = {"chat": "g-new", "chat_name": "工地群", "happened": Happening.ADDED}
    await told(loaded, line("", **added), line("", **added))
    ((target, notice),) = far.sent
    assert target.chat == "m-chen"
    assert "工地群" in notice.text
    internal = next(b for b in notice.buttons if b.label == "内部群")
    await told(loaded, line(internal.command, tapped=True, place="m-chen:1"))
    assert far.sent[-1][0].place == "m-chen:1"
    (chat,) = await play.rows(loaded, "SELECT audience FROM conversation WHERE chat = 'g-new'")
    assert chat["audience"] == "internal"


@pytest.mark.parametrize(
    "who", [Sender(id="u-x", proven=True, outside=True), Sender(id="u-wang", proven=True)]
)
async def test_an_outsider_makes_an_internal_chat_the_customers(
    loaded: Program, far: Far, who: Sender
):
    async with loaded.db.transaction() as session:
        await session.execute(
            text(
                "UPDATE identity SET channel = 'far' WHERE channel = 'hook' AND address = 'u-wang'"
            )
        )
    await bound(loaded, "g-in", "internal")
    await told(loaded, line("", chat="g-in", happened=Happening.JOINED, people=(who,)))
    ((_, notice),) = far.sent
    assert notice.audience is Audience.CUSTOMER
    assert "客户群" in notice.text
    with pytest.raises(outbox.WrongAudience):
        async with loaded.db.transaction() as session:
            await outbox.post(session, Notice(text="内部"), channel=FAR, chat="g-in", key="k")


async def test_an_outsider_who_speaks_makes_it_so_too(loaded: Program, far: Far):
    await bound(loaded, "g-in", "internal")
    outsider = Sender(id="u-x", proven=True, outside=True)
    await told(loaded, line("大家好", chat="g-in", sender=outsider))
    assert "客户群" in far.said("g-in")[0]


async def test_a_colleague_who_joins_changes_nothing(loaded: Program, far: Far):
    await bound(loaded, "g-in", "internal")
    await told(
        loaded, line("", chat="g-in", happened=Happening.JOINED, people=(Sender(id="m-li"),))
    )
    assert far.sent == []


async def test_a_new_contact_of_a_member_is_on_the_record(loaded: Program, far: Far):
    met = Sender(id="wm-1", name="王芳", proven=True, outside=True)
    member = (Sender(id="m-li", name="李雷"),)
    await told(loaded, line("", chat="m-li", sender=met, happened=Happening.MET, people=member))
    (item,) = await play.rows(loaded, "SELECT kind, text FROM interaction")
    assert (item["kind"], item["text"]) == ("note", "王芳 与 李雷 互相添加为联系人")
    await told(loaded, line("/whoami", "m-li"))
    assert "李雷" in far.said("m-li")[-1]


async def test_a_private_chat_is_nobodys_project(loaded: Program, far: Far):
    await told(loaded, line("/bind P-0001 audience:customer"), line("/yes"))
    (chat,) = await play.rows(
        loaded, "SELECT audience, project_id FROM conversation WHERE chat = 'm-chen'"
    )
    assert (chat["audience"], chat["project_id"]) == ("internal", None)


# --- forwarded talk ----------------------------------------------------------------------------

BLOCK = "王芳 2026-11-20 14:03:22\n三期验收时间定了吗？\n\n李雷 2026-11-20 14:05:01\n下周三可以。"


async def test_a_forwarded_block_becomes_its_messages(loaded: Program, far: Far):
    await told(loaded, line(BLOCK))
    items = await play.rows(
        loaded, "SELECT sender_name, text, direction, status FROM interaction ORDER BY id"
    )
    assert [(i["sender_name"], i["text"]) for i in items] == [
        ("王芳", "三期验收时间定了吗？"),
        ("李雷", "下周三可以。"),
    ]
    assert [i["direction"] for i in items] == ["in", "out"]
    assert "已记下 2 条" in far.said("m-chen")[0]


async def test_a_customers_block_is_one_message_of_theirs(loaded: Program, far: Far):
    outsider = Sender(id="u-x", proven=True, outside=True)
    await told(loaded, line(BLOCK, chat="g-out", sender=outsider))
    (item,) = await play.rows(loaded, "SELECT text FROM interaction")
    assert item["text"] == BLOCK


async def test_the_same_forward_again_is_there_once(loaded: Program, far: Far):
    message = line(BLOCK)
    await told(loaded, message, message)
    assert len(await play.rows(loaded, "SELECT id FROM interaction")) == 2


# --- who is who --------------------------------------------------------------------------------


async def test_an_unknown_colleague_is_linked_by_an_administrator(loaded: Program, far: Far):
    async with loaded.db.transaction() as session:
        await session.execute(text("UPDATE user_account SET roles = '{admin}' WHERE name = '陈总'"))
        user = await members.user_named(session, "Emma")
        assert user is not None
        await members.add_identity(session, "email", "emma@firm.example", user_id=user.id)
    await told(loaded, line("hello", "m-chen"))  # the administrator has a private chat there
    sender = Sender(id="m-new", name="Emma W", email="Emma@firm.example", proven=True)
    await told(loaded, line("/project P-0001", sender=sender, chat="m-new", private=True))
    await told(loaded, line("/tasks", sender=sender, chat="m-new", private=True))
    answers = [(t.chat, n) for t, n in far.sent if t.chat == "m-new"]
    assert all(notice.audience is Audience.CUSTOMER for _, notice in answers)
    assert len(answers) == 2
    cards = [n for t, n in far.sent if t.chat == "m-chen" and "关联" in n.title]
    assert len(cards) == 1
    yes = next(b for b in cards[0].buttons if "Emma" in b.label)
    await told(loaded, line(yes.command, tapped=True, place="p"))
    await told(loaded, line("/whoami", sender=sender, chat="m-new", private=True))
    assert "Emma" in far.said("m-new")[-1]


async def test_nobody_but_an_administrator_links(loaded: Program, far: Far):
    await told(
        loaded, line("hi", sender=Sender(id="m-new", proven=True), chat="m-new", private=True)
    )
    assert not (await play.run(loaded, "/link 1 @李雷", who="李雷")).ok


async def test_the_directory_links_members_and_follows_superiors(loaded: Program, far: Far):
    async with loaded.db.transaction() as session:
        for name, mail in (("Emma", "emma@firm.example"), ("赵强", "zhao@firm.example")):
            user = await members.user_named(session, name)
            assert user is not None
            await members.add_identity(session, "email", mail, user_id=user.id)
    far.directory = [
        Colleague(id="d-emma", name="Emma", email="EMMA@firm.example", superior="d-zhao"),
        Colleague(id="d-zhao", name="赵强", email="zhao@firm.example", superior="m-chen"),
        Colleague(id="d-x", name="谁"),
        Colleague(id="m-li", name="李雷", active=False),
    ]
    user = (await play.actor(loaded, "陈总")).user_id
    assert user is not None
    await loaded.directory.run("far", user)
    above = await play.rows(
        loaded,
        "SELECT u.name, s.name AS above FROM user_account u JOIN user_account s"
        " ON s.id = u.superior_id WHERE u.name IN ('Emma', '赵强') ORDER BY u.name",
    )
    assert [(row["name"], row["above"]) for row in above] == [("Emma", "赵强"), ("赵强", "陈总")]
    (notice, *_) = await play.posted(loaded, f"user-{user}")
    said = play.words(notice)
    for words in ("Emma", "李雷", "1 人"):
        assert words in said


# --- pushes ------------------------------------------------------------------------------------


async def test_a_members_alert_reaches_their_private_chats(loaded: Program, far: Far):
    await told(loaded, line("/whoami", "m-li"))
    await play.run(loaded, "/cost P-0001 45000 设备")
    assert any("预算" in notice.title for notice in await play.posted(loaded, "m-li"))


async def test_progress_reaches_a_customer_after_one_tap(loaded: Program, far: Far):
    await bound(loaded, "g-out", "customer")
    await told(loaded, line("/whoami", "m-li"))
    await told(loaded, line("/update P-0001 本周设备已到场。", "m-han"))
    assert far.said("g-out") == []
    assert "提交批准" in far.said("m-han")[-1]
    card = next(n for t, n in far.sent if t.chat == "m-li" and "待批准" in n.title)
    yes = next(b for b in card.buttons if b.label == "批准并发送")
    await told(loaded, line(yes.command, "m-li", tapped=True, place="here"))
    (said,) = far.said("g-out")
    for words in ("华建三期智慧工地", "本周设备已到场", "60%"):
        assert words in said
    assert "100,000" not in said
    (answer,) = [t for t, n in far.sent if "已批准 #" in n.title]
    assert (answer.chat, answer.place) == ("m-li", "here")
    rows = await play.rows(
        loaded, "SELECT direction, project_id FROM interaction WHERE direction = 'out'"
    )
    assert len(rows) == 1
    await told(loaded, line(yes.command, "m-li", tapped=True, place="here"))
    assert len(far.said("g-out")) == 1
    assert "已经处理过" in far.said("m-li")[-1]


async def test_who_may_not_approve_is_not_asked_to(loaded: Program, far: Far):
    await bound(loaded, "g-out", "customer")
    async with loaded.db.transaction() as session:
        await session.execute(
            text(
                "UPDATE project SET manager_id = (SELECT id FROM user_account WHERE name = '韩梅')"
            )
        )
    await told(loaded, line("/whoami", "m-han"), line("/whoami", "m-chen"))
    far.sent.clear()
    assert (await play.run(loaded, "/update P-0001", who="韩梅")).ok
    await play.send_all(loaded)
    assert any("待批准" in words for words in far.said("m-chen"))
    assert not any("待批准" in words for words in far.said("m-han"))


async def test_it_cannot_be_approved_by_who_may_not_nor_undone(loaded: Program, far: Far):
    await bound(loaded, "g-out", "customer")
    await play.run(loaded, "/update P-0001")
    assert "李雷" in await play.said(loaded, "/approve 1", who="韩梅")
    assert "李雷" in await play.said(loaded, "/approve 1")  # not what one asked for oneself
    assert (await play.run(loaded, "/approve 1", who="李雷")).ok
    await play.run(loaded, "/undo")  # takes the binding back, not what was sent
    assert await play.rows(loaded, "SELECT state FROM push") == [{"state": "approved"}]


async def test_a_chat_that_has_become_another_customers_gets_nothing(loaded: Program, far: Far):
    await bound(loaded, "g-out", "customer")
    await play.run(loaded, "/update P-0001")
    await bound(loaded, "g-out", "customer", "P23-001")
    assert not (await play.run(loaded, "/approve 1", who="李雷")).ok
    await play.send_all(loaded)
    assert far.said("g-out") == []


async def test_without_a_chat_it_goes_by_mail_and_without_that_nowhere(loaded: Program, far: Far):
    await bound(loaded, "g-in", "internal", "P23-001")
    assert "john@acme.example" in await play.said(loaded, "/update P23-001")
    await play.rows(loaded, "DELETE FROM identity WHERE address = 'john@acme.example' RETURNING 1")
    assert not (await play.run(loaded, "/update P23-001")).ok


# --- budgets -----------------------------------------------------------------------------------


async def post(program: Program, chat: str, *words: str, **more: Any) -> None:
    async with program.db.transaction() as session:
        for one in words:
            await outbox.post(
                session, Notice(text=one, **more), channel=FAR, chat=chat, key=f"k:{chat}:{one}"
            )


async def test_when_the_budget_runs_out_the_last_message_carries_the_rest(
    loaded: Program, far: Far
):
    await bound(loaded, "g-in", "internal")
    far.limits["g-in"] = (Budget(count=3, seconds=60),)
    await post(loaded, "g-in", *(f"第{n}条" for n in range(9)))
    await play.send_all(loaded)
    assert len(far.sent) == 3
    said = "\n".join(far.said("g-in"))
    for number in range(9):
        assert f"第{number}条" in said
    states = await play.rows(loaded, "SELECT state, count(*) FROM outbox GROUP BY state")
    assert {row["state"]: row["count"] for row in states} == {"sent": 3, "merged": 6}


async def test_what_cannot_be_carried_is_said_to_wait(loaded: Program, far: Far):
    await bound(loaded, "g-in", "internal")
    far.limits["g-in"] = (Budget(count=1, seconds=3600),)
    await post(loaded, "g-in", *("长" * 2900 + str(n) for n in range(3)))
    await play.send_all(loaded)
    ((_, notice),) = far.sent
    assert "另有 2 条排队至" in notice.note
    (waiting,) = await play.rows(
        loaded, "SELECT count(*), min(not_before) AS at FROM outbox WHERE state = 'waiting'"
    )
    assert waiting["count"] == 2
    assert waiting["at"] > datetime.now(UTC) + timedelta(minutes=50)


async def test_a_short_budget_only_makes_them_wait(loaded: Program, far: Far):
    await bound(loaded, "g-in", "internal")
    far.limits["g-in"] = (Budget(count=1, seconds=0.05),)
    await post(loaded, "g-in", "一", "二")
    await play.send_all(loaded)
    assert [notice.text for _, notice in far.sent] == ["一"]


async def test_a_budget_across_chats_binds_them_all(loaded: Program, far: Far):
    for chat in ("app:a", "app:b", "other"):
        await bound(loaded, chat, "internal")
        far.limits[chat] = (Budget(count=2, seconds=3600, across="app:"),)
    far.limits["other"] = ()
    for number in range(3):
        await post(loaded, f"app:{'ab'[number % 2]}", f"话{number}")
        await post(loaded, "other", f"另{number}")
        await play.send_all(loaded)
    assert len([t for t, _ in far.sent if t.chat.startswith("app:")]) == 2
    assert len(far.said("other")) == 3


async def test_answers_are_counted_from_what_came_in(loaded: Program, far: Far):
    await bound(loaded, "kf:1", "customer")
    far.limits["kf:1"] = (Budget(count=2, seconds=48 * 3600, answering=True),)
    await play.run(loaded, "/update P-0001")
    refused = await play.run(loaded, "/approve 1", who="李雷")
    assert not refused.ok
    outsider = Sender(id="u-x", proven=True, outside=True)
    await told(loaded, line("进度怎么样？", chat="kf:1", sender=outsider))
    card = await play.run(loaded, "/update P-0001")
    assert "还可发送 2 条" in play.words(card.notice)
    assert (await play.run(loaded, "/approve 2", who="李雷")).ok
    await play.send_all(loaded)
    assert len(far.said("kf:1")) == 1
    for words in ("一", "二"):
        await post(loaded, "kf:1", words, audience=Audience.CUSTOMER)
        await play.send_all(loaded)
    failed = await play.rows(loaded, "SELECT error FROM outbox WHERE state = 'failed'")
    assert len(failed) == 1
    assert "再次来信" in failed[0]["error"]


# --- files -------------------------------------------------------------------------------------


def voice(ref: str = "f1") -> RemoteFile:
    return RemoteFile(ref=ref, name="voice.amr", type="audio/amr")


async def fetched(program: Program) -> None:
    await program.jobs.run(("default",), concurrency=1, wait=False)


async def test_a_files_bytes_come_after_the_message(loaded: Program, far: Far):
    stored = await loaded.media.put_bytes("方案.pdf", "application/pdf", b"%PDF")
    far.files["f1"] = stored
    remote = RemoteFile(ref="f1", name="方案.pdf", type="application/pdf")
    await told(loaded, line("见附件", chat="g-out", files=(remote,)))
    (row,) = await play.rows(loaded, "SELECT sha256, ref FROM attachment")
    assert (row["sha256"], row["ref"]) == ("", "f1")
    await fetched(loaded)
    (row,) = await play.rows(loaded, "SELECT sha256, size, error FROM attachment")
    assert (row["sha256"], row["size"], row["error"]) == (stored.sha256, 4, None)


async def test_a_file_that_is_refused_says_why(loaded: Program, far: Far):
    far.files["f1"] = Refused("the permission to read files is missing")
    await told(loaded, line("", chat="g-out", files=(voice(),)))
    await fetched(loaded)
    (row,) = await play.rows(loaded, "SELECT error FROM attachment")
    assert "permission" in row["error"]
    (item,) = await play.rows(loaded, "SELECT status, error FROM interaction")
    assert "permission" in item["error"]


async def test_a_file_that_may_come_later_is_asked_for_again(loaded: Program, far: Far):
    far.files["f1"] = TryLater("down")
    await told(loaded, line("", chat="g-out", files=(voice(),)))
    await fetched(loaded)
    (job,) = await play.rows(
        loaded, "SELECT status, attempts FROM procrastinate_jobs WHERE task_name = 'fetch'"
    )
    assert (job["status"], job["attempts"]) == ("todo", 1)
    (item,) = await play.rows(loaded, "SELECT status FROM interaction")
    assert item["status"] == "waiting_for_model"
