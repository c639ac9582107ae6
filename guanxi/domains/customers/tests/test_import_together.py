"""Given rows of new customers, when they are written together, then all stands as if each had been entered alone."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction

from guanxi.demo.bulk import settle_ids
from guanxi.domains.customers.importing import running
from guanxi.domains.customers.importing.together import Together
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import ExternalKey, Import, ImportRow
from guanxi.platform.journal.models import Call, Fact, FactText
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Reason, Text
from guanxi.platform.kernel.perform import Verdict, stages
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations.models import EngineEntity, Evidence, MeasureEntry, Obligation
from guanxi.platform.regulations.replay import differences
from guanxi.platform.search.index import TABLE, find
from tests.company import bring_into_force

from .helpers import account, contact
from .importing import AT, brought, entered, started, sums

pytestmark = pytest.mark.django_db

ALL_SORTS = (
    "客户编号,客户名称,联系人,职务,手机,微信,电子邮箱,电话,地址,客户等级,负责人员,口味\n"
    "K1,杭州恒远电子科技有限公司,王建国,采购经理,13805712345,,,0571-87061501,浙江省杭州市西湖区文三路398号,A,林晓,\n"
    "K2,浙江明光医院,李梅,院办主任,,limei88,li@example.com,0571-87783838,杭州市上城区解放路68号,,赵强,爱喝茶\n"
    ",宁波长青贸易公司,,,,,,12345,,B,,\n"
    ",杭州恒远电子科技有限公司,赵六,财务,,,,,浙江省杭州市西湖区文三路398号,,,\n"
    "K4,,无名,,,,,,,,,\n"
    "K1,甲公司,孙七,,13805719999,,sun@example.com,,,C,不在,\n"
    "K6,金华银桥物流,钱八,经理,,qian8,,,,,,\n"
)


def stands() -> dict[str, list[Any]]:
    """All there is, but for salts and hashes."""
    found: dict[str, list[Any]] = {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in (
            Account,
            Contact,
            ExternalKey,
            Import,
            ImportRow,
            FactText,
            Obligation,
            EngineEntity,
            Evidence,
            MeasureEntry,
        )
    }
    facts = list(Fact.objects.order_by("seq").values())
    for fact in facts:
        if ":import-" not in fact["key"]:
            fact.pop("key")  # by chance
    found["Fact"] = [
        {k: v for k, v in f.items() if k not in ("salt", "hash", "text_commitment")} for f in facts
    ]
    calls = Call.objects.order_by("actor_id", "action", "key").values()
    found["Call"] = [c for c in calls if c["key"].startswith("import-")]
    for name in ("ExternalKey", "ImportRow", "FactText", "EngineEntity", "Evidence", "MeasureEntry", "Call"):
        for row in found[name]:
            row.pop("id", None)
            row.pop("salt", None)
        found[name].sort(key=repr)  # in which order they were written depends on how many fit into a portion
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT kind, ref, title, grams FROM {TABLE} ORDER BY kind, ref")
        found["index"] = list(cursor.fetchall())
    return found


def both_ways(person: Any, text: str, **how: Any) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """What stands after the rows were entered alone, and together."""
    brought(
        person, "客户名称\n还没有开始的\n"
    )  # so that numbers go on from one that is there, on PostgreSQL too
    settle_ids(Account, Contact, Import)
    point = transaction.savepoint()
    with mock.patch.object(Together, "takes", return_value=False):
        entered(person, text, **how)
    alone = stands()
    transaction.savepoint_rollback(point)
    for stage in stages.obligations:
        stage.forget()
    settle_ids(Account, Contact, Import)
    entered(person, text, **how)
    return alone, stands()


@pytest.mark.parametrize("how", [{"manager_by": "me"}, {"manager_by": "pool"}, {"manager_by": "column"}])
def test_rows_written_together_are_the_rows_facts_and_duties_of_rows_written_alone(
    cast: Cast, how: dict[str, Any]
) -> None:
    bring_into_force(cast, "R1", "R5")
    contact(cast.wang, account(cast.wang, "老客户"), "老联系人")
    alone, together = both_ways(cast.wang, ALL_SORTS, **how)
    for name, rows in alone.items():
        assert together[name] == rows, name
    assert verify().whole
    assert list(differences()) == []
    assert find(connection, "mingguang", kinds=["customer"])


@pytest.mark.parametrize("who", ["zhao", "wu"])
def test_so_are_the_rows_of_an_account_manager_and_of_the_administrator(cast: Cast, who: str) -> None:
    bring_into_force(cast, "R1", "R5")
    contact(cast.wang, account(cast.wang, "老客户"), "老联系人")
    alone, together = both_ways(getattr(cast, who), ALL_SORTS)
    for name, rows in alone.items():
        assert together[name] == rows, name


def test_most_rows_are_written_together(cast: Cast) -> None:
    with mock.patch.object(running, "perform", side_effect=running.perform) as alone:
        run = entered(cast.wang, "客户名称\n" + "".join(f"第{n}号仓储有限公司\n" for n in range(50)))
    assert sums(run) == (50, 50, 0, 0, 0)
    assert [call.args[0] for call in alone.call_args_list] == []


class _Asks:
    """A gate that refuses one name, as a clause would."""

    def ask(self, ctx: Any, action: Any, subject: Any, values: Any) -> Verdict:
        if action.name != "customers.create" or values.has_phone:
            return Verdict()
        return Verdict([Reason("R9.9", "R9/x", "1", Text("没有电话", "No telephone"))])


def test_what_a_clause_refuses_is_refused_for_its_row_only(cast: Cast) -> None:
    run = started(brought(cast.wang, "客户名称,电话\n甲公司,0571-87061501\n乙公司,\n丙公司,0571-87061503\n"))
    stages.gates.append(gate := _Asks())
    try:
        running.run_import(run.pk, clock=AT)
    finally:
        stages.gates.remove(gate)
    run.refresh_from_db()
    assert sums(run) == (3, 2, 0, 0, 1)
    assert ImportRow.objects.get(run=run, number=3).said["faults"][0][1] == "gate.R9.9"


def test_who_may_no_longer_look_after_customers_gets_none(cast: Cast) -> None:
    run = brought(cast.wang, "客户名称\n甲公司\n乙公司\n")
    started(run, manager_by="named", manager=cast.lin.pk)
    cast.lin.is_active = False
    cast.lin.save()
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert sums(run) == (2, 0, 0, 0, 2)
