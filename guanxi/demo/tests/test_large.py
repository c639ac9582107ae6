"""The large company, in small: what is written in bulk holds like everything else."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from guanxi.demo.large import build_large
from guanxi.domains.customers.models import Account
from guanxi.domains.visits.models import Visit
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import fixed_clock
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.replay import differences
from guanxi.platform.search.index import find

NOW = datetime(2025, 6, 26, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.django_db
def test_bulk_and_real_actions_in_one_whole_journal() -> None:
    """Given customers and notes in bulk and some days lived through; then the chain is whole, replay finds nothing
    otherwise, and customers are found by name."""
    said: list[str] = []
    built = build_large(said.append, customers=400, facts=8000, seed=3, clock=fixed_clock(NOW))
    assert built.mishaps == []
    assert 400 <= Account.objects.count() == built.customers < 420
    assert abs(Fact.objects.count() - 8000) < 1500
    assert Obligation.objects.filter(control="promise-kept", state="fulfilled").exists()
    assert any("%" in line for line in said)
    assert verify().whole
    assert differences() == []
    account = Account.objects.filter(source="import").order_by("-pk").first()
    assert account is not None
    assert account.pk in {hit.id for hit in find(connection, account.name)}
    told_again()


def told_again() -> None:
    """Given visits of the first weeks told again over the year; then each stands there whole: its facts name its own
    ids and owner, its times lie on the same weekdays, and the engine opened and judged its duties."""
    first = Fact.objects.filter(key__contains=":demo.bulk:", kind="visit.checked_in").order_by("seq")
    assert first.count() > 20
    again = first[0]
    visit = Visit.objects.get(pk=int(again.subject_id or 0))
    facts = Fact.objects.filter(subject_kind="visit", subject_id=again.subject_id).order_by("seq")
    assert facts[0].kind == "visit.planned"
    assert facts[0].data["owner"] == str(visit.owner_id)
    assert {f.customer_id for f in facts} == {visit.customer_id}
    assert datetime.fromisoformat(facts[0].data["planned_at"]) == visit.planned_at
    assert visit.arrived_at is not None
    assert visit.arrived_at == again.happened_at
    assert visit.planned_at.astimezone(NOW.tzinfo).weekday() < 6
    assert visit.customer.last_contact_at is not None
    told = set(first.values_list("subject_id", flat=True))
    duties = Obligation.objects.filter(control="visit-report", subject__in=told)
    assert {"fulfilled"} <= set(duties.values_list("state", flat=True))
    assert set(duties.values_list("subject", flat=True)) >= {str(v) for v in told} - set(
        Visit.objects.filter(left_at=None).values_list("pk", flat=True)
    )
    asked = Fact.objects.filter(key__contains=":demo.bulk:", kind="norms.asked", subject_id__in=told)
    assert asked.exists()
