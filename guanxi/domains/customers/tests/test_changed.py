"""Given customers at whom others did something, then Today says so, of one's own and of no others."""

from __future__ import annotations

import pytest

from guanxi.domains.customers.web.panels import Changed
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.reads import of_customers

from .helpers import NOON, account, do

pytestmark = pytest.mark.django_db


def test_what_others_did_at_mine_is_told(cast) -> None:
    mine, other = account(cast.lin, "林的"), account(cast.sun, "孙的")
    for row in (mine, other):
        do(cast.wang, "customers.grade", customer=row.pk, grade="A", reason="x")
    told = Changed().context(cast.lin, None, NOON)
    assert told is not None
    assert ["林的" in str(event.text) for event in told["events"]] == [True]


def test_facts_are_found_by_any_number_of_customers(cast) -> None:
    rows = [account(cast.lin, f"第{n}") for n in range(3)]
    asked = [row.pk for row in rows[:2]]
    found = Fact.objects.filter(of_customers(asked), kind="customer.created")
    assert {fact.customer_id for fact in found} == set(asked)
    assert not Fact.objects.filter(of_customers([])).exists()
