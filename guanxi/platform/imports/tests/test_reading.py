"""Any bytes become a table or a clear refusal."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guanxi.platform.imports.ole import SIGNATURE
from guanxi.platform.imports.reading import Limits, Sheet, Unreadable, read_sheet
from guanxi.platform.imports.tests.samples import sample, with_member, workbook

PLAIN = "客户名称,电话\n恒远电子,0571-87061501\n华信,021-61234567\n"


def refused(data: bytes, **more) -> str:
    with pytest.raises(Unreadable) as caught:
        read_sheet(data, **more)
    why = caught.value.reason
    assert why.text.zh
    assert why.text.en
    assert why.text.zh != why.text.en
    return why.code


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b""), ("gbk", b""), ("utf-16", b""), ("utf-16-le", b""),
     ("utf-16-be", b""), ("utf-32", b"")],
)  # fmt: skip
def test_encodings(encoding, mark):
    sheet = read_sheet(mark + PLAIN.encode(encoding))
    assert sheet.header == ("客户名称", "电话")
    assert [row.cells[0] for row in sheet.rows] == ["恒远电子", "华信"]
    assert [row.number for row in sheet.rows] == [2, 3]


def test_big5_is_not_read_as_rubbish_and_the_choice_is_told():
    text = "公司名稱,聯絡人,地址\n華信電子股份有限公司,王小明,台北市中山區南京東路一段\n"
    text += "遠大國際貿易公司,陳先生,台中市中區中正路\n"
    sheet = read_sheet(text.encode("big5"))
    assert sheet.header[0] == "公司名稱"
    assert [note.reason.code for note in sheet.notes] == ["file.encoding.guessed"]


TABLE = "客户名称,地址\n恒远电子,杭州市西湖区文三路\n华信精密,杭州市滨江区江南大道\n明州港物流,宁波市鄞州区\n"


@pytest.mark.parametrize(("main", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_a_file_in_two_encodings_is_read_line_by_line_and_the_odd_line_named(main, other):
    lines = TABLE.splitlines(keepends=True)
    sheet = read_sheet(b"".join(line.encode(other if n == 2 else main) for n, line in enumerate(lines)))
    assert (sheet.encoding, [row.cells[0] for row in sheet.rows]) == (
        main,
        ["恒远电子", "华信精密", "明州港物流"],
    )
    assert [(note.row, note.reason.code) for note in sheet.notes] == [(3, "row.encoding")]
    again = read_sheet(
        b"".join(line.encode(other if n == 2 else main) for n, line in enumerate(lines)), encoding=main
    )
    assert again == sheet


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_damaged_letter_costs_its_row_a_doubt_and_not_the_file(encoding):
    sheet = read_sheet(TABLE.encode(encoding).replace("华信".encode(encoding), b"\xff"))
    assert [row.cells[0] for row in sheet.rows] == ["恒远电子", "�精密", "明州港物流"]
    assert [(note.row, note.reason.code) for note in sheet.notes] == [(3, "row.broken")]


def test_the_lines_of_a_cell_that_holds_several_belong_to_its_row():
    lines = ["客户名称,备注", '恒远电子,"第一行', '杭州市西湖区"', "华信精密,江南大道"]
    data = b"\n".join(line.encode("gb18030" if n == 2 else "utf-8") for n, line in enumerate(lines))
    assert [note.row for note in read_sheet(data).notes] == [2]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_few_zero_bytes_are_left_out_and_told(encoding):
    sheet = read_sheet(TABLE.replace("华信", "华\0信").encode(encoding))
    assert [row.cells[0] for row in sheet.rows] == ["恒远电子", "华信精密", "明州港物流"]
    assert [note.reason.code for note in sheet.notes] == ["file.zeros"]
    assert read_sheet(TABLE.replace("华信", "华\0信").encode(encoding), encoding=encoding) == sheet


def test_a_cell_longer_than_a_spreadsheets_is_left_to_its_row():
    sheet = read_sheet(("名称,备注\n甲," + "长" * 40_000 + "\n乙,好\n").encode())
    assert [len(row.cells[1]) for row in sheet.rows] == [40_000, 1]
    assert refused(("名称,备注\n甲," + "长" * 140_000 + "\n").encode()) == "file.cell"


def test_western_text_is_not_read_as_chinese():
    sheet = read_sheet("Name,City\nBlondel père et fils,Orléans\nKöniglich Essen,München\n".encode("cp1252"))
    assert sheet.rows[0].cells == ("Blondel père et fils", "Orléans")
    assert sheet.notes[0].reason.code == "file.encoding.guessed"


def test_an_encoding_may_be_chosen_by_hand():
    assert read_sheet(PLAIN.encode("gb18030"), encoding="gb18030").header[0] == "客户名称"
    assert refused(PLAIN.encode("gb18030"), encoding="utf-8") == "file.encoding"
    assert refused(PLAIN.encode(), encoding="no-such") == "file.encoding"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter):
    sheet = read_sheet(PLAIN.replace(",", delimiter).encode())
    assert sheet.delimiter == delimiter
    assert len(sheet.header) == 2


def test_row_numbers_are_those_of_the_spreadsheet():
    text = '名称,备注\n甲,"两\n行"\n\n乙,"说 ""好"""\n'
    sheet = read_sheet(text.encode())
    assert [(row.number, row.cells) for row in sheet.rows] == [(2, ("甲", "两\n行")), (4, ("乙", '说 "好"'))]


