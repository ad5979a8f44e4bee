"""Channels, each with both of its ends."""

import pytest

from storage.db import Database
from tests.contract import harness


@pytest.fixture(params=["hook", "web"])
async def channel(request: pytest.FixtureRequest, db: Database):
    made = harness.Hook() if request.param == "hook" else harness.Web(db)
    async with made.running():
        yield made


@pytest.fixture
async def far():
    """The webhook, running."""
    async with harness.Hook().running() as made:
        yield made
