"""Given the files that people really send, when they are read, then they are read right or refused in words, and at once."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter

from guanxi.platform.imports.columns import guess, mapping_of
from guanxi.platform.imports.judge import judge
from guanxi.platform.imports.reading import Unreadable, read_sheet

from .samples import workbook


def refused(data: bytes, name: str = "") -> str:
    with pytest.raises(Unreadable) as caught:
        read_sheet(data, name)
    assert caught.value.reason.text.zh
    assert caught.value.reason.text.en
    return caught.value.reason.code


def values(data: bytes, name: str = "t.csv") -> list[dict[str, Any]]:
    """What the rows of a file would be entered as."""
    sheet = read_sheet(data, name)
    return [verdict.values for verdict in judge(sheet, mapping_of(guess(sheet))).verdicts]


def made(write: Any, **options: Any) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, **options})
    write(book, book.add_worksheet("客户"))
    book.close()
    return target.getvalue()


def test_two_million_rows_are_refused_with_the_bound() -> None:
    assert refused("客户名称\n".encode() + "甲\n".encode() * 2_000_000) == "file.rows"


def test_sixteen_thousand_columns_are_refused() -> None:
    wide = ",".join(f"列{n}" for n in range(16_384))
    assert refused(f"{wide}\n{'x,' * 16_383}x\n".encode()) == "file.columns"
    assert refused(workbook([[f"列{n}" for n in range(16_384)], ["x"] * 16_384])) in (
        "file.columns",
        "file.cells",
    )


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_cut_in_the_middle_is_refused(share: float) -> None:
    whole = workbook([["客户名称", "电话"], *([f"第{n}号公司", f"0571-8706{n:04}"] for n in range(500))])
    assert refused(whole[: int(len(whole) * share)], "客户.xlsx")


def test_a_text_file_cut_in_the_middle_of_a_letter_keeps_its_whole_rows() -> None:
    whole = "客户名称,电话\n甲公司,0571-87061501\n乙公司,0571-87061502\n".encode()
    sheet = read_sheet(whole[: whole.index("乙".encode()) + 1], "t.csv")
    assert sheet.rows[0].cells[0] == "甲公司"


def test_macros_are_not_run_and_the_sheet_is_read() -> None:
    data = workbook([["客户名称"], ["甲公司"]])
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member))
        new.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + b"\0" * 100)
    sheet = read_sheet(target.getvalue(), "客户.xlsm")
    assert [row.cells for row in sheet.rows] == [("甲公司",)]
    assert sheet.general


def test_a_link_to_another_workbook_is_not_followed_its_last_value_counts() -> None:
    def write(book: Any, page: Any) -> None:
        page.write_row(0, 0, ["客户名称", "客户编号"])
        page.write_formula(1, 0, "='[C:\\other.xlsx]Sheet1'!$A$1", None, "甲公司")
        page.write(1, 1, "K1")

    assert read_sheet(made(write), "t.xlsx").rows[0].cells == ("甲公司", "K1")


@pytest.mark.parametrize("since_1904", [False, True])
def test_dates_count_from_1900_or_1904_as_the_file_says(since_1904: bool) -> None:
    def write(book: Any, page: Any) -> None:
        page.write_row(0, 0, ["客户名称", "联系人", "生日"])
        page.write_row(1, 0, ["甲公司", "张三"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_datetime(1, 2, datetime(1985, 3, 5), day)  # noqa: DTZ001

    assert values(made(write, date_1904=since_1904), "t.xlsx")[0]["contact.birthday"] == "1985-03-05"


def test_numbers_in_full_width_digits_are_the_same_numbers() -> None:
    row = values("客户名称,手机,邮编,客户编号\n甲公司,１３８０５７１２３４５,３１００００,Ｋ１\n".encode())[0]
    assert row["contact.mobile"][0]["e164"] == "+8613805712345"
    assert row["account.postcode"] == "310000"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    "name",
    [
        "小熊🐻文化传播有限公司",  # beyond the first plane: four bytes in GB18030
        "𠮷野家（杭州）餐饮有限公司",  # Extension B
        "㐂乐食品商行",  # Extension A
        "شركة النور للتجارة",  # from right to left
        "חברת אור בע״מ",
    ],
)
def test_rare_letters_emoji_and_other_directions_come_through(name: str, encoding: str) -> None:
    rows = "".join(f"第{n}号仓储有限公司,杭州市西湖区文三路{n}号\n" for n in range(1, 8))
    found = values(f"客户名称,地址\n{rows}{name},杭州市西湖区文三路8号\n".encode(encoding))
    assert found[-1]["account.name"] == name


def test_marks_of_direction_that_nobody_sees_do_not_make_another_name() -> None:
    rows = values("客户名称\n甲公司\n\u202e甲公司\u202c\n".encode())
    assert [row["account.name"] for row in rows] == ["甲公司", "甲公司"]