def test_old_line_ends_and_excels_own_first_line():
    assert len(read_sheet(PLAIN.replace("\n", "\r").encode()).rows) == 2
    sheet = read_sheet(("sep=;\r\n" + PLAIN.replace(",", ";")).encode())
    assert sheet.header_row == 2
    assert sheet.rows[0].number == 3


def test_titles_above_the_header_are_passed_over_and_told():
    sheet = read_sheet(("客户名单,\n," + "\n" + PLAIN).encode())
    assert sheet.header == ("客户名称", "电话")
    assert sheet.rows[0].number == 4
    assert sheet.notes[0].reason.code == "file.titles"


def test_a_quote_never_closed_is_refused_with_its_row():
    assert refused('名称,电话\n甲,1\n"乙,2\n丙,3\n丁,4\n'.encode()) == "file.quotes"


def test_a_stray_quote_is_doubted():
    sheet = read_sheet('名称,电话\n"甲" 公司,1\n乙,2\n'.encode())
    assert [(note.row, note.reason.code) for note in sheet.notes] == [(2, "row.quotes")]


def test_repeated_and_blank_column_names_become_distinct():
    assert read_sheet("电话,电话,\n甲,乙,丙\n".encode()).header == ("电话", "电话 (2)", "(C)")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file.empty"),
        (b"\n \n,,\n", "file.empty"),
        (b"%PDF-1.7 ...", "file.kind"),
        (b"\x89PNG\r\n\x1a\n....", "file.kind"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "file.markup"),
        (b'<?xml version="1.0"?><Workbook/>', "file.markup"),
        (b'[{"a": 1}]', "file.table"),
        ("今天天气很好。\n我们去拜访客户。\n明天再说。\n".encode(), "file.table"),
        ("恒远电子有限公司,0571-87061501\n华信有限公司,021-61234567\n".encode(), "file.header"),
        (b"13800138000,a@b.cn\n13800138001,b@b.cn\n", "file.header"),
        (bytes(range(256)) * 4, "file.binary"),
        ("名称,城市\n恒远电子,杭州\n".encode("utf-16")[:-1], "file.cut"),
        ("名称,城市\n恒远电子,杭州😀".encode("utf-16")[:-1], "file.cut"),
        ("name,city,phone\n恒远电子,杭州,1\n".encode("utf-16-le")[:-1], "file.cut"),
        (SIGNATURE + b"\0" * 600, "file.damaged"),
        (b"PK\x03\x04" + b"\0" * 60, "file.damaged"),
    ],
)
def test_refusals(data, code):
    assert refused(data) == code


