"""Given lin is away and zhao stands in, when the days pass, then lin's visits, customers and duties are zhao's to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from guanxi.domains.customers import reads as customers
from guanxi.domains.visits import reads
from guanxi.domains.visits.reads.planned import today, unfinished
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Forbidden, NotFound, fixed_clock
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.regulations import obligation_lines
from guanxi.platform.regulations import reads as regulations
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.ticking import drain
from tests.company import bring_into_force

from .situation import DAY, HOUR, NOON, customer, do, left, planned

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)  # in Shanghai, after the Thursday


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def again(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def away(cast, days: int = 1, **more):
    until = NOON.date() + timedelta(days=days - 1)
    asked = {"deputy": cast.zhao.pk, "since": "2026-03-05", "until": until.isoformat(), **more}
    return do("people.plan_absence", again(cast.lin), **asked)


def test_the_deputy_sees_and_does_what_is_the_others(cast) -> None:
    hengyuan = customer(cast.lin, key=True)
    visit = planned(cast.lin, hengyuan)
    with pytest.raises(NotFound):
        reads.fetch(again(cast.zhao), visit.pk)
    absence = away(cast)
    zhao = again(cast.zhao)
    assert customers.fetch(zhao, hengyuan.pk, "customers.work") == hengyuan
    assert today(zhao, NOON) == [visit]
    do("visits.confirm", zhao, visit=visit.pk)
    do("visits.check_in", zhao, visit=visit.pk)
    assert unfinished(zhao, NOON + DAY) == [visit]
    promise = do("promises.make", zhao, customer=hengyuan.pk, what="寄样册", due_on="2026-03-09")
    for fact in Fact.objects.filter(kind__in=("visit.confirmed", "visit.checked_in", "promise.made")):
        assert (fact.actor_id, fact.on_behalf_of_id) == (cast.zhao.pk, cast.lin.pk), fact.kind
    told = customers.tell(list(Fact.objects.filter(kind="visit.confirmed")))
    assert told[0].who == "赵磊（代林晓）"
    do("people.end_absence", again(cast.lin), absence=absence.pk)
    with pytest.raises(NotFound):
        do("promises.keep", again(cast.zhao), promise=promise.pk)
    with pytest.raises((NotFound, Forbidden)):
        do("visits.check_out", again(cast.zhao), visit=visit.pk)


def test_rights_of_the_deputys_own_are_still_needed(cast) -> None:
    """wu administers: standing in for lin gives him no right to see customers."""
    hengyuan = customer(cast.lin)
    away(cast, deputy=cast.wu.pk)
    assert not customers.visible(again(cast.wu)).filter(pk=hengyuan.pk).exists()


def test_duties_move_to_the_deputy_and_return_by_themselves(cast) -> None:
    bring_into_force(cast, "R1", at=NOON - 10 * DAY)
    visit = left(cast.lin, customer(cast.lin), NOON - 2 * HOUR)
    report = Obligation.objects.get(clause="R1.16.1", subject=str(visit.pk))
    assert report.owner == str(cast.lin.pk)
    away(cast)
    report.refresh_from_db()
    assert report.owner == str(cast.zhao.pk)
    lines = obligation_lines.portion(again(cast.zhao), NOON).lines
    assert [(line.clause, bool(line.do[0].url)) for line in lines][:1] == [("R1.16.1", True)]
    do("people.turn_absences", SYSTEM, MIDNIGHT)
    report.refresh_from_db()
    assert report.owner == str(cast.lin.pk)
    assert regulations.mine(again(cast.lin)).filter(pk=report.pk).exists()
    assert verify().findings == []


def test_a_miss_while_away_is_the_deputys(cast) -> None:
    bring_into_force(cast, "R1", at=NOON - 10 * DAY)
    visit = left(cast.lin, customer(cast.lin), NOON - 2 * HOUR)
    away(cast, days=3)
    report = Obligation.objects.get(clause="R1.16.1", subject=str(visit.pk))
    later = NOON + 2 * DAY
    drain(fixed_clock(later))
    do("people.turn_absences", SYSTEM, later + 2 * DAY)
    report.refresh_from_db()
    assert (report.state, report.owner, report.owed_by) == ("missed", str(cast.lin.pk), str(cast.zhao.pk))
