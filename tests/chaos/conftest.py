"""An installation that processes of are killed, and the option for how often."""

from collections.abc import Iterator

import pytest

from benchmarks.installation import Installation


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--chaos-rounds", type=int, default=20, help="how many times to kill something (20)"
    )


@pytest.fixture
def house() -> Iterator[Installation]:
    """An installation with nothing running on it yet."""
    made = Installation()
    yield made
    made.end()


@pytest.fixture
def served(house: Installation) -> Installation:
    """An installation whose server takes messages."""
    house.start("serve")
    house.ready()
    return house
