"""How fast chat platforms are acknowledged: signed and encrypted events of all three, mixed.

Half of the traffic is Slack's, the other half Feishu's, both talk in groups, but for one message in
twenty, which is a member's command in WeCom: it is run and answered. A tenth of all comes twice.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import psycopg
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.feishu import crypto as feishu
from adapters.slack import signing as slack
from adapters.wecom.crypto import Crypto
from benchmarks import firm, intake
from benchmarks.figures import Figure
from benchmarks.installation import PROJECT, Installation, free_port

SECRET: Final = "made-up-for-measuring"
KEY: Final = base64.b64encode(b"k" * 32).decode().rstrip("=")
CRYPTO: Final = Crypto.of(SECRET, KEY, "ww1")
AGAIN: Final = 0.1
SHARES: Final = {"slack": 50, "feishu": 45, "wecom": 5}
MEMBERS: Final = 40
RECORDINGS: Final = 12
RECORDED_S: Final = 240


def run(*, quick: bool) -> Iterator[Figure]:
    counts = {1: 150, 20: 1500, 100: 2000} if quick else {1: 500, 20: 6000, 100: 8000}
    with _far() as port:
        house = Installation(**_settings(f"http://127.0.0.1:{port}"))
        try:
            made = firm.generate(intake.CUSTOMERS, intake.SEED)
            house.load(made)
            with house.database() as connection:
                _known_everywhere(connection)
                house.start("serve")
                house.ready()
                requests = _requests(made)
                intake.send(house, connection, list(islice(requests, 300)), 20)  # warm
                for clients, count in counts.items():
                    batch = list(islice(requests, count))
                    floor = intake.bare_inserts(connection, batch, clients)
                    sent = intake.send(house, connection, batch, clients)
                    yield from intake.figures("platforms, ", clients, sent, floor)
                pace = intake.PACE * (4 if quick else 15)
                paced = list(islice(requests, pace))
                sent = intake.send(house, connection, paced, 50, intake.PACE)
                yield from intake.paced("platforms, ", sent)
                _record(house, 2 if quick else RECORDINGS)
                paced = list(islice(requests, pace))
                sent = intake.send(house, connection, paced, 50, intake.PACE)
                yield from intake.paced("platforms while speech runs, ", sent)
        finally:
            house.end()


@contextmanager
def _far() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.far", str(port)]
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            yield port
        finally:
            process.terminate()


def _settings(base: str) -> dict[str, str]:
    return {
        "SLACK__SIGNING_SECRET": SECRET,
        "SLACK__BOT_TOKEN": "xoxb-1",
        "SLACK__API_BASE": f"{base}/api/",
        "FEISHU__APP_ID": "cli_1",
        "FEISHU__APP_SECRET": SECRET,
        "FEISHU__ENCRYPT_KEY": SECRET,
        "FEISHU__VERIFICATION_TOKEN": SECRET,
        "FEISHU__API_BASE": base,
        "WECOM__CORP_ID": "ww1",
        "WECOM__AGENT_ID": "7",
        "WECOM__SECRET": SECRET,
        "WECOM__TOKEN": SECRET,
        "WECOM__ENCODING_AES_KEY": KEY,
        "WECOM__API_BASE": base,
    }


def _known_everywhere(connection: psycopg.Connection[Any]) -> None:
    """The firm's chats and people, as they are known on the hook, on the platforms too."""
    for channel in ("slack", "feishu"):
        connection.execute(
            "INSERT INTO identity (channel, address, contact_id, user_id, created_at)"
            " SELECT %s, address, contact_id, user_id, now() FROM identity WHERE channel = 'hook'",
            (channel,),
        )
        connection.execute(
            "INSERT INTO conversation (channel, chat, name, customer_id, project_id, audience,"
            " created_at) SELECT %s, chat, name, customer_id, project_id, audience, now()"
            " FROM conversation WHERE channel = 'hook'",
            (channel,),
        )
    connection.execute(
        "INSERT INTO identity (channel, address, user_id, created_at)"
        " SELECT 'wecom', 'm' || id %% %s, id, now() FROM user_account WHERE id <= %s",
        (MEMBERS, MEMBERS),
    )


def _requests(made: dict[str, Any]) -> Iterator[bytes]:
    """Ready requests, a tenth of them twice."""
    dice = Random(intake.SEED)
    for number, (body, _) in enumerate(firm.messages(made, 1_000_000, intake.SEED)):
        (kind,) = dice.choices(list(SHARES), list(SHARES.values()))
        for _ in range(2 if dice.random() < AGAIN else 1):
            yield {"slack": _slack, "feishu": _feishu, "wecom": _wecom}[kind](number, body)


