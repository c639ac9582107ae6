"""Files of cards: versions 2.1, 3.0 and 4.0 as telephones and mail programs write them, and broken ones."""

from __future__ import annotations

import base64
import time

import pytest

from guanxi.platform.documents.vcard import Address, BusinessCard, Phone, write_vcard
from guanxi.platform.imports.columns import guess, mapping_of
from guanxi.platform.imports.reading import Unreadable, read_sheet
from guanxi.platform.imports.sheet import Limits, Sheet

ANDROID = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\n"
    b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=E5=BB=BA=E5=9B=BD;;;\r\n"
    b"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B=E5=BB=BA=E5=9B=BD\r\n"
    b"TEL;CELL;PREF:138-0571-2345\r\nTEL;WORK:0571-87061501\r\nTEL;WORK;FAX:0571-87061502\r\n"
    b"EMAIL;HOME:wang@example.com\r\n"
    b"ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=AD=E5=B7=9E=E6=81=92=E8=BF=9C=\r\n"
    b"=E7=94=B5=E5=AD=90=E7=A7=91=E6=8A=80=E6=9C=89=E9=99=90=E5=85=AC=E5=8F=B8;=E9=87=87=E8=B4=AD=E9=83=A8\r\n"
    b"TITLE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=BB=8F=E7=90=86\r\n"
    b"PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBD\r\n AAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkS\r\n\r\n"
    b"END:VCARD\r\n"
)
IPHONE = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.0//EN\r\nN:李;梅;;;\r\nFN:李梅\r\n"
    "ORG:浙江明光医院;院办\r\nTITLE:主任\r\nitem1.EMAIL;type=INTERNET;type=pref:li@example.com\r\n"
    "item2.EMAIL;type=INTERNET:li.mei@example.org\r\nTEL;type=CELL;type=VOICE;type=pref:+86 139 0571 6789\r\n"
    "TEL;type=IPHONE:13905716780\r\nitem3.ADR;type=WORK;type=pref:;;解放路68号;杭州市;浙江省;310009;中国\r\n"
    "item3.X-ABADR:cn\r\nitem4.URL;type=pref:https\\://example.com\r\nBDAY;value=date:1985-03-05\r\n"
    "NOTE:爱喝茶\\, 不喝酒\\n第二行\r\nX-WECHAT:limei\r\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZ\r\n JRgABAQAAAQABAAD\r\n"
    "END:VCARD\r\n"
).encode()
FOUR = (
    'BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:individual\r\nFN;LANGUAGE=zh:赵六\r\nN:赵;六;;;\r\nORG;SORT-AS="Ming":浙江明光医院\r\n'
    'TEL;VALUE=uri;TYPE="voice,work":tel:+86-571-8778-3838;ext=12\r\nIMPP:wechat:zhaoliu\r\n'
    "BDAY:--1021\r\nROLE:出纳\r\nCATEGORIES:展会,老客户\r\nPHOTO:data:image/png;base64,iVBORw0KGgo=\r\n"
    "NOTE:这一行很长很长很长很长很长\r\n 接在下一行\r\nEND:VCARD\r\n"
).encode()
COMPANY = (
    b"BEGIN:VCARD\nVERSION:3.0\nFN:Contoso Ltd\nN:;;;;\nORG:Contoso Ltd\nX-ABShowAs:COMPANY\n"
    b"TEL;TYPE=WORK,MAIN:0571-87061503\nEND:VCARD\n"
)


def cells(sheet: Sheet, row: int = 0) -> dict[str, str]:
    return {name: cell for name, cell in zip(sheet.header, sheet.rows[row].cells, strict=True) if cell}


def test_a_card_of_version_2_1_in_quoted_printable():
    assert cells(read_sheet(ANDROID, "00001.vcf")) == {
        "ORG": "杭州恒远电子科技有限公司",
        "ORG UNIT": "采购部",
        "FN": "王建国",
        "TITLE": "经理",
        "TEL CELL": "138-0571-2345",
        "TEL WORK": "0571-87061501",
        "TEL FAX": "0571-87061502",
        "EMAIL": "wang@example.com",
    }


def test_a_card_of_version_3_as_a_telephone_writes_it():
    assert cells(read_sheet(IPHONE)) == {
        "ORG": "浙江明光医院",
        "ORG UNIT": "院办",
        "FN": "李梅",
        "TITLE": "主任",
        "TEL CELL": "+86 139 0571 6789；13905716780",
        "EMAIL": "li@example.com",
        "EMAIL 2": "li.mei@example.org",
        "X-WECHAT": "limei",
        "ADR COUNTRY": "中国",
        "ADR REGION": "浙江省",
        "ADR CITY": "杭州市",
        "ADR STREET": "解放路68号",
        "ADR POSTCODE": "310009",
        "URL": "https://example.com",
        "BDAY": "1985-03-05",
        "NOTE": "爱喝茶, 不喝酒\n第二行",
    }


