"""The private keys of the conversation archive: each message names the version that opens it.

`encrypt_random_key` is RSA (PKCS#1 v1.5, 2048 bits) over the key that the vendor's `DecryptData`
takes, in base64. Facts: developer.work.weixin.qq.com/document/path/91774.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_BITS: Final = 2048


class BadKey(Exception):
    """A key cannot be read, or does not open; says why."""


class Keys:
    def __init__(self, keys: Mapping[str, RSAPrivateKey]) -> None:
        self._keys = keys

    @property
    def versions(self) -> frozenset[str]:
        return frozenset(self._keys)

    def open(self, version: str, sealed: str) -> str:
        """What `DecryptData` takes; raises `BadKey`."""
        key = self._keys.get(version)
        if key is None:
            raise BadKey(f"no private key of version {version[:20]}")
        try:
            opened = key.decrypt(base64.b64decode(sealed, validate=True), PKCS1v15())
        except (binascii.Error, ValueError):
            raise BadKey(f"the private key of version {version} does not open it") from None
        # It is text; a wrong key may yield bytes at random, which no C string can hold.
        if not opened or not all(32 < byte < 127 for byte in opened):
            return base64.b64encode(opened).decode()
        return opened.decode("ascii")


def load(paths: Mapping[str, str]) -> Keys:
    """The keys by version; raises `BadKey`, with the version and never the key."""
    if not paths:
        raise BadKey("none is set")
    return Keys({version: _load(version, Path(path)) for version, path in paths.items()})


def _load(version: str, path: Path) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise BadKey(f"version {version}: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(f"version {version}: no private key in PEM") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size != _BITS:
        raise BadKey(f"version {version}: not RSA with 2048 bits")
    return key
