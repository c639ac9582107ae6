"""Given customers in several hands, when somebody looks, then only what is theirs is there."""

from __future__ import annotations

from itertools import product

import pytest

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account, Contact, Need, Promise
from guanxi.domains.customers.reads.visible import surely, within
from guanxi.platform.kernel import Forbidden, NotFound
from guanxi.platform.people.models import Department, Person
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.tests.cast import person

from .helpers import account, contact, do, last, promise

pytestmark = pytest.mark.django_db


def names(person, **how) -> set[str]:
    return set(reads.visible(person, **how).values_list("name", flat=True))


@pytest.fixture
def shops(cast) -> dict[str, Account]:
    made = {"林": account(cast.lin, "林"), "赵": account(cast.zhao, "赵"), "孙": account(cast.sun, "孙")}
    made["池"] = account(cast.wang, "池")
    return made


def test_each_sees_what_their_reach_gives(cast, shops) -> None:
    everything = {"林", "赵", "孙", "池"}
    assert names(cast.lin) == {"林"}
    assert names(cast.zhao) == {"赵"}
    assert names(cast.sun) == {"孙"}
    assert names(cast.wang) == names(cast.chen) == names(cast.zhou) == everything
    assert names(cast.wu) == set()


def test_nobody_and_the_system_see_nothing(cast, shops) -> None:
    assert names(None) == names(SYSTEM) == set()
    Person.objects.filter(pk=cast.lin.pk).update(is_active=False)
    assert names(Person.objects.get(pk=cast.lin.pk)) == set()


def test_the_team_sees_what_it_works_on(cast, shops) -> None:
    do(cast.wang, "customers.set_team", customer=shops["赵"].pk, members=[cast.lin.pk])
    assert names(cast.lin) == {"林", "赵"}
    do(cast.lin, "timeline.note", customer=shops["赵"].pk, text="一起去的")
    assert last("customer.team_changed").data["joined"] == [str(cast.lin.pk)]


def test_key_customers_are_seen_by_team_superiors_and_general_manager_only(cast, shops) -> None:
    secret = account(cast.wang, "重点", key=True, manager=cast.zhao.pk)
    outside = account(cast.wang, "外部重点", manager=cast.sun.pk)
    do(cast.chen, "customers.mark_key", customer=outside.pk)
    assert "重点" in names(cast.zhao)
    assert "重点" in names(cast.wang)  # heads the department above the team
    assert {"重点", "外部重点"} <= names(cast.chen)
    assert "重点" not in names(cast.lin)
    assert "外部重点" not in names(cast.wang)  # reach `all` does not open another branch's key customers
    assert not {"重点", "外部重点"} & names(cast.zhou)
    assert {"重点", "外部重点"} <= names(cast.zhou, logged=True)
    do(cast.wang, "customers.set_team", customer=secret.pk, members=[cast.lin.pk])
    assert "重点" in names(cast.lin)
    with pytest.raises(NotFound):
        reads.fetch(cast.wang, outside.pk)
    with pytest.raises(NotFound):
        do(cast.wang, "customers.grade", customer=outside.pk, grade="A", reason="x")


def test_a_key_customer_without_manager_waits_in_the_pool(cast) -> None:
    account(cast.wang, "无主重点", key=True)
    assert "无主重点" in names(cast.wang)
    assert "无主重点" not in names(cast.lin)


def test_the_auditors_look_at_a_key_customer_is_kept(cast) -> None:
    secret = account(cast.wang, "重点", key=True, manager=cast.zhao.pk)
    do(cast.zhou, "customers.look", customer=secret.pk, where="customers.detail")
    fact = last("customer.looked_at")
    assert (fact.actor_id, fact.customer_id) == (cast.zhou.pk, secret.pk)


def test_what_belongs_to_a_customer_is_reached_through_it_only(cast, shops) -> None:
    someone = contact(cast.lin, shops["林"])
    told = promise(cast.lin, shops["林"])
    need = do(cast.lin, "needs.add", customer=shops["林"].pk, what="密封圈")
    for model, row in ((Contact, someone), (Promise, told), (Need, need)):
        assert reads.fetch_child(model, cast.lin, row.pk) == row
        with pytest.raises(NotFound):
            reads.fetch_child(model, cast.sun, row.pk)
        with pytest.raises(NotFound):
            reads.fetch_child(model, cast.lin, 99999)


def test_seeing_is_not_yet_working(cast, shops) -> None:
    """Given a role whose view was widened, when it works on another's customer, then it is forbidden, not hidden."""
    from guanxi.platform.people.models import RolePermission

    RolePermission.objects.create(
        role="relationship_specialist", permission="customers.view", reach="department"
    )
    lin = Person.objects.get(pk=cast.lin.pk)
    assert "赵" in names(lin)
    with pytest.raises(Forbidden):
        do(lin, "timeline.note", customer=shops["赵"].pk, text="x")


def test_what_is_typed_finds_name_number_code_and_contact(cast) -> None:
    made = account(cast.lin, "杭州恒远电子科技有限公司", phone="0571-87061501", short_name="恒远")
    contact(cast.lin, made, name="李娟", phone="13905718888")
    rows = reads.visible(cast.lin)
    for typed in ("恒远", "8706 1501", "李娟", "8888", " 恒远电子 "):
        assert list(reads.matching(rows, typed)) == [made], typed
    assert not reads.matching(reads.visible(cast.sun), "恒远").exists()
    assert not reads.matching(rows, "海天").exists()


def test_nobody_saves_what_they_would_not_see(cast) -> None:
    with pytest.raises(Forbidden) as refused:
        account(cast.wang, "外部重点", key=True, manager=cast.sun.pk)
    assert "保存后您自己就看不到" in refused.value.text.zh


def test_what_the_row_itself_shows_is_what_the_filter_gives(cast, shops) -> None:
    """For every role and right: what is surely seen is seen, also when a department moves elsewhere."""
    rows = [*shops.values(), account(cast.wang, "重点", key=True, manager=cast.zhao.pk)]
    rows.append(account(cast.wang, "营运的", manager=cast.sun.pk))
    Account.objects.filter(pk=rows[1].pk).update(department=None)
    people = [
        person(f"r{n}", role, where, role)
        for n, (role, where) in enumerate(product(ROLES, (cast.team, cast.service, cast.operations)))
    ]
    reached = 0
    for moved in (False, True):
        if moved:
            Department.objects.filter(pk=cast.team.pk).update(path=f"/{cast.operations.pk}/{cast.team.pk}/")
        for who in Person.objects.filter(pk__in=[p.pk for p in people]):
            for row in Account.objects.select_related("manager", "department").filter(
                pk__in=[r.pk for r in rows]
            ):
                for right in ("customers.view", "customers.work", "customers.assign", "customers.grade"):
                    if surely(who, row, right):
                        reached += who.rights.reach(right).scope == "department"
                        assert Account.objects.filter(within(who, right), pk=row.pk).exists()
    assert reached, "no role here reaches a branch"
