"""Making a cluster: built beside its place and renamed into it, so that half a one is never seen."""

import os
import secrets
import shutil
from pathlib import Path
from typing import Final

from storage.embedded import errors, locks
from storage.embedded.account import Account, run
from storage.embedded.place import Place

ROLE: Final = "keqing"
DATABASE: Final = "keqing"
NEEDED_BYTES: Final = 96 << 20
"""A fresh cluster takes 40 MB; the rest is for its first write-ahead segments."""

SETTINGS: Final = """\
# Keqing writes this file. Settings of your own go into postgresql.conf, which wins.
max_connections = 60
shared_buffers = 256MB
effective_cache_size = 1GB
maintenance_work_mem = 64MB
max_wal_size = 1GB
wal_compression = on
fsync = on
full_page_writes = on
synchronous_commit = on
autovacuum = on
jit = off
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_filename = 'postgres-%w.log'
log_file_mode = 0600
log_rotation_age = 1d
log_truncate_on_rotation = on
# Statements and DETAIL lines would carry customers' words into the log.
log_min_error_statement = panic
log_error_verbosity = terse
"""
_OWN_SETTINGS: Final = "include 'keqing.conf'\n# Settings below this line win over Keqing's.\n"
_ACCESS: Final = "local all all scram-sha-256\n"


def create(place: Place, programs: Path) -> None:
    """Make the cluster with its role and database; the password stays in it (0600).

    The role owns its database and is no superuser; `postgres` has no password and cannot log in.
    Raises EmbeddedError (disk_full, start_failed, binaries_missing).
    """
    if place.cluster.is_dir() and any(place.cluster.iterdir()):
        raise errors.start_failed(place.cluster, f"{place.cluster}: PG_VERSION is missing")
    if shutil.disk_usage(place.root).free < NEEDED_BYTES:
        raise errors.disk_full(place.root)
    fresh = place.root / "postgres-new"
    # The tools hold this too: those of a creator who was killed may still be at work in there.
    with locks.held(place.server_lock) as lock:
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        place.account.own(fresh)
        try:
            _fill(place, programs, fresh, lock)
            fresh.rename(place.cluster)
        except BaseException:
            shutil.rmtree(fresh)
            raise
        _sync(place.root)


def _fill(place: Place, programs: Path, fresh: Path, lock: int) -> None:
    initdb = [str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", *_INITDB]
    _do(place, initdb, "", lock)
    write(fresh / "pg_hba.conf", _ACCESS, place.account)
    write(fresh / "postgresql.conf", _OWN_SETTINGS, place.account)
    write(fresh / "keqing.conf", SETTINGS, place.account)
    password = secrets.token_urlsafe(32)
    single = ["--single", "-D", str(fresh), "-c", "exit_on_error=on", "postgres"]
    role = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\n"
    database = f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
    _do(place, [str(programs / "postgres"), *single], role + database, lock)
    write(fresh / "password", password, place.account)


_INITDB: Final = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=reject",  # until pg_hba.conf is ours
    "--data-checksums",
)


def _do(place: Place, command: list[str], text: str, lock: int) -> None:
    try:
        done = run(place.account, command, text, locks=(lock,))
    except OSError as error:
        raise errors.binaries_missing(str(error)) from error
    if done.returncode:
        log = "\n".join(done.stdout.splitlines()[-20:])
        raise errors.from_log(place.root, place.root, log)


def write(path: Path, text: str, account: Account) -> None:
    """Write a file of the account's (0600) whole or not at all; on disk when this returns."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        account.own(file.fileno())
        os.fsync(file.fileno())
    part.replace(path)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
