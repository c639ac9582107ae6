"""Which field a column is for."""

from __future__ import annotations

import json

import pytest

from guanxi.platform.imports.columns import Mapping, guess, mapping_of
from guanxi.platform.imports.fields import FIELDS
from guanxi.platform.imports.reading import read_sheet
from guanxi.platform.imports.tests.samples import sample


def fields(data: bytes) -> list[str]:
    return [each.field for each in guess(read_sheet(data))]


def test_the_made_up_files():
    assert fields(sample("clinics-gb18030.csv")) == [
        "account.name", "account.address", "account.phone", "account.grade", "account.district"
    ]  # fmt: skip
    assert fields(sample("traders.csv")) == [
        "account.external_key", "account.name", "contact.name", "contact.post", "account.address", "account.city",
        "account.province", "account.postcode", "account.country", "account.phone", "account.fax"
    ]  # fmt: skip
    assert fields(sample("titled.xlsx"))[:3] == ["account.name", "contact.name", "contact.mobile"]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("*公司名称(必填)", "account.name"), ("客戶名稱", "account.name"), ("統一編號", "account.credit_code"),
        ("聯絡人", "contact.name"),
        ("手機號碼", "contact.mobile"), ("E-mail", "account.email"), ("Zip Code", "account.postcode"),
        ("微信号", "contact.wechat"),
        ("所属行业", "account.industry"), ("客户经理", "account.owner"), ("電話2", "account.phone"), ("备注", "account.remark"),
    ],
)  # fmt: skip
def test_names_of_columns(header, field):
    assert fields(f"{header},编号x\n甲,乙\n".encode())[0] == field


def test_values_tell_where_names_do_not():
    text = "a,b,c,d\n杭州恒远电子有限公司,13800138000,浙江省,王敏\n上海华信科技有限公司,13800138001,上海市,李雷\n"
    assert fields(text.encode()) == ["account.name", "account.phone", "account.province", "contact.name"]


def test_a_telephone_beside_a_contact_full_of_mobiles_is_the_contacts():
    text = "公司名称,联系人,联系电话\n恒远,王敏,13800138000\n华信,李雷,13900139000\n"
    assert fields(text.encode())[2] == "contact.mobile"


def test_every_guess_says_why_and_how_sure():
    for each in guess(read_sheet(sample("traders.csv"))):
        assert 0 < each.certainty <= 1
        assert each.reason.text.zh


def test_a_mapping_is_changed_by_hand_and_kept():
    sheet = read_sheet(sample("clinics-gb18030.csv"))
    mapping = mapping_of(guess(sheet)).with_field(3, "account.kind").with_field(4, "")
    assert mapping.fields == {0: "account.name", 1: "account.address", 2: "account.phone", 3: "account.kind"}
    moved = mapping.with_field(1, "account.name")
    assert moved.columns("account.name") == [1]
    again = Mapping.from_json(json.loads(json.dumps(mapping.as_json())), sheet.header[::-1])
    assert again.column("account.name") == 4
    with pytest.raises(ValueError, match="unknown"):
        mapping.with_field(0, "account.nothing")
    with pytest.raises(ValueError, match="mapping"):
        Mapping.from_json({"columns": [1]}, sheet.header)


def test_no_word_names_two_fields_but_that_a_second_address_is_a_further_one():
    words = [word for field in FIELDS if field.name != "account.addresses" for word in field.words]
    assert sorted(words) == sorted(set(words))
    by_name = {field.name: field.words for field in FIELDS}
    assert not by_name["account.addresses"] & (set(words) - by_name["account.address"])
