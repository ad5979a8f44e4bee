"""Labels and folders of a mail, and what it says of its own privacy."""

import pytest

from adapters.email.parse import parse

HEAD = b"From: a@b.example\r\nSubject: hi\r\n"


@pytest.mark.parametrize(
    ("fields", "labels"),
    [
        (b"", ()),
        (b"Sensitivity: Private\r\n", ("private",)),
        (b"Sensitivity: personal\r\n", ("personal",)),
        (b"Sensitivity: Company-Confidential\r\n", ()),
        (b"X-Gmail-Labels: Inbox,Personal\r\n", ("Inbox", "Personal")),
        (b"X-Gmail-Labels: =?UTF-8?Q?=E7=A7=81=E4=BA=BA,Work?=\r\n", ("私人", "Work")),
        (b'Keywords: "x", y\r\nSensitivity: private\r\n', ("x", "y", "private")),
        (b"Keywords: \xff\xfe,\x00,,,\r\n", None),
        (b"Keywords: " + b"a," * 5000 + b"\r\n", ("a",)),
    ],
    ids=range(9),
)
def test_labels_of_a_mail(fields: bytes, labels: tuple[str, ...] | None):
    found = parse(HEAD + fields + b"\r\nhello\r\n").labels
    if labels is not None:
        assert found == labels
