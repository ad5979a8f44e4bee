"""Names of recordings, as telephone systems write them and as a firm's own pattern reads them."""

import pytest
from pydantic import ValidationError

from adapters.calls import pattern
from adapters.calls.settings import CallsSettings
from bot import clock

ZONE = clock.zone(None)
AT = "2026-11-20T14:03:22+08:00"


@pytest.mark.parametrize(
    ("name", "customer", "ours", "person", "at"),
    [
        ("20261120-140322_13800001111_6021.wav", "13800001111", "6021", "", AT),
        ("20261120-140322_6021_13800001111.wav", "13800001111", "6021", "", AT),
        ("20261120140322_out_6021_62345678.wav", "62345678", "6021", "", AT),
        ("13800001111_20261120140322.amr", "13800001111", "", "", AT),
        ("13800001111_6021_20261120140322_in.mp3", "13800001111", "6021", "", AT),
        ("in-13800001111-20261120140322.wav", "13800001111", "", "", AT),
        ("in-13800001111-6021-20261120-140322.wav", "13800001111", "6021", "", AT),
        ("out-6021-13800001111-20261120-140322.wav", "13800001111", "6021", "", AT),
        ("out-13800001111-6021-20261120-140322.wav", "13800001111", "6021", "", AT),
        ("in-02161234567-13800001111-20261120-140322-1763618602.123.wav",
         "13800001111", "02161234567", "", AT),
        ("out-13800001111-02161234567-20261120-140322-1763618602.123.wav",
         "13800001111", "02161234567", "", AT),
        ("in_13800001111_02161234567_20261120140322.wav", "13800001111", "02161234567", "", AT),
        ("OUT_02161234567_13800001111_20261120140322.WAV", "13800001111", "02161234567", "", AT),
        ("呼出_02161234567_13800001111_20261120-140322.wav",
         "13800001111", "02161234567", "", AT),
        ("呼入-13800001111-2026-11-20_14-03-22.wav", "13800001111", "", "", AT),
        ("录音_张三_13800001111_20261120_140322.m4a", "13800001111", "", "张三", AT),
        ("通话录音@张三(138 0000 1111)_20261120140322.m4a", "13800001111", "", "张三", AT),
        ("Call recording Zhang San_13800001111_20261120_140322.m4a",
         "13800001111", "", "Zhang San", AT),
        ("+8613800001111_20261120140322.m4a", "+8613800001111", "", "", AT),
        ("20261120-140322_6021_6022.wav", "6021", "6022", "", AT),
        ("voicemail.wav", "", "", "", None),
        ("会议 2026年11月20日14时03分22秒.m4a", "", "", "", AT),
        ("13800001111", "13800001111", "", "", None),
        (".wav", "", "", "", None),
    ],
)  # fmt: skip
def test_names_that_telephone_systems_write(name, customer, ours, person, at):
    found = pattern.read(name, ZONE)
    assert (found.customer, found.ours, found.name) == (customer, ours, person)
    assert (found.at and found.at.astimezone(ZONE).isoformat()) == at


@pytest.mark.parametrize(
    ("own", "name", "customer", "ours", "at"),
    [
        (r"^(?P<time>\d+)_(?P<caller>\d+)-(?P<callee>\d+)\.wav$",
         "1795154602_13800001111-6021.wav", "13800001111", "6021", AT),
        (r"^(?P<time>\d+)_(?P<caller>\d+)",
         "1795154602123_13800001111.wav", "13800001111", "", AT),
        (r"A(?P<caller>\d+)B(?P<callee>\d+)D(?P<direction>\w)T(?P<time>\d{12})",
         "A02161234567B13800001111DOT261120140322.wav", "13800001111", "02161234567", AT),
        (r"(?P<caller>\d+)@(?P<time>[^@]+)@",
         "13800001111@2026-11-20T06:03:22Z@.wav", "13800001111", "", AT),
        (r"(?P<caller>[\d ()-]+)~",
         "(138) 0000-1111~20261120140322.wav", "13800001111", "", AT),
        (r"^x(?P<caller>\d+)$", "13800001111_20261120140322.wav", "13800001111", "", AT),
        (r"(?P<callee>\d+)?_(?P<time>no)?", "_20261120140322.wav", "", "", AT),
    ],
)  # fmt: skip
def test_the_firms_own_pattern_goes_first(own, name, customer, ours, at):
    found = pattern.read(name, ZONE, pattern.compiled(own))
    assert (found.customer, found.ours) == (customer, ours)
    assert found.at
    assert found.at.astimezone(ZONE).isoformat() == at


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ("(?P<caller>", "not a regular expression"),
        (r"(?P<number>\d+)", "no such group: number"),
        (r"\d+", "it names nothing"),
    ],
)
def test_a_pattern_that_cannot_be_used_says_so_at_the_start(own, why):
    with pytest.raises(ValidationError, match=why):
        CallsSettings(pattern=own)


def test_nothing_set_is_nothing_on():
    empty = CallsSettings.model_validate({"folder": "", "pattern": " ", "secret": "", "hosts": " "})
    assert (empty.folder, empty.pattern, empty.secret, empty.hosts) == (None, "", None, [])


def test_hosts_come_as_a_list_or_as_its_text():
    for told in ('["https://pbx.example.com/", "http://10.0.0.5:8088"]',
                 ["https://pbx.example.com", "http://10.0.0.5:8088"]):  # fmt: skip
        settings = CallsSettings.model_validate({"hosts": told})
        assert settings.hosts == ["https://pbx.example.com", "http://10.0.0.5:8088"]
    assert CallsSettings(hosts=["https://*.example.com"]).hosts == ["https://*.example.com"]


@pytest.mark.parametrize(
    "told",
    [
        "https://pbx.example.com", "{}", "[1]", "[" * 100_000, '["pbx.example.com"]', '["*"]',
        '["https://*"]', '["https://*.com.*"]', '["https://u:p@pbx.example.com"]',
        '["https://pbx.example.com/path"]', '["ftp://pbx.example.com"]', '["https://"]',
        '["file:///etc"]', '["https://a?b"]', '["https://[a-z]"]',
    ],
)  # fmt: skip
def test_hosts_that_are_none_are_refused(told):
    with pytest.raises(ValidationError):
        CallsSettings.model_validate({"hosts": told})
