"""What may be set, and what a wrong setting is told."""

import pytest

from adapters.llm.model import build
from adapters.llm.settings import ModelSettings
from tests.adapters.llm.our_side import Book
from tests.contract.harness import Inside

URL = "https://llm.example.com/v1"


def test_defaults_are_off():
    settings = ModelSettings()
    assert (settings.base_url, settings.model, settings.budget_per_day) == ("", "", 500_000)
    assert (settings.budget_per_person, settings.price_in, settings.price_out) == (0, 0, 0)
    assert not settings.mask
    assert not build({}, Inside().ports, Book()).on


def test_values_are_tidied_and_the_key_is_not_shown():
    settings = ModelSettings.model_validate(
        {"base_url": f" {URL}/ ", "model": " m ", "api_key": " s3cret\n", "budget_per_day": "10"}
    )
    assert (settings.base_url, settings.model, settings.budget_per_day) == (URL, "m", 10)
    assert settings.api_key.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings) + settings.model_dump_json()
    made = build({**settings.model_dump(), "mask": "true"}, Inside().ports, Book())
    assert (made.on, made.masks) == (True, True)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"base_url": URL}, "KEQING_LLM__MODEL"),
        ({"base_url": URL, "model": "  "}, "KEQING_LLM__MODEL"),
        ({"base_url": "llm.example.com"}, "KEQING_LLM__BASE_URL"),
        ({"base_url": "https://"}, "KEQING_LLM__BASE_URL"),
        ({"base_url": "https://h:s3cret"}, "KEQING_LLM__BASE_URL"),
        ({"base_url": "https://us:s3cret@h/v1", "model": "m"}, "KEQING_LLM__BASE_URL"),
        ({"api_key": "s3cret\r\nX: y"}, "KEQING_LLM__API_KEY"),
        ({"api_key": "s3cret密"}, "KEQING_LLM__API_KEY"),
        ({"budget_per_day": -1}, "KEQING_LLM__BUDGET_PER_DAY"),
        ({"budget_per_day": "many"}, "KEQING_LLM__BUDGET_PER_DAY"),
        ({"budget_per_person": -1}, "KEQING_LLM__BUDGET_PER_PERSON"),
        ({"price_in": "-0.1"}, "KEQING_LLM__PRICE_IN"),
        ({"price_out": "inf"}, "KEQING_LLM__PRICE_OUT"),
        ({"mask": "perhaps"}, "KEQING_LLM__MASK"),
    ],
)
def test_what_cannot_work_is_refused_by_its_name(wrong, name):
    with pytest.raises(ValueError, match=name) as raised:
        build(wrong, Inside().ports, Book())
    assert "s3cret密" not in str(raised.value)
    assert "us:s3cret" not in str(raised.value)
