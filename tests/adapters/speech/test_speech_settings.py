"""What may be set, and how it is written."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from adapters.speech.settings import SpeechSettings


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("simplified", "simplified"),
        ("简", "simplified"),
        ("简体", "simplified"),
        ("zh-Hans", "simplified"),
        ("Traditional", "traditional"),
        ("繁", "traditional"),
        ("繁體", "traditional"),
        ("zh-hant", "traditional"),
        ("", ""),
    ],
)
def test_scripts_have_many_names(written, means):
    assert SpeechSettings(script=written).script == means


def test_simplified_is_the_default_and_others_are_refused():
    assert SpeechSettings().script == "simplified"
    with pytest.raises(ValidationError):
        SpeechSettings(script="latin")


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        ("", (Decimal(0), "")),
        ("0.006 USD", (Decimal("0.0090"), "USD")),
        ("0.04cny", (Decimal("0.0600"), "CNY")),
    ],
)
def test_a_minute_and_a_half_costs(price, cost):
    assert SpeechSettings(price=price).cost(90) == cost


@pytest.mark.parametrize("price", ["0.006", "USD", "-1 USD", "1e9 USD", "0.006 dollars"])
def test_a_price_needs_its_currency(price):
    with pytest.raises(ValidationError, match=r"0\.006 USD"):
        SpeechSettings(price=price)
