"""Rules that act beyond the record: systems are told, customers offered words, projects begin."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot import firm, parts
from bot.app import Program
from bot.cli import defining, telling
from bot.contract import Notice, signing
from bot.jobs.risk_scan import RiskScan
from bot.people import HOME
from bot.settings import load
from storage import definitions
from storage.db import Database
from tests import play
from tests.conftest import FIRM
from tests.contract import harness

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@dataclass
class Erp:
    """The firm's ERP, in the house."""

    program: Program | None = None
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answers: list[int] = field(default_factory=list[int])

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        assert self.program is not None
        secret = signing.of_system(self.program.key, "erp").encode()
        at, signature = (request.headers[name] for name in (signing.TIMESTAMP, signing.SIGNATURE))
        assert signing.is_right(secret, at, signature, raw, time.time())
        self.heard.append(json.loads(raw))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
async def erp(db: Database, tmp_path: Path) -> AsyncIterator[Erp]:
    """A program whose settings name one system, with the firm of all tests."""
    found = Erp()
    async with harness.serving(web.post("/in", found.take)) as here:
        environ = {
            "KEQING_DATA_DIR": str(tmp_path / "data"),
            "KEQING_HOOK__SECRET": "s3cret",
            "KEQING_HOOK__SYSTEMS": f"private:erp={here}/in",
            "KEQING_PORT": "0",
        }
        settings, unknown = load(parts.settings_models(), folder=tmp_path, environ=environ)
        assert unknown == []
        settings.data_dir.mkdir()
        found.program = Program(settings, db, None)
        await firm.load(db, firm.FirmIn.model_validate(FIRM))
        for adapter in found.program.adapters.values():
            await adapter.start()
        yield found
        for adapter in found.program.adapters.values():
            await adapter.stop()


async def own(program: Program, *bodies: dict[str, Any]) -> None:
    async with program.db.transaction() as session:
        for body in bodies:
            await definitions.write(session, "rule", body["id"], body)


async def offered(program: Program) -> list[Notice]:
    """Words that wait for a yes."""
    found = await play.rows(program, "SELECT notice FROM push WHERE state = 'waiting' ORDER BY id")
    return [Notice.model_validate(row["notice"]) for row in found]


async def test_a_system_is_told_once_however_often_it_fails(erp: Erp):
    program = erp.program
    assert program is not None
    made = "/新建规则 late-to-erp 当 任务已逾期的天数 大于 3 则 提醒 项目经理，告知系统 {name}"
    assert "没有系统「mes」，可用：erp" in await play.said(program, made.format(name="mes"))
    text = await play.said(program, made.format(name="erp"))
    assert "提醒项目经理；告知系统 erp" in text, text
    await play.rows(program, "UPDATE task SET due = :due RETURNING id", due=date(2026, 11, 16))
    erp.answers = [503, 503]
    for _ in range(2):
        await RiskScan(program.db, program.rules, lambda: NOON, program.defaults, HOME).run("")
    for _ in range(3):
        await play.send_all(program)
        await play.rows(
            program,
            "UPDATE outbox SET not_before = now() WHERE channel = 'hook' AND chat = 'system:erp'"
            " AND state IN ('waiting', 'unknown', 'sending') RETURNING id",
        )
    row = await play.said(program, "/外发系统")
    assert "erp 1 0 0 " in row
    assert "answered" not in row
    first, *others = erp.heard
    assert others == [first] * 2
    assert first.pop("id").startswith("rule:")
    assert first == {
        "level": "warning",
        "title": "任务已逾期的天数大于 3 天",
        "text": "P-0001 华建三期智慧工地：任务已逾期的天数大于 3 天。",
        "language": "zh",
        "rule": "late-to-erp",
        "event": "task.checked",
        "at": first["at"],
        "customer": "C-0001",
        "project": "P-0001",
        "facts": {
            "customer.tier": "vip",
            "project.phase": "do",
            "project.progress": 0.6,
            "task.days_late": 4,
            "task.key": True,
        },
    }


