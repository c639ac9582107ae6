"""Cards out and in: whatever is written can be read again, by the letter of RFC 6350 and by telephones' old habits."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.platform.documents.qr import TooLong, qr_png, qr_svg
from guanxi.platform.documents.vcard import (
    Address,
    BusinessCard,
    Phone,
    for_qr,
    read_vcards,
    write_vcard,
    write_vcards,
)

WANG = BusinessCard(
    name="王建国",
    family="王",
    given="建国",
    organisation="杭州恒远电子科技有限公司",
    department="采购部",
    title="采购部经理",
    phones=(Phone("+86 138 0571 2288", "cell"), Phone("0571-8888 1234", "work")),
    emails=("wang.jianguo@hengyuan.example",),
    addresses=(Address("文三路 199 号, 创业大厦; 8 层", "杭州市", "浙江省", "310012", "中国"),),
    birthday="1985-05-12",
    wechat="wjg_hengyuan",
    note="喜欢龙井；不吃辣,\n周五下午不便。\\ 反斜杠",
    uid="guanxi-contact-31",
    language="zh",
)


def test_a_card_written_is_the_card_read() -> None:
    read = read_vcards(write_vcards([WANG], changed=datetime(2026, 3, 9, 6, 30, tzinfo=UTC)))
    assert read.problems == []
    assert read.cards == [WANG]


def test_the_card_follows_rfc_6350() -> None:
    card = write_vcard(WANG, changed=datetime(2026, 3, 9, 6, 30, tzinfo=UTC))
    lines = card.split("\r\n")
    assert lines[:2] == ["BEGIN:VCARD", "VERSION:4.0"]
    assert "BDAY:19850512" in lines
    assert "REV:20260309T063000Z" in lines
    assert "ORG;LANGUAGE=zh:杭州恒远电子科技有限公司;采购部" in lines
    assert "TEL;TYPE=cell:+86 138 0571 2288" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in card.replace("\r\n", "")


@pytest.mark.parametrize("born", ["--05-12", "1985-05-12", "农历八月初三"])
def test_a_birthday_without_year_or_by_the_moon_is_kept(born: str) -> None:
    read = read_vcards(write_vcard(BusinessCard("王建国", birthday=born)).encode())
    assert read.cards[0].birthday == born


def test_a_name_cannot_add_lines_of_its_own() -> None:
    bad = BusinessCard("王\r\nTEL:110\r\nEND:VCARD", note="\x00\x1b;,\\")
    card = write_vcard(bad)
    assert "\r\nTEL" not in card
    assert card.count("\r\nEND:VCARD\r\n") == 1
    assert read_vcards(card.encode()).cards[0].phones == ()


_words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=90)


@settings(max_examples=60, deadline=None)
@given(name=_words, note=_words, street=_words, organisation=_words)
def test_any_words_survive_the_way_out_and_in(name: str, note: str, street: str, organisation: str) -> None:
    card = BusinessCard(name, family=name, organisation=organisation, addresses=(Address(street),), note=note)
    text = write_vcard(card)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    read = read_vcards(text.encode())
    assert (read.cards, read.problems) == ([card], [])


OLD = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\n"
    "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=E5=BB=BA=E5=9B=BD;;;\r\n"
    "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B=E5=BB=BA=\r\n=E5=9B=BD\r\n"
    "TEL;CELL:13805712288\r\nTEL;WORK;FAX:057188\r\n"
    "ORG;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=BA=BC=D6=DD\r\n"
    "ADR;WORK;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;=E6=96=87;;;;\r\n"
    "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\r\n SkZJRgAB\r\n\r\nBDAY:19850512\r\nEND:VCARD\r\n"
)
NEWER = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:王;建国;;;\r\nFN:王建国\r\nitem1.TEL;type=CELL;type=pref:+86 138\r\n"
    "item1.X-ABLabel:手机\r\nORG:杭州\\, 恒远;采购部\r\nNOTE:a\\nb\\,c\\;d\r\nBDAY;value=date:1985-05-12\r\n"
    "ADR;TYPE=WORK:;;文三路199号;杭州;浙江;310000;中国\r\nIMPP;X-SERVICE-TYPE=WeChat:x-apple:wjg2\r\nEND:VCARD\r\n"
)
NEWEST = (
    'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:王建国\r\nTEL;TYPE="voice,cell";VALUE=uri:tel:+86-138;ext=5\r\nBDAY:--0512\r\n'
    "ADR:;;一号\\,二楼,三室;杭州;;;\r\nEND:VCARD\r\n"
)


def test_cards_of_old_telephones_are_read_with_their_charsets() -> None:
    card = read_vcards(OLD.encode()).cards[0]
    assert (card.name, card.family, card.given, card.organisation) == ("王建国", "王", "建国", "杭州")
    assert card.phones == (Phone("13805712288", "cell"), Phone("057188", "fax"))
    assert card.addresses == (Address("文"),)
    assert card.birthday == "1985-05-12"


def test_cards_of_version_3_and_4_are_read() -> None:
    third, fourth = read_vcards((NEWER + NEWEST).encode()).cards
    assert (third.organisation, third.department, third.wechat) == ("杭州, 恒远", "采购部", "wjg2")
    assert third.note == "a\nb,c;d"
    assert third.phones == (Phone("+86 138", "cell"),)
    assert third.addresses == (Address("文三路199号", "杭州", "浙江", "310000", "中国"),)
    assert fourth.phones == (Phone("+86-138", "cell"),)
    assert fourth.birthday == "--05-12"
    assert fourth.addresses[0].street == "一号,二楼 三室"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_the_files_encoding_is_found(encoding: str) -> None:
    assert read_vcards(NEWER.encode(encoding)).cards[0].name == "王建国"


def test_one_bad_card_does_not_lose_the_others() -> None:
    unfinished = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:断\r\n"
    nameless = "BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:1\r\nEND:VCARD\r\n"
    odd_line = "BEGIN:VCARD\r\nVERSION:3.0\r\nrubbish\r\nFN:怪\r\nEND:VCARD\r\n"
    read = read_vcards((NEWER + unfinished + NEWEST + nameless + odd_line + unfinished).encode())
    assert [card.name for card in read.cards] == ["王建国", "王建国", "怪"]
    assert [problem.place for problem in read.problems] == [2, 3, 5]
    assert read.problems[1].text.en == "The card has neither name nor employer"


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00", b"%PDF-1.7 ..."])
def test_what_is_no_card_is_said_to_be_none(content: bytes) -> None:
    read = read_vcards(content)
    assert read.cards == []
    assert read.problems[0].text.zh == "这不是名片（vCard）文件"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_rubbish_inside_a_card_never_breaks_the_reading(content: bytes) -> None:
    read_vcards(b"BEGIN:VCARD\nVERSION:3.0\nFN:x\n" + content + b"\nEND:VCARD\n")


def test_a_qr_code_is_safe_to_put_into_a_page() -> None:
    svg = qr_svg(for_qr(WANG))
    assert svg.startswith("<svg")
    assert "style=" not in svg
    assert "<script" not in svg
    assert "viewBox" in svg


def test_a_qr_code_holds_the_card_as_utf_8() -> None:
    """Chinese words that would also fit into Shift JIS stay UTF-8: the byte mode of the standard."""
    import segno

    from guanxi.platform.documents import qr

    assert segno.make_qr("点茗").mode == "kanji", "what would happen if left alone"
    assert qr._code("点茗").mode == "byte"
    png = qr_png("点茗", dot=4)
    width, height = struct.unpack(">II", png[16:24])
    assert width == height == (21 + 8) * 4
    assert zlib.crc32(png[12:29]) == struct.unpack(">I", png[29:33])[0]


def test_what_does_not_fit_into_a_qr_code_is_said() -> None:
    with pytest.raises(TooLong, match="Too long"):
        qr_svg("长" * 3000)
    assert len(for_qr(WANG).encode()) < 700
