"""`keqing accounts import` from the outside: a dry run, the run, the same once more, what is wrong."""

import pytest

from tests.cli.installation import Installation

pytestmark = pytest.mark.xdist_group("cli")

FILE = """id,date,customer,project,amount
CLI-1,2026-11-20,华建,P-0001,"6,000.00"
CLI-2,2026-11-21,华建,P-0001,一百
"""


def test_a_file_of_receipts_from_the_command_line(elsewhere: Installation):
    (elsewhere.folder / "in.csv").write_text(FILE, "utf-8")
    words = ("accounts", "import", "in.csv", "--kind", "receipts", "--map", "generic")
    for extra, new, there in ((("--dry-run",), 1, 0), ((), 1, 0), ((), 0, 1)):
        done = elsewhere.keqing(*words, *extra, "--json")
        assert done.code == 1, done.err
        (told,) = done.lines
        assert (told["rows"], told["new"], told["there"], told["rejected"]) == (2, new, there, 1)
        assert told["dry_run"] == bool(extra)
        assert told["rejects"][0]["line"] == 3
        assert "一百" in told["rejects"][0]["why"]
    spoken = elsewhere.keqing(*words, "--dry-run", KEQING_LANGUAGE="en")
    assert "line 3: amount cannot be read: 一百" in spoken.err
    assert spoken.out.endswith("A dry run: nothing was written.\n")
    shown = elsewhere.keqing("run", "/收款情况 P-0001", "--as", "陈总").out
    assert "6,000" in shown
    for bad in (("--kind", "poems"), ("--map", "iot"), ("--map", "no.toml")):
        done = elsewhere.keqing(*words, *bad)
        assert (done.code, bool(done.err)) == (2, True), bad
    assert elsewhere.keqing("accounts", "import", "no.csv", *words[3:]).code == 2
