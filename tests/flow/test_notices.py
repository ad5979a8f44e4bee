"""Every notice of the product, in both languages: what each platform's golden files are made of.

`KEQING_GOLDEN=write` writes `tests/data/notices.jsonl` anew.
"""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import text

from bot.app import Program
from bot.commands import registry
from bot.contract import Happening, Kind, Notice, Segment, Sender, Transcript
from bot.jobs import digest, reminders, risk_scan, transcribe
from bot.pipeline.file import transcript_json
from storage import people as members
from storage.tables import Interaction
from tests import play

KEPT = Path(__file__).parents[1] / "data" / "notices.jsonl"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LINES = (
    "nonsense",
    "help",
    "help task new",
    "whoami",
    "users",
    "customers",
    "customer C-0001",
    "customer nobody",
    "contact new C-0001 赵工 现场负责人 zhao@huajian.example role:user",
    "tag C-0001 重点,VIP",
    "stage C-0001 delivery",
    "tier C-0001 vip",
    "timeline C-0001",
    "projects",
    "project P-0001",
    "task new",
    "task new P-0001 复核图纸 @李雷 due:2026-11-27",
    "tasks P-0001",
    "task done T-1",
    "milestone P-0001 终验 due:2026-12-20",
    "progress P-0001 65%",
    "budget P-0001",
    "cost P-0001 12000 线缆",
    "note P-0001 客户希望先看样板间",
    "inbox",
    "search 验收",
    "alerts",
    "digest P-0001",
    "digest",
    "bind P-0001 chat:hook:g-new internal",
    "merge C-0002 C-0003",
    "field add customer source select:展会,转介绍",
    "fields",
    "mute 2",
    "unmute",
    "undo",
    "home",
    "board",
    "rules",
    "rule budget-ahead-of-progress",
    "rule try key-task-late 30",
    "rule off mood-drop",
    "rule on mood-drop",
    "rule add own-late when task.days_late > 1 then alert project.manager",
    "rule edit own-late when task.days_late > 2 then alert project.manager",
    "rule versions own-late",
    "milestones P-0001",
    "milestone done P-0001 初验",
    "phase P-0001 accept",
    "project new C-0002 门户二期 manager:@李雷 budget:20万 due:2027-03-01",
    "project manager P-0001 @Emma",
    "project member P-0001 @韩梅",
    "task assign T-1 @Emma",
    "customer new 新客户有限公司 industry:制造",
    "customer edit C-0001 industry:建筑",
    "field set C-0001 source 展会",
    "field remove customer source",
    "file 3 C-0002",
    "unfile 3",
    "forget C-0001 华建",
    "correct #1 neutral",
    "alert 1",
    "alert useful 1",
    "alert useless 1",
    "alert ack 1",
    "yes",
    "no",
    "customer unmerge C-0003",
    "user add 小林 sales",
    "user role 小林 service",
    "language en",
    "links",
    "link 9 @李雷",
    "link refuse 9",
    "sync slack",
    "bind P-0001 chat:hook:g-huajian audience:customer",
    "yes",
    "approvals",
    "update P-0001 本周设备已到场。",
    "approvals",
    "approve 1",
    "refuse 2",
    "kickoff K-0001",
    "log 2h P-0001 接口联调",
    "hours P-0001",
    "load",
    "risk add P-0001 high 机房未就绪 answer:租用机柜 due:2026-12-10",
    "risk answer 1 已租用机柜",
    "risks",
    "risk close 1",
    "defect new P-0001 critical 门禁打不开",
    "defects P-0001",
    "defect fixed 1",
    "deliverable new P-0001 竣工图",
    "deliverable offer 1",
    "deliverables P-0001",
    "files P-0001",
    "change P-0001 增加两个点位 hours:16 cost:5000 reason:现场新增",
    "change show 1",
    "changes P-0001",
    "approval 2",
    "withdraw 2",
    "delegate @Emma 2026-12-01 2026-12-05",
    "minutes P-0001 李雷：周五前把图纸交给客户。\n王芳：验收什么时候做？\n会议决定采用方案B。",
    "call #4",
    "speaker #4 customer 王芳",
    "fix #4 1 三期已经延期了。",
    "again #4",
    "keep #4",
    "reply #1 我们今晚处理。",
    "approvals",
    "reply send #9",
    "reply refuse #10",
    "consent C-0001 王芳 2026-11-01 电话中口头同意",
    "item #1",
    "about #1 T-1",
    "about no #1 T-1",
    "mood C-0001",
    "late",
    "remind 2030-01-04 给王总打电话",
    "reminders",
    "reminder later 1 2030-01-05",
    "reminder done 1",
    "summary C-0001",
    "summary #1",
    "draft reply #1",
    "draft use #11",
    "draft reply #2",
    "draft drop #12",
    "draft proposal C-0001 门禁",
    "next",
    "next C-0001",
    "next dismiss C-0001 complaint:1",
    "ask 三期 延期",
    "usage",
    "alias C-0003 远山所",
    "lead new #3 新星科贸",
    "private",
    "private add domain:family.example",
    "private remove domain:family.example",
    "merges",
    "merges no customer 2 3",
    "contact merge 3 4",
    "yes",
    "contact unmerge 4",
    "templates",
    "template 软件",
    "project new C-0003 知识平台 template:软件 start:2026-12-01",
    "template use P-0002 consulting start:2026-12-01",
    "template save P-0002 咨询二",
    "board P-0002",
    "plan P-0002",
    "gantt P-0002",
    "forecast P-0002",
    "kpi P-0002",
    "phase P-0002 accept",
    "progress P-0002 tasks",
    "task show T-1",
    "task due T-1 2026-12-04",
    "task key T-1 no",
    "task estimate T-1 16",
    "task check T-1 核对型号",
    "task tick T-1 1",
    "task stage T-1 doing",
    "task after T-2 T-1",
    "task free T-2 T-1",
    "price CAM-01 1200 13% 网络摄像头 单位:台",
    "prices",
    "rate USD 7.12 2026-11-01",
    "deal new C-0001 四期门禁 50万 20%",
    "deals",
    "deal D-1",
    "quote C-0001 CAM-01×10 培训×2@1500 5%",
    "quote show Q-0001",
    "quote revise Q-0001 3%",
    "quote close Q-0001 accepted",
    "contract K-0001",
    "contract new C-0001 门禁运维 60000",
    "contract submit K-0001",
    "contract signed K-0001",
    "contract link K-0002 P-0001",
    "payment plan K-0002 30% 2026-11-02 预付款；70% 2026-12-01 尾款",
    "invoice P-0001 20000 FP-1",
    "receipt P-0001 10000",
    "payments P-0001",
    "refund P-0001 2000",
    "margin P-0001",
    "case new C-0001 门禁打不开 kind:fault @周服",
    "case 1",
    "cases C-0001",
    "case answer 1",
    "case wait 1",
    "case resume 1",
    "case assign 1 @韩梅",
    "case solve 1 更换电源",
    "case reopen 1",
    "case close 1",
    "answering",
    "kb new 退款 七天内原路退回。",
    "kb 退款",
    "kb edit 1 三天内原路退回。",
    "canned new refund {contact}您好，退款七天内到账。",
    "canned list",
    "canned thanks-accept #1",
    "contribution",
    "monthly 2026-10",
    "skill @李雷 布线",
    "capacity @李雷 32h",
    "team C-0001 布线",
    "ranking",
    "handover @李雷 @Emma",
    "handover now @李雷 @Emma",
    "undo",
    "pushes P-0001 milestone",
    "survey C-0001 nps",
    "surveys C-0001",
    "care C-0001",
    "care add C-0001 2029-12-24 节日快乐，感谢贵方的支持",
    "care skip 1",
    "care done 1",
    "visits",
    "contact plan C-0001 weekly wecom 项目进展",
    "loyalty C-0001",
    "lesson P-0001 bad 点位没有先勘察",
    "lessons 点位",
    "close P-0002",
    "health C-0001",
    "health",
    "health weights",
    "portfolio",
    "churn",
    "churn C-0001",
    "segment",
    "segment quiet-30d",
    "service level C-0001 24x7",
    "report set C-0001 full monthly",
    "report C-0001",
    "report off C-0001",
    "sources",
    "source map site-1 progress data.percent",
    "source stop site-1",
    "systems",
    "guests P-0001",
    "guest end 1",
    "task guest T-1 -",
    "forms",
    "form site-inspection P-0001",
)
SECRET = frozenset({"user.invite", "source.new", "guest.new"})
"""What it says is new each time."""


