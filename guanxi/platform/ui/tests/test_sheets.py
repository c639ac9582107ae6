"""Given rows of whatever sort, when they are sent as a spreadsheet, then a spreadsheet program reads just these."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from guanxi.platform.ui.sheets import CELL, PIECE, column, xlsx

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read(data: bytes) -> list[list[Any]]:
    """As a spreadsheet program reads it."""
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def cells(data: bytes) -> list[dict[str, str]]:
    """Each row as its place and text stand in the file, the signs that XML cannot hold put back."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        root = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return [
        {cell.attrib["r"]: _SIGN.sub(lambda m: chr(int(m[1], 16)), "".join(cell.itertext())) for cell in row}
        for row in root.iter(f"{_NS}row")
    ]


_SIGN = re.compile("_x([0-9A-F]{4})_")


def test_texts_numbers_days_and_times_come_back_as_they_are() -> None:
    day, time = date(2026, 3, 5), datetime(2026, 3, 5, 14, 30)  # noqa: DTZ001
    row = ["=1+1", "𠮷野家", "a\nb", 42, Decimal("12.50"), -0.5, day, time, "", None]
    data = b"".join(xlsx(["客户"] * len(row), [row]))
    assert read(data)[1][:8] == ["=1+1", "𠮷野家", "a\nb", 42.0, 12.5, -0.5, day, time]
    assert read(data)[0][0] == "客户"
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


def test_what_a_spreadsheet_cannot_hold_is_text_or_shortened() -> None:
    row = [date(1899, 1, 1), 10**18, "长" * (CELL + 5), True]
    found = read(b"".join(xlsx(["a", "b", "c", "d"], [row])))[1]
    assert found[:2] == ["1899-01-01", "1000000000000000000"]
    assert len(found[2]) == CELL
    assert found[3] == "True"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
@example(["_x0041_", "\r\n", "<a href='&'>", "\x00\x1b"])
@settings(max_examples=150, deadline=None)
def test_any_text_survives(row: list[str]) -> None:
    marked = [f".{text}" for text in row]
    found = cells(b"".join(xlsx(["h"] * len(row), [marked])))[1]
    kept = [text.replace("\ufffe", "").replace("\uffff", "") for text in marked]
    assert list(found.values()) == kept


def test_it_leaves_while_rows_are_still_being_asked_for() -> None:
    asked = 0

    def rows() -> Iterator[list[str]]:
        nonlocal asked
        for number in range(20_000):
            asked += 1
            yield [sha256(str(number).encode()).hexdigest(), "客户"]

    pieces = xlsx(["a", "b"], rows())
    first = next(pieces)
    assert asked < 20_000
    assert len(first) < 4 * PIECE
    rest = list(pieces)
    assert max(map(len, rest)) < 4 * PIECE
    assert len(read(first + b"".join(rest))) == 20_001


def test_columns_are_named_as_spreadsheets_name_them() -> None:
    assert [column(n) for n in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
