"""The core by itself: texts and their distance, names, what two customers share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.cores.matching.comparing import CERTAIN, LISTED, POINTS, compare, relate
from guanxi.cores.matching.customers import keys, read_customer, read_door
from guanxi.cores.matching.distance import edits, within
from guanxi.cores.matching.names import NOWHERE, Lexicon, Place, read_names

PLACES = {"杭州": Place("浙江", "杭州"), "上海": Place("上海", "上海"), "萧山": Place("浙江", "杭州", "萧山")}


def place_at(text: str) -> tuple[int, Place, bool]:
    found = PLACES.get(text[:2])
    return (2, found, text[:2] != "萧山") if found else (0, NOWHERE, False)


SIMPLE = Lexicon(str.casefold, place_at, lambda text: text.replace("源", "远"))


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [("", "", 0), ("恒远", "恒远", 0), ("恒远", "恒源", 1),
     ("恒远电子", "恒电远子", 1), ("恒远", "恒远电", 1), ("ab", "cd", 2), ("abcd", "", 3)],
)  # fmt: skip
def test_edits_count_what_is_put_in_taken_out_changed_or_swapped(one, other, far):
    assert edits(one, other, 2) == far == edits(other, one, 2)


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_edits_are_bounded_by_the_length_and_none_for_equal_texts(one, other):
    far = edits(one, other, 20)
    assert (far == 0) == (one == other)
    assert abs(len(one) - len(other)) <= far <= max(len(one), len(other))
    assert edits(one, other, 1) == min(far, 2)


def test_within():
    assert within("一院", "第一人民医院")
    assert not within("院一", "第一人民医院")


def test_a_short_district_is_a_place_where_the_address_says_so():
    (alone,) = read_names("萧山恒远电子有限公司", SIMPLE)
    (there,) = read_names("萧山恒远电子有限公司", SIMPLE, Place("浙江", "杭州"))
    assert (alone.core, there.core) == ("萧山恒远电子", "恒远电子")
    assert (there.word, there.trades, there.registered) == ("恒远", ("电子",), True)


def test_a_door_is_road_and_number():
    assert read_door("西湖区文三路90号3幢501室", SIMPLE) == ("文三路", "90", "3501")
    assert read_door("", SIMPLE).key == ""


def relation(one: str, other: str, *, beside: bool = True) -> str:
    (a,), (b,) = read_names(one, SIMPLE), read_names(other, SIMPLE)
    assert relate(SIMPLE, a, b, beside) == relate(SIMPLE, b, a, beside)
    return relate(SIMPLE, a, b, beside)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("杭州恒远电子有限公司", "恒远电子", "form"), ("恒远电子", "恒源电子", "sounds"),
        ("恒远电子科技", "恒远电予科技", "typo"),
        ("恒远电子科技有限公司", "恒远", "short"), ("第一人民医院", "市一医院", "short"),
        ("恒远电子有限公司", "华信电子有限公司", "trade"),
        ("恒远电子有限公司", "华信物流有限公司", "none"), ("李明", "李总", "short"), ("李明", "王敏", "none"),
        ("alpine ski house gmbh", "alpine ski", "short"), ("alpine ski house", "alpine sky house", "typo"),
    ],
)  # fmt: skip
def test_how_names_are_related(one, other, said):
    assert relation(one, other) == said


def test_without_anything_shared_only_equal_names_matter():
    assert relation("恒远电子", "恒源电子", beside=False) == "none"


def test_reasons_add_up_to_the_points():
    one = read_customer(
        SIMPLE, "杭州恒远电子有限公司", phones=["1"], address="文三路90号", place=Place("浙江", "杭州")
    )
    other = read_customer(SIMPLE, "恒远电子", phones=["1"], address="文三路91号", place=Place("浙江", "杭州"))
    verdict = compare(SIMPLE, one, other)
    assert verdict.points == sum(points for _, points in verdict.reasons) >= LISTED
    assert [reason for reason, _ in verdict.reasons] == ["name.form", "name.unique", "same.phone"]
    assert not verdict.certain or verdict.points >= CERTAIN


def test_a_number_that_many_share_says_little():
    one, other = (read_customer(SIMPLE, name, phones=["1"]) for name in ("恒远电子", "恒源电子"))
    assert compare(SIMPLE, one, other).listed
    assert not compare(SIMPLE, one, other, shared={("phone", "1")}).listed


def test_whoever_shares_enough_shares_a_key():
    """The points that a pair can reach without a key in common stay below what is listed."""
    names = max(POINTS[f"name.{r}"] for r in ("sounds", "typo", "short", "like", "trade"))
    assert names + POINTS["same.contact"] + POINTS["same.building"] < LISTED
    assert ("core", "恒远电子") in keys(read_customer(SIMPLE, "杭州恒远电子有限公司"))
