"""Past orders from a spreadsheet: each row stands as what it was in the other program, or says why it does not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.importing import drafts, history_running, running, told, undo_running
from guanxi.domains.customers.importing.undo import preview
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_import import ExternalKey, Import, ImportRow
from guanxi.domains.customers.tests.helpers import account, do, last
from guanxi.domains.customers.tests.importing import AT, brought, entered, started, sums
from guanxi.domains.orders.models import Order
from guanxi.platform.jobs.models import Job
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, Invalid, NotFound, perform
from guanxi.platform.regulations.models import Obligation
from tests.company import bring_into_force

pytestmark = pytest.mark.django_db

HEAD = "销售订单号,客户名称,下单日期,价税合计,产品名称,状态,业务员\n"
GOOD = (
    'XS-1,杭州恒远电子科技有限公司,2024-03-05,"128,000.00",视觉检测仪,已完成,林晓\n'
    "XS-2,杭州恒远电子科技有限公司,2023/6/18,3.6万元,消毒柜,作废,老周\n"
)


@pytest.fixture
def hengyuan(cast: Any) -> Account:
    return account(cast.wang, manager=cast.zhao.pk)


def faults(run: Import) -> dict[int, list[str]]:
    rows = ImportRow.objects.filter(run=run, kind="rejected").order_by("number")
    return {row.number: [f"{said[0]}：{said[2]}" for said in row.said["faults"]] for row in rows}


def undone(run: Import) -> Import:
    perform("customers.undo_import", {"run": run.pk}, actor=run.by, clock=AT)
    undo_running.run_undo(run.pk, clock=AT)
    run.refresh_from_db()
    return run


def test_a_sheet_of_orders_is_known_by_its_columns(cast: Any) -> None:
    for head, what in (
        (HEAD, "orders"),
        ("order_number,account_name,order_date,total\n", "orders"),
        ("合同编号,客户名称,签订日期,合同金额\n", "orders"),
        ("客户名称,联系人,电话\n", "customers"),
        ("客户编号,客户名称,金额\n", "customers"),
    ):
        width = head.count(",")
        run = drafts.upload(
            cast.wang, (head + "甲" + ",2024-01-01" * width + "\n").encode(), "表.csv", clock=AT
        )
        assert run.what == what, head
    assert (
        drafts.upload(cast.wang, (HEAD + GOOD).encode(), "表.csv", what="customers", clock=AT).what
        == "customers"
    )


def test_orders_keep_their_days_their_sums_and_who_took_them(cast: Any, hengyuan: Account) -> None:
    run = entered(cast.wang, HEAD + GOOD)
    assert (run.what, run.unseen, run.state, sums(run)) == ("orders", False, "done", (2, 2, 0, 0, 0))
    first, second = Order.objects.order_by("number")
    assert (first.ordered_on, first.amount, first.status, first.person) == (
        date(2024, 3, 5),
        Decimal("128000.00"),
        "settled",
        cast.lin,
    )
    assert (second.amount, second.status, second.person, second.taken_by) == (
        Decimal("36000.00"),
        "cancelled",
        None,
        "老周",
    )
    assert {first.customer_id, first.brought_by} == {hengyuan.pk, run.pk}
    fact = last("order.brought")
    assert timezone.localtime(fact.happened_at).date() == date(2023, 6, 18)
    assert fact.recorded_at == AT()
    assert "以往订单 XS-2" in customers.timeline(hengyuan.pk).told[0].text
    doubts = ImportRow.objects.get(run=run, number=3).said["doubts"]
    assert [said[2] for said in doubts] == ["公司里没有“老周”，按文字保留。"]


def test_every_row_that_cannot_be_read_says_why_and_stops_no_other(cast: Any, hengyuan: Account) -> None:
    twins = [account(cast.wang, name) for name in ("宁波海达贸易有限公司", "宁波海达贸易公司")]
    rows = [
        "A1,没有这家公司,2024-03-05,1,,,",
        "A2,宁波海达贸易股份公司,2024-03-05,1,,,",
        "A3,杭州恒远电子科技有限公司,三月五日前后,1,,,",
        "A4,杭州恒远电子科技有限公司,2026-03-06,1,,,",
        "A5,杭州恒远电子科技有限公司,2024-03-05,一大笔,,,",
        "A6,杭州恒远电子科技有限公司,,,,,",
        "A7,,2024-03-05,1,,,",
        "A8,杭州恒远电子科技有限公司,2024-03-05,100,,,",
        "A8,杭州恒远电子科技有限公司,2024-03-05,200,,,",
        "A9,杭州恒远电子科技有限公司,2024-03-05,1.234,,,",
    ]
    run = entered(cast.wang, HEAD + "\n".join(rows) + "\n")
    said = faults(run)
    assert said == {
        2: ["客户名称：找不到客户“没有这家公司”，或不由您维护。请先导入或新建客户，或核对名称。"],
        3: [
            f"客户名称：有 2 位客户都可能是它：{twins[1].name}（#{twins[1].pk}）、{twins[0].name}（#{twins[0].pk}）。"
            "请补上客户编号或统一社会信用代码。"
        ],
        4: ["下单日期：“三月五日前后”不是有效日期。"],
        5: ["下单日期：2026-03-06 还没有到；以往的订单不会在将来。"],
        6: ["价税合计：“一大笔”不是金额。"],
        7: ["下单日期：没有日期。", "价税合计：没有金额。"],
        8: ["客户名称：没有写明是哪位客户。"],
        10: ["：第 9 行已有同一条记录，内容不同；请合并为一行。"],
        11: ["价税合计：金额“1.234”比分还细，请四舍五入到两位小数。"],
    }
    assert list(Order.objects.values_list("number", "amount")) == [("A8", Decimal("100.00"))]
    header, table = told.left_out(run, "rejected")
    assert [row[0] for row in table] == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9"]
    fixed = [[*row[:-2]] for row in table if row[0] == "A5"]
    fixed[0][3] = "500"
    again = entered(cast.wang, "\n".join([",".join(header[:-2]), ",".join(map(str, fixed[0]))]) + "\n")
    assert sums(again) == (1, 1, 0, 0, 0)


def test_the_same_file_again_changes_nothing_and_another_amount_updates(cast: Any, hengyuan: Account) -> None:
    entered(cast.wang, HEAD + GOOD)
    again = entered(cast.wang, HEAD + GOOD)
    assert sums(again) == (2, 0, 0, 2, 0)
    changed = entered(cast.wang, HEAD + GOOD.replace("128,000.00", "130,000.00"))
    assert sums(changed) == (2, 0, 1, 1, 0)
    assert Order.objects.get(number="XS-1").amount == Decimal("130000.00")
    undone(changed)
    assert Order.objects.get(number="XS-1").amount == Decimal("128000.00")


def test_a_number_of_another_customers_order_is_refused(cast: Any, hengyuan: Account) -> None:
    other = account(cast.wang, "宁波海达贸易有限公司")
    do(cast.wang, "orders.add", customer=other.pk, amount="5", number="XS-1")
    run = entered(cast.wang, HEAD + GOOD)
    assert faults(run) == {2: ["：订单号“XS-1”已用于另一位客户。"]}
    assert Order.objects.get(number="XS-1").customer == other


def test_orders_without_a_number_are_asked_about_where_one_like_it_is_there(
    cast: Any, hengyuan: Account
) -> None:
    table = "客户名称,订单日期,金额,币种\n杭州恒远电子科技有限公司,2024-01-01,5,USD\n"
    entered(cast.wang, table)
    run = brought(cast.wang, table + "杭州恒远电子科技有限公司,2024-01-02,5,USD\n")
    assert list(ImportRow.objects.filter(run=run).values_list("kind", "certain")) == [
        ("duplicate", False),
        ("create", False),
    ]
    with pytest.raises(Invalid):
        drafts.decide(run, "update", rows=[2])
    drafts.decide(run, "create", rows=[2])
    running.run_import(started(run).pk, clock=AT)
    assert Order.objects.filter(customer=hengyuan, currency="USD").count() == 3


def test_customers_are_found_by_number_code_and_former_name(cast: Any, hengyuan: Account) -> None:
    ExternalKey.objects.create(account=hengyuan, key="K-7")
    coded = account(cast.wang, "浙江明光医院", credit_code="91330106MA2CFLDG4R")
    twin = account(cast.wang, "恒远旧厂", manager=cast.zhao.pk)
    do(cast.wang, "customers.merge", customer=hengyuan.pk, other=twin.pk)
    table = (
        "客户编号,统一社会信用代码,客户名称,订单日期,金额\n"
        "K-7,,,2024-01-01,1\n"
        ",91330106MA2CFLDG4R,,2024-01-01,2\n"
        ",,恒远旧厂,2024-01-01,3\n"
        "K-7,,恒远电子,2024-01-01,4\n"
    )
    run = entered(cast.wang, table)
    assert sums(run) == (4, 4, 0, 0, 0)
    assert dict(Order.objects.values_list("amount", "customer")) == {
        Decimal(1): hengyuan.pk,
        Decimal(2): coded.pk,
        Decimal(3): hengyuan.pk,
        Decimal(4): hengyuan.pk,
    }
    doubts = ImportRow.objects.get(run=run, number=5).said["doubts"]
    assert "文件中写作“恒远电子”" in doubts[0][2]


def test_by_a_number_that_a_spreadsheet_rounded_nobody_is_found(cast: Any, hengyuan: Account) -> None:
    ExternalKey.objects.create(account=hengyuan, key="3.30106E+14")
    head = "客户编号,客户名称,订单号,日期,金额\n"
    run = entered(
        cast.wang, f"{head}3.30106E+14,,SQ1,2019-03-01,100\n3.30106E+14,{hengyuan.name},SQ2,2019-03-02,200\n"
    )
    assert list(Order.objects.values_list("number", flat=True)) == ["SQ2"]
    assert [said.partition("：")[0] for said in faults(run)[2]] == ["客户编号"]
    assert "科学记数法" in faults(run)[2][0]
    assert [said[1] for said in ImportRow.objects.get(run=run, number=3).said["doubts"]] == ["number.rounded"]


@pytest.mark.parametrize(
    ("who", "reaches"),
    [("zhao", "own"), ("wang", "all"), ("wu", "all"), ("lin", ""), ("chen", ""), ("zhou", ""), ("sun", "")],
)
def test_whose_orders_somebody_may_bring_in(cast: Any, hengyuan: Account, who: str, reaches: str) -> None:
    """As with customers: account managers for their own, service manager and administrator for all, nobody else."""
    account(cast.wang, "宁波海达贸易有限公司")
    secret = account(cast.wang, "浙江明光医院")
    do(cast.chen, "customers.mark_key", customer=secret.pk)
    names = ("杭州恒远电子科技有限公司", "宁波海达贸易有限公司", "浙江明光医院")
    table = "客户名称,订单日期,金额\n" + "".join(f"{name},2024-01-01,5\n" for name in names)
    person = getattr(cast, who)
    if not reaches:
        run = brought(person, table)
        with pytest.raises(Forbidden):
            started(run)
        assert not Order.objects.exists()
        return
    entered(person, table)
    wanted = {"zhao": {names[0]}, "wang": {names[0], names[1]}, "wu": {names[0], names[1]}}[who]
    assert set(Order.objects.values_list("customer__name", flat=True)) >= wanted
    if who == "zhao":
        assert set(Order.objects.values_list("customer__name", flat=True)) == wanted
    if who == "wu":  # who may not even know of key customers does not learn of them here
        assert secret.pk not in Order.objects.values_list("customer", flat=True)


def test_rows_of_others_imports_are_nobody_elses(cast: Any, hengyuan: Account) -> None:
    run = started(brought(cast.wang, HEAD + GOOD))
    for action in ("orders.import_row", "customers.import_row"):
        with pytest.raises(NotFound):
            perform(action, {"run": run.pk, "row": 2}, actor=cast.zhao, clock=AT)
    with pytest.raises(NotFound):
        perform("customers.import_row", {"run": run.pk, "row": 2}, actor=cast.wang, clock=AT)
    perform("orders.import_row", {"run": run.pk, "row": 2}, actor=cast.wang, clock=AT)
    with pytest.raises(Invalid):
        perform("orders.import_row", {"run": run.pk, "row": 2}, actor=cast.wang, clock=AT)


def test_a_worker_that_dies_is_followed_at_the_next_row(cast: Any, hengyuan: Account) -> None:
    rows = "".join(f"N{n},杭州恒远电子科技有限公司,2024-01-01,{n},,,\n" for n in range(1, 8))
    run = started(brought(cast.wang, HEAD + rows))
    with mock.patch.multiple(history_running, MOST=3, HOLD=60):
        first = history_running.HistoryRunner(run, history_running_sort(run), AT, "test")
        assert first.some()
        with mock.patch.object(history_running.HistoryRunner, "_done", side_effect=KeyboardInterrupt):
            with pytest.raises(KeyboardInterrupt):
                first.some()  # killed before the second portion is whole
    run.refresh_from_db()
    assert (run.done, Order.objects.count()) == (3, 3)
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert (sums(run), Order.objects.count(), run.state) == ((7, 7, 0, 0, 0), 7, "done")
    assert Fact.objects.filter(kind="order.brought").count() == 7


def history_running_sort(run: Import) -> Any:
    from guanxi.domains.customers.importing.sorts import the_sort

    return the_sort(run.what)


def test_a_row_that_the_program_fails_on_is_rejected_and_the_others_enter(
    cast: Any, hengyuan: Account
) -> None:
    from guanxi.domains.orders import importing

    real = importing.enter

    def fails(ctx: Any, at: Any, values: Any, **how: Any) -> Any:
        if values["number"] == "XS-1":
            raise RuntimeError("broken")
        return real(ctx, at, values, **how)

    with mock.patch.object(importing, "enter", fails):
        run = entered(cast.wang, HEAD + GOOD)
    assert sums(run) == (2, 1, 0, 0, 1)
    assert faults(run)[2][0].startswith("：程序出错")


def test_whoever_loses_the_right_halfway_stops(cast: Any, hengyuan: Account) -> None:
    run = started(brought(cast.zhao, HEAD + GOOD))
    cast.zhao.grants.all().delete()
    running.run_import(run.pk, clock=AT)
    run.refresh_from_db()
    assert (run.state, Order.objects.count()) == ("stopped", 0)
    assert run.why_stopped[0][2] == "导入人已没有导入客户的权限"


def test_an_import_is_taken_back_as_far_as_nobody_built_on_it(cast: Any, hengyuan: Account) -> None:
    run = entered(cast.wang, HEAD + GOOD)
    row = Order.objects.get(number="XS-1")
    do(cast.zhao, "orders.change", order=row.pk, note="已核对")
    would = preview(run, cast.wang)
    assert (would.removed, would.put_back, would.kept) == (1, 0, 1)
    undone(run)
    assert (run.state, run.kept, [o.number for o in Order.objects.all()]) == ("undone", 1, ["XS-1"])
    assert last("customers.import_undone").data == {"removed": 1, "put_back": 0, "kept": 1}
    told_of = customers.timeline(hengyuan.pk).told
    assert [one.undone for one in told_of if one.kind == "order.brought"] == [True, False]
    change = last("order.updated")
    do(cast.zhao, "customers.undo", fact=change.pk)
    undone(run)
    assert (run.kept, Order.objects.count()) == (0, 0)
    again = entered(cast.wang, HEAD + GOOD)
    assert sums(again) == (2, 2, 0, 0, 0)


def test_what_went_to_others_or_was_removed_stays_as_it_is(cast: Any, hengyuan: Account) -> None:
    run = entered(cast.zhao, HEAD + GOOD)
    do(cast.zhao, "orders.remove", order=Order.objects.get(number="XS-2").pk, reason="不要")
    do(cast.wang, "customers.assign", customers=[hengyuan.pk], manager=cast.lin.pk, reason="换区")
    would = preview(run, cast.zhao)
    assert (would.removed, would.kept) == (0, 2)
    undone(run)
    kept = dict(ImportRow.objects.filter(run=run, kept=True).values_list("number", "said"))
    assert {number: said["kept"]["code"] for number, said in kept.items()} == {2: "rights", 3: "built"}


def test_past_orders_open_no_duty_and_count_in_no_clause(cast: Any, hengyuan: Account) -> None:
    bring_into_force(cast, "R1", "R5", at=AT())
    before = list(Obligation.objects.order_by("pk").values())
    entered(cast.wang, HEAD + GOOD)
    assert list(Obligation.objects.order_by("pk").values()) == before


def test_pages_from_the_file_to_its_undo(cast: Any, hengyuan: Account) -> None:
    client = Client()
    client.force_login(cast.wang)
    from django.core.files.uploadedfile import SimpleUploadedFile

    home = reverse("customers.import")
    assert "订单" in client.get(home).content.decode()
    file = SimpleUploadedFile("订单.csv", (HEAD + GOOD + "XS-3,没有这家,2024-01-01,5,,,\n").encode())
    assert client.post(home, {"file": file, "what": ""}).status_code == 302
    run = Import.objects.get()
    assert run.what == "orders"
    columns = reverse("customers.import-columns", kwargs={"run": run.pk})
    page = client.get(columns).content.decode()
    assert "订购内容" in page
    assert "联系人邮箱" not in page
    missing = client.post(columns, {"column-0": "order.number", "column-1": "order.customer"})
    assert missing.status_code == 422
    assert "请指定哪一列是订单日期" in missing.content.decode()
    chosen = {f"column-{i}": field for i, field in enumerate(("order.number", "order.customer", "order.date",
              "order.amount", "order.goods", "order.status", "order.person"))}  # fmt: skip
    assert client.post(columns, chosen).status_code == 302
    url = reverse("customers.import-run", kwargs={"run": run.pk})
    plan = client.get(url).content.decode()
    assert "XS-1 · 2024-03-05 · ¥128,000.00" in plan
    assert "找不到客户“没有这家”" in plan
    assert "新客户由您负责" not in plan
    assert client.post(url, {"_key": "k1"}).status_code == 302
    run.refresh_from_db()
    assert (run.state, sums(run)) == ("done", (3, 2, 0, 0, 1))
    assert reverse("orders.list") in client.get(url).content.decode()
    file_of = client.get(
        reverse("customers.import-left-out", kwargs={"run": run.pk, "what": "rejected", "kind": "csv"})
    )
    assert "XS-3" in file_of.content.decode("utf-8-sig")
    undo = reverse("customers.import-undo", kwargs={"run": run.pk})
    assert "移除导入的 2 条" in client.get(undo).content.decode()
    assert client.post(undo, {"_key": "k2"}).status_code == 302
    assert not Order.objects.exists()
    assert not Job.objects.filter(state="failed").exists()
    shown = client.get(reverse("customers.import-template"), {"what": "orders"})
    assert shown.status_code == 200


def test_a_sheet_taken_for_customers_is_read_again_as_orders(cast: Any, hengyuan: Account) -> None:
    client = Client()
    client.force_login(cast.wang)
    run = drafts.upload(cast.wang, (HEAD + GOOD).encode(), "表.csv", what="customers", clock=AT)
    columns = reverse("customers.import-columns", kwargs={"run": run.pk})
    sent = {"reread": "1", "what": "orders", "encoding": "utf-8", "delimiter": "comma", "sheet": ""}
    assert client.post(columns, sent).status_code == 302
    run.refresh_from_db()
    assert run.what == "orders"
    assert {entry["field"] for entry in run.mapping["columns"]} >= {"order.number", "order.amount"}
