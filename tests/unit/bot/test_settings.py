"""One tree of settings out of a file and the environment."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from bot import parts
from bot.settings import BadSettings, Settings, load


def read(folder: Path, toml: str = "", **environ: str) -> tuple[Settings, list[str]]:
    if toml:
        (folder / "keqing.toml").write_text(toml, "utf-8")
    return load(parts.settings_models(), folder=folder, environ=environ)


def test_without_any_setting_there_are_defaults(tmp_path: Path):
    found, unknown = read(tmp_path)
    assert (found.port, found.language, found.timezone) == (8080, "zh", "Asia/Shanghai")
    assert found.quiet == (time(21), time(8))
    assert (found.database_url, unknown) == (None, [])
    assert found.branch("hook") == {"secret": None, "push_url": None, "systems": ""}
    assert found.branch("no such branch") == {}


def test_the_environment_comes_before_the_file(tmp_path: Path):
    found, _ = read(tmp_path, 'port = 9000\nlanguage = "en"', KEQING_PORT="9001", OTHER="1")
    assert (found.port, found.language) == (9001, "en")


def test_nested_settings_come_from_both(tmp_path: Path):
    toml = '[hook]\nsecret = "from file"\npush_url = "http://x.example/"\n[speech]\nmodel = "small"'
    found, unknown = read(tmp_path, toml, KEQING_HOOK__SECRET="from environment")
    assert found.branch("hook")["secret"].get_secret_value() == "from environment"
    assert found.branch("hook")["push_url"] == "http://x.example/"
    assert found.branch("speech")["model"] == "small"
    assert unknown == []


def test_what_nobody_knows_is_named_not_guessed(tmp_path: Path):
    _, unknown = read(
        tmp_path,
        'colour = "red"\n[hook]\nsecrt = "x"',
        KEQING_PROT="1",
        KEQING_HOOK__PUSHURL="http://x",
        KEQING_FAX__TOKEN="x",
    )
    assert set(unknown) == {"colour", "prot", "fax", "hook.secrt", "hook.pushurl"}


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"KEQING_PORT": "abc"}, "port"),
        ({"KEQING_PORT": "70000"}, "port"),
        ({"KEQING_PORT": "-1"}, "port"),
        ({"KEQING_LANGUAGE": "fr"}, "language"),
        ({"KEQING_TIMEZONE": "Mars/Olympus"}, "timezone"),
        ({"KEQING_TIMEZONE": "../../etc/passwd"}, "timezone"),
        ({"KEQING_QUIET_HOURS": "late"}, "quiet_hours"),
        ({"KEQING_QUIET_HOURS": "25:00-08:00"}, "quiet_hours"),
        ({"KEQING_LOG_LEVEL": "loud"}, "log_level"),
        ({"KEQING_HOOK": "s3cret"}, "hook"),
        ({"KEQING_HOOK__PUSH_URL": "ftp://x.example"}, "hook.push_url"),
        ({"KEQING_SPEECH__ENGINE": "parrot"}, "speech.engine"),
        ({"KEQING_PORT__INNER": "1"}, "port"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_both_languages(
    tmp_path: Path, environ: dict[str, str], name: str
):
    with pytest.raises(BadSettings) as caught:
        read(tmp_path, **environ)
    shown = f"{name} (KEQING_{name.upper().replace('.', '__')})"
    zh, en = str(caught.value).split("\n")
    assert zh.startswith(f"设置「{shown}」的值不可用：")
    assert en.startswith(f"the setting {shown} has a value that cannot be used: ")


@pytest.mark.parametrize("toml", ["port = ", "[hook", "port = 1\nport = 2", "\x00"])
def test_a_broken_file_is_named(tmp_path: Path, toml: str):
    with pytest.raises(BadSettings, match=r"keqing\.toml") as caught:
        read(tmp_path, toml)
    assert "不是有效的 TOML" in str(caught.value)


def test_a_file_that_is_not_text_is_named(tmp_path: Path):
    (tmp_path / "keqing.toml").write_bytes(b'language = "\xff\xfe"')
    with pytest.raises(BadSettings, match=r"keqing\.toml"):
        read(tmp_path)


@pytest.mark.parametrize(("given", "meant"), [("zh-CN", "zh"), ("zh_cn", "zh"), ("EN-us", "en")])
def test_a_language_may_carry_its_country(tmp_path: Path, given: str, meant: str):
    assert read(tmp_path, KEQING_LANGUAGE=given)[0].language == meant


@pytest.mark.parametrize(
    ("given", "quiet"),
    [("", None), ("22:30-07:15", (time(22, 30), time(7, 15))), ("12:00 - 14:00", (time(12), time(14)))],
)  # fmt: skip
def test_quiet_hours_are_two_times_or_none(tmp_path: Path, given: str, quiet: Any):
    assert read(tmp_path, KEQING_QUIET_HOURS=given)[0].quiet == quiet


def test_no_secret_shows(tmp_path: Path):
    secret = "hush-hush"
    url = f"postgresql://keqing:{secret}@db/keqing"
    environ = {
        "KEQING_HOOK__SECRET": secret,
        "KEQING_SPEECH__API_KEY": secret,
        "KEQING_DATABASE_URL": url,
    }
    found, _ = read(tmp_path, **environ)
    assert found.database_url == url
    for shown in (repr(found), str(found), repr(found.branch("hook")), repr(found.branches)):
        assert secret not in shown
    with pytest.raises(BadSettings) as caught:
        read(tmp_path, **environ, KEQING_HOOK__PUSH_URL=f"ftp://{secret}@x.example")
    assert secret not in str(caught.value)


def test_the_tree_cannot_be_changed(tmp_path: Path):
    found, _ = read(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        found.port = 1  # pyright: ignore[reportAttributeAccessIssue]
