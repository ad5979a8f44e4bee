"""What all tests share: one real PostgreSQL per worker, an empty database per test, a small firm."""

import asyncio
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from bot import firm, parts, runtime
from bot.app import Program
from bot.settings import Settings, load
from storage import db as storage_db
from storage.db import Database
from storage.embedded import Cluster, open_cluster

KEY = b"k" * 32
_numbers = itertools.count()
# As the program does it: thousands of tests leave little garbage, and much to look through.
gc.set_threshold(50_000)

FIRM: dict[str, Any] = {
    "members": [
        {
            "name": "陈总",
            "role": "manager",
            "emails": ["chen@zhuyun.example"],
            "ids": {"hook": "m-chen"},
        },
        {"name": "管理员", "role": "admin", "emails": ["root@zhuyun.example"]},
        {
            "name": "李雷",
            "role": "pm",
            "emails": ["li@zhuyun.example"],
            "ids": {"hook": "m-li"},
            "superior": "陈总",
        },
        {"name": "Emma", "role": "pm", "emails": ["emma@zhuyun.example"], "language": "en"},
        {"name": "韩梅", "role": "sales", "emails": ["han@zhuyun.example"]},
        {"name": "赵强", "role": "sales", "emails": ["zhao@zhuyun.example"]},
        {"name": "钱会计", "role": "finance", "emails": ["qian@zhuyun.example"]},
        {"name": "周服", "role": "service", "emails": ["zhou@zhuyun.example"]},
    ],
    "customers": [
        {
            "code": "C-0001",
            "name": "上海华建工程集团有限公司",
            "aliases": ["华建"],
            "domains": ["huajian.example"],
            "tier": "vip",
            "owner": "韩梅",
            "contacts": [
                {
                    "name": "王芳",
                    "title": "项目总监",
                    "emails": ["wang@huajian.example", "wangfang@qq.com"],
                    "phones": ["13800001111"],
                    "ids": {"hook": "u-wang"},
                }
            ],
            "projects": [
                {
                    "code": "P-0001",
                    "name": "华建三期智慧工地",
                    "aliases": ["三期"],
                    "manager": "李雷",
                    "members": ["Emma"],
                    "phase": "do",
                    "budget": 100000,
                    "spent": 50000,
                    "progress": 60,
                    "milestones": [{"name": "初验", "due": "2030-01-10"}],
                    "tasks": [
                        {"name": "装摄像头", "due": "2030-01-01", "key": True, "assignee": "李雷"}
                    ],
                },
                {"code": "P-0002", "name": "劳务实名制系统", "manager": "Emma", "phase": "plan"},
            ],
        },
        {
            "code": "C-0002",
            "name": "Acme Trading Co., Ltd.",
            "aliases": ["Acme"],
            "domains": ["acme.example"],
            "owner": "赵强",
            "contacts": [
                {"name": "John Smith", "emails": ["john@acme.example"], "ids": {"hook": "u-john"}}
            ],
            "projects": [
                {"code": "P23-001", "name": "Warehouse portal", "manager": "Emma", "phase": "do"}
            ],
        },
        {"code": "C-0003", "name": "北京远山咨询有限公司", "owner": "赵强"},
    ],
    "chats": [
        {"channel": "hook", "chat": "g-huajian", "customer": "C-0001", "audience": "customer"},
        {
            "channel": "hook",
            "chat": "i-p1",
            "customer": "C-0001",
            "project": "P-0001",
            "audience": "internal",
        },
    ],
}


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One PostgreSQL for this test process."""
    folder = Path(tempfile.mkdtemp(prefix="kq"))
    folder.chmod(0o755)
    first = open_cluster(folder)
    # Tests that check durability run clusters of their own; here a database per test counts.
    with (first.folder / "postgresql.conf").open("a") as conf:
        conf.write("fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n")
        # Its workers belong to the superuser, whom the owner of a database may not throw out of it.
        conf.write("autovacuum = off\n")
    first.close()
    found = open_cluster(folder)
    yield found
    found.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A migrated database to copy, since copying takes a tenth of migrating."""
    name = f"template_{os.getpid()}"
    url = _create(cluster, name)
    storage_db.migrate(url)
    runtime.install(url)
    return name


def _create(cluster: Cluster, name: str, template: str | None = None) -> str:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        like = f' TEMPLATE "{template}"' if template else ""
        connection.execute(f'CREATE DATABASE "{name}"{like}')
    return make_url(cluster.url).set(database=name).render_as_string(hide_password=False)


class Emptied:
    """A migrated database that is emptied for each test, a fifth of the cost of copying the template.

    It gets another name each time: what an earlier test has left running finds nothing any more.
    """

    def __init__(self, cluster: Cluster, template: str) -> None:
        self._admin = psycopg.connect(cluster.url, autocommit=True)
        self._address = make_url(cluster.url)
        self._name = f"test_{os.getpid()}"
        with psycopg.connect(_create(cluster, self._name, template)) as connection:
            rows = connection.execute("""
SELECT relkind, quote_ident(relname) FROM pg_class c
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') AND relname <> 'alembic_version'
  AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = c.oid AND deptype IN ('a', 'i'))
""").fetchall()
            self._roles = connection.execute("SELECT row_to_json(role)::text FROM role").fetchall()
        self._tables = [name for kind, name in rows if kind == "r"]
        self._sequences = [name for kind, name in rows if kind == "S"]

    def again(self) -> str:
        """The address, once the database is as it was at first."""
        self._rename(f"test_{os.getpid()}_{next(_numbers)}")
        url = self._address.set(database=self._name).render_as_string(hide_password=False)
        with psycopg.connect(url) as connection:
            connection.execute(f"TRUNCATE {', '.join(self._tables)} RESTART IDENTITY")
            for name in self._sequences:
                connection.execute(f"ALTER SEQUENCE {name} RESTART")
            for (role,) in self._roles:
                connection.execute(
                    "INSERT INTO role SELECT * FROM json_populate_record(NULL::role, %s)", (role,)
                )
        return url

    def _rename(self, name: str) -> None:
        while True:
            self._admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (self._name,),
            )
            try:
                self._admin.execute(f'ALTER DATABASE "{self._name}" RENAME TO "{name}"')
            except psycopg.errors.ObjectInUse:  # one is on its way out still
                continue
            self._name = name
            return

    def close(self) -> None:
        self._admin.close()


@pytest.fixture(scope="session")
def emptied(cluster: Cluster, template: str) -> Iterator[Emptied]:
    """One database for this test process."""
    found = Emptied(cluster, template)
    yield found
    found.close()


@pytest.fixture
def url(emptied: Emptied) -> str:
    """The address of a migrated database in which nothing is yet."""
    return emptied.again()


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    database = Database(url, KEY)
    yield database
    await database.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found, _ = load(
        parts.settings_models(),
        folder=tmp_path,
        environ={
            "KEQING_DATA_DIR": str(tmp_path / "data"),
            "KEQING_HOOK__SECRET": "s3cret",
            "KEQING_PORT": "0",
        },
    )
    found.data_dir.mkdir()
    return found


@pytest.fixture
async def program(db: Database, settings: Settings) -> AsyncIterator[Program]:
    """A program on a fresh database; nothing of it runs by itself."""
    yield Program(settings, db, None)
    await asyncio.sleep(0)


@pytest.fixture
async def loaded(program: Program) -> Program:
    """A program whose firm is FIRM."""
    await firm.load(program.db, firm.FirmIn.model_validate(FIRM))
    return program
