"""Given duties of many people, when somebody opens Today, then what others in the branch owe overdue is counted exactly."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.platform.regulations import arrears, reads
from guanxi.platform.regulations.models import Obligation

from .pages_world import NOON

pytestmark = pytest.mark.django_db
STATES = ("open", "missed", "suspended", "waiting", "fulfilled")


def owe(
    number: int, owner: str, *, owed_by: str = "", department: str = "", state: str = "missed", late: int = 1
) -> None:
    closed = NOON if state == "fulfilled" else None
    Obligation.objects.create(
        id=f"o{number:05d}", regulation="R88", version="R88@1", clause="R88.1", control="dimmed", trigger=number,
        subject_kind="lamp", subject=str(number), owner=owner, owed_by=owed_by, department=department, state=state,
        opened_at=NOON - timedelta(days=90), actionable_from=NOON - timedelta(days=90),
        due_at=NOON - timedelta(hours=late) if late else None, closed_at=closed, rest={},
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_counted_owner_by_owner_it_is_as_counted_over_all_that_one_may_see(cast, seed: int) -> None:
    draw = Random(seed)
    people = [str(p.pk) for p in (cast.lin, cast.zhao, cast.wang, cast.sun, cast.chen)]
    owners = [*people, "role:front_desk", "role:service_manager", ""]
    departments = [str(d.pk) for d in (cast.service, cast.team, cast.operations)]
    for number in range(150):
        owe(
            number,
            draw.choice(owners),
            owed_by=draw.choice(["", "", *people]),
            department=draw.choice(["", *departments]),
            state=draw.choice(STATES),
            late=draw.choice([-5, 0, 1, 2, 50, 900]),
        )
    for person in (cast.lin, cast.wang, cast.chen, cast.zhou):
        rows = reads.visible_obligations(person).exclude(owner__in=reads.owners_of(person))
        wanted = arrears._grouped(rows, NOON)
        shown, count = arrears.overdue_around(person, NOON, most=50)
        assert count == sum(n for n, _ in wanted.values())
        assert sorted((o.count, o.since) for o in shown) == sorted(wanted.values())
    assert count > 20, "the auditor sees everybody's"


def test_whoever_owes_most_stands_first_and_no_row_is_read(cast) -> None:
    for number, (owner, late) in enumerate(
        [(cast.lin, 3), (cast.lin, 9), (cast.zhao, 40), (cast.sun, 50), (cast.sun, 60)]
    ):
        owe(number, str(owner.pk), department=str(owner.department_id), late=late)
    shown, count = arrears.overdue_around(cast.chen, NOON, most=2)
    assert ([o.who for o in shown], [o.count for o in shown], count) == (["孙外", "林晓"], [2, 2], 5)
    assert shown[0].since == NOON - timedelta(hours=60)
    if connection.vendor == "sqlite":
        for person in (cast.chen, cast.wang):
            with CaptureQueriesContext(connection) as asked:
                arrears.overdue_around(person, NOON)
            counted = [q["sql"] for q in asked if "RECURSIVE owners" in q["sql"]]
            assert counted
            with connection.cursor() as cursor:
                for sql in counted:
                    cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                    plan = [str(row[3]) for row in cursor.fetchall()]
                    assert not [line for line in plan if " r " in line and "COVERING INDEX" not in line]