async def test_no_amount_of_money_leaves_the_house(erp: Erp):
    program = erp.program
    assert program is not None
    then = [{"webhook": "erp"}]
    signed = {"fact": "contract.amount", "op": ">", "value": 100}
    await own(
        program,
        {"id": "big", "on": "contract.signed", "when": [signed], "then": then},
        {
            "id": "late-money",
            "on": "project.cost",
            "when": [{"fact": "customer.tier", "op": "==", "value": "vip"}],
            "then": [
                *then,
                {
                    "alert": "customer.owner",
                    "says": {"zh": "逾期 {overdue_days}", "en": "late {overdue_days}"},
                },
            ],
        },
    )
    async with program.db.transaction() as session:
        for event, facts in (("contract.signed", {"amount": 900000.0}), ("project.cost", {})):
            await program.rules.happened(
                session, event, NOON, customer_id=1, project_id=1, facts=facts
            )
    await play.send_all(program)
    big, late = erp.heard
    assert (big["rule"], big["text"]) == ("big", "")
    assert (late["rule"], late["text"]) == ("late-money", "")
    for one in (big, late):
        assert not {"contract.amount", "customer.overdue_days"} & {*one["facts"]}
        assert one["facts"]["project.budget_used"] == 0.5
        assert "900" not in json.dumps(one)


async def test_rules_name_only_what_is_there(loaded: Program):
    when = "/rule add when survey.score < 7 then "
    assert "没有系统「erp」，可用：—" in await play.said(loaded, when + "webhook erp")
    assert "没有「hello」这种" in await play.said(loaded, when + "push hello")
    assert "thanks" in await play.said(loaded, when + "push hello")
    assert "没有流程「x1」" in await play.said(loaded, when + "flow x1")

    assert "may not read" in await play.said(loaded, when + 'push own "总额 {total}"')
    assert "已生效" in await play.said(loaded, when + 'push own "{customer}，谢谢"')
    assert "拟一条给客户的消息「{customer}，谢谢」" in await play.said(loaded, "/规则详情 own-1")


async def test_who_may_write_rules_may_not_send_things_out_by_that(erp: Erp):
    program = erp.program
    assert program is not None
    await play.rows(
        program,
        "UPDATE role SET permissions = array_append(permissions, 'rule.write')"
        " WHERE code = 'service' RETURNING code",
    )
    line = "/rule add when survey.score < 7 then webhook erp"
    assert "source.write" in await play.said(program, line, "周服")
    assert "已生效" in await play.said(program, line, "管理员")


async def answered(program: Program, score: int, *, project: int | None = 1) -> None:
    async with program.db.transaction() as session:
        await program.rules.happened(
            session,
            "survey.answered",
            NOON,
            customer_id=1,
            project_id=project,
            facts={"kind": "nps", "score": score},
        )


def on_score(id_: str, score: int, *then: dict[str, Any]) -> dict[str, Any]:
    when = [{"fact": "survey.score", "op": "==", "value": score}]
    return {"id": id_, "on": "survey.answered", "when": when, "then": list(then)}


async def test_customers_are_offered_words_of_all_kinds(loaded: Program):
    words = {"zh": "{customer} 您好：{project} 的{milestone}快到了", "en": "{milestone}"}
    await own(
        loaded,
        on_score("r-progress", 10, {"push": "progress"}),
        on_score("r-plan", 10, {"push": "thanks"}),
        on_score("r-own", 10, {"push": "own", "says": words}),
    )
    await answered(loaded, 10)
    said, thanks, progress = await offered(loaded)
    assert progress.title == "华建三期智慧工地：项目进展"
    assert thanks.text.startswith("您好！签约至今一周")
    assert said.text == "上海华建工程集团有限公司 您好：华建三期智慧工地 的初验快到了"
    assert [one.audience for one in (progress, thanks, said)] == ["customer"] * 3
    assert await play.posted(loaded, "g-huajian") == []


async def test_what_cannot_be_done_is_told_to_whoever_answers_for_it(loaded: Program):
    await own(loaded, on_score("no-money", 7, {"push": "payment"}, {"flow": "construction"}))
    assert "已生效" in await play.said(
        loaded, "/rule add mine when survey.score == 8 then push payment"
    )
    for score in (7, 7, 8):
        await answered(loaded, score)
    heard = await play.rows(
        loaded,
        """SELECT u.name, o.notice FROM outbox o JOIN user_account u ON o.chat = 'user-' || u.id
           ORDER BY o.id""",
    )
    told = [(row["name"], Notice.model_validate_json(row["notice"])) for row in heard]
    assert [(name, one.title, one.text) for name, one in told] == [
        ("李雷", "规则 no-money 没能做完", "这个客户还没有付款。"),
        ("李雷", "规则 no-money 没能做完", "P-0001 已有计划。"),
        ("陈总", "规则 mine 没能做完", "这个客户还没有付款。"),
    ]
    undone = await play.rows(loaded, "SELECT * FROM audit_entry WHERE action = 'rule.undone'")
    assert len(undone) == 5
    assert await offered(loaded) == []


