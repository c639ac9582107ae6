"""What single cells mean."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.platform.imports.addresses import parse_address
from guanxi.platform.imports.countries import country
from guanxi.platform.imports.phones import _planned, _valid, read_phones
from guanxi.platform.imports.values import (
    clean_text,
    credit_code,
    day,
    email,
    grade,
    is_nothing,
    learn_order,
    plain,
    postcode,
    website,
)


def codes(reasons):
    return [reason.code for reason in reasons]


@pytest.mark.parametrize(
    "text", ["", "  ", "NULL", "null", "无", "暂无", "-", "—", "/", "N/A", "#N/A", "ｎｕｌｌ", "\u200b"]
)
def test_words_for_nothing(text):
    assert is_nothing(text)


@pytest.mark.parametrize("text", ["0", "无锡", "Nullmeyer", "恒远"])
def test_words_that_are_something(text):
    assert not is_nothing(text)


def test_text_is_made_safe_and_keeps_its_letters():
    assert clean_text("\u200b 恒远\x00电子\u3000 ") == "恒远电子"
    assert clean_text("a\r\nb\rc") == "a\nb\nc"
    assert clean_text("𠮷 é ½") == "𠮷 é ½"
    assert clean_text("\ud800x") == "x"
    assert plain("甲" * 201).fault is not None
    assert plain("甲   乙").text == "甲 乙"


@given(st.text(max_size=60))
def test_cleaning_twice_is_cleaning_once(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\x00" not in once
    once.encode("utf-8")


# ---------------------------------------------------------------------------------------- telephones


@pytest.mark.parametrize(
    ("text", "numbers", "doubts"),
    [
        ("0571-87061501", ["+8657187061501"], []),
        ("０５７１－８７０６１５０１", ["+8657187061501"], []),
        ("(0571) 8706 1501", ["+8657187061501"], []),
        ("87061501", ["+8657187061501"], []),
        ("+86 571 8706 1501", ["+8657187061501"], []),
        ("0571-87068001，87010630", ["+8657187068001", "+8657187010630"], []),
        ("87061501/02", ["+8657187061501", "+8657187061502"], []),
        ("0571-870689510571-87068952", ["+8657187068951", "+8657187068952"], ["phone.split"]),
        ("8706895187068952", ["+8657187068951", "+8657187068952"], ["phone.split"]),
        ("1380013800013900139000", ["+8613800138000", "+8613900139000"], ["phone.split"]),
        ("13800138000", ["+8613800138000"], []),
        ("138 0013 8000、139-0013-9000", ["+8613800138000", "+8613900139000"], []),
        ("400-889-0808", ["+864008890808"], []),
        ("95588", [], []),
        ("0571-646236", [], ["phone.form"]),
        ("0751-87236666", [], ["phone.area"]),
        ("87151966871519977", [], ["phone.form"]),
        ("找王敏", [], ["phone.form"]),
        ("+852 2345 6789", ["+85223456789"], []),
        ("NULL", [], []),
        ("电话：0571-87061501", ["+8657187061501"], []),
    ],
)
def test_numbers_of_a_customer_in_hangzhou(text, numbers, doubts):
    cell = read_phones(text, area="0571")
    assert list(cell.numbers) == numbers
    assert codes(cell.doubts) == doubts
    assert cell.original == ("" if text == "NULL" else text)


@pytest.mark.parametrize("text", ["0571-87061501转802", "0571-87061501-802", "0571-87061501 ext. 802"])
def test_extensions(text):
    (phone,) = read_phones(text).phones
    assert (phone.e164, phone.extension) == ("+8657187061501", "802")
    assert phone.shown == "0571-87061501-802"
    assert read_phones(phone.shown).phones[0].extension == "802"


def test_a_mobile_number_is_one_by_the_block_that_it_lies_in() -> None:
    """Only blocks are asked about; here each beginning of five digits is held against the numbering plan, with any end."""
    dice = Random(3)
    for begins in range(13000, 20000):
        number = f"{begins}{dice.randrange(1_000_000):06d}"
        assert _valid(number, "CN") == _planned(number, "CN"), number


def test_numbers_are_shown_as_people_here_write_them():
    cell = read_phones("057187061501 8613805712345 4008890808", area="0571")
    assert [phone.shown for phone in cell.phones] == ["0571-87061501", "138 0571 2345", "400-889-0808"]
    assert [read_phones(phone.shown).numbers for phone in cell.phones] == [(n,) for n in cell.numbers]


def test_a_number_with_a_mistyped_area_code_is_recognised_but_not_mended():
    cell = read_phones("0751-87236666", area="0571")
    assert (cell.numbers, cell.perhaps) == ((), ("+8657187236666",))


def test_a_local_number_of_an_unknown_city_is_kept_and_doubted():
    cell = read_phones("87061501")
    assert cell.numbers == ()
    assert cell.phones[0].text == "87061501"
    assert codes(cell.doubts) == ["phone.noarea"]


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [("2345 6789", "HK", "+85223456789"), ("2833 1234", "MO", "+85328331234"), ("02-2345-6789", "TW", "+886223456789"),
     ("030-2345678", "DE", "+49302345678"), ("(503) 555-7555", "US", "+15035557555")],
)  # fmt: skip
def test_numbers_abroad(text, region, number):
    assert read_phones(text, region=region).numbers == (number,)


@pytest.mark.parametrize(
    ("text", "region"), [("981-443655", "FI"), ("2967 542", "IE"), ("(198) 555-8888", "GB")]
)
def test_an_old_number_abroad_is_not_taken_for_another_of_today(text, region):
    (phone,) = read_phones(text, region=region).phones
    assert (phone.e164, phone.shown) == ("", text)


def test_an_old_number_abroad_is_kept_and_told_not_doubted():
    cell = read_phones("88.60.15.31", region="FR")
    assert (cell.phones[0].text, cell.doubts, codes(cell.told)) == ("88.60.15.31", (), ["phone.abroad"])


@given(
    st.text("0123456789-+()（） 转,，;/x\n电", max_size=80),
    st.sampled_from(["", "0571", "010"]),
    st.sampled_from(["CN", "FR", "??"]),
)
@settings(max_examples=200, deadline=None)
def test_any_cell_is_read_without_error_and_nothing_is_lost(text, area, region):
    cell = read_phones(text, area=area, region=region)
    assert is_nothing(text) or cell.original == clean_text(text)[:200]
    assert all(number.startswith("+") and number[1:].isdigit() for number in cell.numbers)


# ------------------------------------------------------------------------------------------- codes


def test_credit_codes():
    assert credit_code("91330100799655058B").text == "91330100799655058B"
    assert credit_code("９１３３０１００７９９６５５０５８ｂ ").text == "91330100799655058B"
    mended = credit_code("9133O1OO799655058B")
    assert (mended.text, codes(mended.doubts)) == ("91330100799655058B", ["code.mended"])
    for text, code in [("91330100799655058A", "code.check"), ("9133010079965505", "code.length")]:
        fault = credit_code(text).fault
        assert fault is not None
        assert fault.code == code
    assert codes(credit_code("330100000012345").doubts) == ["code.old"]
    assert codes(credit_code("79965505-8").doubts) == ["code.organisation"]


@pytest.mark.parametrize(
    ("text", "letter"), [("A", "A"), ("b级", "B"), ("Ｃ类客户", "C"), ("甲", "A"), ("grade A", "A")]
)
def test_grades(text, letter):
    assert grade(text).text == letter


@pytest.mark.parametrize("text", ["三级甲等", "二级乙等", "VIP", "A+", "D"])
def test_other_grades_stay_as_tags(text):
    assert (grade(text).text, grade(text).tag) == ("", text)


def test_mail_web_and_postcode():
    assert email("Wang@Example.cn").text == "Wang@Example.cn"
    assert codes(email("a@b.cn; c@d.cn").doubts) == ["email.several"]
    assert email("wang@").fault is not None
    assert website("www.example.com").text == "https://www.example.com"
    assert website("javascript:alert(1)").fault is not None
    assert website("没有网站哦").fault is not None
    assert postcode("310000").text == "310000"
    assert codes(postcode("10080").doubts) == ["postcode.zero"]
    assert postcode("S-958 22", "SE").text == "S-958 22"


@pytest.mark.parametrize(
    ("text", "day_", "doubts"),
    [
        ("2024年3月5日", "2024-03-05", []), ("2024/3/5", "2024-03-05", []), ("2024.03.05", "2024-03-05", []),
        ("20240305", "2024-03-05", []), ("2024-03-05 00:00:00.000", "2024-03-05", []),
        ("5/3/2024", "2024-05-03", ["date.ambiguous"]),
        ("25/3/2024", "2024-03-25", []), ("3/25/2024", "2024-03-25", []), ("5/5/2024", "2024-05-05", []),
        ("45356", "2024-03-05", ["date.serial"]), ("二〇二四年三月十五日", "2024-03-15", []), ("3月5日", "--03-05", []),
        ("85-3-5", "1985-03-05", ["date.short"]), ("无", "", []),
    ],
)  # fmt: skip
def test_days(text, day_, doubts):
    value = day(text)
    assert (value.text, codes(value.doubts), value.fault) == (day_, doubts, None)


@pytest.mark.parametrize("text", ["5-Mar-1980", "5 March 1980", "Mar 5, 1980", "March 5 1980", "05.mar.1980"])
def test_days_with_the_months_name(text):
    assert day(text).text == "1980-03-05"


def test_what_looks_like_a_formula_is_kept_as_text_and_doubted():
    assert codes(plain("=1+1").doubts) == ["cell.formula"]
    assert plain("=1+1").text == "=1+1"
    assert plain("a=b").doubts == ()


@pytest.mark.parametrize("text", ["2024-13-45", "2023-02-29", "明天", "1/2/3/4", "99999999", "3024-01-01"])
def test_what_is_no_day(text):
    assert day(text).fault is not None


def test_a_column_may_tell_its_order():
    assert learn_order(["3/5/2024", "25/3/2024"]) == "dmy"
    assert learn_order(["3/5/2024", "3/25/2024"]) == "mdy"
    assert learn_order(["3/5/2024"]) == ""
    assert learn_order(["13/1/2024", "1/13/2024"]) == ""
    assert day("3/5/2024", order="dmy").text == "2024-05-03"


# --------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("浙江省杭州市西湖区文三路1号", ("浙江省", "杭州市", "西湖区", "文三路1号")),
        ("杭州西湖区文三路1号", ("浙江省", "杭州市", "西湖区", "文三路1号")),
        ("北京朝阳区望京SOHO", ("北京市", "北京市", "朝阳区", "望京SOHO")),
        ("北京市北京市朝阳区建国路", ("北京市", "北京市", "朝阳区", "建国路")),
        ("义乌市江东街道", ("浙江省", "金华市", "义乌市", "江东街道")),
        ("内蒙古呼和浩特市新城区", ("内蒙古自治区", "呼和浩特市", "新城区", "")),
        ("吉林省吉林市船营区", ("吉林省", "吉林市", "船营区", "")),
        ("广东省东莞市长安镇", ("广东省", "东莞市", "", "长安镇")),
        ("香港九龙弥敦道1号", ("香港特别行政区", "香港", "", "九龙弥敦道1号")),
        ("杭州路12号", ("", "", "", "杭州路12号")),
        ("", ("", "", "", "")),
    ],
)
def test_addresses(text, parts):
    found = parse_address(text)
    assert (found.province, found.city, found.district, found.rest) == parts
    assert found.doubts == ()


def test_a_district_of_several_cities_is_not_guessed():
    found = parse_address("朝阳区望京SOHO")
    assert (found.province, found.city, found.district) == ("", "", "朝阳区")
    assert codes(found.doubts) == ["address.city"]
    assert parse_address("朝阳区望京SOHO", city="北京").city == "北京市"


@pytest.mark.parametrize(
    ("text", "now", "told", "doubts"),
    [
        ("杭州市下城区文晖路201号", "拱墅区", ["address.renamed"], []),
        ("杭州市江干区下沙街道1号", "钱塘区", ["address.moved"], []),
        ("杭州市江干区采荷路1号", "上城区", ["address.moved"], []),
        ("杭州市江干区某路1号", "上城区", [], ["address.split"]),
        ("杭州市余杭区塘栖镇1号", "临平区", ["address.moved"], []),
        ("杭州市余杭区良渚街道1号", "余杭区", [], []),
        ("杭州市余杭区某路1号", "余杭区", [], ["address.split"]),
        ("杭州市余杭区南苑街道1号", "临平区", ["address.moved"], []),
        ("杭州市塘栖镇1号", "临平区", ["address.town"], []),
        ("杭州市临安市衣锦街1号", "临安区", ["address.renamed"], []),
        ("杭州市富阳市桂花路1号", "富阳区", ["address.renamed"], []),
        ("杭州市萧山区义蓬镇1号", "钱塘区", ["address.moved"], []),
    ],
)
def test_renamed_districts_of_hangzhou(text, now, told, doubts):
    found = parse_address(text)
    assert (found.district, codes(found.told), codes(found.doubts)) == (now, told, doubts)


def test_a_town_in_the_district_column_is_doubted():
    found = parse_address("浙江省杭州市晨星小区43号", district="晨星小区")
    assert (found.district, codes(found.doubts)) == ("", ["address.district"])
    assert parse_address("浙江省杭州市月牙路58号", district="中心下城区").district == "拱墅区"
    assert parse_address("浙江省杭州市月牙路58号", district="萧山经济技术开发区").district == "萧山区"
    assert parse_address("浙江省杭州市月牙路58号", district="经济技术开发区").district == "钱塘区"
    town = parse_address("浙江省杭州市月牙路58号", district="塘栖镇")
    assert (town.district, codes(town.told), town.doubts) == ("临平区", ["address.town"], ())
    within = parse_address("浙江省杭州市月牙路58号", district="朝晖七区")
    assert (within.district, codes(within.doubts)) == ("拱墅区", ["address.town"])
    nowhere = parse_address("月牙路58号", district="朝晖七区")
    assert (nowhere.district, codes(nowhere.doubts)) == ("", ["address.district"])
    differs = parse_address("杭州市西湖区文三路1号", district="滨江区")
    assert (differs.district, codes(differs.doubts)) == ("西湖区", ["address.differs"])


def test_towns_have_a_district_in_every_city():
    assert parse_address("四川省成都市犀浦街道1号").district == "郫都区"
    assert parse_address("江苏省苏州市木渎镇1号").district == "吴中区"


@given(st.text("浙江省杭州市上城西湖区县路号0中心北京朝阳", max_size=20), st.text("杭州市西湖区", max_size=6))
def test_any_address_is_read_without_error(text, district):
    parse_address(text, district=district)


def test_countries():
    assert [country(name).text for name in ("中国", "UK", "United States", "法国", "NULL")] == [
        "CN",
        "GB",
        "US",
        "FR",
        "",
    ]
    assert codes(country("Atlantis").doubts) == ["country.unknown"]
