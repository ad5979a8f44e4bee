"""The vendor's library for the conversation archive (`libWeWorkFinanceSdk_C.so`), called by ctypes.

It is loaded in a process of its own, since a fault in it ends the process. Its calls block and must
not overlap, so one thread makes them. Facts: developer.work.weixin.qq.com/document/path/91774.
"""

import ctypes
from dataclasses import dataclass
from typing import Any, Final

TIMEOUT_S: Final = 10
NETWORK: Final = frozenset({10001, 10003})
"""Passing faults: the network, WeCom itself."""
ADDRESS: Final = 10009
_WORDS: Final = {
    10000: "参数错误 / a parameter is wrong",
    10001: "网络错误 / the network fails",
    10002: "数据无法解析 / the data cannot be parsed",
    10003: "系统错误 / WeCom fails",
    10004: "密钥错误 / the key is wrong",
    10005: "文件编号错误 / the file's id is wrong",
    10006: "解密失败 / it cannot be decrypted",
    10007: "找不到该版本的私钥 / no private key of that version",
    10008: "加密密钥无法解析 / the key cannot be parsed",
    ADDRESS: "服务器地址不在会话存档的可信 IP 中 / the server's address is not under 可信IP地址",
    10010: "数据已过期（5 天）/ the data is older than 5 days",
    10011: "证书错误 / the certificate is wrong",
}


class NativeError(Exception):
    """A call failed. Its code tells whether it may work later."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code}: {_WORDS.get(code, 'unknown')}")
        self.code = code

    @property
    def passes(self) -> bool:
        return self.code in NETWORK


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file, at most 512 KB, and where the next one begins."""

    data: bytes
    following: bytes
    last: bool


class Native:
    """One handle of the library. `library` has its functions as ctypes loads them."""

    def __init__(self, library: Any, corp_id: str, secret: str) -> None:
        self._lib = library
        self._sdk = library.NewSdk()
        code = library.Init(self._sdk, corp_id.encode(), secret.encode())
        if code:
            self.close()
            raise NativeError(code)

    def close(self) -> None:
        if self._sdk:
            self._lib.DestroySdk(self._sdk)
            self._sdk = None

    def chat_data(self, seq: int, limit: int) -> bytes:
        """JSON of the entries behind `seq`, still encrypted."""
        slice_ = self._lib.NewSlice()
        try:
            code = self._lib.GetChatData(self._sdk, seq, limit, b"", b"", TIMEOUT_S, slice_)
            return self._content(code, slice_)
        finally:
            self._lib.FreeSlice(slice_)

    def decrypt(self, key: str, sealed: str) -> bytes:
        slice_ = self._lib.NewSlice()
        try:
            # A NUL would end the text early over there.
            if "\0" in key or "\0" in sealed:
                raise NativeError(10000)
            code = self._lib.DecryptData(key.encode(), sealed.encode("utf-8", "replace"), slice_)
            return self._content(code, slice_)
        finally:
            self._lib.FreeSlice(slice_)

    def media(self, index: bytes, file_id: str) -> Piece:
        if "\0" in file_id:
            raise NativeError(10005)
        made = self._lib.NewMediaData()
        try:
            id_ = file_id.encode("utf-8", "replace")
            code = self._lib.GetMediaData(self._sdk, index, id_, b"", b"", TIMEOUT_S, made)
            if code:
                raise NativeError(code)
            data = _copy(self._lib.GetData(made), self._lib.GetDataLen(made))
            index = _copy(self._lib.GetOutIndexBuf(made), self._lib.GetIndexLen(made))
            return Piece(data, index, bool(self._lib.IsMediaDataFinish(made)))
        finally:
            self._lib.FreeMediaData(made)

    def _content(self, code: int, slice_: Any) -> bytes:
        if code:
            raise NativeError(code)
        return _copy(self._lib.GetContentFromSlice(slice_), self._lib.GetSliceLen(slice_))


def _copy(at: Any, length: int) -> bytes:
    return ctypes.string_at(at, length) if at and length > 0 else b""


def load(path: str) -> Any:
    """The library with the shapes of its functions; raises OSError."""
    library = ctypes.CDLL(path)
    handle, text, whole = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    shapes: dict[str, tuple[Any, list[Any]]] = {
        "NewSdk": (handle, []),
        "Init": (whole, [handle, text, text]),
        "DestroySdk": (None, [handle]),
        "NewSlice": (handle, []),
        "FreeSlice": (None, [handle]),
        "GetContentFromSlice": (handle, [handle]),
        "GetSliceLen": (whole, [handle]),
        "GetChatData": (
            whole,
            [handle, ctypes.c_ulonglong, ctypes.c_uint, text, text, whole, handle],
        ),
        "DecryptData": (whole, [text, text, handle]),
        "NewMediaData": (handle, []),
        "FreeMediaData": (None, [handle]),
        "GetMediaData": (whole, [handle, text, text, text, text, whole, handle]),
        "GetOutIndexBuf": (handle, [handle]),
        "GetIndexLen": (whole, [handle]),
        "GetData": (handle, [handle]),
        "GetDataLen": (whole, [handle]),
        "IsMediaDataFinish": (whole, [handle]),
    }
    for name, (result, arguments) in shapes.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise OSError(f"{name} is missing") from None
        function.restype, function.argtypes = result, arguments
    return library