async def heard(program: Program) -> None:
    said = ("系统又崩了，第三次了，没人跟进，我们要投诉！", "谢谢，验收很顺利。", "在吗")
    senders = ("u-wang", "u-wang", "u-nobody")
    for number, (words, sender) in enumerate(zip(said, senders, strict=True)):
        chat = "g-huajian" if sender == "u-wang" else "g-unknown"
        await play.file_all(
            program, play.message(f"m{number}", words, sender=sender, chat=chat, sent_at=NOW)
        )


async def called(program: Program) -> None:
    """A call whose words are known."""
    talk = Transcript(
        language="zh",
        duration_s=75,
        segments=(
            Segment(start=0, end=6, speaker="agent", text="您好，您请讲。"),
            Segment(start=7, end=20, speaker="customer", text="三期已经延期，我们很不满意。"),
            Segment(start=21, end=30, speaker="agent", text="抱歉，我们周五前把计划发给您。"),
            Segment(start=40, end=44, speaker="customer", text="好，那就这么定了，谢谢。"),
        ),
    )
    file = await program.media.put_bytes("call.wav", "audio/wav", b"RIFF")
    await play.file_all(
        program,
        play.message(
            "call",
            "",
            sender="13800001111",
            channel="calls",
            chat="13800001111",
            kind=Kind.CALL,
            attachments=(file,),
            sent_at=NOW,
        ),
    )
    async with program.db.transaction() as session:
        item = await session.get_one(Interaction, 4)
        item.transcript, item.status = transcript_json(talk), "filed"
        transcribe.understand(item, talk)
        session.add(item)


