"""The vendor's library for the conversation archive, played: handles, slices, codes, pieces of files."""

import base64
import hashlib
import itertools
import json
import threading
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

CORP = "ww5823bf96d3bd56c7"
SECRET = "made-up-archive-secret-6e4"
KEY = generate_private_key(65537, 2048)
"""Made once for all tests: it takes a while."""
_PIECE = 512


def pem(key: Any = KEY) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class Made:
    """A slice, or a piece of a file."""

    data: bytes = b""
    index: bytes = b""
    last: bool = False


@dataclass
class Library:
    """The functions that `archive_native` calls; everything that is made must be freed."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[int]] = field(default_factory=dict)
    """Function → codes that its next calls answer with; 0: it works."""
    answer: dict[str, Any] = field(default_factory=dict)
    """What GetChatData tells instead."""
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    alive: set[int] = field(default_factory=set)
    sdks: int = 0
    page: int = 1000

    def __post_init__(self) -> None:
        self.asked = threading.Event()
        self._plain: dict[tuple[str, str], bytes] = {}
        self._made: dict[int, Made] = {}
        self._numbers = itertools.count(1)

    # --- what is told over there -----------------------------------------------------------------

    def tell(self, message: Any, *, version: int | str = 1, key: Any = KEY, seq: int = 0) -> int:
        """An entry of the archive; its seq."""
        seq = seq or (self.entries[-1]["seq"] + 1 if self.entries else 1)
        random_key = base64.b64encode(f"random key {seq} of 32 bytes ....".encode()).decode()
        public: Any = key.public_key() if isinstance(key, RSAPrivateKey) else key
        plain = message if isinstance(message, bytes) else json.dumps(message).encode()
        sealed = f"sealed {seq}"
        self._plain[random_key, sealed] = plain
        self.entries.append(
            {
                "seq": seq,
                "msgid": f"m{seq}",
                "publickey_ver": version,
                "encrypt_random_key": base64.b64encode(
                    public.encrypt(random_key.encode(), PKCS1v15())
                ).decode(),
                "encrypt_chat_msg": sealed,
            }
        )
        return seq

    def file(self, data: bytes) -> dict[str, Any]:
        """The fields of a file that can be fetched."""
        id_ = f"sdkfile{len(self.files)}"
        self.files[id_] = data
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return {"sdkfileid": id_, "md5sum": md5, "filesize": len(data)}

    def _fault(self, name: str) -> int:
        return self.faults[name].pop(0) if self.faults.get(name) else 0

    def _new(self) -> int:
        number = next(self._numbers)
        self.alive.add(number)
        self._made[number] = Made()
        return number

    # --- the functions ---------------------------------------------------------------------------

    def NewSdk(self) -> int:  # noqa: N802 - the vendor's names
        self.sdks += 1
        return 1

    def DestroySdk(self, sdk: int) -> None:  # noqa: N802
        self.sdks -= 1

    def Init(self, sdk: int, corp: bytes, secret: bytes) -> int:  # noqa: N802
        right = (corp, secret) == (CORP.encode(), SECRET.encode())
        return self._fault("Init") or (0 if right else 10000)

    def NewSlice(self) -> int:  # noqa: N802
        return self._new()

    def FreeSlice(self, slice_: int) -> None:  # noqa: N802
        self.alive.remove(slice_)

    def NewMediaData(self) -> int:  # noqa: N802
        return self._new()

    def FreeMediaData(self, made: int) -> None:  # noqa: N802
        self.alive.remove(made)

    def GetChatData(  # noqa: N802
        self, sdk: int, seq: int, limit: int, proxy: bytes, passwd: bytes, timeout: int, slice_: int
    ) -> int:
        self.calls.append(("GetChatData", seq, limit))
        self.asked.set()
        assert 1 <= limit <= 1000
        if code := self._fault("GetChatData"):
            return code
        found = [one for one in self.entries if one["seq"] > seq][: min(limit, self.page)]
        told = self.answer or {"errcode": 0, "errmsg": "ok", "chatdata": found}
        self._made[slice_].data = json.dumps(told).encode()
        return 0

    def DecryptData(self, key: bytes, sealed: bytes, slice_: int) -> int:  # noqa: N802
        if code := self._fault("DecryptData"):
            return code
        plain = self._plain.get((key.decode(), sealed.decode()))
        self._made[slice_].data = plain or b""
        return 0 if plain is not None else 10006

    def GetMediaData(  # noqa: N802
        self, sdk: int, index: bytes, id_: bytes, proxy: bytes, pw: bytes, timeout: int, made: int
    ) -> int:
        if code := self._fault("GetMediaData"):
            return code
        data = self.files.get(id_.decode())
        if data is None:
            return 10005
        at = int(index or b"0")
        self._made[made] = Made(
            data[at : at + _PIECE], str(at + _PIECE).encode(), at + _PIECE >= len(data)
        )
        return 0

    def GetContentFromSlice(self, slice_: int) -> bytes:  # noqa: N802
        return self._made[slice_].data

    def GetSliceLen(self, slice_: int) -> int:  # noqa: N802
        return len(self._made[slice_].data)

    def GetData(self, made: int) -> bytes:  # noqa: N802
        return self._made[made].data

    def GetDataLen(self, made: int) -> int:  # noqa: N802
        return len(self._made[made].data)

    def GetOutIndexBuf(self, made: int) -> bytes:  # noqa: N802
        return self._made[made].index

    def GetIndexLen(self, made: int) -> int:  # noqa: N802
        return len(self._made[made].index)

    def IsMediaDataFinish(self, made: int) -> int:  # noqa: N802
        return int(self._made[made].last)
