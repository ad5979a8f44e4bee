"""Broken mails broken further, by the thousand: never raises, never takes long, the same id again."""

import os
import random
from collections.abc import Callable

from adapters.email.parse import parse
from adapters.email.parties import filed
from tests.adapters.email import tnef_maker as make
from tests.adapters.email.bounces import FREE, NOT_FINAL, dsn
from tests.adapters.email.broken_mails import ODD, PDF, attached, cases, mixed
from tests.adapters.email.test_calendar import INVITATION

ROUNDS = int(os.environ.get("KEQING_FUZZ_ROUNDS", "3000"))
TNEF = make.winmail(
    make.rich(make.RICH), files=make.embedded(make.winmail(files=make.file("a", ODD)))
)
SEEDS = [
    *(case.raw for case in cases() if len(case.raw) < 50_000),
    *(raw for _, raw, _ in FREE),
    *(raw for _, raw in NOT_FINAL),
    dsn(),
    mixed(attached(TNEF, 'Content-Disposition: attachment; filename="winmail.dat"')),
    mixed(attached(INVITATION.encode(), type_="text/calendar; charset=utf-8")),
    mixed(attached(PDF)),
]
PIECES = [
    b"\r\n", b"\n", b"\r", b"\x00", b"\xff\xfe", b"--b0", b"--b0--", b"\r\n\r\n", b"Content-Type: ", b"multipart/mixed; boundary=",
    b"message/rfc822", b"Content-Transfer-Encoding: base64\r\n", b"=?utf-8?B?", b"?=", b'"', b"<", b">", b"(", b";", b"=", b"%FF", b"*0*=",
    b"begin 644 x\n", b"end\n", b"=ybegin line=1 name=x\n", b"=yend\n", b"\xe5\xbc", b"\xc4\xe3", b"> ", b"From: ", b"a@b" * 50, b"-" * 3000, b" " * 3000, b"\n" * 3000,
    b"<div>" * 300, b"\x1b$B", b"~{", b"+AGE", b"9" * 5000,
]  # fmt: skip


def _changed(raw: bytes, rng: random.Random) -> bytes:
    at, to = sorted(rng.randrange(len(raw) + 1) for _ in range(2))
    other = rng.choice(SEEDS)
    ways: list[Callable[[], bytes]] = [
        lambda: raw[:at] + rng.choice(PIECES) + raw[at:],
        lambda: raw[:at] + raw[to:],
        lambda: raw[:at],
        lambda: raw[:to] + raw[at:],
        lambda: raw[:at] + rng.randbytes(rng.randrange(1, 9)) + raw[at + 1 :],
        lambda: raw[:at] + other[rng.randrange(len(other)) :],
        lambda: raw[:at] + raw[at:to] * 3 + raw[to:],
        lambda: raw.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\n\n"])),
    ]
    return rng.choice(ways)()


def test_no_mail_is_too_odd():
    rng = random.Random(20_261_122)
    for _ in range(ROUNDS):
        raw = rng.choice(SEEDS)
        for _ in range(rng.randrange(1, 6)):
            raw = _changed(raw, rng)
        mail = parse(raw)
        assert parse(raw).message_id == mail.message_id
        assert mail.message_id.startswith("<")
        assert all(sum(map(len, one.pieces())) == one.size and one.name for one in mail.attachments)
        filed(mail, "li@c.cn", frozenset({"c.cn"}))
