"""Given R1 in force, when one visit goes from plan to kept promise, then its clauses say so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Refused
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations.models import Obligation, Version
from guanxi.platform.regulations.replay import differences
from tests.company import START, bring_into_force, do

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_nine_regulations_come_into_force(cast: Cast) -> None:
    versions = bring_into_force(cast)
    assert len(versions) == 9
    assert {v.state for v in versions} == {"in_force"}
    assert Version.objects.get(regulation_id="R1").approved_by == cast.chen
    assert verify().whole
    assert differences() == []


def test_a_visit_without_a_target_is_refused_and_named(cast: Cast) -> None:
    bring_into_force(cast, "R1", "R5")
    at = START + HOUR
    customer = do(cast.lin, at, "customers.create", name="恒远电子", kinds=["company"]).value
    visit = do(
        cast.lin,
        at,
        "visits.plan",
        customer=customer.pk,
        planned_at=(at + DAY).isoformat(),
        purpose="routine",
    ).value
    with pytest.raises(Refused) as refused:
        do(cast.lin, at + HOUR, "visits.confirm", visit=visit.pk)
    assert [f.clause for f in refused.value.failures] == ["R1.3"]
    assert [w.clause for w in refused.value.warnings] == ["R1.3"]
    assert refused.value.failures[0].remedy_action == "visits.edit"
    do(cast.lin, at + HOUR, "visits.edit", visit=visit.pk, target="约定下月试用")
    do(cast.lin, at + HOUR, "visits.confirm", visit=visit.pk)
    assert Obligation.objects.filter(clause="R1.7", state="open").count() == 1
    assert differences() == []
