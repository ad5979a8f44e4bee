"""`keqing mail FILE`."""

import json

import pytest
import typer
from typer.testing import CliRunner

from adapters.email.command import mail

DATA = (
    b"From: =?gbk?B?1cXI/Q==?= <z@a.cn>\r\nTo: u@b.cn\r\nMessage-ID: <2@a>\r\n"
    b"Date: Mon, 3 Mar 2025 10:00:00 +0800\r\nSubject: hi\r\n\r\nwords\r\n"
)


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("KEQING_LANGUAGE", raising=False)
    app = typer.Typer()
    app.command()(mail)
    return lambda *words: CliRunner().invoke(app, list(map(str, words)))


def test_json_is_one_object(run, tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(DATA)
    result = run(path, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "message_id": "<2@a>",
        "from": {"name": "张三", "address": "z@a.cn"},
        "to": [{"name": "", "address": "u@b.cn"}],
        "cc": [],
        "subject": "hi",
        "date": "2025-03-03T10:00:00+08:00",
        "text": "words",
        "new_text": "words",
        "attachments": [],
        "auto": False,
        "references": [],
    }


def test_people_get_lines(run, tmp_path):
    path = tmp_path / "a.eml"
    path.write_bytes(DATA)
    assert "发件人: 张三 <z@a.cn>" in run(path).stdout
    assert "From: 张三 <z@a.cn>" in run(path, "--lang", "en").stdout


@pytest.mark.parametrize("data", [None, b"", b"\x00\x01\x02"])
def test_what_cannot_be_read_ends_with_2(run, tmp_path, data):
    path = tmp_path / "a.eml"
    if data is not None:
        path.write_bytes(data)
    result = run(path, "--json")
    assert result.exit_code == 2
    assert "a.eml" in result.stderr
    assert result.stdout == ""
