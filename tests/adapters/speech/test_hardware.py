"""The model runs where it can: on a card, or without a word of doubt on the processor."""

import ctypes

import ctranslate2
import pytest
import structlog

from adapters.speech import hardware


def test_a_processor_reckons_in_int8(models):
    model = hardware.load(str(models / "scripted"), "auto", "auto")
    assert (model.model.device, model.model.compute_type) == ("cpu", "int8_float32")


def test_what_is_asked_for_is_taken(models):
    model = hardware.load(str(models / "scripted"), "cpu", "float32")
    assert model.model.compute_type == "float32"


def test_a_card_without_its_libraries_is_told_and_left(models, monkeypatch):
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    with structlog.testing.capture_logs() as lines:
        model = hardware.load(str(models / "scripted"), "auto", "auto")
    assert model.model.device == "cpu"
    assert [line["event"] for line in lines] == ["speech.no_cuda"]
    assert "libcublas" in lines[0]["why"]


@pytest.mark.parametrize(
    ("can", "asked", "kind"),
    [
        ({"float32", "int8_float32", "float16"}, "auto", "float16"),
        ({"float32", "int8_float32"}, "auto", "int8_float32"),
        ({"float32", "float16"}, "int8_float16", "int8_float16"),
    ],
)
def test_a_card_reckons_in_float16(monkeypatch, can, asked, kind):
    asked_for = []
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda _: can)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: None)
    monkeypatch.setattr(hardware, "_model", lambda *given: asked_for.append(given))
    hardware.load("folder", "auto", asked)
    assert asked_for == [("folder", "cuda", kind)]


def test_a_card_that_was_asked_for_by_name_is_no_matter_of_luck(models):
    with pytest.raises((RuntimeError, ValueError)):
        hardware.load(str(models / "scripted"), "cuda", "auto")
