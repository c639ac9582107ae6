"""Given that somebody is away, when the days come and go, then a colleague stands in, and it ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, Invalid, NotFound, fixed_clock, perform
from guanxi.platform.people import standing_in
from guanxi.platform.people.models import Absence, Person
from guanxi.platform.people.rights import SYSTEM

from .cast import Cast, person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)  # Thursday noon in Shanghai
DAY = timedelta(days=1)
TODAY = date(2026, 3, 5)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def do(name: str, actor: Any, at: datetime = NOW, **data: Any) -> Any:
    return perform(name, data, actor=actor, clock=fixed_clock(at)).value


def plan(actor: Person, deputy: Person, first: int = 0, days: int = 3, **more: Any) -> Absence:
    """Away from `first` days ahead, for so many days."""
    since = TODAY + first * DAY
    until = since + (days - 1) * DAY
    asked = {"deputy": deputy.pk, "since": since.isoformat(), "until": until.isoformat(), **more}
    return do("people.plan_absence", actor, **asked)


def turn(at: datetime) -> None:
    do("people.turn_absences", SYSTEM, at)


def kinds() -> list[str]:
    return list(Fact.objects.order_by("seq").values_list("kind", flat=True))


def as_(who: Person) -> Client:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_an_absence_from_today_begins_at_once(cast: Cast) -> None:
    row = plan(cast.lin, cast.zhao)
    assert kinds() == ["absence.planned", "person.away"]
    away = Fact.objects.get(kind="person.away")
    assert (away.subject_id, away.data["deputy"], away.data["until"]) == (
        str(cast.lin.pk),
        str(cast.zhao.pk),
        "2026-03-07",
    )
    assert Person.objects.get(pk=cast.zhao.pk).principals == (cast.lin.pk,)
    assert Person.objects.get(pk=cast.lin.pk).principals == ()
    assert row.begun_at == NOW


def test_a_later_one_begins_and_ends_with_its_days_even_when_nobody_looked(cast: Cast) -> None:
    plan(cast.lin, cast.zhao, first=2, days=2)  # Saturday and Sunday
    turn(NOW + DAY)
    assert kinds() == ["absence.planned"]
    saturday, monday = datetime(2026, 3, 6, 16, tzinfo=UTC), datetime(2026, 3, 8, 16, tzinfo=UTC)
    turn(saturday)
    turn(saturday + timedelta(minutes=1))
    assert kinds() == ["absence.planned", "person.away"]
    turn(monday + 2 * DAY)
    assert kinds() == ["absence.planned", "person.away", "absence.ended", "person.back"]
    assert [f.happened_at for f in Fact.objects.order_by("seq")][1:] == [saturday, monday, monday]
    turn(monday + 3 * DAY)
    assert len(kinds()) == 4


def test_one_that_passed_unseen_is_told_whole(cast: Cast) -> None:
    plan(cast.lin, cast.zhao, first=1, days=1)
    turn(NOW + 9 * DAY)
    assert kinds() == ["absence.planned", "person.away", "absence.ended", "person.back"]


def test_back_early_or_not_gone_at_all(cast: Cast) -> None:
    running, later = plan(cast.lin, cast.zhao), plan(cast.lin, cast.zhao, first=10)
    do("people.end_absence", cast.lin, NOW + timedelta(hours=2), absence=running.pk)
    do("people.end_absence", cast.wang, NOW + timedelta(hours=2), absence=later.pk)
    assert kinds()[-3:] == ["absence.ended", "person.back", "absence.ended"]
    assert Person.objects.get(pk=cast.zhao.pk).principals == ()
    with pytest.raises(Invalid, match=r"已经结束|over already"):
        do("people.end_absence", cast.lin, absence=later.pk)


def test_another_deputy_takes_over_at_once(cast: Cast) -> None:
    row = plan(cast.lin, cast.zhao)
    until = (TODAY + 9 * DAY).isoformat()
    do("people.change_absence", cast.lin, absence=row.pk, deputy=cast.sun.pk, until=until)
    assert [f.data["deputy"] for f in Fact.objects.filter(kind="person.away").order_by("seq")] == [
        str(cast.zhao.pk),
        str(cast.sun.pk),
    ]
    assert Person.objects.get(pk=cast.sun.pk).principals == (cast.lin.pk,)
    assert Person.objects.get(pk=cast.zhao.pk).principals == ()
    with pytest.raises(Invalid):
        do(
            "people.change_absence",
            cast.lin,
            absence=row.pk,
            deputy=cast.sun.pk,
            since=(TODAY + DAY).isoformat(),
            until=until,
        )


def test_who_may_plan_it(cast: Cast) -> None:
    row = plan(cast.wang, cast.zhao, person=cast.lin.pk)
    assert (row.person, row.set_by) == (cast.lin, cast.wang)
    for somebody in (cast.zhao, cast.wu, cast.chen, cast.sun):
        with pytest.raises(Forbidden):
            plan(somebody, cast.zhao, person=cast.lin.pk, first=20)
        with pytest.raises(NotFound):
            do("people.end_absence", somebody, absence=row.pk)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"deputy": "lin"}, "deputy"),
        ({"deputy": "zhou"}, "deputy"),
        ({"deputy": "nobody"}, "deputy"),
        ({"since": "2026-03-04"}, "since"),
        ({"until": "2026-03-04"}, "until"),
        ({"until": "2027-09-09"}, "until"),
        ({"person": 10**9}, "person"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(cast: Cast, wrong: dict[str, Any], field: str) -> None:
    people = {"lin": cast.lin.pk, "zhou": cast.zhou.pk, "nobody": 10**9}
    asked = {"deputy": cast.zhao.pk, "since": "2026-03-05", "until": "2026-03-06", **wrong}
    asked["deputy"] = people.get(asked["deputy"], asked["deputy"])
    with pytest.raises(Invalid) as invalid:
        do("people.plan_absence", cast.lin, **asked)
    assert list(invalid.value.errors) == [field]
    assert not Absence.objects.exists()


def test_two_absences_do_not_overlap_and_the_deputy_is_there(cast: Cast) -> None:
    plan(cast.lin, cast.zhao)
    with pytest.raises(Invalid) as twice:
        plan(cast.lin, cast.sun, first=2)
    assert str(twice.value.errors["since"][0]) == "2026-03-05 至 2026-03-07 已登记外出"
    with pytest.raises(Invalid) as gone:
        plan(cast.sun, cast.lin, first=1)
    assert "自己外出" in str(gone.value.errors["deputy"][0])
    plan(cast.lin, cast.sun, first=3)


def test_a_deputy_who_falls_ill_is_stood_in_for(cast: Cast) -> None:
    plan(cast.lin, cast.zhao)
    plan(cast.zhao, cast.sun)
    sun = Person.objects.get(pk=cast.sun.pk)
    assert set(sun.principals) == {cast.lin.pk, cast.zhao.pk}
    assert standing_in.deputies([cast.lin.pk, cast.zhao.pk, cast.wang.pk], TODAY) == {
        cast.lin.pk: cast.sun,
        cast.zhao.pk: cast.sun,
    }


def test_whoever_stands_in_is_not_deactivated_first(cast: Cast) -> None:
    plan(cast.lin, cast.zhao)
    with pytest.raises(Invalid, match=r"代理的外出同事|stood in for"):
        do("people.deactivate", cast.wu, person=cast.zhao.pk)


def test_the_superior_is_the_nearest_head_who_is_somebody_else(cast: Cast) -> None:
    boss = person("qian", "钱组长", cast.team)
    cast.team.head = boss
    cast.team.save()
    assert set(standing_in.led_by(boss)) == {cast.lin, cast.zhao}
    assert set(standing_in.led_by(cast.wang)) == {boss}
    assert set(standing_in.led_by(cast.chen)) == {cast.wang, cast.zhou, cast.wu, cast.sun}
    assert not standing_in.led_by(cast.lin).exists()


def test_the_page_plans_changes_and_ends(cast: Cast) -> None:
    lin = as_(cast.lin)
    assert "谁外出" not in lin.get("/people/away/").content.decode()
    sent = {"deputy": cast.zhao.pk, "since": "2026-03-05", "until": "2026-03-09", "_key": "a1"}
    assert lin.post("/people/away/", {**sent, "until": "2026-03-01"}).status_code == 422
    assert lin.post("/people/away/", sent).status_code == 302
    row = Absence.objects.get()
    shown = lin.get("/people/away/").content.decode()
    assert "赵磊" in shown
    assert "指派客户" not in shown
    assert "您外出至" in lin.get("/").content.decode()
    assert "您代林晓办理至" in as_(cast.zhao).get("/").content.decode()
    plan(cast.wang, cast.zhao, first=20)
    lacking = as_(cast.wang).get("/people/away/").content.decode().partition("代理人没有这些权限：")[2]
    assert "指派客户" in lacking.partition("。")[0]
    assert "林晓" in as_(cast.wang).get("/people/away/").content.decode()
    path = f"/people/away/{row.pk}/"
    assert as_(cast.zhao).get(path).status_code == 404
    assert lin.post(path, {"deputy": cast.sun.pk, "until": "2026-03-08", "_key": "a2"}).status_code == 302
    assert as_(cast.zhao).post(f"{path}end/", {"_key": "a3"}).status_code == 404
    assert lin.post(f"{path}end/", {"next": "today", "_key": "a4"}).headers["Location"] == "/"
    assert "您外出至" not in lin.get("/").content.decode()


def test_the_superior_plans_it_on_the_same_page(cast: Cast) -> None:
    wang = as_(cast.wang)
    sent = {
        "person": cast.lin.pk,
        "deputy": cast.zhao.pk,
        "since": "2026-03-05",
        "until": "2026-03-09",
        "_key": "a1",
    }
    assert wang.post("/people/away/", sent).status_code == 302
    row = Absence.objects.get()
    assert (row.person, row.deputy, row.set_by) == (cast.lin, cast.zhao, cast.wang)
    as_(cast.wu).post("/people/away/", {**sent, "_key": "a2"})  # who leads nobody is asked for himself only
    assert list(Absence.objects.exclude(pk=row.pk).values_list("person", flat=True)) == [cast.wu.pk]
