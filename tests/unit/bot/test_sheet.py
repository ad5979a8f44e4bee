"""Files for spreadsheets."""

import csv
import io

import pytest

from bot.render import sheet


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"])
def test_no_cell_becomes_a_formula(cell: str):
    text = sheet.csv_of(["名称"], [[cell], ['平常, "话"']]).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["名称"], ["'" + cell], ['平常, "话"']]
