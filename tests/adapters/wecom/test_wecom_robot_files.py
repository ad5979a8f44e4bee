"""Files of the robot: encrypted, short-lived, from the platform's own hosts alone."""

import base64
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.wecom.robot_files import RobotFiles, key_of
from bot.contract import Refused, RemoteFile, TryLater
from bot.download import Downloads
from tests.adapters.wecom.harness import AES_KEY
from tests.adapters.wecom.robot_side import OnDisk
from tests.contract.harness import serving

OWN = base64.b64encode(b"k" * 32).decode()


def sealed(data: bytes, key: bytes, missing: int = 0) -> bytes:
    missing = missing or 32 - len(data) % 32
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return sealer.update(data + bytes([missing]) * missing) + sealer.finalize()


async def fetched(
    tmp_path: Path, body: bytes, *, key: str = "", name: str = "", base: str = "", **headers: str
) -> tuple[Any, OnDisk]:
    async def give(request: web.Request) -> web.Response:
        if "Location" in headers:
            return web.Response(status=302, headers=headers)
        status = int(headers.get("status", "200"))
        return web.Response(
            body=body,
            status=status,
            content_type=headers.get("type", "application/octet-stream"),
            headers={k: v for k, v in headers.items() if "-" in k},
        )

    media = OnDisk(tmp_path)
    async with serving(web.get("/p", give)) as there:
        files = RobotFiles(AES_KEY, base or there, Downloads(media), media)
        file = RemoteFile(ref=f"robot:{key}:{there}/p?sign=a%2Bb", name=name)
        return await files.fetch(file), media


@pytest.mark.parametrize("size", [1, 31, 32, 33, 1000, 256 * 1024 - 1, 600_000])
@pytest.mark.parametrize("own", [True, False])
async def test_a_file_is_decrypted(tmp_path: Path, size: int, own: bool):
    data = b"\xff\xd8\xff" + b"x" * (size - 1)
    key = b"k" * 32 if own else key_of(AES_KEY)
    stored, media = await fetched(tmp_path, sealed(data, key), key=OWN if own else "")
    assert media.files[stored.sha256] == data
    assert (stored.type, stored.name) == ("image/jpeg", "file.jpg")


async def test_names_come_from_the_message_or_the_answer(tmp_path: Path):
    data = sealed(b"%PDF-1.7", b"k" * 32)
    stored, _ = await fetched(tmp_path, data, key=OWN, name="合同.pdf")
    assert (stored.name, stored.type) == ("合同.pdf", "application/pdf")
    told = {"Content-Disposition": 'attachment; filename="a.docx"'}
    stored, _ = await fetched(tmp_path, sealed(b"PK", b"k" * 32), key=OWN, **told)
    assert stored.name == "a.docx"
    assert "wordprocessingml" in stored.type


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"x" * 40,
        sealed(b"data", b"z" * 32),
        sealed(b"x" * 47, b"k" * 32, 33)[:80],
        sealed(b"hello", b"k" * 32)[:16],
    ],
)
async def test_what_does_not_decrypt_is_refused_in_words(tmp_path: Path, body: bytes):
    with pytest.raises(Refused, match="无法解密"):
        await fetched(tmp_path, body, key=OWN)


@pytest.mark.parametrize("key", ["AAAA", "!", "é"])
async def test_a_bad_key_is_refused(tmp_path: Path, key: str):
    with pytest.raises(Refused, match="无法解密"):
        await fetched(tmp_path, b"x" * 32, key=key)


async def test_a_page_a_foreign_host_and_faults_of_the_host(tmp_path: Path):
    good = sealed(b"data", b"k" * 32)
    with pytest.raises(Refused, match="web page"):
        await fetched(tmp_path, good, key=OWN, type="text/html")
    with pytest.raises(Refused, match="not the platform's"):
        await fetched(tmp_path, good, key=OWN, base="https://qyapi.weixin.qq.com")
    with pytest.raises(Refused, match="not the platform's"):
        await fetched(tmp_path, good, key=OWN, Location="http://169.254.169.254/meta")
    with pytest.raises(TryLater):
        await fetched(tmp_path, good, key=OWN, status="503")
    with pytest.raises(Refused, match="403"):
        await fetched(tmp_path, good, key=OWN, status="403")
