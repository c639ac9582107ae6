"""Given an import under way, then nobody sees its new customers anywhere; when it is whole, whoever may sees all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.test import Client

from guanxi.cores.norms.controls import Version
from guanxi.domains.customers import reads
from guanxi.domains.customers.handover.pack import lines_of
from guanxi.domains.customers.importing import running, undo_running
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import Import
from guanxi.domains.customers.surface import _looked_after
from guanxi.platform.kernel import Forbidden, Invalid, NotFound, fixed_clock, perform
from guanxi.platform.people.models import Person
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations.figures import kept_by_department, kept_by_month, measured, version_at
from guanxi.platform.regulations.models import MeasureEntry, Obligation
from guanxi.platform.regulations.periods import Month
from guanxi.platform.regulations.reads import Within, mine, visible_obligations
from guanxi.platform.regulations.ticking import drain
from tests.company import bring_into_force

from .helpers import NOON, account, do, promise
from .importing import AT, brought, started

pytestmark = pytest.mark.django_db
TABLE = "客户编号,客户名称,联系人,手机,微信,客户等级\n" + "".join(
    f"K{n},第{n}号仓储有限公司,王{n},1380571{n:04},w{n},{'A' if n == 1 else ''}\n" for n in range(1, 11)
)


def again(person: Person) -> Person:
    """The same person at the next request."""
    return Person.objects.select_related("department").get(pk=person.pk)


def half(run: Import) -> Import:
    """Five of its rows are in."""
    with mock.patch.object(running, "_FIRST", 5), mock.patch.object(running, "HOLD", 3600):
        assert running._Runner(run.pk, AT, "test").some()
    run.refresh_from_db()
    assert (run.state, run.done, run.unseen) == ("running", 5, True)
    return run


def seen(person: Person) -> int:
    return reads.visible(again(person)).count()


def test_customers_of_a_running_import_show_all_at_once_at_its_end(cast: Cast) -> None:
    theirs = account(cast.wang, "老客户")
    run = half(started(brought(cast.wang, TABLE)))
    made = Account.objects.exclude(pk=theirs.pk).first()
    assert made is not None
    assert Account.objects.filter(brought_by=run.pk).count() == 5
    for person in (cast.wang, cast.chen, cast.zhou):
        assert seen(person) <= 1, person
    with pytest.raises(NotFound):
        reads.fetch(again(cast.wang), made.pk)
    with pytest.raises(NotFound):
        reads.fetch_child(Contact, again(cast.wang), Contact.objects.first().pk)  # type: ignore[union-attr]
    with pytest.raises(NotFound):
        perform("customers.update", {"customer": made.pk, "note": "x"}, actor=again(cast.wang))
    running.run_import(run.pk, clock=AT)
    assert seen(cast.wang) == seen(cast.chen) == 11
    assert reads.fetch(again(cast.wang), made.pk)


def test_pages_lists_search_and_api_do_not_show_them_either(cast: Cast, client: Client) -> None:
    run = half(started(brought(cast.wang, TABLE)))
    made = Account.objects.order_by("pk").first()
    assert made is not None
    client.force_login(cast.wang)
    for address in ("/customers/", "/customers/?q=仓储", "/find/?q=仓储", "/", "/customers/board/"):
        assert "号仓储" not in client.get(address).content.decode(), address
    assert client.get(f"/customers/{made.pk}/").status_code == 404
    page = client.get(f"/customers/import/{run.pk}/").content.decode()
    assert "全部导入后" in page
    running.run_import(run.pk, clock=AT)
    assert "号仓储" in client.get("/customers/").content.decode()


def test_whoever_enters_one_by_hand_hears_who_is_importing_it(cast: Cast) -> None:
    half(started(brought(cast.wang, TABLE)))
    likeness = reads.alike(again(cast.zhao), name="第2号仓储有限公司")
    assert (likeness.seen, likeness.unseen, likeness.importing) == ((), 0, (cast.wang.name,))
    assert likeness


def test_another_import_takes_them_for_duplicates(cast: Cast) -> None:
    half(started(brought(cast.wang, TABLE)))
    other = brought(cast.zhao, "客户名称\n第2号仓储有限公司\n")
    line = other.lines.get()
    assert line.kind == "duplicate"


def test_duties_about_them_show_with_them(cast: Cast) -> None:
    bring_into_force(cast, "R1", "R5")
    theirs = account(cast.wang, "老客户")
    promise(cast.wang, theirs)
    run = half(started(brought(cast.wang, TABLE)))
    owed = Obligation.objects.filter(customer=str(theirs.pk), closed_at=None)
    ids = set(owed.values_list("pk", flat=True))
    assert visible_obligations(again(cast.chen)).filter(pk__in=ids).count() == len(ids) > 0
    Account.objects.filter(pk=theirs.pk).update(
        brought_by=run.pk
    )  # no clause opens one when a customer is entered
    assert not visible_obligations(again(cast.wang)).filter(pk__in=ids).exists()
    assert not mine(again(cast.wang)).filter(pk__in=ids).exists()
    running.run_import(run.pk, clock=AT)
    assert visible_obligations(again(cast.chen)).filter(pk__in=ids).count() == len(ids)


def test_sums_of_duties_do_not_tell_of_them_either(cast: Cast) -> None:
    bring_into_force(cast, "R1", "R5")
    theirs = account(cast.wang, "老客户")
    promise(cast.wang, theirs)
    march, everybody = Month(2026, 3), Within(True)
    months = march.back(2)
    before = {
        key: {month: kept.plain() for month, kept in found.items()}
        for key, found in kept_by_month(everybody, months).items()
    }
    assert sum(sums["open"] for found in before.values() for sums in found.values()) > 0
    run = half(started(brought(cast.wang, TABLE)))
    Account.objects.filter(pk=theirs.pk).update(brought_by=run.pk)
    hidden = kept_by_month(everybody, months)
    assert {kept.due + kept.open for found in hidden.values() for kept in found.values()} == {0}
    parts = {
        kept.open for code in ("R1", "R5") for kept in kept_by_department(everybody, code, march).values()
    }
    assert parts <= {0}
    running.run_import(run.pk, clock=AT)
    after = kept_by_month(everybody, months)
    assert {key: {m: kept.plain() for m, kept in found.items()} for key, found in after.items()} == before


def figures_of(
    version: Version, now: datetime = NOON, by: str = ""
) -> dict[tuple[str, str], tuple[int, int]]:
    """(control, department) -> counted and hit, of March."""
    found = measured(Within(True), version, [Month(2026, 3)], now, by=by)
    return {
        (control, part): (one.figure.counted, one.figure.hit) for (control, _, part), one in found.items()
    }


def in_force(cast: Cast) -> Version:
    bring_into_force(cast, "R5")
    version = version_at("R5", NOON)
    assert version is not None
    return version


def talk(person: Person, customer: Account, at: datetime = NOON) -> None:
    """A call of 5 March."""
    perform(
        "timeline.note",
        {"customer": customer.pk, "text": "通话", "kind": "call"},
        actor=again(person),
        clock=fixed_clock(at),
        happened_at=NOON,
    )


def test_sums_of_measures_do_not_tell_of_them_either(cast: Cast, client: Client) -> None:
    version = in_force(cast)
    theirs, other = account(cast.wang, "老客户"), account(cast.wang, "另一客户")
    talk(cast.wang, theirs)
    talk(cast.wang, other)
    run = half(started(brought(cast.wang, TABLE)))
    Account.objects.filter(pk=other.pk).update(brought_by=run.pk)
    controls = ("R5/cards-complete", "R5/cards-fresh", "R5/cards-valid", "R5/contacts-with-prospects")
    assert (
        MeasureEntry.objects.filter(control="R5/cards-valid").count() == 7
    )  # the engine counts them already
    for by in ("", "department"):
        found = figures_of(version, by=by)
        assert {control: n for (control, _), (n, _) in found.items()} == dict.fromkeys(controls, 1)
    client.force_login(cast.chen)
    page = client.get("/regulations/clauses/R5.21/?show=lines&month=2026-03").content.decode()
    assert "老客户" in page
    assert "另一客户" not in page
    assert page.count("<tr") == 2
    running.run_import(run.pk, clock=AT)
    sums = {control: n for (control, _), (n, _) in figures_of(version).items()}
    assert sums == dict.fromkeys(controls, 12) | {"R5/contacts-with-prospects": 2}


def test_of_a_closed_month_they_are_neither_late_arrivals_nor_missing(cast: Cast) -> None:
    version = in_force(cast)
    theirs, before = account(cast.wang, "老客户"), account(cast.wang, "关账前的客户")
    later = Month(2026, 3).end + timedelta(days=2)
    talk(cast.wang, before)
    drain(fixed_clock(later))
    talk(cast.wang, theirs, later)
    talk(cast.wang, theirs, later)

    def late() -> int:
        found = measured(Within(True), version, [Month(2026, 3)], later)
        one = found["R5/contacts-with-prospects", "2026-03", ""]
        assert (one.figure.counted, one.frozen is None) == (1, False)
        return one.arrived["counted"] if one.arrived else 0

    assert late() == 2
    run = half(started(brought(cast.wang, TABLE)))
    Account.objects.filter(pk=theirs.pk).update(brought_by=run.pk)
    assert late() == 0
    Account.objects.filter(pk=before.pk).update(brought_by=run.pk)  # what was frozen is a fact and stays
    assert late() == 0
    running.run_import(run.pk, clock=AT)
    assert late() == 2


def test_a_hand_over_pack_made_meanwhile_does_not_name_them(cast: Cast) -> None:
    bring_into_force(cast, "R1", "R5")
    mine = account(cast.zhao, "老客户", manager=cast.zhao.pk)
    promise(cast.zhao, mine)
    run = half(started(brought(cast.zhao, TABLE)))
    found = lines_of(again(cast.zhao), None)
    assert [line.customer for line in found["customers"]] == [mine.pk]
    assert {line.customer for line in found["duties"]} <= {mine.pk}
    Account.objects.filter(pk=mine.pk).update(brought_by=run.pk)
    assert not lines_of(again(cast.zhao), None)["customers"]
    assert not lines_of(again(cast.zhao), None)["duties"]
    assert _looked_after(again(cast.zhao)) == 0
    running.run_import(run.pk, clock=AT)
    assert len(lines_of(again(cast.zhao), None)["customers"]) == _looked_after(again(cast.zhao)) == 11


def test_a_stopped_import_goes_on_or_shows_what_is_in(cast: Cast, client: Client) -> None:
    run = half(started(brought(cast.wang, TABLE)))
    with pytest.raises(Invalid):
        do(cast.wang, "customers.show_import", run=run.pk)
    do(cast.wang, "customers.stop_import", run=run.pk)
    assert seen(cast.wang) == 0
    client.force_login(cast.wang)
    assert "谁也看不到" in client.get(f"/customers/import/{run.pk}/").content.decode()
    client.post(f"/customers/import/{run.pk}/show/")
    assert seen(cast.wang) == 5
    run = started(Import.objects.get())
    running.run_import(run.pk, clock=AT)
    assert seen(cast.wang) == 10


def test_an_administrator_shows_what_somebody_who_left_imported_a_manager_not(cast: Cast) -> None:
    run = half(started(brought(cast.wang, TABLE)))
    do(cast.wang, "customers.stop_import", run=run.pk)
    with pytest.raises(NotFound):
        do(cast.zhao, "customers.show_import", run=run.pk)
    with pytest.raises(Forbidden):
        do(cast.lin, "customers.show_import", run=run.pk)
    do(cast.wu, "customers.show_import", run=run.pk)
    assert seen(cast.wang) == 5


def test_a_stopped_import_is_taken_back_without_ever_being_seen(cast: Cast) -> None:
    run = half(started(brought(cast.wang, TABLE)))
    do(cast.wang, "customers.stop_import", run=run.pk)
    do(cast.wang, "customers.undo_import", run=run.pk)
    undo_running.run_undo(run.pk, clock=AT)
    run.refresh_from_db()
    assert (run.state, run.unseen, Account.objects.count()) == ("undone", False, 0)


def test_customers_that_were_there_already_stay_in_sight_while_they_are_brought_up_to_date(
    cast: Cast,
) -> None:
    account(cast.wang, "第1号仓储有限公司")
    half(started(brought(cast.wang, TABLE)))
    assert seen(cast.wang) == 1


def test_the_lists_ask_for_nothing_more_where_no_import_is_under_way(cast: Cast) -> None:
    account(cast.wang, "老客户")
    asked = str(reads.visible(again(cast.zhao)).query)
    assert "brought_by" not in asked.split("WHERE")[1]
