"""A loop that outlives the driver's errors does not outlive its cancellation."""

import asyncio

import pytest

from storage.db import ending


async def survives_errors(*, asks: bool) -> None:
    """Loses its cancellation in an error, as a statement that is cut off does."""
    for _ in range(3):
        try:
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                raise ConnectionError from None
        except ConnectionError:
            if asks:
                ending()


async def test_a_cancellation_that_became_an_error_still_ends_the_loop():
    task = asyncio.create_task(survives_errors(asks=True))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_asking_it_would_be_lost():
    task = asyncio.create_task(survives_errors(asks=False))
    await asyncio.sleep(0)
    task.cancel()
    await task


async def test_nothing_ends_that_was_not_cancelled():
    ending()
