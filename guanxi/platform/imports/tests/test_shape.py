"""Rows of the wrong width are mended where one reading fits, and never shifted."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.platform.imports.reading import read_sheet
from guanxi.platform.imports.shape import settle
from guanxi.platform.imports.tests.samples import sample

LIST = "编号,名称,地址,邮编,电话\n" + "".join(
    f"K{n:03d},客户{chr(0x4E00 + n)}{chr(0x4F00 + n)},远山路{n + 1}号,3100{n:02d},0571-870600{n:02d}\n"
    for n in range(20)
)


def test_an_unquoted_comma_is_joined_where_only_one_reading_fits():
    settled = settle(read_sheet(sample("traders.csv")))
    assert [(repair.row, repair.column) for repair in settled.repairs] == [
        (4, "address"), (7, "address"), (13, "address"), (16, "address")
    ]  # fmt: skip
    assert settled.rejected == ()
    by_row = {row.number: row.cells for row in settled.rows}
    assert by_row[13][4] == "3, rue Royale, bât. B"
    assert by_row[13][5:8] == ("Paris", "NULL", "75008")
    repair = settled.repairs[0]
    assert len(repair.before) == 12
    assert len(repair.after) == 11
    assert repair.reason.code == "row.wide"


def test_without_the_blank_after_the_comma_the_types_still_tell():
    text = sample("traders.csv").decode().replace(", ", ",")
    assert {repair.column for repair in settle(read_sheet(text.encode())).repairs} == {"address"}


def test_a_row_with_two_readings_is_rejected():
    settled = settle(read_sheet(("甲列,乙列\n" + "某某,某人\n" * 9 + "某某,某人,某物\n").encode()))
    assert [(row, why.code) for row, why in settled.rejected] == [(11, "row.width.several")]


def test_a_row_that_fits_nowhere_is_rejected():
    settled = settle(read_sheet((LIST + "K099,客户甲,远山路9号,310000,0571-87060099,完\n").encode()))
    assert [(row, why.code) for row, why in settled.rejected] == [(22, "row.width")]


def test_without_rows_to_learn_from_nothing_is_guessed():
    settled = settle(read_sheet("名称,地址\n甲,远山路, 1号\n".encode()))
    assert [row for row, _ in settled.rejected] == [2]


def test_a_cell_left_out_is_put_back_where_only_one_place_fits():
    text = LIST + "K050,客户甲,远山路9号,,0571-87060099\n" + "K099,客户乙,远山路9号,0571-87060099\n"
    settled = settle(read_sheet(text.encode()))
    (repair,) = settled.repairs
    assert (repair.column, repair.after[3], repair.reason.code) == ("邮编", "", "row.narrow")


def test_blank_cells_at_the_end_shift_nothing():
    settled = settle(read_sheet((LIST + "K099,客户甲,远山路9号,310000,0571-87060099,,\n").encode()))
    assert settled.repairs == ()
    assert len(settled.rows) == 21


@given(
    st.lists(
        st.lists(st.sampled_from(["甲", "0571-87061501", "310000", "", "A1", "a b"]), min_size=1, max_size=7),
        max_size=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_every_row_is_either_settled_or_rejected(extra):
    target = io.StringIO()
    csv.writer(target).writerows(extra)
    sheet = read_sheet((LIST + target.getvalue()).encode())
    settled = settle(sheet)
    assert sorted([row.number for row in settled.rows] + [row for row, _ in settled.rejected]) == [
        row.number for row in sheet.rows
    ]
    assert all(len(row.cells) == len(sheet.header) for row in settled.rows)