def test_limits_are_arguments():
    rows = "名称,电话\n" + "".join(f"甲{n},{n}\n" for n in range(20))
    assert refused(rows.encode(), limits=Limits(max_rows=10)) == "file.rows"
    assert refused(rows.encode(), limits=Limits(max_bytes=10)) == "file.size"
    assert (
        refused(("名称,备注\n甲," + "长" * 201 + "\n").encode(), limits=Limits(max_cell_chars=50))
        == "file.cell"
    )
    assert refused((b"a,b,c,d\n1,2,3,x\n"), limits=Limits(max_columns=3)) in ("file.columns", "file.header")
    assert (
        refused(workbook([["名称", "电话"], *[["甲", "1"]] * 20]), limits=Limits(max_rows=10)) == "file.rows"
    )
    assert refused(workbook([["名称"], ["甲" * 60]]), limits=Limits(max_cell_chars=50)) == "file.cell"


# ------------------------------------------------------------------------------------------ workbooks


def test_a_workbook_with_title_two_header_rows_and_merged_cells():
    sheet = read_sheet(sample("titled.xlsx"))
    assert sheet.header == ("公司", "联系人 姓名", "联系人 手机", "成立日期")
    assert [row.number for row in sheet.rows] == [4, 5, 7]
    assert sheet.rows[0].cells == ("杭州恒远电子有限公司", "王敏", "13800138000", "2024-03-05")
    assert sheet.rows[1].cells[0] == "杭州恒远电子有限公司"
    assert sheet.rows[1].cells[3] == "2024-03-05 14:30"
    assert sheet.rows[2].cells[3] == "TRUE"
    codes = {(note.row, note.reason.code) for note in sheet.notes}
    assert {(0, "file.titles"), (0, "file.sheets"), (0, "file.merged"), (7, "cell.digits")} <= codes
    assert sheet.other_sheets == ("隐藏", "说明")


def test_a_row_of_nothing_but_group_names_is_part_of_the_header():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    page.merge_range("A1:F1", "客户名单")
    page.merge_range("A2:C2", "单位")
    page.merge_range("D2:F2", "联系人")
    for number, cells in enumerate(
        (("名称", "地址", "电话", "姓名", "电话", "级"), ("甲公司", "a", "1", "王敏", "2", "A"))
    ):
        page.write_row(number + 2, 0, cells)
    book.close()
    sheet = read_sheet(target.getvalue())
    assert sheet.header == ("单位 名称", "单位 地址", "单位 电话", "联系人 姓名", "联系人 电话", "联系人 级")
    assert [row.number for row in sheet.rows] == [4]


@pytest.mark.parametrize("filled", [0, 1, 2, 3])
def test_a_title_above_a_table_that_is_mostly_empty_names_no_column(filled):
    data = [("未一公司", "1", "a"), ("未二公司", "2", "b"), ("未三公司", "3", "c")]
    rows = [cells if n < filled else (cells[0], "", "") for n, cells in enumerate(data)]
    text = "\n".join(
        ",".join(cells) for cells in [("客户一览表", "", ""), ("客户名称", "电话", "地址"), *rows]
    )
    sheet = read_sheet(text.encode())
    assert sheet.header == ("客户名称", "电话", "地址")
    assert [row.cells for row in sheet.rows] == rows
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    page = book.add_worksheet()
    page.merge_range("A1:C1", "客户一览表")
    for number, cells in enumerate([("客户名称", "电话", "地址"), *rows]):
        page.write_row(number + 1, 0, [cell or None for cell in cells])
    book.close()
    assert read_sheet(target.getvalue()).header == ("客户名称", "电话", "地址")


def test_a_table_of_one_column_keeps_its_name_whatever_stands_below():
    assert read_sheet("单位\n甲公司\n乙公司,电话\n".encode()).header[0] == "单位"
    assert read_sheet("客户名称\n名称\n电话\n".encode()).header == ("客户名称",)


