"""A small demo: whole, the same each time, with everybody and everything in it that the large one has."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from guanxi.demo import signins
from guanxi.demo.build import Built, build
from guanxi.demo.leave import leave, what_goes
from guanxi.demo.names import Names
from guanxi.demo.places import CITIES, DISTRICTS
from guanxi.domains.customers.models import Account, Promise
from guanxi.domains.customers.words import KINDS
from guanxi.domains.visits.models import Visit
from guanxi.interfaces.cli.commands import demo as command
from guanxi.platform.approvals.models import Approval
from guanxi.platform.imports.places import gazetteer
from guanxi.platform.journal.models import Fact, Head
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Conflict, Forbidden, fixed_clock, perform
from guanxi.platform.people.models import Department, Person, RoleGrant
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.settings_registry import value
from guanxi.platform.regulations.models import Obligation, Version
from guanxi.platform.regulations.replay import differences

NOW = datetime(2025, 6, 12, 14, 20, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Thursday
SMALL = {"customers": 30, "days": 30, "clock": fixed_clock(NOW)}


def shape() -> str:
    """What the journal says, without the salts, what hangs on them, and the worker's own keys of a roll-out."""
    state = hashlib.sha256()
    rows = Fact.objects.order_by("seq").values_list(
        "seq", "key", "kind", "happened_at", "recorded_at", "actor_id", "subject_id", "customer_id", "data"
    )
    for *row, data in rows:
        if row[2].startswith("approval."):
            data = {k: v for k, v in data.items() if k != "hash"}
        if row[2] == "norms.rolled":
            row[1] = ""
        state.update(f"{row}{json.dumps(data, sort_keys=True)}\n".encode())
    return state.hexdigest()


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Built]:
    """Made once for all tests here, and rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build(**SMALL)
        transaction.set_rollback(True)


def test_nothing_went_otherwise_than_told(demo: Built) -> None:
    assert demo.mishaps == []
    assert (demo.customers, demo.facts) == (Account.objects.count(), Fact.objects.count())
    assert demo.visits == Visit.objects.count() > 60
    assert demo.actions > 500


def test_the_journal_is_whole_and_the_replay_clean(demo: Built) -> None:
    report = verify()
    assert report.whole
    assert report.facts == demo.facts
    assert differences() == []


def test_time_never_runs_backwards_nor_ahead(demo: Built) -> None:
    times = list(Fact.objects.order_by("seq").values_list("recorded_at", flat=True))
    assert times == sorted(times)
    assert times[-1] <= NOW
    assert not Fact.objects.filter(kind="journal.clock_set_back").exists()


def test_every_role_has_somebody_and_departments_have_heads(demo: Built) -> None:
    assert set(RoleGrant.objects.values_list("role", flat=True)) == set(ROLES)
    assert 20 <= Person.objects.count() <= 25
    assert value("demo") is True
    assert Department.objects.get(name="宁波客户组").head.username == "he"


def test_customers_of_every_kind_where_they_say_they_are(demo: Built) -> None:
    assert {kind for account in Account.objects.all() for kind in account.kinds} == set(KINDS)
    districts = {d.name: d for d in DISTRICTS}
    for account in Account.objects.filter(lon__isnull=False).exclude(source="visit"):
        assert account.coordinates == "gcj02"
        place = districts[account.area]
        assert abs(float(account.lon) - place.lon) < 0.05
        assert abs(float(account.lat) - place.lat) < 0.05


@pytest.mark.parametrize("district", DISTRICTS, ids=lambda d: d.name)
def test_districts_are_real(district) -> None:
    assert district.city in CITIES
    assert f"{district.city}市" in {city.name for city, _ in gazetteer().districts[district.name]}


def test_clauses_are_kept_by_some_and_not_by_others(demo: Built) -> None:
    states = set(Obligation.objects.values_list("state", flat=True))
    assert {"fulfilled", "open", "missed"} <= states
    assert Fact.objects.filter(kind__in=["norms.reminded", "norms.escalated"]).exists()
    assert Fact.objects.filter(kind="norms.asked", data__passed=False).exists()
    assert Visit.objects.filter(drop_in=True).exists()
    assert {"planned", "reported"} <= set(Visit.objects.values_list("state", flat=True))
    assert Promise.objects.filter(state=Promise.KEPT).exists()


def test_it_ends_now_with_work_to_do(demo: Built) -> None:
    today = NOW.date()
    days = {
        v.planned_at.astimezone(NOW.tzinfo).date()
        for v in Visit.objects.filter(state__in=["planned", "confirmed"])
    }
    assert today in days
    assert any(day > today for day in days)
    waiting = Approval.objects.filter(state="waiting")
    assert set(waiting.values_list("kind", flat=True)) == {"regulation_version", "waiver"}
    assert Version.objects.filter(state="in_force").count() == 9


def test_a_sign_in_for_every_role_with_a_password_that_works(demo: Built) -> None:
    lines = signins.lines()[2:]
    assert len(lines) == len(ROLES)
    password = lines[0].split()[-1]
    assert len(password) == 12
    assert Person.objects.get(username="lin").check_password(password)
    with transaction.atomic():
        lin, wu = (Person.objects.get(username=name) for name in ("lin", "wu"))
        perform("people.reset_password", {"person": lin.pk}, actor=wu, clock=SMALL["clock"])
        after = signins.lines()[2:]
        assert [line for line in after if line.endswith("—")] == [line for line in after if " lin " in line]
        transaction.set_rollback(True)


def test_the_command_refuses_where_somebody_is(demo: Built, monkeypatch, capsys) -> None:
    monkeypatch.setattr("guanxi.interfaces.cli.prepare.prepare", lambda **_: None)
    options = argparse.Namespace(customers=None, facts=None, seed=None, json=False)
    assert command.run(options) == 1
    assert "GUANXI_HOME" in capsys.readouterr().err


def test_only_an_administrator_leaves_the_demo(demo: Built) -> None:
    with pytest.raises(Forbidden):
        leave(Person.objects.get(username="lin"))


def test_leaving_empties_everything_and_the_same_seed_makes_the_same(demo: Built) -> None:
    """Last in this file: given the demo, when the administrator leaves it, then set-up can begin; and when it is made
    again on the same day, the journal says the same."""
    first = shape()
    goes = {words.en: number for words, number in what_goes()}
    assert goes["Customers"] == demo.customers
    leave(Person.objects.get(username="wu"))
    assert all(number == 0 for _, number in what_goes())
    assert not Person.objects.exists()
    assert not Head.objects.exists()
    assert value("demo") is False
    again = build(**SMALL)
    assert (again.customers, again.visits, again.facts, again.actions) == (
        demo.customers,
        demo.visits,
        demo.facts,
        demo.actions,
    )
    assert shape() == first
    assert verify().whole
    assert differences() == []


@pytest.mark.django_db
def test_no_company_is_left_that_is_no_demo(cast) -> None:
    with pytest.raises(Conflict):
        leave(cast.wu)


def test_names_are_handed_out_once_and_codes_hold() -> None:
    from random import Random

    from stdnum.cn import uscc

    names = Names(Random(1))
    made = [names.company("company", "杭州")[0] for _ in range(300)]
    assert len(set(made)) == 300
    assert all(uscc.is_valid(names.credit_code(city)) for city in CITIES for _ in range(50))