async def collected(program: Program) -> list[tuple[str, str, Notice]]:
    program.now = lambda: NOW
    await heard(program)
    await called(program)
    found: list[tuple[str, str, Notice]] = []
    actor = replace(await play.actor(program, "陈总"), permissions=frozenset({"*"}))
    for number, line in enumerate(LINES):
        async with program.db.transaction() as session:  # what was made just now has no fixed time
            await session.execute(text("UPDATE event SET at = :now"), {"now": NOW})
            await session.execute(text("UPDATE alert SET opened_at = :now"), {"now": NOW})
        name = "-".join([f"say-{number:02}", *line.split()[:2]]).lower()
        other = replace(actor, language="en")
        found.append((name, "zh", (await program.command(actor, line, confirmed=False)).notice))
        found.append((name, "en", (await program.command(other, line, confirmed=False)).notice))
    await happened(program)
    await pushed(program)
    rows = await play.rows(program, "SELECT key, chat, notice FROM outbox ORDER BY id")
    for number, row in enumerate(rows):
        notice = Notice.model_validate(orjson.loads(row["notice"]))
        found.append((f"push-{number:02}-{row['key'].split(':')[0]}", notice.language, notice))
    return found


async def happened(program: Program) -> None:
    """What is said because of what happens to chats, accounts and forwarded talk."""
    block = "王芳 2026-11-20 14:03:22\n好的\n\n李雷 2026-11-20 14:05:01\n收到"
    async with program.db.transaction() as session:
        user = await members.user_named(session, "李雷")
        assert user is not None
        await members.add_identity(session, "hook", "m-li", user_id=user.id)
        await session.execute(text("UPDATE user_account SET roles = '{admin}' WHERE name = '韩梅'"))
    member, out = Sender(id="m-li", proven=True), Sender(id="o-1", proven=True, outside=True)
    new = Sender(id="m-new", name="Emma W", proven=True)
    own = {"private": True, "direct": "m-li", "chat": "m-li"}
    await play.file_all(
        program,
        play.message(
            "h1", "", chat="g-2", chat_name="工地群", sender=member, happened=Happening.ADDED
        ),
        play.message(
            "h2", "", chat="i-p1", sender=member, happened=Happening.JOINED, people=(out,)
        ),
        play.message("h3", "hi", sender=new, private=True, chat="m-new"),
        play.message("h4", block, sender=member, **own),
    )


async def pushed(program: Program) -> None:
    """What the clock says by itself: risks, reminders, digests."""
    async with program.db.transaction() as session:
        await session.execute(text("UPDATE task SET due = '2026-11-10' WHERE id = 1"))
        await session.execute(text("UPDATE project SET spent = 90000 WHERE code = 'P-0001'"))
        await session.execute(text("UPDATE milestone SET due = '2026-11-21'"))
    home = "web"
    await risk_scan.RiskScan(program.db, program.rules, program.now, program.defaults, home).run("")
    await reminders.Reminders(program.db, program.now, program.defaults, home).run("")
    job = digest.Digest(program.db, program.now, program.defaults, home)
    await job.run("")
    async with program.db.transaction() as session:
        await session.execute(
            text("UPDATE subscription SET since = '2026-11-01', every = 'always', at = '09:30'")
        )
    await job.run("")


async def test_the_notices_that_platforms_are_tested_with_are_the_products_own(loaded: Program):
    lines = [
        json.dumps(
            {
                "name": name,
                "language": language,
                "notice": notice.model_dump(mode="json", exclude_defaults=True),
            },
            ensure_ascii=False,
        )
        for name, language, notice in await collected(loaded)
    ]
    if os.environ.get("KEQING_GOLDEN") == "write":
        KEPT.write_text("\n".join(lines) + "\n", "utf-8")
    assert lines == KEPT.read_text("utf-8").splitlines()


def test_every_command_is_among_them():
    found = [registry.find(line.split()) for line in LINES]
    said = {one[0].name for one in found if one}
    assert set(registry.COMMANDS) - said == SECRET
