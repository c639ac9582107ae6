"""Given words that very many names hold, when a list is searched for them, then it shows all that fit and one may see."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.reads import finding
from guanxi.platform.search import index

from .helpers import account

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(cast: Any, monkeypatch: Any) -> None:
    """Five in 苏州 of which the index hands out two; the last two are zhao's."""
    for module in (finding, index):
        monkeypatch.setattr(module, "RANKED", 2)
    monkeypatch.setattr(finding, "LISTED", 2)
    monkeypatch.setattr(finding, "COUNTED", 3)
    for number, name in enumerate(("金明纺织", "永和阀门", "科远医疗", "益丰材料", "宏兴零件")):
        manager = cast.zhao if number > 2 else cast.wang
        account(cast.wang, f"苏州{name}有限公司", manager=manager.pk)
    account(cast.wang, "宁波海天机械有限公司", manager=cast.wang.pk)


@pytest.mark.parametrize("typed", ["sz", "SuZhou", "苏州", "苏州 有限公司", "蘇州", "sz 有限"])
def test_signs_letters_and_words_apart_find_all(many: None, typed: str) -> None:
    assert reads.matching(Account.objects.all(), typed).count() == 5


@pytest.mark.parametrize("typed", ["sz", "苏州"])
def test_whoever_sees_few_of_them_finds_those(cast: Any, many: None, client: Any, typed: str) -> None:
    client.force_login(cast.zhao)
    said = client.get(reverse("customers.list"), {"q": typed}).content.decode()
    assert "苏州益丰材料有限公司" in said
    assert "苏州宏兴零件有限公司" in said
    assert "苏州金明纺织有限公司" not in said
    assert "共 2 条" in said


def test_nothing_to_search_for_finds_nothing(many: None) -> None:
    assert reads.matching(Account.objects.all(), "——").count() == 0


def test_the_head_of_a_column_says_its_order_only_where_the_rows_are_in_it(
    cast: Any, many: None, client: Any
) -> None:
    """Of what is typed the names that begin so stand first."""
    client.force_login(cast.wang)

    def order(**query: str) -> list[str]:
        said = client.get(reverse("customers.list"), query).content.decode()
        return re.findall(r'aria-sort="(\w+)"', said)

    assert order() == ["ascending"]
    assert order(q="苏州") == []
    assert order(q="苏州", sort="name") == ["ascending"]
    assert order(q="苏州", sort="-name") == ["descending"]
    assert order(q="sz") == ["ascending"]
