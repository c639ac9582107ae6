"""What is written can be read again, and never runs as a formula."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guanxi.platform.imports.export import rejected_rows, write_csv, write_xlsx
from guanxi.platform.imports.guarding import guard, unguard
from guanxi.platform.imports.reading import read_sheet
from guanxi.platform.imports.reasons import reason
from guanxi.platform.imports.values import clean_text

_SIGNS = "恒远电子有限公司ABCxyz0123456789 ,;|'\"=+-@()\n\t，。é𠮷"
CELL = st.text(_SIGNS, max_size=12).map(clean_text)
NAMES = st.lists(
    st.text("客户名称电话地址备注联系人", min_size=2, max_size=5), min_size=2, max_size=5, unique=True
)


@st.composite
def tables(draw):
    names = draw(NAMES)
    rows = draw(st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    return names, [row for row in rows if all(row)] or [["甲"] * len(names)]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1",
        "|calc",
        "'=1",
        "-2+3+cmd|' /C calc'!A0",
        "+49 30 0074321",
        "+8613800138000",
        "-",
        "--",
    ],
)
def test_formulas_get_an_apostrophe_and_give_it_back(text):
    assert guard(text) == "'" + text
    assert unguard(guard(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "0571-87061501",
        "138 0571 2345",
        "-12.5",
        "恒远",
        "a=b",
        "1-2",
        "",
        "O'Neil",
        "'quoted'",
    ],
)
def test_numbers_and_telephone_numbers_stay_readable(text):
    assert guard(text) == text
    assert unguard(text) == text


@given(st.text(max_size=30))
def test_guarding_loses_nothing(text):
    assert unguard(guard(text)) == text


@given(tables(), st.sampled_from(["utf-8-sig", "gb18030"]))
@example((["甲", "乙"], [["，\n0", "远"]]), "gb18030")  # in GB18030 远 has the bytes of a letter in UTF-8
@settings(max_examples=150, deadline=None)
def test_a_csv_file_reads_as_it_was_written(table, encoding):
    names, rows = table
    sheet = read_sheet(
        write_csv(names, rows, encoding=encoding),
        encoding="" if encoding != "gb18030" else encoding,
        delimiter=",",
    )
    assert list(sheet.header) == names
    assert [list(row.cells) for row in sheet.rows] == rows


@given(tables())
@settings(max_examples=60, deadline=None)
def test_a_workbook_reads_as_it_was_written(table):
    names, rows = table
    sheet = read_sheet(write_xlsx(names, rows))
    assert list(sheet.header) == names
    assert [list(row.cells) for row in sheet.rows] == rows


def test_typed_values_stay_typed_in_a_workbook():
    sheet = read_sheet(
        write_xlsx(["名称", "金额", "日期", "是"], [["甲", Decimal("12.50"), date(2024, 3, 5), True]])
    )
    assert sheet.rows[0].cells == ("甲", "12.5", "2024-03-05", "TRUE")


def test_the_first_bytes_say_the_encoding():
    assert write_csv(["名称"], []).startswith(b"\xef\xbb\xbf")
    assert write_csv(["名称"], [], encoding="gb18030") == "名称\r\n".encode("gb18030")
    with pytest.raises(ValueError, match="encoding"):
        write_csv(["名称"], [], encoding="latin-1")


def test_rejected_rows_are_exactly_those_with_their_reasons():
    sheet = read_sheet("名称,电话\n甲,1\n,2\n丙,3,4\n".encode())
    why = {3: [("名称", reason("x", "没有名称", "no name"))], 4: [("", reason("y", "多一列", "too wide"))]}
    header, rows = rejected_rows(sheet, why)
    assert header == ["名称", "电话", "", "行号", "未导入的原因"]
    assert rows == [["", "2", "", "3", "名称：没有名称"], ["丙", "3", "4", "4", "多一列"]]
    assert rejected_rows(sheet, why, language="en")[1][0][-1] == "名称: no name"
