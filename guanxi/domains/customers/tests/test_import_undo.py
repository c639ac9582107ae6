"""Given an import that should not have been, when it is taken back, then all is as before, but for what somebody built."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from guanxi.domains.customers.importing import running, undo_running
from guanxi.domains.customers.importing.undo import preview
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_following import Following, Looked
from guanxi.domains.customers.models_import import ExternalKey, Import, ImportRow
from guanxi.domains.customers.models_twins import TwinPair
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Forbidden, Invalid, NotFound, perform
from guanxi.platform.people.models import RoleGrant
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.replay import differences
from guanxi.platform.search.index import find
from tests.company import bring_into_force

from .helpers import account, contact, do, last, promise
from .importing import AT, CLIENTS, brought, entered, started, sums

pytestmark = pytest.mark.django_db

TWO = "客户名称,联系人,手机,客户编号\n甲公司,张三,13805712345,K1\n乙公司,李四,13905712345,K2\n"
CHANGES = (
    "客户编号,客户名称,电话,地址,联系人,职务,手机,备注\n"
    "K1,甲公司,0571-87061502,浙江省杭州市滨江区江南大道1号,张三,经理,13805719999,新备注\n"
)


def undone(run: Import) -> Import:
    perform("customers.undo_import", {"run": run.pk}, actor=run.by, clock=AT)
    undo_running.run_undo(run.pk, clock=AT)
    run.refresh_from_db()
    assert run.state == "undone"
    return run


def row(run: Import, number: int) -> ImportRow:
    return ImportRow.objects.get(run=run, number=number)


def why(run: Import, number: int) -> str:
    line = row(run, number)
    assert line.kept
    return line.said["kept"]["code"]


def everything() -> dict[str, list[dict[str, Any]]]:
    """All customers, their people and numbers, but for the counter of versions."""
    found: dict[str, list[dict[str, Any]]] = {
        "accounts": list(Account.objects.order_by("pk").values()),
        "contacts": list(Contact.objects.order_by("pk").values()),
        "keys": list(ExternalKey.objects.order_by("pk").values("account", "key")),
    }
    for rows in found.values():
        for one in rows:
            one.pop("version", None)
            one.pop("updated_at", None)
    return found


def live() -> list[tuple[Any, ...]]:
    """The duties that are open."""
    rows = Obligation.objects.exclude(state="void").order_by("id")
    return list(rows.values_list("id", "state", "owner", "due_at"))


def found(word: str) -> set[int]:
    from django.db import connection

    return {hit.id for hit in find(connection, word, kinds=["customer"])}


def holds() -> None:
    """The journal is whole, and told again it comes to the same."""
    assert verify().whole
    assert list(differences()) == []


# --- New customers ---------------------------------------------------------------------------------------------------


def test_given_an_import_of_new_customers_when_it_is_undone_then_they_are_gone_and_the_journal_is_whole(
    cast: Cast,
) -> None:
    bring_into_force(cast, "R1", "R5")
    account(cast.wang, "老客户")
    before, duties = everything(), live()
    run = entered(cast.wang, CLIENTS)
    assert found("恒远")
    assert (preview(run, cast.wang).removed, preview(run, cast.wang).put_back) == (2, 1)
    undone(run)
    assert everything() == before
    assert live() == duties
    assert not found("恒远")
    assert not found("王建国")
    assert last("customers.import_undone").data == {"removed": 2, "put_back": 1, "kept": 0}
    assert Fact.objects.filter(kind="customer.created").count() == 3  # what was written stays written
    holds()


def test_given_an_undone_import_when_the_file_comes_again_then_it_is_entered_as_new(cast: Cast) -> None:
    first = undone(entered(cast.wang, CLIENTS))
    again = entered(cast.wang, CLIENTS)
    assert sums(again) == sums(first) == (4, 2, 0, 1, 1)
    assert not ImportRow.objects.filter(run=again, number__in=(2, 3)).exclude(outcome="created").exists()
    assert set(ExternalKey.objects.values_list("key", flat=True)) == {"K1", "K2"}
    undone(again)
    assert not Account.objects.exists()
    holds()


def test_the_administrator_takes_back_what_he_brought_into_the_pool(cast: Cast) -> None:
    undone(entered(cast.wu, TWO))
    assert not Account.objects.exists()
    holds()


def test_a_graded_customer_goes_with_its_grade(cast: Cast) -> None:
    bring_into_force(cast, "R5")
    run = entered(cast.wang, "客户名称,客户等级\n甲公司,A\n")
    assert Account.objects.get().grade == "A"
    undone(run)
    assert not Account.objects.exists()
    holds()


# --- Changes ---------------------------------------------------------------------------------------------------------


def test_given_changes_when_they_are_undone_then_every_value_is_as_before(cast: Cast) -> None:
    bring_into_force(cast, "R1", "R5")
    entered(cast.wang, TWO)
    before, duties = everything(), live()
    run = entered(cast.wang, CHANGES)
    assert sums(run) == (1, 0, 1, 0, 0)
    changed = Account.objects.get(name="甲公司")
    assert (changed.phone_key, changed.area) == ("+8657187061502", "滨江区")
    assert preview(run, cast.wang).put_back == 1
    undone(run)
    assert everything() == before
    assert live() == duties
    assert found("13805712345")
    assert not found("87061502")
    changed.refresh_from_db()
    assert changed.version > 2  # an edit that was begun before is told of the change
    holds()


def test_a_person_added_to_a_customer_of_before_goes_and_the_customer_stays(cast: Cast) -> None:
    account(cast.wang, "甲公司", phone="0571-87061501", address="杭州市文三路1号")
    before = everything()
    run = brought(cast.wang, "客户名称,电话,联系人,微信\n甲公司,0571-87061501,张三,zs\n")
    ImportRow.objects.filter(run=run).update(decision="contact")
    running.run_import(started(run).pk, clock=AT)
    assert Contact.objects.get().name == "张三"
    undone(run)
    assert everything() == before
    holds()


def test_two_rows_that_change_the_same_customer_go_back_to_what_stood_before_the_first(cast: Cast) -> None:
    entered(cast.wang, TWO)
    before = everything()
    run = entered(cast.wang, "客户编号,客户名称,电话\nK1,甲公司,0571-87061501\nK1,甲公司,0571-87061502\n")
    undone(run)
    assert everything() == before
    holds()


def test_a_number_that_an_update_gave_is_free_again_one_that_was_there_stays(cast: Cast) -> None:
    old = account(cast.wang, "甲公司", phone="0571-87061501", address="杭州市文三路1号")
    ExternalKey.objects.create(account=old, key="A1")
    run = brought(cast.wang, "客户编号,客户名称,电话,地址\nB7,甲公司,0571-87061501,杭州市文三路1号\n")
    ImportRow.objects.filter(run=run).update(decision="update")
    running.run_import(started(run).pk, clock=AT)
    assert ExternalKey.objects.filter(key="B7").exists()
    undone(run)
    assert list(ExternalKey.objects.values_list("key", flat=True)) == ["A1"]


# --- What somebody built ---------------------------------------------------------------------------------------------


def _promised(cast: Cast, made: Account) -> None:
    promise(cast.wang, made)


def _noted(cast: Cast, made: Account) -> None:
    do(cast.wang, "timeline.note", customer=made.pk, text="来电")


def _assigned(cast: Cast, made: Account) -> None:
    do(cast.wang, "customers.assign", customers=[made.pk], manager=cast.lin.pk)


def _contacted(cast: Cast, made: Account) -> None:
    contact(cast.wang, made, "赵六")


def _edited(cast: Cast, made: Account) -> None:
    do(cast.wang, "customers.update", customer=made.pk, short_name="甲")


def _person_edited(cast: Cast, made: Account) -> None:
    do(cast.wang, "contacts.update", contact=made.contacts.get().pk, post="总经理")


def _closed(cast: Cast, made: Account) -> None:
    do(cast.wang, "customers.close", customer=made.pk, reason_code="moved")


def _need(cast: Cast, made: Account) -> None:
    do(cast.wang, "needs.add", customer=made.pk, what="密封圈")


def _merged_into_another(cast: Cast, made: Account) -> None:
    other = account(cast.wang, "甲总公司")
    do(cast.wang, "customers.merge", customer=other.pk, other=made.pk)


def _took_another_in(cast: Cast, made: Account) -> None:
    other = account(cast.wang, "甲总公司")
    do(cast.wang, "customers.merge", customer=made.pk, other=other.pk)


def _imported_again(cast: Cast, made: Account) -> None:
    assert entered(cast.wang, CHANGES).updated == 1


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (_promised, "built"),
        (_noted, "built"),
        (_assigned, "built"),
        (_contacted, "built"),
        (_edited, "built"),
        (_person_edited, "built"),
        (_closed, "built"),
        (_need, "built"),
        (_merged_into_another, "merged"),
        (_took_another_in, "held"),
        (_imported_again, "built"),
    ],
)
def test_given_something_built_on_a_new_customer_when_the_import_is_undone_then_it_stays_and_is_listed(
    cast: Cast, build: Any, code: str
) -> None:
    run = entered(cast.wang, TWO)
    build(cast, Account.objects.get(name="甲公司"))
    seen = preview(run, cast.wang)
    assert (seen.removed, seen.kept, [line.number for line, _ in seen.shown]) == (1, 1, [2])
    undone(run)
    assert why(run, 2) == code
    assert row(run, 3).outcome == "undone"
    assert not Account.objects.filter(name="乙公司").exists()
    assert run.kept == 1
    holds()


def test_what_was_undone_or_only_looked_at_is_nothing_built(cast: Cast) -> None:
    run = entered(cast.wang, TWO)
    made = Account.objects.get(name="甲公司")
    do(cast.wang, "timeline.note", customer=made.pk, text="来电")
    do(cast.wang, "customers.undo", fact=last("customer.noted").seq)
    with pytest.raises(NotFound):
        do(cast.lin, "timeline.note", customer=made.pk, text="x")  # an attempt that was refused
    assert preview(run, cast.wang).kept == 0
    undone(run)
    assert not Account.objects.exists()
    holds()


def test_who_only_looked_at_a_customer_or_follows_it_built_nothing(cast: Cast) -> None:
    run = entered(cast.wang, TWO)
    made = Account.objects.get(name="甲公司")
    Looked.objects.create(person=cast.wang, customer=made, seq=1, at=AT())
    Following.objects.create(person=cast.wang, customer=made, since=AT())
    TwinPair.objects.create(first=made, second=Account.objects.get(name="乙公司"), score=90, found_at=AT())
    assert preview(run, cast.wang).kept == 0
    undone(run)
    assert not Account.objects.exists()
    assert not Looked.objects.exists()
    assert not Following.objects.exists()
    holds()


def test_a_changed_customer_keeps_what_was_changed_again_and_a_visit_or_note_is_no_hindrance(
    cast: Cast,
) -> None:
    entered(cast.wang, TWO)
    made = Account.objects.get(name="甲公司")
    run = entered(cast.wang, CHANGES)
    do(cast.wang, "timeline.note", customer=made.pk, text="来电")
    undone(run)
    assert row(run, 2).outcome == "undone"
    again = entered(cast.wang, CHANGES)
    do(cast.wang, "customers.update", customer=made.pk, phone="0571-87061509")
    seen = preview(again, cast.wang)
    assert (seen.put_back, seen.kept) == (0, 1)
    undone(again)
    assert why(again, 2) == "edited"
    assert row(again, 2).said["kept"]["fields"] == ["phone"]
    made.refresh_from_db()
    assert (made.phone_key, made.note) == ("+8657187061509", "客户编号：K1\n新备注")
    holds()


def test_a_person_the_import_added_stays_where_somebody_promised_that_person_something(cast: Cast) -> None:
    made = account(cast.wang, "甲公司", phone="0571-87061501", address="杭州市文三路1号")
    run = brought(cast.wang, "客户名称,电话,联系人\n甲公司,0571-87061501,张三\n")
    ImportRow.objects.filter(run=run).update(decision="contact")
    running.run_import(started(run).pk, clock=AT)
    promise(cast.wang, made, contact=Contact.objects.get().pk)
    undone(run)
    assert (why(run, 2), Contact.objects.count()) == ("built", 1)
    holds()


def test_given_two_imports_when_the_later_is_undone_first_then_the_earlier_can_be_undone_too(
    cast: Cast,
) -> None:
    first = entered(cast.wang, TWO)
    second = entered(cast.wang, CHANGES)
    assert undone(first).kept == 1
    undone(second)
    again = undone(first)
    assert (again.kept, Account.objects.count()) == (0, 0)
    holds()


def test_who_no_longer_looks_after_a_customer_puts_nothing_back_there(cast: Cast) -> None:
    made = account(cast.zhao, "甲公司")
    ExternalKey.objects.create(account=made, key="K1")
    run = entered(cast.zhao, CHANGES)
    assert run.updated == 1
    do(cast.wang, "customers.assign", customers=[made.pk], manager=cast.lin.pk)
    cast.zhao.forget_rights()
    assert preview(run, cast.zhao).kept == 1
    undone(run)
    assert why(run, 2) == "rights"


def test_who_only_looks_at_a_customer_or_follows_it_builds_nothing_on_it(cast: Cast) -> None:
    run = entered(cast.wang, TWO)
    made = Account.objects.get(name="甲公司")
    for who in (cast.wang, cast.chen):
        do(who, "customers.follow", customer=made.pk)
        do(who, "customers.have_looked", customer=made.pk, seq=last("customer.followed").seq)
    assert preview(run, cast.wang).kept == 0
    undone(run)
    assert not Account.objects.exists()
    holds()


def test_once_an_imported_customer_is_in_other_hands_none_of_its_rows_goes_back(cast: Cast) -> None:
    """Given two rows of one customer, when somebody else looks after it since, then the second stays as well."""
    two = "客户名称,联系人,手机\n甲公司,张三,13805712345\n甲公司,李四,13905712345\n"
    run = entered(cast.zhao, two)
    assert (run.created, Contact.objects.count()) == (1, 2)
    do(cast.wang, "customers.assign", customers=[Account.objects.get().pk], manager=cast.lin.pk)
    cast.zhao.forget_rights()
    assert preview(run, cast.zhao).kept == 2
    undone(run)
    assert [why(run, number) for number in (2, 3)] == ["built", "rights"]
    assert Contact.objects.count() == 2


# --- Running ---------------------------------------------------------------------------------------------------------


def many(n: int = 30) -> str:
    return "客户名称,联系人\n" + "".join(f"第{i}号仓储有限公司,王{i}\n" for i in range(n))


def test_given_a_worker_that_dies_in_the_middle_when_another_goes_on_then_every_row_is_taken_back_once(
    cast: Cast,
) -> None:
    run = entered(cast.wang, many())
    perform("customers.undo_import", {"run": run.pk}, actor=cast.wang, clock=AT)
    real, calls = undo_running.perform, []

    def dying(*args: Any, **more: Any) -> Any:
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt  # like a kill: nothing is tidied up
        return real(*args, **more)

    with (
        mock.patch.object(undo_running, "MOST", 5),
        mock.patch.object(undo_running, "FIRST", 5),
        mock.patch.object(undo_running, "LEAST", 5),
    ):
        with mock.patch.object(undo_running, "perform", dying), pytest.raises(KeyboardInterrupt):
            undo_running.run_undo(run.pk, clock=AT)
        run.refresh_from_db()
        assert (run.state, run.undo_done, Account.objects.count()) == ("undoing", 10, 20)
        undo_running.run_undo(run.pk, clock=AT)
    run.refresh_from_db()
    assert (run.state, run.undo_done, Account.objects.count()) == ("undone", 30, 0)
    assert Fact.objects.filter(kind="journal.annulled").count() == 60
    assert Fact.objects.filter(kind="customers.import_undone").count() == 1
    undo_running.run_undo(run.pk, clock=AT)  # once more does nothing
    assert Fact.objects.filter(kind="journal.annulled").count() == 60
    holds()


def test_a_row_on_which_the_program_fails_stays_and_the_others_go(cast: Cast) -> None:
    run = entered(cast.wang, many(3))
    real = undo_running.perform

    def failing(name: str, data: dict[str, Any], **more: Any) -> Any:
        if data.get("before") == 4 or data.get("most", 0) > 1:
            raise RuntimeError("a fault of the program")
        return real(name, data, **more)

    with mock.patch.object(undo_running, "perform", failing):
        undone(run)
    assert (why(run, 3), Account.objects.count()) == ("failed", 1)
    undone(run)
    assert not Account.objects.exists()
    assert not row(run, 3).kept


def test_a_stopped_import_can_be_taken_back_a_running_one_not(cast: Cast) -> None:
    run = started(brought(cast.wang, many(30)))
    with pytest.raises(Invalid):
        undone(run)
    with mock.patch.object(running, "_FIRST", 5), mock.patch.object(running, "HOLD", 3600):
        runner = running._Runner(run.pk, AT, "test")
        runner.some()
    perform("customers.stop_import", {"run": run.pk}, actor=cast.wang, clock=AT)
    assert Account.objects.count() == 5
    undone(run)
    assert not Account.objects.exists()


def test_where_nothing_was_written_there_is_nothing_to_undo(cast: Cast) -> None:
    run = entered(cast.wang, "客户名称,电话\n,1\n甲公司,\n")
    undone(run)
    with pytest.raises(Invalid):
        perform("customers.undo_import", {"run": run.pk}, actor=cast.wang, clock=AT)


def test_who_loses_the_right_in_the_middle_undoes_no_further(cast: Cast) -> None:
    run = entered(cast.wang, TWO)
    perform("customers.undo_import", {"run": run.pk}, actor=cast.wang, clock=AT)
    RoleGrant.objects.filter(person=cast.wang).delete()
    undo_running.run_undo(run.pk, clock=AT)
    run.refresh_from_db()
    assert (run.state, Account.objects.count()) == ("done", 2)
    assert run.why_stopped


# --- Rights ----------------------------------------------------------------------------------------------------------

ACTIONS = {
    "customers.undo_import": {},
    "customers.undo_import_rows": {"before": 9, "most": 5},
    "customers.finish_undo": {},
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", ["wang", "zhao", "wu", "lin", "chen", "zhou", "sun"])
def test_only_who_imports_undoes_and_only_their_own(cast: Cast, action: str, who: str) -> None:
    run = entered(cast.zhao, TWO)
    person = getattr(cast, who)
    data = {"run": run.pk, **ACTIONS[action]}
    if not person.may("customers.import"):
        with pytest.raises(Forbidden):
            perform(action, data, actor=person, clock=AT)
    elif who != "zhao":
        with pytest.raises(NotFound):
            perform(action, data, actor=person, clock=AT)
    else:
        undone(run)
    assert Account.objects.exists() is (who != "zhao")