def test_formulas_without_a_result_are_told():
    page = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c><c r="B1" t="inlineStr"><is><t>n</t></is></c></row>'
        b'<row r="2"><c r="A2" t="str"><f>A1&amp;B1</f><v>both</v></c><c r="B2"><f>1+1</f><v></v></c></row>'
        b'<row r="3"><c r="A3"><f>CONCATENATE("a","b")</f></c><c r="B3"><v>7</v></c></row></sheetData></worksheet>'
    )
    sheet = read_sheet(with_member(workbook([["名称"], ["甲"]]), "xl/worksheets/sheet1.xml", page))
    assert [row.cells for row in sheet.rows] == [("both", ""), ("", "7")]
    (note,) = sheet.notes
    assert note.reason.code == "file.formulas"
    assert "A3、B2" in note.reason.text.zh


def test_errors_of_formulas_are_told():
    page = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c><c r="B1" t="inlineStr"><is><t>n</t></is></c></row>'
        b'<row r="2"><c r="A2" t="str"><v>one</v></c><c r="B2" s="1" t="e"><f>VLOOKUP(1,A1:B1,2)</f><v>#N/A</v></c></row>'
        b"<row r=\"3\"><c t='e' r='A3'><v>#NAME?</v></c><c r=\"B3\"><v>7</v></c></row></sheetData></worksheet>"
    )
    sheet = read_sheet(with_member(workbook([["名称"], ["甲"]]), "xl/worksheets/sheet1.xml", page))
    assert [row.cells for row in sheet.rows] == [("one", ""), ("", "7")]
    (note,) = sheet.notes
    assert note.reason.code == "file.errors"
    assert "A3、B2" in note.reason.text.zh


def test_another_sheet_may_be_chosen():
    assert read_sheet(sample("titled.xlsx"), sheet="说明").header == ("不要读我",)
    assert refused(sample("titled.xlsx"), sheet="没有") == "file.sheet"


def test_excel_97():
    sheet = read_sheet(sample("customers.xls"))
    assert sheet.format == "xls"
    assert sheet.name == "客户"
    assert sheet.rows[0].cells == ("杭州恒远电子有限公司", "13800138000", "1980-03-05", "TRUE")


def test_macros_are_ignored_and_said():
    data = with_member(workbook([["名称", "电话"], ["甲", "1"]]), "xl/vbaProject.bin", b"macro")
    assert [note.reason.code for note in read_sheet(data).notes] == ["file.macros"]


def test_zip_bombs_are_refused_before_they_unpack():
    good = workbook([["名称", "电话"], ["甲", "1"]])
    assert refused(with_member(good, "xl/media/a.xml", b"\0" * 30_000_000)) == "file.bomb"
    assert refused(good, limits=Limits(max_expanded=500)) == "file.bomb"


def test_a_table_under_the_name_of_something_else_is_refused_by_its_name():
    table = "名称,电话\n甲,1\n".encode()
    for name in ("客户.pdf", "客户.exe", "客户.csv.js", "客户.HTML"):
        assert refused(table, name=name) == "file.name"
    for name in ("客户.CSV", "客户.et", "客户表 2026.11", "名单.第二版", "客户", ""):
        assert len(read_sheet(table, name).rows) == 1


def test_a_sheet_names_no_file_of_the_machine_and_grows_by_no_entity(tmp_path):
    """Neither an outer entity is fetched nor an inner one multiplied."""
    (tmp_path / "secret").write_text("a-secret-of-the-machine")
    good = workbook([["名称", "电话"], ["甲", "1"]])
    page = f"""<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY out SYSTEM "file://{tmp_path}/secret">
        <!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
        <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>名称</t></is></c><c r="B1" t="inlineStr"><is><t>电话</t></is></c></row>
        <row r="2"><c r="A2" t="inlineStr"><is><t>甲&out;</t></is></c><c r="B2" t="inlineStr"><is><t>&c;</t></is></c></row>
        </sheetData></worksheet>"""
    try:
        sheet = read_sheet(with_member(good, "xl/worksheets/sheet1.xml", page.encode()))
    except Unreadable:
        return
    said = repr(sheet)
    assert "a-secret" not in said
    assert "01234567890123456789" not in said


