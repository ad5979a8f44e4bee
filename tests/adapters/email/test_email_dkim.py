"""Mails are signed as dkimpy verifies them; a key that nothing can be signed with stops the start."""

import base64
import email.policy
from types import SimpleNamespace

import dkim as dkimpy
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from adapters.email.settings import EmailSettings
from bot import parts
from bot.contract import Notice, Target
from bot.settings import BadSettings, load
from tests.adapters.email.test_email_sending import Post, made

PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
OPEN = serialization.NoEncryption()
KEYS = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}


class VerifyKey:
    """Stands in for PyNaCl's, with the same signatures and another library."""

    def __init__(self, raw, encoder):
        del encoder
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(raw))

    def verify(self, message, signature):
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            raise BadSignatureError from None


class BadSignatureError(Exception):
    pass


@pytest.fixture(autouse=True)
def nacl(monkeypatch):
    signing = SimpleNamespace(VerifyKey=VerifyKey)
    encoding = SimpleNamespace(Base64Encoder=None)
    exceptions = SimpleNamespace(BadSignatureError=BadSignatureError, ValueError=ValueError)
    fake = SimpleNamespace(signing=signing, encoding=encoding, exceptions=exceptions)
    monkeypatch.setattr(dkimpy, "nacl", fake, raising=False)


def dns(kind, key):
    public = key.public_key()
    if kind == "rsa":
        der = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    else:
        der = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    record = b"v=DKIM1; k=" + kind.encode() + b"; p=" + base64.b64encode(der)
    return lambda name, **_: record if name == b"k1._domainkey.b.cn." else None


@pytest.fixture
def file(tmp_path):
    return tmp_path / "dkim.pem"


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_what_arrives_is_signed(kind, file):
    key = KEYS[kind]()
    file.write_bytes(key.private_bytes(PEM, PKCS8, OPEN))
    async with Post().running() as post:
        signing = {"domain": "b.cn", "selector": "k1", "key_file": str(file)}
        adapter = made(post, dkim=signing, reply_to="s+{token}@b.cn")
        target = Target(chat="li@a.cn", copies=("x@y.cn",), thread="<r@a.cn> <l@a.cn>")
        await adapter.send(
            target, Notice(title="合同" * 60, text=".\n\n长" * 999 + " \n\n"), key="k"
        )
    [raw] = post.taken
    checked = dkimpy.DKIM(raw)
    assert checked.verify(dnsfunc=dns(kind, key))
    assert {b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to"} <= set(
        checked.include_headers
    )
    assert {b"references", b"reply-to", b"list-unsubscribe", b"mime-version"} <= set(
        checked.include_headers
    )
    changed = raw.replace(b"\r\nTo: li@a.cn", b"\r\nTo: me@a.cn")
    assert changed != raw
    assert not dkimpy.verify(changed, dnsfunc=dns(kind, key))
    assert not dkimpy.verify(raw + b"x\r\n", dnsfunc=dns(kind, key))
    assert email.message_from_bytes(raw, policy=email.policy.default)["To"] == "li@a.cn"


BAD = {
    "missing": (None, "cannot be read"),
    "no key": (b"hello", "no private key in PEM"),
    "password": (
        rsa.generate_private_key(65537, 2048).private_bytes(
            PEM, PKCS8, serialization.BestAvailableEncryption(b"secret")
        ),
        "no private key in PEM",
    ),
    "other kind": (ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, OPEN), "RSA"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_key_that_cannot_sign_stops_the_start(case, file, tmp_path):
    content, why = BAD[case]
    if content is not None:
        file.write_bytes(content)
    given = f'{{"domain": "b.cn", "selector": "k1", "key_file": "{file}"}}'
    with pytest.raises(BadSettings, match=why) as raised:
        load(parts.settings_models(), folder=tmp_path, environ={"KEQING_EMAIL__DKIM": given})
    assert "KEQING_EMAIL__DKIM" in str(raised.value)


@pytest.mark.parametrize("bad", ["[", '{"domain": "b.cn"}', '{"domain": "b cn", "selector": "k"}'])
def test_half_of_it_is_refused(bad):
    with pytest.raises(ValueError, match="dkim"):
        EmailSettings.model_validate({"dkim": bad})


def test_empty_is_none():
    assert EmailSettings.model_validate({"dkim": ""}).dkim is None