async def test_a_template_begins_or_its_start_is_asked_for(loaded: Program):
    await play.rows(loaded, "UPDATE project SET phase = 'start' WHERE code = 'P-0002' RETURNING id")
    await own(
        loaded,
        on_score("plan-it", 9, {"flow": "construction"}),
        on_score("ask-first", 8, {"flow": "start"}),
    )
    await answered(loaded, 9, project=2)
    (project,) = await play.rows(loaded, "SELECT * FROM project WHERE code = 'P-0002'")
    assert (project["template"], project["phase"]) == ("construction", "plan")
    assert await play.rows(loaded, "SELECT id FROM task WHERE project_id = 2")
    await play.rows(
        loaded,
        "INSERT INTO project (code, name, customer_id, phase, currency, spent, progress,"
        " progress_by, template, size_unit, pushes, custom, created_at, updated_at)"
        " SELECT 'P-0009', '二期', customer_id, 'start', currency, 0, 0, progress_by, '', '', pushes,"
        " custom, now(), now() FROM project WHERE code = 'P-0002' RETURNING id",
    )
    for _ in range(2):
        await answered(loaded, 8, project=None)
    (waits,) = await play.rows(loaded, "SELECT * FROM approval WHERE kind = 'start'")
    assert waits["facts"]["template"] == "construction"
    assert "P-0009" in await play.said(loaded, f"/approve {waits['id']}")
    (begun,) = await play.rows(loaded, "SELECT * FROM project WHERE code = 'P-0009'")
    assert begun["template"] == "construction"


async def test_in_english_a_rule_says_what_it_sends_and_to_whom(erp: Erp):
    program = erp.program
    assert program is not None
    await play.rows(
        program, "UPDATE user_account SET language = 'en' WHERE name = '陈总' RETURNING id"
    )
    said = await play.said(
        program,
        "/rule add when survey.score < 7 then webhook erp, flow start, push own Sorry, {customer}!",
    )
    assert "tell the system erp; begin start; draft “Sorry, {customer}!” for the customer" in said
    refused = await play.said(program, "/rule add when survey.score < 7 then webhook crm")
    assert "There is no system “crm”; there are: erp." in refused


async def test_what_a_system_will_not_take_is_seen_with_its_reason(
    erp: Erp, capsys: pytest.CaptureFixture[str]
):
    program = erp.program
    assert program is not None
    await own(program, on_score("tell", 7, {"webhook": "erp"}))
    erp.answers = [422]
    await answered(program, 7)
    await play.send_all(program)
    shown = await play.said(program, "/外发系统")
    assert "erp 0 0 1 —" in shown
    assert "erp answered 422" in shown
    assert "没有权限" in await play.said(program, "/外发系统", "韩梅")
    capsys.readouterr()
    assert await telling.show(program, as_json=False) == 0
    assert capsys.readouterr().out == f"erp\t{signing.of_system(program.key, 'erp')}\n"


async def test_a_file_of_rules_may_name_what_it_brings_and_nothing_that_is_not_there(
    erp: Erp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    program = erp.program
    assert program is not None
    file = tmp_path / "ours.json"
    node = {
        "id": "sorry",
        "name": {"zh": "致歉", "en": "sorry"},
        "after": "signed",
        "act": "words",
        "words": {"zh": "抱歉", "en": "Sorry"},
    }
    then = [{"push": "sorry"}, {"webhook": "erp"}]
    both = {"rule": [on_score("say-sorry", 3, *then)], "care": [node]}
    file.write_text(json.dumps({"rule": both["rule"]}), "utf-8")
    assert await defining.bring(program, [file], check=False) == 2
    assert "规则 say-sorry：没有「sorry」这种" in capsys.readouterr().err
    file.write_text(json.dumps(both), "utf-8")
    assert await defining.bring(program, [file], check=True) == 0
    assert await play.rows(program, "SELECT 1 FROM definition") == []
    assert await defining.bring(program, [file], check=False) == 0
    await answered(program, 3)
    assert [one.text for one in await offered(program)] == ["抱歉"]
    bad = {"rule": [on_score("to-crm", 3, {"webhook": "crm"})]}
    file.write_text(json.dumps(bad), "utf-8")
    assert await defining.bring(program, [file], check=True) == 2
    assert "没有系统「crm」，可用：erp" in capsys.readouterr().err
