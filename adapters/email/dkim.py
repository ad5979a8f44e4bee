"""DKIM: mails are signed with the firm's own key, for servers that do not do it. RFC 6376, RFC 8463."""

import base64
import hashlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import dkim as dkimpy
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from dkim.canonicalization import CanonicalizationPolicy

SIGNED: Final = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
    "List-Unsubscribe",
)
_LEAST_BITS: Final = 1024
"""Shorter RSA keys are taken by nobody: RFC 8301, 3.2."""


class BadKey(ValueError):
    """A key file that nothing can be signed with; says why, never what stands in it."""


class _Signature(NamedTuple):
    signature: bytes


class _Ed25519:
    """What dkimpy asks of a PyNaCl key, of one of `cryptography`, which is here already."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, digest: bytes) -> _Signature:
        return _Signature(self._key.sign(digest))


class _Signing(dkimpy.DKIM):
    def sign_ed25519(self, selector: bytes, domain: bytes, key: _Ed25519, headers: Any) -> bytes:
        """As `sign`, without PyNaCl: the same fields over the same bytes."""
        policy = CanonicalizationPolicy.from_c_value(b"relaxed/simple")
        body = base64.b64encode(hashlib.sha256(policy.canonicalize_body(self.body)).digest())
        self.include_headers = headers
        self.hasher = hashlib.sha256
        fields = [
            (b"v", b"1"),
            (b"a", self.signature_algorithm),
            (b"c", policy.to_c_value()),
            (b"d", domain),
            (b"q", b"dns/txt"),
            (b"s", selector),
            (b"h", b" : ".join(headers)),
            (b"bh", body),
            (b"b", b"0" * 60),
        ]
        value = self.gen_header(fields, headers, policy, b"DKIM-Signature", key)
        return b"DKIM-Signature: " + bytes(value)


class Signer:
    """Signs for one domain. Raises `BadKey` when it is made with a key file that is none."""

    def __init__(self, domain: str, selector: str, key_file: Path) -> None:
        self._domain = domain.encode("ascii")
        self._selector = selector.encode("ascii")
        self._key = _read(key_file)

    def signed(self, raw: bytes) -> bytes:
        """The mail with its signature above all."""
        present = {
            line.partition(b":")[0].lower() for line in raw.partition(b"\r\n\r\n")[0].splitlines()
        }
        names = [low for name in SIGNED if (low := name.lower().encode()) in present]
        if isinstance(self._key, _Ed25519):
            signing = _Signing(raw, signature_algorithm=b"ed25519-sha256")
            return signing.sign_ed25519(self._selector, self._domain, self._key, names) + raw
        signature: bytes = _Signing(raw).sign(
            self._selector, self._domain, self._key, include_headers=names
        )
        return signature + raw


def _read(key_file: Path) -> bytes | _Ed25519:
    """An RSA key as dkimpy reads it, or an Ed25519 key."""
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except OSError as error:
        raise BadKey(f"the key file cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("the key file is no private key in PEM without a password") from None
    if isinstance(key, Ed25519PrivateKey):
        return _Ed25519(key)
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise BadKey(f"an RSA key of {_LEAST_BITS} bits or more, or an Ed25519 key, is needed")
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
