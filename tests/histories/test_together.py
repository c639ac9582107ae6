"""Given people who act at the very same moment, then each is answered as if they had come one after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from guanxi.domains.customers.models import Account
from guanxi.domains.visits.models import Visit
from guanxi.platform.documents.tests import numbered  # noqa: F401 (an action that numbers)
from guanxi.platform.journal.models import Fact, Head, RefusalTally
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Conflict, Refused, Result, fixed_clock, perform
from guanxi.platform.people.tests.cast import Cast, make_cast, person
from guanxi.platform.regulations.replay import differences
from tests.company import START, bring_into_force, do

from .together import apart, at_once, shared  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
NOW = START + timedelta(hours=2)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


def visit_of(cast: Cast, **more: Any) -> Visit:
    """林晓's planned visit, with 赵磊 along."""
    row = do(
        cast.lin, START, "customers.create", name=f"恒远{Account.objects.count()}", kinds=["company"]
    ).value
    planned = {"customer": row.pk, "planned_at": (NOW + timedelta(hours=1)).isoformat(), "purpose": "routine"}
    made: Visit = do(
        cast.lin, START, "visits.plan", **planned, **{"target": "试用", "colleagues": [cast.zhao.pk], **more}
    ).value
    return made


def confirm(actor: Any, visit: int, key: str | None = None) -> Callable[[], Result]:
    return lambda: perform("visits.confirm", {"visit": visit}, actor=actor, key=key, clock=fixed_clock(NOW))


def sound() -> None:
    """Nothing is lost, doubled or half done."""
    report = verify()
    assert report.whole, report.findings[:3]
    assert Head.objects.get().seq == Fact.objects.count() == report.facts
    assert [str(d) for d in differences()] == []


def test_two_people_confirm_the_same_visit(cast: Cast, shared: Callable[[], None]) -> None:  # noqa: F811
    bring_into_force(cast, "R1", "R5")
    visits = [visit_of(cast).pk for _ in range(4)]
    shared()
    for visit in visits:
        came = at_once(confirm(cast.lin, visit), confirm(cast.zhao, visit))
        (late,) = [c for c in came if isinstance(c, Exception)]
        assert isinstance(late, Conflict)
        assert "确认了这次拜访" in late.text.zh
    kept = apart(
        lambda: list(Fact.objects.filter(kind="visit.confirmed").values_list("subject_id", flat=True))
    )
    assert sorted(kept) == sorted(map(str, visits))
    apart(sound)


def test_a_form_sent_twice_writes_once(cast: Cast, shared: Callable[[], None]) -> None:  # noqa: F811
    bring_into_force(cast, "R1")
    visits = [visit_of(cast).pk for _ in range(4)]
    shared()
    for visit in visits:
        came = at_once(*[confirm(cast.lin, visit, key=f"form-{visit}")] * 3)
        assert sorted(result.replayed for result in came) == [False, True, True]
        assert len({result.seqs for result in came}) == 1
    came = at_once(confirm(cast.lin, visits[0], key="k"), confirm(cast.lin, visits[1], key="k"))
    assert all(isinstance(c, Conflict) for c in came)  # both are confirmed already
    apart(sound)


def test_one_key_for_two_things_serves_one_of_them(cast: Cast, shared: Callable[[], None]) -> None:  # noqa: F811
    shared()

    def create(name: str) -> Callable[[], Result]:
        data = {"name": name, "kinds": ["company"]}
        return lambda: perform("customers.create", data, actor=cast.lin, key="same", clock=fixed_clock(NOW))

    came = at_once(create("华信"), create("恒远"))
    assert sorted(type(c).__name__ for c in came) == ["Conflict", "Result"]
    assert apart(Account.objects.count) == 1
    apart(sound)


def test_equal_refusals_at_once_are_one_fact_and_a_count(cast: Cast, shared: Callable[[], None]) -> None:  # noqa: F811
    bring_into_force(cast, "R1")
    visit = visit_of(cast, target="").pk
    shared()
    came = at_once(*[confirm(cast.lin, visit)] * 6)
    assert all(isinstance(c, Refused) for c in came)

    def kept() -> tuple[int, list[int]]:
        return Fact.objects.filter(kind="norms.asked").count(), list(
            RefusalTally.objects.values_list("count", flat=True)
        )

    assert apart(kept) == (1, [5])
    apart(sound)


def test_fifty_people_at_once_lose_nothing(cast: Cast, shared: Callable[[], None]) -> None:  # noqa: F811
    bring_into_force(cast, "R1", "R5")
    staff = [person(f"p{n}", f"员工{n}", cast.team, "relationship_specialist") for n in range(50)]
    shared()

    def day(who: Any) -> Callable[[], int]:
        def run() -> int:
            row = do(who, NOW, "customers.create", name=f"客户{who.pk}", kinds=["company"]).value
            at = (NOW + timedelta(hours=1)).isoformat()
            plan = {"customer": row.pk, "planned_at": at, "purpose": "routine", "target": "试用"}
            visit = do(who, NOW, "visits.plan", **plan).value
            do(who, NOW, "visits.confirm", visit=visit.pk)
            return int(visit.pk)

        return run

    came = at_once(*[day(who) for who in staff])
    assert [c for c in came if isinstance(c, Exception)] == []
    assert len(set(came)) == 50
    assert apart(Fact.objects.filter(kind="visit.confirmed").count) == 50
    apart(sound)


def test_numbers_have_no_gap_and_no_repeat(cast: Cast, shared: Callable[[], None]) -> None:  # noqa: F811
    shared()

    def give(slip: int) -> Callable[[], str]:
        data = {"slip": slip, "fails": slip % 3 == 0}
        return lambda: perform("test.number", data, actor=cast.lin, clock=fixed_clock(NOW)).value

    came = at_once(*[give(slip) for slip in range(30)])
    assert [c for c in came if not isinstance(c, str | RuntimeError)] == []
    given = sorted(number for number in came if isinstance(number, str))
    assert given == [f"TS-2026-{n:04}" for n in range(1, 21)]
    assert sum(isinstance(c, RuntimeError) for c in came) == 10
    apart(sound)
