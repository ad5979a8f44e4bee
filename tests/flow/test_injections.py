"""Customers' words that look like commands, tools or orders to a model do nothing but be filed."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.email.parse import parse
from bot.app import Program
from bot.contract import ChannelName, InboundMessage, Kind, Segment, StoredFile, Transcript
from bot.jobs.transcribe import understand
from storage.tables import Interaction
from tests import play

TEXTS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "injections.jsonl")
    .read_text("utf-8")
    .splitlines()
]
GROWS = frozenset(
    "audit_entry audit_seal attachment conversation event inbox inbox_key interaction outbox alert"
    " procrastinate_events procrastinate_jobs counter task_talk".split()
)
"""Tables that talk may write; all others must look afterwards as they did before."""


async def state(program: Program) -> dict[str, Any]:
    """Every row of the record but of what talk itself makes."""
    tables = await play.rows(
        program,
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    )
    found: dict[str, Any] = {}
    for table in tables:
        if table["name"] not in GROWS:
            found[table["name"]] = await play.rows(
                program,
                f"SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) AS sum FROM {table['name']} t",  # noqa: S608
            )
    return found


def said(row: dict[str, str]) -> InboundMessage:
    number = row["id"]
    if row["place"] == "mail":
        raw = (
            "From: wang@huajian.example\r\nTo: log@us.example\r\nSubject: 三期\r\n"
            f"Message-ID: <{number}@x>\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{row['text']}</body></html>"
        ).encode()
        body = parse(raw).text
        return play.message(
            number,
            body,
            channel=ChannelName("email"),
            kind=Kind.MAIL,
            sender="wang@huajian.example",
            chat="wang@huajian.example",
        )
    if row["place"] == "file":
        file = StoredFile(name=row["text"], type="application/pdf", size=9, sha256="0" * 64)
        return play.message(number, "请查收", attachments=(file,))
    return play.message(number, row["text"])


def test_there_are_enough_of_them_in_every_place_and_language():
    assert len(TEXTS) >= 60
    assert {(row["place"], row["lang"]) for row in TEXTS} == {
        (place, lang) for place in ("chat", "mail", "file", "call") for lang in ("zh", "en")
    }


async def test_in_chat_mail_and_file_names_they_are_talk_and_nothing_else(loaded: Program):
    await play.run(loaded, "/update P-0001 本周设备已到场。", "李雷")  # a push waits to be approved
    before = await state(loaded)
    talk = [row for row in TEXTS if row["place"] != "call"]
    await play.file_all(loaded, *map(said, talk))
    assert await state(loaded) == before
    (kept,) = await play.rows(
        loaded, "SELECT count(*) AS count FROM interaction WHERE direction = 'in'"
    )
    assert kept["count"] == len(talk)
    for notice in await play.posted(loaded, "g-huajian"):
        pytest.fail(f"the customer's chat was answered: {play.words(notice)}")


@pytest.mark.parametrize(
    "row", [row for row in TEXTS if row["place"] == "call"], ids=lambda r: r["id"]
)
async def test_spoken_in_a_call_they_are_only_read(loaded: Program, row: dict[str, str]):
    await play.file_all(loaded, play.message("call", "喂"))
    before = await state(loaded)
    transcript = Transcript(
        language=row["lang"],
        duration_s=9,
        segments=(Segment(start=0, end=9, speaker="customer", text=row["text"]),),
    )
    async with loaded.db.transaction() as session:
        item = await session.get_one(Interaction, 1)
        understand(item, transcript)
        assert not await loaded.assistant.heard(session, item)
        session.add(item)
    assert await state(loaded) == before
