"""The large company, in small: what is written in bulk holds like everything else."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from guanxi.demo.large import build_large
from guanxi.domains.customers.models import Account
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import fixed_clock
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.replay import differences
from guanxi.platform.search.index import find

NOW = datetime(2025, 6, 12, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.django_db
def test_bulk_and_real_actions_in_one_whole_journal() -> None:
    """Given customers and notes in bulk and two weeks lived through; then the chain is whole, replay finds nothing
    otherwise, and customers are found by name."""
    said: list[str] = []
    built = build_large(said.append, customers=400, facts=3000, seed=3, clock=fixed_clock(NOW))
    assert built.mishaps == []
    assert Account.objects.filter(source="import").count() == 400
    assert abs(Fact.objects.count() - 3000) < 1500
    assert Obligation.objects.filter(control="promise-kept", state="fulfilled").exists()
    assert any("%" in line for line in said)
    assert verify().whole
    assert differences() == []
    account = Account.objects.filter(source="import").order_by("-pk").first()
    assert account is not None
    assert account.pk in {hit.id for hit in find(connection, account.name)}
