"""A browser for tests: the machine's own, else Playwright's, else Debian's.

`python tests/browser.py` sees to it that one is there, says what it did, and never fails.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LONGEST_S: Final = 600


def find() -> Path | None:
    """A Chromium that starts: on the PATH, or the one that Playwright keeps; None for neither."""
    for name in NAMES:
        found = shutil.which(name)
        if found and starts(Path(found)):
            return Path(found)
    kept = _playwrights()
    return kept if kept is not None and kept.is_file() and starts(kept) else None


def starts(browser: Path) -> bool:
    """Whether it runs here at all: a snap's stub or a missing library would not."""
    try:
        done = subprocess.run(
            [str(browser), "--version"], capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _playwrights() -> Path | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def _ways() -> list[tuple[str, list[list[str]]]]:
    """How to come by one, the cheapest first."""
    ways = [("Playwright's own", [[sys.executable, "-m", "playwright", "install", "chromium"]])]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        ways.append(("Debian's package", [["apt-get", "update"], install]))
    return ways


def ensure() -> Path | None:
    """Find a browser, or fetch one; tells what it did."""
    found = find()
    if found is not None:
        print(f"browser for tests: {found}")  # noqa: T201
        return found
    for name, commands in _ways():
        print(f"browser for tests: fetching {name} …", flush=True)  # noqa: T201
        if all(_runs(command) for command in commands) and (found := find()) is not None:
            print(f"browser for tests: {found}")  # noqa: T201
            return found
    print("browser for tests: none could be had; the tests that need one are skipped")  # noqa: T201
    return None


def _runs(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_LONGEST_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {command[0]}: {type(error).__name__}")  # noqa: T201
        return False
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        print(f"  {' '.join(command)}: {said[-1][:200] if said else done.returncode}")  # noqa: T201
    return done.returncode == 0


if __name__ == "__main__":
    ensure()