def test_a_card_of_version_4_with_folded_lines_and_a_number_as_address():
    assert cells(read_sheet(FOUR)) == {
        "ORG": "浙江明光医院",
        "FN": "赵六",
        "TITLE": "出纳",
        "TEL WORK": "+86-571-8778-3838 转 12",
        "X-WECHAT": "zhaoliu",
        "BDAY": "10-21",
        "CATEGORIES": "展会,老客户",
        "NOTE": "这一行很长很长很长很长很长接在下一行",
    }


def test_many_cards_of_all_versions_are_one_table_with_its_columns_mapped():
    sheet = read_sheet(ANDROID + IPHONE + FOUR + COMPANY)
    assert (sheet.format, [row.number for row in sheet.rows]) == ("vcard", [1, 2, 3, 4])
    mapping = mapping_of(guess(sheet))
    placed = {sheet.header[index]: field for index, field in mapping.fields.items()}
    assert placed["ORG"] == "account.name"
    assert placed["FN"] == "contact.name"
    assert placed["TEL CELL"] == "contact.mobile"
    assert [str(note.reason.code) for note in sheet.notes] == ["cards.pictures"]
    assert "FN" not in cells(sheet, 3)  # a company, nobody at it


def test_what_we_write_ourselves_is_read_again():
    card = BusinessCard(
        "王, 建国;甲",
        organisation="恒远; 电子",
        title="经理",
        phones=[Phone("13805712345", "cell")],
        emails=["a@example.com"],
        addresses=[Address(street="文三路398号", city="杭州")],
        birthday="1985-03-05",
        wechat="wjg",
        note="一\n二",
    )
    found = cells(read_sheet(write_vcard(card).encode()))
    assert (found["FN"], found["ORG"], found["NOTE"]) == ("王, 建国;甲", "恒远; 电子", "一\n二")
    assert (found["TEL CELL"], found["X-WECHAT"], found["BDAY"]) == ("13805712345", "wjg", "1985-03-05")


@pytest.mark.parametrize(
    "data",
    [
        "BEGIN:VCARD\nVERSION:3.0\nFN:王建国\nORG:恒远电子\nEND:VCARD\n".encode("gb18030"),
        "BEGIN:VCARD\nVERSION:3.0\nFN:王建国\nORG:恒远电子\nEND:VCARD\n".encode("utf-16"),
        "\ufeffBEGIN:VCARD\nVERSION:3.0\nFN:王建国\nORG:恒远电子\nEND:VCARD\n".encode(),
        b"begin:vcard\rversion:2.1\rFN;CHARSET=GB2312:" + "王建国".encode("gb2312")
        + b"\rORG;CHARSET=BIG5;ENCODING=QUOTED-PRINTABLE:" + b"".join(b"=%02X" % c for c in "明光電子".encode("big5"))
        + b"\rend:vcard\r",
    ],
    ids=["gb18030", "utf-16", "utf-8 with mark", "a charset for each value"],
)  # fmt: skip
def test_the_encoding_is_found(data: bytes):
    found = cells(read_sheet(data))
    assert found["FN"] == "王建国"
    assert found["ORG"] in ("恒远电子", "明光電子")


# --- Broken and hostile ----------------------------------------------------------------------------------------------


def test_a_file_cut_in_the_middle_gives_what_is_there_and_says_so():
    sheet = read_sheet(ANDROID + IPHONE[: len(IPHONE) // 2])
    assert len(sheet.rows) == 2
    assert [(note.row, note.reason.code) for note in sheet.notes if note.reason.code.endswith("torn")] == [
        (2, "card.torn"),
        (0, "cards.torn"),
    ]


def test_a_card_that_was_never_ended_is_told_from_the_next():
    sheet = read_sheet(b"BEGIN:VCARD\nFN:A\nORG:X\nBEGIN:VCARD\nFN:B\nORG:Y\nEND:VCARD\n")
    assert [row.cells for row in sheet.rows] == [("X", "A"), ("Y", "B")]
    assert [note.row for note in sheet.notes if note.reason.code == "card.torn"] == [1]


def test_a_card_within_a_card_and_groups_are_passed_over():
    agent = (
        b"BEGIN:VCARD\nVERSION:2.1\nFN:A\nORG:X\nAGENT:\nBEGIN:VCARD\nFN:B\nEND:VCARD\nTITLE:T\nEND:VCARD\n"
    )
    group = b"BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Friends\nMEMBER:urn:uuid:1\nEND:VCARD\n"
    sheet = read_sheet(agent + group)
    assert [cells(sheet)] == [{"ORG": "X", "FN": "A", "TITLE": "T"}]
    assert [note.reason.code for note in sheet.notes] == ["cards.groups"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"BEGIN:VCARD\nEND:VCARD\n", "file.empty"),
        (b"name,phone\nA,1\n", "file.cards"),
        (b"\x89PNG\r\n\x1a\n", "file.kind"),
    ],
)
def test_what_is_no_file_of_cards_is_refused(data: bytes, code: str):
    with pytest.raises(Unreadable) as refused:
        read_sheet(data, "contacts.vcf")
    assert refused.value.reason.code == code


