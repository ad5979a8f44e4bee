"""What is shipped of others is what their package holds, named with version and licence."""

import hashlib
import tomllib
from pathlib import Path

STATIC = Path(__file__).parents[2] / "adapters" / "web" / "static"
VENDOR = STATIC / "vendor"


def test_vendored_files_are_listed_and_unchanged():
    listed = tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["file"]
    shipped = {path.name for path in VENDOR.iterdir()} - {"VENDOR.toml"}
    notices = {path for path in shipped if path.endswith(".LICENSE.txt")}
    assert {file["path"] for file in listed} == shipped - notices
    for file in listed:
        body = (VENDOR / file["path"]).read_bytes()
        assert hashlib.sha256(body).hexdigest() == file["sha256"], file["path"]
        assert file["name"]
        assert file["version"]
        assert file["licence"]


def test_our_own_styles_and_scripts_stay_small():
    lines = {".css": 0, ".js": 0}
    for path in (STATIC / "own").iterdir():
        if path.suffix in lines:
            lines[path.suffix] += len(path.read_text("utf-8").splitlines())
    assert lines[".css"] < 300
    assert lines[".js"] < 400


def test_scripts_hold_no_words_for_people():
    for path in (STATIC / "own").glob("*.js"):
        assert not [c for c in path.read_text("utf-8") if "\u4e00" <= c <= "\u9fff"], path.name
