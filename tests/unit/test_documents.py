"""Mappings of other systems' fields."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import documents
from bot.domain.documents import Columns

PLAIN = st.none() | st.booleans() | st.text()
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@pytest.mark.parametrize("name", documents.SHIPPED)
@pytest.mark.parametrize("kind", documents.KNOWN)
def test_a_shipped_mapping_names_fields_of_ours_and_all_that_are_needed(
    name: str, kind: documents.Kind
):
    if name not in documents.shipped_for(kind):
        with pytest.raises(ValueError, match=kind):
            documents.shipped(name, kind)
        return
    found = documents.shipped(name, kind)
    assert set(documents.LEAST[kind]) <= set(found.columns) <= set(documents.KNOWN[kind])
    assert set(found.values) <= set(found.columns)


def test_the_presets_of_each_kind():
    assert documents.shipped_for("status") == ["generic", "iot"]
    assert documents.shipped_for("receipts") == ["generic", "kingdee", "yonyou"]


def test_a_mapping_of_ones_own(tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text('[status]\nevent = ["n"]\n[values.phase]\nx = "do"\n[only]\nstate = ["ok"]\n')
    found = documents.mapping(str(file), "status")
    assert (found.values, found.only) == ({"phase": {"x": "do"}}, {})
    file.write_text("[status]\nevent = 5\n")
    with pytest.raises(ValueError, match="list"):
        documents.mapping(str(file), "status")


def test_the_first_field_that_is_filled_is_taken_and_its_value_translated():
    columns = Columns(
        kind="status",
        columns={"event": ["id"], "phase": ["a", "b.c"], "progress": ["p"]},
        values={"phase": {"施工": "do"}},
    )
    row = documents.flat({"id": "7", "a": " ", "b": {"c": "施工"}, "p": "0", "x": {"y": "1"}})
    assert columns.event(row) == "7"
    assert columns.value(row, "phase") == "do"
    assert columns.value(row, "progress") == "0"
    assert columns.value(row, "note") == ""
    assert columns.unknown(row) == 1


@given(st.dictionaries(st.text(), JSON))
def test_whatever_is_told_becomes_texts(found: dict[str, object]):
    row = documents.flat(json.loads(json.dumps(found)))
    assert all(isinstance(value, str) for value in row.values())
