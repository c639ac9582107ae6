"""Which customers are the same: what a careful person would say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.platform.imports.duplicates import Index, Profile, compare, name_parts, street_of

PHONE = frozenset({"+8657187061501"})
OTHER = frozenset({"+8657187061599"})


def one(name, **more) -> Profile:
    more.setdefault("city", "杭州市")
    return Profile(1, name, **more)


def judged(left: Profile, right: Profile) -> str:
    match, back = compare(left, right), compare(right, left)
    assert (match and match.certain) == (back and back.certain), "the order must not matter"
    return "no" if match is None else "certain" if match.certain else "possible"


@pytest.mark.parametrize(
    ("name", "core", "place", "branch"),
    [
        ("杭州恒远电子有限公司", "恒远电子", "杭州", ""), ("恒远电子(杭州)有限公司", "恒远电子杭州", "", ""),
        ("浙江省杭州市萧山区第二人民医院", "第二人民医院", "萧山", ""),
        ("浙江大学医学院附属第一医院城站院区", "大学医学院附属第一医院", "浙江", "城站院区"),
        ("杭州市第一人民医院分院", "第一人民医院", "杭州", "分院"),
        ("Franchi S.p.A.", "franchi", "", ""),
        ("Océano Atlántico Ltda.", "océano atlántico", "", ""),
    ],
)  # fmt: skip
def test_names_are_taken_apart(name, core, place, branch):
    parts = name_parts(name)
    assert (parts.core, parts.place, parts.branch) == (core, place, branch)


def test_streets():
    assert street_of("解放路68号") == street_of("上城区解放路68") == "解放路68"
    assert street_of("城厢街道市心路199号") != street_of("城厢镇市心中路199号")


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (one("甲公司", code="91330100799655058B"), one("乙公司", code="91330100799655058B"), "certain"),
        (
            one("恒远有限公司", code="91330100799655058B"),
            one("恒远有限公司", code="91330000142921383E"),
            "possible",
        ),
        (one("明光医院", address="清晨路11号"), one("明光医院", address="清晨路11号"), "certain"),
        (
            one("明光医院", address="清晨路11号", phones=PHONE),
            one("明光医院", address="江潮路2号", phones=PHONE),
            "possible",
        ),
        (one("明光医院", address="清晨路11号"), one("明光医院", address="江潮路2号"), "possible"),
        (one("明光医院", phones=PHONE), one("明光医院", phones=PHONE, address="清晨路11号"), "certain"),
        (
            one("杭州市萧山区石桥医院", address="石桥路1号", phones=PHONE),
            one("萧山区石桥医院", address="石桥路1号", phones=PHONE),
            "certain",
        ),
        (
            one("杭州市萧山区石桥医院", address="石桥路1号"),
            one("萧山区石桥医院", address="石桥路1号", phones=OTHER),
            "possible",
        ),
        (one("萧山区中医院", district="萧山区"), one("富阳市中医院", district="富阳区"), "no"),
        (one("杭州市中医院"), one("萧山区中医院", district="萧山区"), "no"),
        (one("富阳市结核病防治所", district="富阳区"), one("临安市结核病防治所", district="临安区"), "no"),
        (one("杭州恒远电子有限公司"), one("恒远电子", phones=PHONE), "possible"),
        (one("杭州恒远电子有限公司"), one("上海恒远电子有限公司", city="上海市"), "no"),
        (one("甲乙丙", phones=PHONE), one("丁戊己", phones=PHONE), "possible"),
        (one("明光科技有限公司", address="文三路90号"), one("华信电子有限公司", address="文三路90号"), "no"),
        (one("青春医院", address="庆春路5号"), one("青春医院监狱中心医院", address="青春路5号"), "no"),
        (
            one("浙江青春医院", address="庆春路5号"),
            one("浙江青春医院监狱中心医院", address="青春路5号"),
            "possible",
        ),
        (
            one("第一医院", phones=PHONE, address="清晨路1号"),
            one("第一医院城站院区", phones=PHONE, address="城站路2号"),
            "possible",
        ),
        (one("Alfreds"), one("Alfred & Co"), "no"),
    ],
)
def test_pairs(left, right, said):
    assert judged(left, right) == said


def test_a_number_that_many_share_brings_nobody_together():
    index = Index(Profile(n, f"客户{chr(0x4E00 + n)}{chr(0x5E00 + n)}", phones=PHONE) for n in range(30))
    assert index.matches(Profile(99, "某某", phones=PHONE)) == []


def test_matches_are_found_best_first():
    index = Index([
        Profile(1, "明光医院", address="江潮路2号", city="杭州市"),
        Profile(2, "明光医院", address="清晨路11号", city="杭州市"),
        Profile(3, "别的医院", address="清晨路99号", city="杭州市"),
    ])  # fmt: skip
    found = index.matches(Profile(4, "明光医院", address="清晨路11号", city="杭州市"))
    assert [(match.ref, match.certain) for match in found] == [(2, True), (1, False)]
    assert [why.code for why in found[0].reasons] == ["same.name", "same.address"]


@given(
    st.text("杭州市萧山区第一人民医院分有限公司ab 路1号", max_size=12),
    st.text("杭州市萧山区第一人民医院分有限公司ab 路1号", max_size=12),
)
def test_comparing_is_even_handed(left, right):
    judged(one(left, address=right), one(right, address=left))
