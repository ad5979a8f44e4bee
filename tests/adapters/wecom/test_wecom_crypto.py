"""WeCom's signatures and ciphertext: the platform's own vectors, and everything that is near them."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from adapters.wecom import inbound
from adapters.wecom.crypto import BadSignature, Crypto, Signed

CRYPTO = Crypto.of("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
MESSAGE = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj9"
    "11L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DO"
    "dnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03"
    "v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpN"
    "elZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q"
    "=="
)
OF_ECHO = Signed("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780")
OF_MESSAGE = Signed("477715d11cdb4164915debcba66cb864d751f3e6", "1409659813", "1372623149")
NOW = 1409659600.0


def sealed(plain: bytes) -> str:
    """Any plain text under the right key, as somebody who knows it might write it."""
    made = Cipher(algorithms.AES(CRYPTO.key), modes.CBC(CRYPTO.key[:16])).encryptor()
    return base64.b64encode(made.update(plain) + made.finalize()).decode()


def test_the_first_vector_is_the_echo():
    assert CRYPTO.open(OF_ECHO, ECHO, NOW) == b"1616140317555161061"


def test_the_second_vector_is_a_message_with_thirty_bytes_of_padding():
    plain = CRYPTO.open(OF_MESSAGE, MESSAGE, NOW)
    (message,) = inbound.read(plain).messages
    assert (message.text, message.sender.id) == ("hello", "mycreate")
    assert message.event_id == message.message_id == "4561255354251345929"
    assert b"<AgentID>218</AgentID>" in plain or b"218" in plain
    opener = Cipher(algorithms.AES(CRYPTO.key), modes.CBC(CRYPTO.key[:16])).decryptor()
    assert opener.update(base64.b64decode(MESSAGE))[-1] == 30


@pytest.mark.parametrize(
    "signed",
    [
        Signed("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd4", "1409659589", "263014780"),
        Signed("", "1409659589", "263014780"),
        Signed("5C45FF5E21C57E6AD56BAC8758B79B1D9AC89FD3", "1409659589", "263014780"),
        Signed("ünïcode", "1409659589", "263014780"),
        Signed(OF_ECHO.signature, "1409659590", "263014780"),
        Signed(OF_ECHO.signature, "1409659589", "263014781"),
        Signed(OF_ECHO.signature, "", ""),
    ],
)
def test_another_signature_is_refused(signed: Signed):
    with pytest.raises(BadSignature, match="signature"):
        CRYPTO.open(signed, ECHO, NOW)


@pytest.mark.parametrize(("age", "fresh"), [(600, True), (601, False), (-600, True), (-601, False)])
def test_ten_minutes_are_fresh(age: float, *, fresh: bool):
    assert OF_ECHO.is_fresh(1409659589 + age) is fresh


@pytest.mark.parametrize(
    "told", ["", "x", "1e9", "-5", "9" * 12, "１４０９６５９５８９", " 1409659589"]
)
def test_a_time_that_is_none_is_not_fresh(told: str):
    assert not Signed("", told, "").is_fresh(NOW)


def test_it_is_refused_when_it_is_for_somebody_else():
    other = Crypto.of("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx0000000000000000")
    with pytest.raises(BadSignature, match="another receiver"):
        other.open(OF_ECHO, ECHO, NOW)
    with pytest.raises(BadSignature, match="another receiver"):
        CRYPTO.decrypt(other.encrypt(b"hello"))


HEAD = b"r" * 16


@pytest.mark.parametrize(
    ("encrypted", "why"),
    [
        ("", "no whole blocks"),
        ("AAAA", "no whole blocks"),
        ("*not base64*", "not base64"),
        ("你好", "not base64"),
        (ECHO[:-4], "."),
        (sealed(b"\x00" * 32), "padding"),
        (sealed(b"a" * 31 + b"\x21"), "padding"),
        (sealed(b"a" * 30 + b"\x03\x02"), "padding"),
        (sealed(b"a" * 16), "padding"),
        (sealed(b"\x20" * 32), "too short"),
        (sealed(HEAD + b"\xff\xff\xff\xff" + b"x" * 11 + b"\x01"), "shorter than it says"),
        (sealed(HEAD + b"\x00\x00\x00\x05hello" + b"\x07" * 7), "another receiver"),
    ],
)
def test_broken_ciphertext_is_refused(encrypted: str, why: str):
    with pytest.raises(BadSignature, match=why):
        CRYPTO.decrypt(encrypted)


@given(st.binary(max_size=300))
def test_what_is_encrypted_is_decrypted(message: bytes):
    encrypted = CRYPTO.encrypt(message)
    assert CRYPTO.decrypt(encrypted) == message
    assert len(base64.b64decode(encrypted)) % 32 == 0


def test_a_robots_receiver_is_empty():
    robot = Crypto.of("t", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "")
    assert robot.decrypt(robot.encrypt(b"{}")) == b"{}"


def test_secrets_are_in_no_repr():
    assert "QDG6eK" not in repr(CRYPTO)
    assert repr(CRYPTO.key) not in repr(CRYPTO)
