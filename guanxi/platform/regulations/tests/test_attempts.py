"""Given attempts at a gate, when they are counted, then the counts agree with the journal, also those summed or of before."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.apps import apps

from guanxi.platform.journal.stage import sum_up_refusals
from guanxi.platform.kernel import Forbidden, Refused
from guanxi.platform.regulations import attempts, reads
from guanxi.platform.regulations.models import AttemptTally, RefusedAttempt
from guanxi.platform.regulations.replay import differences

from .pages_world import NOON, dim, light, put_in_force

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def tried(cast, monkeypatch):
    """lin: refused three times within a minute, then let through; sun: let through."""
    put_in_force(monkeypatch)
    light(cast.lin, 1)
    light(cast.sun, 2)
    for number in range(3):
        with pytest.raises(Refused):
            dim(cast.lin, 1, at=NOON + number * SECOND, steady=False)
    dim(cast.lin, 1, at=NOON + 10 * SECOND)
    dim(cast.sun, 2, at=NOON + 11 * SECOND)


def told(person):
    found = attempts.tried(reads.reach_of(person), "2026-03")["test.dim"]
    return found.tried, dict(found.refused), found.forbidden


def test_equal_refusals_within_a_minute_count_each_once_they_are_summed(cast, tried) -> None:
    assert told(cast.chen) == (3, {"R88/steady": 1}, 0)
    sum_up_refusals(NOON + timedelta(minutes=2))
    assert told(cast.chen) == (5, {"R88/steady": 3}, 0)
    assert told(cast.lin) == (4, {"R88/steady": 3}, 0)
    assert told(cast.sun) == (1, {}, 0)
    assert differences() == []


def test_who_has_no_right_is_counted_apart(cast, tried) -> None:
    with pytest.raises(Forbidden):
        dim(cast.wu, 1, at=NOON + timedelta(minutes=3))
    assert told(cast.chen) == (3, {"R88/steady": 1}, 1)
    assert differences() == []


def test_a_count_that_is_not_the_journals_is_found(cast, tried) -> None:
    AttemptTally.objects.filter(answer="refused").update(count=7)
    (found,) = differences()
    assert (found.what, found.stored, found.replayed) == ("count of attempts", 7, 1)


def test_what_a_control_refused_is_looked_up_by_it(cast, tried) -> None:
    sum_up_refusals(NOON + timedelta(minutes=2))
    start, end = NOON - timedelta(days=1), NOON + timedelta(days=1)

    def found(person, start=start, control="R88/steady"):
        return attempts.refused(reads.reach_of(person), start, end, [control])

    (one,) = found(cast.chen)
    assert (one.kind, one.actor_id, one.data["failed"]) == ("norms.asked", cast.lin.pk, ["R88/steady"])
    assert found(cast.lin).count() == 1
    assert not found(cast.sun)
    assert not found(cast.chen, start=NOON + timedelta(hours=1))
    assert not found(cast.chen, control="R88/stead")
    assert "LIKE" not in str(found(cast.chen).query)


def test_refused_attempts_are_the_journals(cast, tried) -> None:
    kept = set(RefusedAttempt.objects.values_list("control", "seq"))
    RefusedAttempt.objects.all().delete()
    (missing,) = differences()
    assert (missing.what, missing.stored) == ("refused attempt", None)
    migration = importlib.import_module("guanxi.platform.regulations.migrations.0004_refused_attempt")
    migration.take_from_journal(apps, None)
    assert set(RefusedAttempt.objects.values_list("control", "seq")) == kept
    RefusedAttempt.objects.create(control="R88/steady", seq=1)
    (extra,) = differences()
    assert (extra.what, extra.replayed) == ("refused attempt", None)


def test_attempts_of_before_the_counts_were_kept_are_counted_once(cast, tried) -> None:
    sum_up_refusals(NOON + timedelta(minutes=2))
    kept = set(AttemptTally.objects.values_list("month", "action", "person", "answer", "control", "count"))
    AttemptTally.objects.all().delete()
    migration = importlib.import_module("guanxi.platform.regulations.migrations.0002_attempt_tally")
    migration.count_again(apps, None)
    assert (
        set(AttemptTally.objects.values_list("month", "action", "person", "answer", "control", "count"))
        == kept
    )
