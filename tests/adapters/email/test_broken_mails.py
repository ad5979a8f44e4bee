"""Nothing that a person would still see in a broken mail is lost, byte for byte where it is a file."""

import pytest

from adapters.email.parse import Mail, parse
from tests.adapters.email.broken_mails import Case, cases

CASES = cases()


def named_files(mail: Mail) -> dict[str, bytes]:
    names = [one.name for one in mail.attachments]
    found: dict[str, bytes] = {}
    seen: dict[str, int] = {}
    for one in mail.attachments:
        seen[one.name] = seen.get(one.name, 0) + 1
        twice = names.count(one.name) > 1
        found[f"{seen[one.name]}:{one.name}" if twice else one.name] = one.data
    return found


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_people_see_of_it(case: Case):
    mail = parse(case.raw)
    for words in case.text:
        assert words in mail.text
    if case.subject is not None:
        assert mail.subject == case.subject
    if case.files is not None:
        assert named_files(mail) == case.files
    if case.sender is not None:
        assert mail.sender.address == case.sender
    if case.message_id is not None:
        assert mail.message_id == case.message_id
    assert all(len(one.data) == one.size for one in mail.attachments)


def test_there_are_many_of_them_and_each_has_its_name():
    assert len({case.name for case in CASES}) == len(CASES) > 300
