"""Every row gets one verdict, and the sums are right."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.platform.imports.columns import Mapping, guess, mapping_of
from guanxi.platform.imports.duplicates import Profile
from guanxi.platform.imports.fields import FIELDS, OTHER
from guanxi.platform.imports.judge import KnownAccounts, Plan, judge
from guanxi.platform.imports.reading import Sheet, Unreadable, read_sheet
from guanxi.platform.imports.tests.samples import sample


def plan(data: bytes | str, accounts=(), **more) -> Plan:
    sheet = read_sheet(data.encode() if isinstance(data, str) else data)
    return judge(sheet, mapping_of(guess(sheet)), KnownAccounts(accounts), **more)


def sums_are_right(found: Plan, sheet: Sheet | None = None) -> None:
    data = json.loads(json.dumps(found.as_json("en")))
    rejected = {entry["row"] for entry in data["rejected"]}
    assert data["rows"] == data["created"] + data["updated"] + len(data["duplicates"]) + len(rejected)
    assert not rejected & {entry["row"] for entry in data["duplicates"]}
    if sheet is not None:
        assert [verdict.row for verdict in found.verdicts] == [row.number for row in sheet.rows]


def rows(entries, **wanted):
    return [entry["row"] for entry in entries if all(entry[key] == value for key, value in wanted.items())]


@pytest.mark.parametrize("number", ["3.30106E+14", "3.30106e+14", "３.3E＋14", "1E+15"])
def test_a_number_that_a_spreadsheet_rounded_is_none(number):
    found = plan(
        f"客户名称,客户编号,电话\n赤一纺织有限公司,{number},0571-88880101\n赤二印染有限公司,{number},0571-88880102\n"
    )
    assert [verdict.kind for verdict in found.verdicts] == ["create", "create"]
    for verdict in found.verdicts:
        assert [(column, said.code) for column, said in verdict.doubts] == [("客户编号", "number.rounded")]
        assert "account.external_key" not in verdict.values
        assert verdict.kept == (("客户编号", number),)


@pytest.mark.parametrize("number", ["E+12", "3E+1", "A3.30E+14", "1E14", "330106199001011234"])
def test_other_numbers_are_taken_as_they_stand(number):
    (verdict,) = plan(f"客户名称,客户编号\n赤一纺织有限公司,{number}\n").verdicts
    assert (verdict.values["account.external_key"], verdict.doubts) == (number, ())


def test_the_made_up_clinics():
    found = plan(sample("clinics-gb18030.csv"))
    sums_are_right(found)
    data = found.as_json()
    assert data["rows"] == 22
    assert data["rejected"] == []
    assert [(d["row"], d["of"], d["certainty"]) for d in data["duplicates"]] == [
        (5, 2, "certain"), (11, 10, "certain"), (17, 2, "possible"), (18, 2, "possible"), (20, 19, "certain")
    ]  # fmt: skip
    assert rows(data["doubtful"], code="phone.split") == [3, 8, 10]
    assert rows(data["doubtful"], code="phone.form") == [14, 21]
    assert rows(data["doubtful"], code="phone.area") == [16]
    assert rows(data["doubtful"], code="address.split") == [7, 12]
    assert rows(data["doubtful"], code="address.district") == [14]
    first = found.verdicts[0]
    assert first.tags == ("三级甲等",)
    assert first.values["account.phone"][0]["shown"] == "0571-87010001"
    assert "account.grade" not in first.values


def test_the_made_up_traders():
    found = plan(sample("traders.csv"))
    sums_are_right(found)
    data = found.as_json("en")
    assert (data["created"], data["duplicates"], data["rejected"]) == (17, [], [])
    assert [(d["row"], d["column"], d["code"]) for d in data["doubtful"]] == [
        (4, "address", "row.wide"), (7, "address", "row.wide"), (13, "address", "row.wide"), (16, "address", "row.wide")
    ]  # fmt: skip
    assert len(data["doubtful"][0]["before"]) == 12
    assert found.verdicts[2].values["account.address"] == "14, place des Fleurs"
    assert found.verdicts[2].values["account.country"] == "FR"
    assert "account.fax" not in found.verdicts[2].values


def test_what_a_certain_duplicate_says_otherwise_is_doubted():
    found = plan(
        "客户名称,地址,电话,客户等级,行业\n"
        "萧山第二医院,杭州市萧山区东灵路47号,0571-82551232、82556018,A,医疗\n"
        "杭州市萧山第二医院,萧山区东灵路47号,82551232,C,\n"
        "萧山第二医院,杭州市萧山区东灵路47号,0571-82551232,A,医疗\n"
        "萧山第二医院,杭州市萧山区东灵路47号,82551232 82559999,,医药\n"
    )
    assert [(v.kind, v.certain) for v in found.verdicts[1:]] == [("duplicate", True)] * 3
    assert [[(column, why.code) for column, why in v.doubts] for v in found.verdicts[1:]] == [
        [("客户等级", "duplicate.differs")],
        [],
        [("电话", "duplicate.differs"), ("行业", "duplicate.differs")],
    ]


def test_a_second_name_that_lost_its_city_is_found():
    found = plan(
        "医院名称,区县\n杭州市萧山区第六人民医院杭州市萧山区中医骨伤科医院,萧山区\n萧山区中医骨伤科医院,萧山区\n"
    )
    assert [v.kind for v in found.verdicts] == ["create", "duplicate"]


def test_a_file_that_names_new_districts_means_todays_by_the_old_name():
    old = plan("客户名称,地址\n甲厂,杭州市余杭区某路1号\n乙厂,杭州市下城区某路2号\n")
    assert rows(old.as_json()["doubtful"]) == [2]
    new = plan(
        "客户名称,地址\n甲厂,杭州市余杭区某路1号\n乙厂,杭州市临平区某路2号\n丙厂,杭州市余杭区塘栖镇3号\n"
    )
    assert new.as_json()["doubtful"] == []
    assert [v.values["account.district"] for v in new.verdicts] == ["余杭区", "临平区", "余杭区"]


KNOWN = [
    Profile("a1", "杭州恒远电子有限公司", code="91330100799655058B", key="K1", city="杭州市", existing=True),
    Profile("a2", "明光医院", address="清晨路11号", city="杭州市", existing=True),
]


def test_a_known_number_updates_and_a_new_one_creates():
    found = plan("客户编号,客户名称\nK1,杭州恒远电子有限公司\nK2,华信\nK1,恒远电子\n", KNOWN)
    assert [(v.kind, v.target) for v in found.verdicts] == [
        ("update", "a1"),
        ("create", None),
        ("duplicate", None),
    ]
    assert found.verdicts[2].matches[0].ref == 2
    sums_are_right(found)


def test_a_known_number_under_another_name_is_asked_about():
    """Every system numbers its customers from 1: the number alone never overwrites a record."""
    (verdict,) = plan("客户编号,客户名称\nK1,华信科技\n", KNOWN).verdicts
    assert (verdict.kind, verdict.certain, verdict.matches[0].ref) == ("duplicate", False, "a1")


def test_a_number_of_an_account_that_may_not_be_changed_is_a_certain_duplicate():
    held = [Profile("a1", "恒远电子", key="K1", existing=True, changeable=False)]
    (verdict,) = plan("客户编号,客户名称\nK1,恒远电子\n", held).verdicts
    assert (verdict.kind, verdict.certain) == ("duplicate", True)


def test_rows_that_came_in_before_are_certain_duplicates_whatever_else_they_look_like():
    sheet = read_sheet("客户编号,客户名称\nK1,恒远电子\nK9,华信\n".encode())
    found = judge(sheet, mapping_of(guess(sheet)), KnownAccounts(KNOWN), seen={2: "a1"})
    assert [(v.kind, v.certain) for v in found.verdicts] == [("duplicate", True), ("create", False)]


def test_possible_duplicates_can_be_created_all_alike():
    text = "客户名称,地址\n明光医院,杭州市清晨路11号\n明光医院,杭州市江潮路2号\n"
    sheet = read_sheet(text.encode())
    waiting = judge(sheet, mapping_of(guess(sheet)))
    assert [v.kind for v in waiting.verdicts] == ["create", "duplicate"]
    created = judge(sheet, mapping_of(guess(sheet)), create_possible=True)
    assert [v.kind for v in created.verdicts] == ["create", "create"]
    assert created.verdicts[1].matches


def test_a_column_without_a_field_is_kept_with_its_name():
    sheet = read_sheet("客户名称,负责区域\n恒远电子,华东\n".encode())
    mapping = mapping_of(guess(sheet)).with_field(1, OTHER)
    assert judge(sheet, mapping).verdicts[0].kept == (("负责区域", "华东"),)


def test_existing_accounts_are_recognised():
    data = plan(
        "客户名称,信用代码,地址\n恒远,91330100799655058B,\n明光医院,,杭州市清晨路11号\n明光医院,,杭州市江潮路2号\n",
        KNOWN,
    ).as_json()
    assert [(d["row"], d["account"], d["certainty"]) for d in data["duplicates"]] == [
        (2, "a1", "certain"), (3, "a2", "certain"), (4, "a2", "possible")
    ]  # fmt: skip


def test_a_person_decides_what_is_possible():
    text = "客户名称,地址\n明光医院,杭州市江潮路2号\n明光医院,杭州市远山路3号\n"
    found = plan(text, KNOWN, create={2}, update={3: "a2"})
    assert [(v.kind, v.target) for v in found.verdicts] == [("create", None), ("update", "a2")]
    sums_are_right(found)


def test_rejections_name_the_column_and_the_reason_in_both_languages():
    found = plan("客户名称,信用代码,邮箱\n,,a@b.cn\n恒远,123,错的\nNULL,,\n")
    data = found.as_json("en")
    assert [(r["row"], r["column"], r["code"]) for r in data["rejected"]] == [
        (2, "客户名称", "name.missing"), (3, "信用代码", "code.length"), (3, "邮箱", "email.form"),
        (4, "客户名称", "name.missing"),
    ]  # fmt: skip
    assert data["rejected"][1]["reason"] == "A unified social credit code has 18 signs; here are 3."
    assert found.as_json("zh")["rejected"][1]["reason"] == "统一社会信用代码应为 18 位，这里有 3 位。"
    sums_are_right(found)


def test_a_rejected_row_makes_nobody_a_duplicate():
    found = plan("客户名称,邮箱\n明光医院,错的\n明光医院,a@b.cn\n")
    assert [v.kind for v in found.verdicts] == ["rejected", "create"]


def test_a_second_contact_of_the_same_company_is_not_lost():
    found = plan(
        "公司名称,联系人,手机\n恒远电子有限公司,王敏,13800138000\n恒远电子有限公司,李雷,13900139000\n"
    )
    assert [(v.kind, v.adds_contact) for v in found.verdicts] == [("create", False), ("duplicate", True)]


def test_without_a_column_for_the_name_nothing_is_judged():
    sheet = read_sheet(b"a,b\n1x,2x\n")
    with pytest.raises(Unreadable, match="customer's name"):
        judge(sheet, Mapping({0: "account.phone"}, sheet.header))


def test_a_rejected_row_of_the_wrong_width_is_counted():
    found = plan("客户名称,备注\n甲,乙\n甲乙丙,丁,戊,己\n")
    assert [v.kind for v in found.verdicts] == ["create", "rejected"]
    sums_are_right(found)


CELLS = st.sampled_from(
    ["", "NULL", "恒远电子有限公司", "恒远电子", "明光医院", "0571-87061501", "8706150187061502", "91330100799655058B", "K1",
     "杭州市西湖区文三路1号",
     "王敏", "2024/3/5", "3/5/2024", "A", "三级甲等", "a@b.cn", "错@", "x" * 300, "=1+1", "法国", "\x00"]
)  # fmt: skip


@given(
    st.lists(st.sampled_from([field.name for field in FIELDS]), min_size=1, max_size=6, unique=True),
    st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=10),
)
@settings(max_examples=200, deadline=None)
def test_the_sums_are_right_whatever_the_rows(chosen, cells):
    names = ["account.name", *[name for name in chosen if name != "account.name"]]
    target = io.StringIO()
    csv.writer(target).writerows([[f"列{chr(0x4E00 + n)}" for n in range(len(names))], *cells])
    try:
        sheet = read_sheet(target.getvalue().encode(), delimiter=",")
    except Unreadable:
        return
    mapping = Mapping({n: name for n, name in enumerate(names) if n < len(sheet.header)}, sheet.header)
    sums_are_right(judge(sheet, mapping, KnownAccounts(KNOWN)), sheet)


@given(st.permutations(["恒远电子", "明光医院", "明光医院", "华信", "恒远电子"]))
def test_the_order_of_rows_changes_no_count(names):
    found = plan("客户名称\n" + "".join(f"{name}\n" for name in names))
    assert (found.counts["create"], found.counts["duplicate"]) == (3, 2)
