"""Which customers are the same: what a careful person would say."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.platform.imports import duplicates
from guanxi.platform.imports.duplicates import Index, Profile, compare, keys, name_key, name_parts
from guanxi.platform.imports.labelled.judging import judge
from guanxi.platform.imports.labelled.sets import labelled
from guanxi.platform.imports.packed import Chains

PHONE = frozenset({"+8657187061501"})
OTHER = frozenset({"+8657187061599"})
CODE, CODE_2 = "91330100799655058B", "91330000142921383E"


def one(name, **more) -> Profile:
    more.setdefault("city", "杭州市")
    return Profile(1, name, **more)


def judged(left: Profile, right: Profile) -> str:
    match, back = compare(left, right), compare(right, left)
    assert (match and (match.certain, match.score)) == (back and (back.certain, back.score)), (
        "the order must not matter"
    )
    if match is None:
        return "no"
    return "certain" if match.certain else "possible" if match.score >= 0.6 else "asked"


@pytest.mark.parametrize(
    ("name", "core", "place", "tail"),
    [
        ("杭州恒远电子有限公司", "恒远电子", "杭州", ""), ("恒远电子(杭州)有限公司", "恒远电子", "杭州", ""),
        ("恒遠電子（杭州）有限公司", "恒远电子", "杭州", ""),
        ("浙江省杭州市萧山区第二人民医院", "第二人民医院", "萧山", ""),
        ("浙江大学医学院附属第一医院城站院区", "大学医学院附属第一医院", "浙江", "城站院区"),
        ("杭州市第一人民医院分院", "第一人民医院", "杭州", "分院"),
        ("杭州恒远电子有限公司上海分公司", "恒远电子", "杭州", "上海分公司"),
        ("Franchi S.p.A.", "franchi", "", ""), ("Océano Atlántico Ltda.", "oceano atlantico", "", ""),
        ("Bauer und Söhne GmbH & Co. KG", "bauer sohne", "", ""),
    ],
)  # fmt: skip
def test_names_are_taken_apart(name, core, place, tail):
    parts = name_parts(name)
    said = parts.place.district or parts.place.city or parts.place.province
    assert (parts.core, said, parts.tail) == (core, place, tail)


def test_several_names_in_one_cell_are_several():
    found = one("浙江老年关怀医院杭州市拱墅区中医院").customer.names
    assert [name.core for name in found] == ["老年关怀医院", "中医院"]


def test_doors():
    def door(text):
        return one("甲", address=text).customer.door.key

    assert door("解放路68号") == door("上城区解放路６８") == "解放路68"
    assert door("城厢街道市心路199号") != door("城厢镇市心中路199号")
    assert door("14 Cloth Fair") == door("Cloth Fair 14") == "cloth fair14"


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (one("恒远有限公司", code=CODE), one("华信有限公司", code=CODE), "possible"),
        (one("恒远电子有限公司", code=CODE), one("恒远电子", code=CODE), "certain"),
        (one("恒远有限公司", code=CODE), one("恒远有限公司", code=CODE_2), "possible"),
        (one("明光医院", address="清晨路11号"), one("明光医院", address="清晨路11号"), "certain"),
        (one("明光医院", address="清晨路11号", phones=PHONE), one("明光医院", address="江潮路2号", phones=PHONE), "possible"),
        (one("明光医院", address="清晨路11号"), one("明光医院", address="江潮路2号"), "asked"),
        (one("杭州明光医院", address="清晨路11号"), one("杭州明光医院"), "certain"),
        (one("明光医院", phones=PHONE), one("明光医院", phones=PHONE, address="清晨路11号"), "certain"),
        (
            one("杭州市萧山区石桥医院", address="石桥路1号", phones=PHONE),
            one("萧山区石桥医院", address="石桥路1号", phones=PHONE),
            "certain",
        ),
        (one("杭州市萧山区石桥医院", address="石桥路1号"), one("萧山区石桥医院", address="石桥路1号", phones=OTHER), "certain"),
        (one("萧山区中医院", district="萧山区"), one("富阳市中医院", district="富阳区"), "no"),
        (one("杭州市中医院"), one("萧山区中医院", district="萧山区"), "no"),
        (one("杭州市第一人民医院", phones=PHONE), one("杭州市第二人民医院", phones=PHONE), "no"),
        (one("杭州恒远电子有限公司"), one("恒远电子", phones=PHONE), "asked"),
        (one("杭州恒远电子有限公司"), one("上海恒远电子有限公司", city="上海市"), "no"),
        (one("杭州恒远电子有限公司", phones=PHONE), one("上海恒远电子有限公司", city="上海市", phones=PHONE), "no"),
        (one("杭州恒远电子有限公司", phones=PHONE), one("杭州恒远物流有限公司", phones=PHONE), "no"),
        (one("杭州恒远电子有限公司", phones=PHONE), one("杭州恒源电子有限公司", phones=PHONE), "possible"),
        (one("杭州恒远电子有限公司", phones=PHONE), one("Hengyuan Dianzi", phones=PHONE), "possible"),
        (one("杭州恒远电子有限公司"), one("杭州恒源电子有限公司"), "no"),
        (one("恒远电子有限公司", phones=PHONE), one("恒远电子有限公司萧山分公司", phones=PHONE), "no"),
        (one("甲乙丙公司", phones=PHONE), one("丁戊己公司", phones=PHONE), "no"),
        (one("明光科技有限公司", address="文三路90号"), one("华信电子有限公司", address="文三路90号"), "no"),
        (one("青春医院", address="庆春路5号"), one("青春医院食堂", address="庆春路5号"), "no"),
        (
            one("第一医院", phones=PHONE, address="清晨路1号"),
            one("第一医院城站院区", phones=PHONE, address="城站路2号"),
            "no",
        ),
        (one("李明", phones=frozenset({"+8613900000001"})), one("李总", phones=frozenset({"+8613900000001"})), "possible"),
        (one("李明", phones=PHONE, address="清晨路1号"), one("李敏", phones=PHONE, address="清晨路1号"), "no"),
        (one("李明", phones=PHONE), one("李明", phones=OTHER), "no"),
        (
            one("李明", contacts=("杭州恒远电子有限公司",), phones=PHONE),
            one("杭州恒远电子有限公司", contacts=("李明",), phones=PHONE),
            "possible",
        ),
        (one("恒远科技", also=("HY",), phones=PHONE), one("HY", phones=PHONE), "certain"),
        (one("Alfreds", country="DE"), one("Alfred & Co", country="DE"), "no"),
        (one("Alfreds Futterkiste", country="DE"), one("ALFREDS FUTTERKISTE GmbH", country="DE"), "possible"),
        (one("Alfreds Futterkiste", country="DE"), one("Alfreds Futterkiste", country="FR"), "no"),
    ],
)  # fmt: skip
def test_pairs(left, right, said):
    assert judged(left, right) == said


def test_a_number_that_many_share_brings_nobody_together():
    index = Index(Profile(n, f"客户{chr(0x4E00 + n)}{chr(0x5E00 + n)}", phones=PHONE) for n in range(30))
    assert index.matches(Profile(99, "某某", phones=PHONE)) == []


def test_matches_are_found_best_first():
    index = Index([
        Profile(1, "明光医院", address="江潮路2号", city="杭州市"),
        Profile(2, "杭州明光医院", address="清晨路11号", city="杭州市"),
        Profile(3, "别的医院", address="清晨路99号", city="杭州市"),
    ])  # fmt: skip
    found = index.matches(Profile(4, "杭州明光医院", address="清晨路11号", city="杭州市"))
    assert [(match.ref, match.certain) for match in found] == [(2, True), (1, False)]
    assert [why.code for why in found[0].reasons] == ["same.name", "name.unique", "same.address"]


def test_matches_are_the_same_whether_customers_are_at_hand_or_read_again(monkeypatch):
    names = [
        f"{city}{word}{trade}有限公司"
        for city in ("杭州", "")
        for word in ("恒远", "瑞达", "东通")
        for trade in ("电子", "包装")
    ]
    held = [
        Profile(n, names[n % len(names)], phones=frozenset({f"+86571870615{n % 7:02}"}), address=f"解放路{n % 5}号",
                city="杭州市", district="上城区", also=("恒远",) if n % 3 else (), contacts=("王建国",), key=str(n % 11),
                existing=n % 2 == 0, changeable=n % 4 == 0, country="CN", code=CODE if n == 8 else "")
        for n in range(80)
    ]  # fmt: skip
    whole = Index(held)
    monkeypatch.setattr(duplicates, "AT_HAND", 1)
    bare = Index(held)
    for profile in held:
        assert bare.matches(profile) == whole.matches(profile)
        assert bare.near(profile) == whole.near(profile)
    assert any(len(whole.near(profile)) > 10 for profile in held)


def test_a_customer_of_a_large_file_takes_less_than_a_kilobyte():
    profiles = [
        Profile(n, f"杭州{chr(0x4E00 + n)}{chr(0x5E00 + n)}电子有限公司", phones=frozenset({f"+86571{n:08}"}),
                address=f"解放路{n}号2幢301室", city="杭州市", district="上城区", contacts=(f"王{chr(0x4E00 + n)}",))
        for n in range(3000)
    ]  # fmt: skip
    index = Index(profiles[:1000])
    for profile in profiles:
        keys(profile)  # taken apart: that belongs to the profiles, not to the index
    tracemalloc.start()
    for profile in profiles[1000:]:
        index.add(profile)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 1000 * 2000


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2000)), max_size=60))
def test_chains_answer_as_a_dictionary_of_lists_does(pairs):
    chains, lists = Chains(), {}
    for key, number in pairs * 40:  # more than the first slots
        chains.add(key * 2**40 + key, number)
        lists.setdefault(key, []).append(number)
    for key in range(-3, 4):
        assert chains.find(key * 2**40 + key) == lists.get(key, [])


def test_the_key_of_a_name_is_the_same_for_every_way_of_writing_it():
    ways = ("杭州恒远电子有限公司", "杭州市恒远电子", "恒遠電子（杭州）有限公司", "杭州恒远电子股份有限公司")
    assert {name_key(way) for way in ways} == {"杭州恒远电子"}


@given(
    st.text("杭州市萧山区第一人民医院分有限公司ab 路1号李明", max_size=12),
    st.text("杭州市萧山区第一人民医院分有限公司ab 路1号李明", max_size=12),
    st.booleans(),
)
def test_comparing_is_even_handed(left, right, phone):
    numbers = PHONE if phone else frozenset()
    judged(one(left, address=right, phones=numbers), one(right, address=left, phones=numbers))


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_can_be_compared(name, address):
    judged(one(name, address=address, contacts=(address,)), one(address, address=name))


def test_the_matcher_keeps_what_is_promised_on_customers_it_was_not_set_by():
    """The floor; what it reaches stands in docs/reference/duplicates.md."""
    folder = os.environ.get("GUANXI_TRY_DATA", "")
    half = labelled("judged", Path(folder) if folder else None)
    outcome, certain = judge(half), judge(half, certain=True)
    assert outcome.precision.share >= 0.98, outcome.alike
    assert outcome.recall.share >= 0.9, outcome.by_kind
    assert certain.precision.share >= 0.995, certain.mistaken
