"""Mailboxes from the environment; what opens them is never shown."""

import json

import pytest
from pydantic import ValidationError

from adapters.email.settings import EmailSettings

BOX = {"url": "imaps://us%40b.cn:s3cret@imap.b.cn", "address": "Us@B.cn"}


def test_mailboxes_come_as_one_json_text():
    settings = EmailSettings.model_validate({"mailboxes": json.dumps([BOX])})
    [box] = settings.mailboxes
    assert (box.address, box.folders, box.authserv_id) == ("us@b.cn", (), "")
    server = box.server
    assert (server.tls, server.host, server.port) == (True, "imap.b.cn", 993)
    assert (server.user, server.password) == ("us@b.cn", "s3cret")
    assert settings.from_address == "us@b.cn"


def test_nothing_set_is_fine():
    assert EmailSettings.model_validate({"mailboxes": "", "smtp_url": ""}).smtp_url is None
    assert EmailSettings().from_address == ""


def test_secrets_are_not_shown():
    settings = EmailSettings.model_validate(
        {"mailboxes": [BOX], "smtp_url": "smtps://us:s3cret@b.cn", "sender": "Them@b.cn"}
    )
    assert "s3cret" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.from_address == "them@b.cn"


@pytest.mark.parametrize(
    "wrong",
    [
        {"mailboxes": "[{s3cret"},
        {"mailboxes": [{**BOX, "url": "https://us:s3cret@b.cn"}]},
        {"mailboxes": [{**BOX, "url": "imaps://us:s3cret@"}]},
        {"mailboxes": [{**BOX, "url": "imaps://us:s3cret@b.cn:port"}]},
        {"mailboxes": [{**BOX, "url": "imaps://us:s3/cret@b.cn:993"}]},
        {"mailboxes": [{**BOX, "address": "us"}]},
        {"smtp_url": "imaps://us:s3cret@b.cn"},
        {"sender": "Us <us@b.cn>"},
        {"sender": "us@b.cn\r\nBcc: x@y.cn"},
    ],
)
def test_what_cannot_work_is_refused_without_showing_it(wrong):
    with pytest.raises(ValidationError) as raised:
        EmailSettings.model_validate(wrong)
    assert "s3" not in str(raised.value)
