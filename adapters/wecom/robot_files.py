"""Files of the intelligent robot: encrypted with AES-256-CBC, for five minutes, at an address of COS.

The key is the file's own (frames), or the robot's EncodingAESKey (callbacks); the IV is its first 16
bytes; the padding is PKCS#7 to 32 bytes.
"""

import asyncio
import base64
import binascii
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.contract import Download, MediaStore, Refused, RemoteFile, StoredFile

ORIGINS: Final = (
    "https://*.myqcloud.com",
    "https://*.qpic.cn",
    "https://*.work.weixin.qq.com",
    "https://qyapi.weixin.qq.com",
)
_CHUNK: Final = 256 * 1024
_BLOCK: Final = 32
_GENERIC: Final = "application/octet-stream"
_GONE: Final = (
    "文件无法解密：密钥不对，或地址已过期（仅 5 分钟有效）/ the file cannot be decrypted: the key is "
    "wrong, or the address is too old (5 minutes)"
)
_MARKS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


class RobotFiles:
    """`key` is the robot's EncodingAESKey, empty where there is none; `base` is the API's address."""

    def __init__(self, key: str, base: str, download: Download, media: MediaStore) -> None:
        self._key = key
        self._origins = (*ORIGINS, base)
        self._download = download
        self._media = media

    async def fetch(self, file: RemoteFile) -> StoredFile:
        _, _, rest = file.ref.partition(":")
        own, _, url = rest.partition(":")
        key = key_of(own or self._key)
        if not key or not url:
            raise Refused(_GONE)
        sealed = await self._download(url, file, origins=self._origins)
        plain = _opened(self._media.path(sealed.sha256), key)
        first = await anext(plain, b"")
        type_ = _type(first, sealed)
        name = sealed.name
        if name in {"file", "file.bin"} and not file.name:
            name = "file" + (mimetypes.guess_extension(type_) or "")
        return await self._media.put(name, type_, _with(first, plain))


def key_of(text: str) -> bytes:
    """A key of 32 bytes from its base64, with or without the sign at its end; empty for any other."""
    try:
        key = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError):
        return b""
    return key if len(key) == 32 else b""


async def _opened(path: Path, key: bytes) -> AsyncIterator[bytes]:
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    held = b""
    with await asyncio.to_thread(path.open, "rb") as sealed:
        while chunk := await asyncio.to_thread(sealed.read, _CHUNK):
            held += opener.update(chunk)
            # The last block may be padding, and only the end tells which one is the last.
            if len(held) > _BLOCK:
                yield held[:-_BLOCK]
                held = held[-_BLOCK:]
    try:
        opener.finalize()
    except ValueError:
        raise Refused(_GONE) from None
    missing = held[-1] if held else 0
    if not 1 <= missing <= min(_BLOCK, len(held)) or held[-missing:] != bytes([missing]) * missing:
        raise Refused(_GONE)
    if held[:-missing]:
        yield held[:-missing]


async def _with(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


def _type(first: bytes, sealed: StoredFile) -> str:
    """What the bytes say, then the name: the address says nothing of an encrypted file."""
    for mark, type_ in _MARKS:
        if first.startswith(mark):
            return type_
    guessed, _ = mimetypes.guess_type(sealed.name)
    return guessed or (sealed.type if sealed.type.startswith("video/") else _GENERIC)
