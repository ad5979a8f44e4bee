"""Over TLS the server must be who it says it is; a line can still be cut from outside."""

import asyncio
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.email import imap
from bot.contract import TryLater
from tests.adapters.email.test_email_mailbox import SLEEPY, Office, a_mail
from tests.adapters.email.test_email_sending import LI, NOTICE, Post, made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def context(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
async def office(context):
    office = Office()
    office.scheme = "imaps"
    async with office.server.running(context):
        yield office


async def test_mail_comes_over_tls_and_idle_tells_of_more(office, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    office.server.inbox.add(a_mail(1))
    async with office.reading(SLEEPY):
        await office.came(1)
        await office.server.idling.wait()
        office.server.inbox.add(a_mail(2))
        await office.came(2)
        await office.until(office.server.idling.is_set)
    await office.until(lambda: not office.server.open)
    assert office.server.connections == 1


async def test_a_server_that_nobody_vouches_for_gets_no_password(office):
    with structlog.testing.capture_logs() as logs:
        async with office.reading():
            await office.until(lambda: bool(logs))
    assert logs[0]["error"] == "SSLCertVerificationError"
    assert "LOGIN" not in office.server.commands


@pytest.mark.parametrize("trusted", [True, False])
async def test_notices_leave_over_tls(context, certificate, monkeypatch, trusted):
    post = Post()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(post.server, "127.0.0.1", 0, ssl=context)
    post.port = server.sockets[0].getsockname()[1]
    adapter = made(post, scheme="smtps")
    if trusted:
        await adapter.send(LI, NOTICE, key="k")
    else:
        with pytest.raises(TryLater) as raised:
            await adapter.send(LI, NOTICE, key="k")
        assert not raised.value.unknown
    server.close()
    await asyncio.sleep(0.05)
    assert len(post.taken) == (1 if trusted else 0)


@pytest.fixture
async def upgrading(context):
    office = Office()
    office.server.capabilities += " STARTTLS"
    office.server.upgrade = context
    async with office.server.running():
        yield office


async def test_a_line_is_upgraded_before_the_password_goes_out(upgrading, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    upgrading.server.inbox.add(a_mail(1))
    async with upgrading.reading():
        await upgrading.came(1)
    assert upgrading.server.secrets_in_clear == 0
    assert upgrading.server.commands.index("STARTTLS") < upgrading.server.commands.index("LOGIN")


async def test_an_upgrade_to_a_server_that_nobody_vouches_for_gets_no_password(upgrading):
    with structlog.testing.capture_logs() as logs:
        async with upgrading.reading():
            await upgrading.until(lambda: bool(logs))
    assert logs[0]["error"] == "SSLCertVerificationError"
    assert "LOGIN" not in upgrading.server.commands


async def test_an_offer_that_somebody_took_away_gets_no_password(upgrading, monkeypatch):
    monkeypatch.setattr(imap, "loopback", lambda line: False)
    upgrading.server.capabilities = "IMAP4REV1 IDLE ID"
    with structlog.testing.capture_logs() as logs:
        async with upgrading.reading():
            await upgrading.until(lambda: upgrading.server.connections >= 2)
    assert [one["error"] for one in logs] == [
        "not let in: no TLS offered: the password is not sent in clear"
    ]
    assert "LOGIN" not in upgrading.server.commands