def test_a_value_in_the_last_cell_is_refused_before_the_sheet_is_filled():
    good = workbook([["名称", "电话"], ["甲", "1"]])
    page = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    assert refused(with_member(good, "xl/worksheets/sheet1.xml", page)) == "file.cells"


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ("word/document.xml", "file.kind"),
        ("content.xml", "file.kind"),
        ("xl/workbook.bin", "file.kind"),
        ("a.txt", "file.zip"),
    ],
)
def test_other_zip_files_are_named(member, code):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(member, b"x")
    assert refused(target.getvalue()) == code


def _locked_container() -> bytes:
    """The smallest container that says: an encrypted workbook."""
    head = bytearray(512)
    head[:8] = SIGNATURE
    head[26:28], head[30:34] = b"\x03\x00", b"\x09\x00\x06\x00"
    head[44:52] = (1).to_bytes(4, "little") + (1).to_bytes(4, "little")
    head[56:76] = b"".join(n.to_bytes(4, "little") for n in (4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0))
    head[76:512] = (0).to_bytes(4, "little") + b"\xff" * 432
    fat = b"\xfd\xff\xff\xff" + b"\xfe\xff\xff\xff" + b"\xff" * 504

    def entry(name: str, kind: int) -> bytes:
        raw = name.encode("utf-16-le") + b"\0\0"
        body = raw.ljust(64, b"\0") + len(raw).to_bytes(2, "little") + bytes([kind])
        return body.ljust(116, b"\0") + b"\xfe\xff\xff\xff" + b"\0" * 8

    folder = entry("Root Entry", 5) + entry("EncryptedPackage", 2) + entry("EncryptionInfo", 2) + b"\0" * 128
    return bytes(head) + fat + folder


def test_a_password_is_said():
    assert refused(_locked_container()) == "file.locked"


# ----------------------------------------------------------------------------------------- any bytes


def only_sheet_or_refusal(data: bytes) -> None:
    try:
        sheet = read_sheet(data, limits=Limits(max_cells=200_000, max_expanded=20_000_000))
    except Unreadable:
        return
    assert isinstance(sheet, Sheet)
    assert sheet.header
    assert len(set(sheet.header)) == len(sheet.header)
    numbers = [row.number for row in sheet.rows]
    assert numbers == sorted(set(numbers))
    assert all(number > sheet.header_row for number in numbers)


@given(st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"PK\x05\x06" + b"\0" * 18)
@example(b'a,"b\n')
@settings(max_examples=300, deadline=None)
def test_any_bytes(data):
    only_sheet_or_refusal(data)


@given(st.text(max_size=200), st.sampled_from(["utf-8", "gb18030", "utf-16", "big5hkscs", "latin-1"]))
@settings(max_examples=200, deadline=None)
def test_any_text(text, encoding):
    only_sheet_or_refusal(text.encode(encoding, "replace"))


@given(
    st.sampled_from(["titled.xlsx", "customers.xls", "clinics-gb18030.csv"]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    st.integers(0, 10_000),
)
@settings(max_examples=300, deadline=None)
def test_damaged_files(name, changes, cut):
    """Real files with bytes changed and the end cut off."""
    data = bytearray(sample(name))
    for place, value in changes:
        data[place % len(data)] = value
    if cut < 5_000:
        data = data[: cut % len(data)]
    only_sheet_or_refusal(bytes(data))


@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 255)), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_damaged_sheets_inside_a_sound_zip(changes):
    good = sample("titled.xlsx")
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        page = bytearray(archive.read("xl/worksheets/sheet1.xml"))
    for place, value in changes:
        page[place % len(page)] = value
    only_sheet_or_refusal(with_member(good, "xl/worksheets/sheet1.xml", bytes(page)))
