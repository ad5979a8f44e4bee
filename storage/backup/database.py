"""The database's part: pg_dump out of it, pg_restore and psql into it, in one transaction."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Final, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from storage.backup.errors import BackupError
from storage.embedded import Words

_CHUNK: Final = 1 << 20


def dump_to(url: str, target: Path, binaries: Path) -> None:
    database, environment = connection(url)
    command = [str(binaries / "pg_dump"), "--format=custom", f"--file={target}"]
    command += ["--no-owner", "--no-privileges", f"--dbname={database}"]
    # Platforms' tokens are secrets, and over before anybody could need them from a backup.
    command.append("--exclude-table-data=shared_token")
    done = subprocess.run(  # noqa: S603 - our own program, arguments as a list
        command, env=environment, capture_output=True, check=False
    )
    if done.returncode:
        words = Words("备份失败：数据库没有导出。", "No backup: the database was not dumped.")
        raise BackupError("dump_failed", words, _last_words(done.stderr))


def connection(url: str) -> tuple[str, dict[str, str]]:
    """Connection string and environment: the password travels in the latter, unseen by `ps`."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGCLIENTENCODING": "UTF8"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parts), environment


def _last_words(said: bytes) -> str:
    return "\n".join(said.decode("utf-8", "replace").splitlines()[-10:])


def revision(url: str) -> str | None:
    with psycopg.connect(url) as database:
        if database.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = database.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def is_empty(url: str) -> bool:
    with psycopg.connect(url) as database:
        return database.execute(_TABLES).fetchone() == (0,)


def load(url: str, dump: Path, binaries: Path) -> None:
    """Clear and fill the database in one transaction: the script's end is sent only if it is whole."""
    target, environment = connection(url)
    read = [str(binaries / "pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    write = [str(binaries / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", f"--dbname={target}"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - our own program, arguments as a list
            read, env=environment, stdout=subprocess.PIPE, stderr=said
        ) as script,
        subprocess.Popen(  # noqa: S603
            write, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        ) as loader,
    ):
        done = _feed(script, loader)
        said.seek(0)
        last_words = _last_words(said.read())
    if not done:
        words = Words(
            "恢复失败，数据库保持原样。若是等锁超时，请先停止 keqing。",
            "Not restored; the database is as it was. If a lock was waited for, stop keqing first.",
        )
        raise BackupError("restore_failed", words, last_words)


def _feed(script: subprocess.Popen[bytes], loader: subprocess.Popen[bytes]) -> bool:
    read, write = cast("IO[bytes]", script.stdout), cast("IO[bytes]", loader.stdin)
    try:
        write.write(f"BEGIN;\n{_CLEAR}".encode())
        shutil.copyfileobj(read, write, _CHUNK)
        whole = script.wait() == 0
        write.write(b"COMMIT;\n" if whole else b"ROLLBACK;\n")
        write.close()
    except BrokenPipeError:  # psql stopped at an error: it has said why
        script.kill()
        return False
    return loader.wait() == 0 and whole


_OURS: Final = (
    "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'"
)
_TABLES: Final = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "  # noqa: S608
    f"WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {_OURS}"
)
# Schema `public` itself stays: it may belong to somebody else, and dumps count on it.
_CLEAR: Final = f"""
SET lock_timeout = '10s';
SET client_min_messages = warning;
DO $$
DECLARE one text;
BEGIN
  FOR one IN SELECT format('SCHEMA %I', n.nspname) FROM pg_namespace n
      WHERE n.nspname <> 'public' AND {_OURS} LOOP
    EXECUTE 'DROP ' || one || ' CASCADE';
  END LOOP;
  LOOP
    SELECT what INTO one FROM (
      SELECT format('%s public.%I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE'
          WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, c.relname),
        'pg_class'::regclass, c.oid
        FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND c.relnamespace = 'public'::regnamespace
      UNION ALL SELECT format('ROUTINE %s', p.oid::regprocedure), 'pg_proc'::regclass, p.oid
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
      UNION ALL SELECT format('TEXT SEARCH CONFIGURATION public.%I', t.cfgname),
        'pg_ts_config'::regclass, t.oid
        FROM pg_ts_config t WHERE t.cfgnamespace = 'public'::regnamespace
      UNION ALL SELECT format('TYPE public.%I', t.typname), 'pg_type'::regclass, t.oid
        FROM pg_type t WHERE t.typtype IN ('e', 'd', 'r', 'c')
        AND t.typnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
    ) AS left_over (what, class, id)
    WHERE NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.classid = class AND d.objid = id AND d.deptype IN ('e', 'i')) LIMIT 1;
    EXIT WHEN one IS NULL;
    EXECUTE 'DROP ' || one || ' CASCADE';
  END LOOP;
END $$;
"""  # noqa: S608 - made of constants alone
