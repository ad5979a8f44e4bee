"""WeCom, running."""

from collections.abc import AsyncIterator

import pytest

from tests.adapters.wecom.harness import WeCom


@pytest.fixture
async def wecom() -> AsyncIterator[WeCom]:
    async with WeCom().running() as made:
        yield made