def _request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _slack(number: int, body: dict[str, Any]) -> bytes:
    event = {
        "type": "message",
        "channel": body["chat"],
        "channel_type": "channel",
        "user": body["sender"]["id"],
        "team": "T1",
        "text": body["text"],
        "ts": f"{1_760_000_000 + number}.000100",
        "event_ts": f"{1_760_000_000 + number}.000100",
    }
    told = {"type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event": event}
    said = json.dumps({**told, "event_id": f"Ev{number}", "event_time": 1_760_000_000}).encode()
    timestamp = str(int(time.time()))
    return _request(
        "/slack/events",
        said,
        {
            "Content-Type": "application/json",
            slack.TIMESTAMP: timestamp,
            slack.SIGNATURE: slack.sign(SECRET.encode(), timestamp, said),
        },
    )


def _feishu(number: int, body: dict[str, Any]) -> bytes:
    at = str(1_760_000_000_000 + number)
    event = {
        "sender": {
            "sender_id": {"open_id": body["sender"]["id"]},
            "sender_type": "user",
            "tenant_key": "t1",
        },
        "message": {
            "message_id": f"om_{number:032x}",
            "create_time": at,
            "update_time": at,
            "chat_id": body["chat"],
            "chat_type": "group",
            "message_type": "text",
            "content": json.dumps({"text": body["text"]}, ensure_ascii=False),
        },
    }
    header = {
        "event_id": f"ev_{number:030x}",
        "event_type": "im.message.receive_v1",
        "create_time": at,
        "token": SECRET,
        "app_id": "cli_1",
        "tenant_key": "t1",
    }
    said = json.dumps({"schema": "2.0", "header": header, "event": event}).encode()
    sealed = json.dumps({"encrypt": _sealed(said)}).encode()
    timestamp = str(int(time.time()))
    return _request(
        "/feishu/events",
        sealed,
        {
            "Content-Type": "application/json",
            feishu.TIMESTAMP: timestamp,
            feishu.NONCE: "n",
            feishu.SIGNATURE: feishu.sign(SECRET, timestamp, "n", sealed),
        },
    )


def _sealed(plain: bytes) -> str:
    first, missing = os.urandom(16), 16 - len(plain) % 16
    aes = Cipher(algorithms.AES(hashlib.sha256(SECRET.encode()).digest()), modes.CBC(first))
    sealer = aes.encryptor()
    closed = sealer.update(plain + bytes([missing]) * missing) + sealer.finalize()
    return base64.b64encode(first + closed).decode()


def _wecom(number: int, _body: dict[str, Any]) -> bytes:
    said = (
        f"<xml><ToUserName>ww1</ToUserName><FromUserName>m{number % MEMBERS}</FromUserName>"
        f"<CreateTime>{1_760_000_000 + number}</CreateTime><MsgType>text</MsgType>"
        f"<Content>/tasks</Content><MsgId>{number}</MsgId><AgentID>7</AgentID></xml>"
    )
    sealed, timestamp = CRYPTO.encrypt(said.encode()), str(int(time.time()))
    body = f"<xml><ToUserName>ww1</ToUserName><AgentID>7</AgentID><Encrypt>{sealed}</Encrypt></xml>"
    signature = CRYPTO.sign(timestamp, "n", sealed)
    path = f"/wecom/callback?msg_signature={signature}&timestamp={timestamp}&nonce=n"
    return _request(path, body.encode(), {"Content-Type": "text/xml"})


def _record(house: Installation, count: int) -> None:
    """Recordings for the speech worker, which listens for voices in them for a while."""
    from tests import scripted_whisper  # noqa: PLC0415 - a model of words known in advance

    scripted_whisper.build(house.data / "models" / "scripted")
    sound = house.base / "call.wav"
    _noise(sound)
    data = base64.b64encode(sound.read_bytes()).decode()
    for number in range(count):
        body = json.dumps(
            {
                "id": f"recording-{number}",
                "chat": "calls",
                "sender": {"id": "13800000000"},
                "text": "",
                "sent_at": "2026-11-20T10:00:00+08:00",
                "attachments": [{"name": "call.wav", "type": "audio/wav", "base64": data}],
            }
        ).encode()
        intake.post(house, body)


def _noise(path: Path) -> None:
    """Something like talk: noise that rises and falls."""
    rate = 8000
    times = np.arange(RECORDED_S * rate) / rate
    loud = np.clip(np.sin(times * 5) * np.sin(times * 0.7), 0, 1)
    sound = np.random.default_rng(1).normal(0, 6000, times.size) * loud
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.astype(np.int16).tobytes())