def test_cards_under_the_name_of_a_table_are_read_as_what_they_are():
    assert read_sheet(IPHONE, "kunden.csv").format == "vcard"


@pytest.mark.parametrize(
    "line",
    [
        b"TEL;TYPE=" + b"a," * 5000 + b":1",
        b"NOTE:" + b"\\" * 20001,
        b";;;;:::",
        b'TEL;X="' + b";" * 5000 + b":1",
        b"FN;ENCODING=QUOTED-PRINTABLE:=ZZ=\n=",
        b"PHOTO;ENCODING=b:" + base64.b64encode(bytes(30_000)),
        b"ADR:" + b";" * 10_000,
    ],
)
def test_hostile_lines_are_read_or_passed_over_in_no_time(line: bytes):
    began = time.process_time()
    sheet = read_sheet(b"BEGIN:VCARD\nORG:X\n" + line + b"\nEND:VCARD\n")
    assert cells(sheet)["ORG"] == "X"
    assert time.process_time() - began < 1


def test_a_picture_of_megabytes_in_short_lines_takes_no_time():
    lines = b"\r\n ".join([b"A" * 74] * 60_000)
    soft = b"=\r\n".join([b"=E7=8E=8B" * 8] * 20_000)
    began = time.process_time()
    sheet = read_sheet(
        b"BEGIN:VCARD\r\nORG:X\r\nPHOTO;ENCODING=b:" + lines + b"\r\nNOTE;ENCODING=QUOTED-PRINTABLE:" + soft
        + b"\r\nEND:VCARD\r\n"
    )  # fmt: skip
    assert cells(sheet)["NOTE"].startswith("王王")
    assert len(cells(sheet)["NOTE"]) == Limits().max_cell_chars
    assert time.process_time() - began < 3


def test_more_cards_than_one_import_takes_are_refused_and_the_most_it_takes_are_read():
    card = "BEGIN:VCARD\nFN:王{n}\nORG:第{n}公司\nTEL;CELL:13800000000\nEND:VCARD\n"
    data = "".join(card.format(n=n) for n in range(1001)).encode()
    assert len(read_sheet(data, limits=Limits(max_rows=1001)).rows) == 1001
    with pytest.raises(Unreadable) as refused:
        read_sheet(data, limits=Limits(max_rows=1000))
    assert refused.value.reason.code == "file.rows"


def test_each_card_brings_columns_of_its_own_and_the_table_stays_narrow():
    card = "BEGIN:VCARD\nORG:X{n}\nX-OWN-{n}:a\nEND:VCARD\n"
    sheet = read_sheet("".join(card.format(n=n) for n in range(100)).encode())
    assert len(sheet.header) == 60
    assert "cards.columns" in [note.reason.code for note in sheet.notes]


@pytest.mark.parametrize(
    "charset", [b"\0", b"undefined", b"idna", b"punycode", b"utf-7", b"rot13", b"nothing"]
)
def test_an_encoding_that_is_none_is_passed_over(charset: bytes) -> None:
    sheet = read_sheet(
        b"BEGIN:VCARD\r\nFN;CHARSET=" + charset + ":王建国\r\nORG:甲\r\nEND:VCARD\r\n".encode()
    )
    assert sheet.header[:2] == ("ORG", "FN")
    assert sheet.rows[0].cells[0] == "甲"


def test_signs_that_no_database_keeps_are_left_out() -> None:
    sheet = read_sheet(b"BEGIN:VCARD\r\nFN:a\0b\x01\r\nNOTE;CHARSET=utf-7:x+2AA-y\r\nORG:A\r\nEND:VCARD\r\n")
    assert sheet.rows[0].cells == ("A", "ab", "xy")


def test_a_long_picture_and_a_long_note_cost_what_their_lines_cost() -> None:
    """Joined line by line, two megabytes took twenty seconds."""
    lines = [b"BEGIN:VCARD", b"FN:a", b"ORG:A", b"PHOTO;ENCODING=b:", *[b" " + b"A" * 74] * 90_000]
    lines += [b"NOTE;ENCODING=QUOTED-PRINTABLE:=", *[b"B" * 74 + b"="] * 90_000, b"", b"END:VCARD"]
    lines[-2:-2] = [b"C", *[b"TEL:%d" % n for n in range(5000)]]
    began = time.process_time()
    sheet = read_sheet(b"\r\n".join(lines))
    assert time.process_time() - began < 5
    assert sheet.rows[0].cells[1] == "a"
