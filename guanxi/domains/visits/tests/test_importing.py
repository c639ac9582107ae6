"""Past visits from a spreadsheet: they stand on their days, by whom they were made, and nothing is owed because of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.importing import drafts, undo_running
from guanxi.domains.customers.importing.undo import preview
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_import import Import, ImportRow
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.customers.tests.importing import AT, brought, entered, sums
from guanxi.domains.visits import reads
from guanxi.domains.visits.models import BROUGHT, PastVisit, Visit
from guanxi.domains.visits.reads.planned import of_customer, week
from guanxi.domains.visits.reads.preparing import prepare
from guanxi.domains.visits.reads.reporting import card
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, NotFound, perform
from guanxi.platform.regulations.models import MeasureEntry, Obligation
from tests.company import bring_into_force

from .situation import DAY, NOON, contact, customer, do, left, planned, promotion

pytestmark = pytest.mark.django_db

HEAD = "客户名称,拜访时间,拜访人,拜访目的,接待人,拜访内容,结果,下次拜访日期\n"
GOOD = (
    "恒远电子,2024-03-05 14:30,林晓,例行回访,李工,看了新产线,要报价,2024-03-20\n"
    "恒远电子,2023/6/18,老周,技术交流会,王师傅,介绍消毒柜,,\n"
)


def undone(run: Import) -> Import:
    perform("customers.undo_import", {"run": run.pk}, actor=run.by, clock=AT)
    undo_running.run_undo(run.pk, clock=AT)
    run.refresh_from_db()
    return run


def local(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def test_a_sheet_of_visits_is_known_by_its_columns(cast: Any) -> None:
    for head, what in (
        (HEAD, "visits"),
        ("客户,跟进时间,跟进人,跟进内容\n", "visits"),
        ("account_name,visit_date,visited_by,notes\n", "visits"),
        ("客户名称,联系人,电话,日期\n", "customers"),
        ("客户名称,电话,最近拜访时间\n", "customers"),
    ):
        run = drafts.upload(
            cast.wang, (head + "甲" + ",1" * head.count(",") + "\n").encode(), "表.csv", clock=AT
        )
        assert run.what == what, head


def test_visits_stand_on_their_days_by_whom_they_were_made(cast: Any, hengyuan: Account) -> None:
    met = contact(hengyuan)
    run = entered(cast.wang, HEAD + GOOD)
    assert (run.what, run.state, sums(run)) == ("visits", "done", (2, 2, 0, 0, 0))
    older, newer = Visit.objects.order_by("planned_at")
    assert (newer.owner, newer.contact, newer.purpose, newer.state) == (cast.lin, met, "routine", BROUGHT)
    assert (newer.planned_at, newer.began_at, newer.past.next_on) == (
        local("2024-03-05T14:30"),
        local("2024-03-05T14:30"),
        date(2024, 3, 20),
    )
    assert newer.reports.get().summary == "看了新产线\n结果：要报价"
    assert (older.owner, older.who, older.past.met, older.past.timed) == (None, "老周", "王师傅", False)
    assert (older.purpose, older.target, older.planned_at) == (
        "other",
        "技术交流会",
        local("2023-06-18T00:00"),
    )
    fact = Fact.objects.select_related("words").get(kind="visit.brought", subject_id=str(newer.pk))
    assert (fact.happened_at, fact.recorded_at, fact.customer_id) == (newer.planned_at, AT(), hengyuan.pk)
    assert customers.timeline(hengyuan.pk, group="contacts").told[0].text == "以往拜访（老周）：介绍消毒柜"
    hengyuan.refresh_from_db()
    assert hengyuan.last_contact_at == newer.planned_at
    assert not Visit.objects.exclude(state=BROUGHT).exists()


def test_lists_card_and_preparation_know_them(cast: Any, hengyuan: Account) -> None:
    entered(cast.wang, HEAD + GOOD)
    ahead = planned(cast.lin, hengyuan, NOON + DAY)
    assert not ahead.first
    assert [v.who for v in prepare(ahead, NOON).earlier] == ["林晓", "老周"]
    assert [row.visit.who for row in card(cast.lin, hengyuan.pk)] == ["林晓", "老周"]
    assert [v.who for v in of_customer(cast.lin, hengyuan).latest] == ["林晓", "老周"]
    assert week(cast.wang, date(2024, 3, 4)).rows == []
    client = Client()
    client.force_login(cast.wang)
    rows = client.get("/visits/", {"view": "all", "state": "brought"}).context["list"].page.rows
    assert [v.who for v in rows] == ["林晓", "老周"]
    listed = client.get("/visits/", {"view": "all", "state": "brought"}).content.decode()
    assert "00:00" not in listed  # of the one only the day is known
    for asked in ({"who": "老周"}, {"q": "老周"}):
        found = client.get("/visits/", {"view": "all", **asked}).context["list"].page.rows
        assert [v.who for v in found] == ["老周"], asked
    for page in ("/visits/?view=all&as=board", f"/visits/card/{hengyuan.pk}/", f"/customers/{hengyuan.pk}/"):
        assert "老周" in client.get(page).content.decode(), page
    sheet = client.get(reverse("visits.sheet", kwargs={"visit": ahead.pk})).content.decode()
    assert "介绍消毒柜" in sheet
    assert client.get(reverse("visits.sheet-pdf", kwargs={"visit": ahead.pk})).status_code == 200
    past = Visit.objects.get(owner=None)
    shown = client.get(reverse("visits.detail", kwargs={"visit": past.pk})).content.decode()
    assert "老周" in shown
    assert "王师傅" in shown
    assert "00:00" not in shown
    assert client.get(reverse("visits.sheet", kwargs={"visit": past.pk})).status_code == 404


def test_nothing_is_done_with_them_any_more(cast: Any, hengyuan: Account) -> None:
    entered(cast.wang, HEAD + GOOD)
    own, other = Visit.objects.get(owner=cast.lin), Visit.objects.get(owner=None)
    for action, data in (
        ("visits.confirm", {}),
        ("visits.cancel", {"reason_code": "ill"}),
        ("visits.report", {"summary": "甲", "no_conflict": True, "no_help": True}),
        ("visits.set_next", {"reason": "甲"}),
    ):
        with pytest.raises(Conflict):
            do(action, cast.lin, visit=own.pk, **data)
        with pytest.raises(Forbidden):
            do(action, cast.lin, visit=other.pk, **data)
    with pytest.raises((Conflict, Forbidden)):
        do("visits.reassign", cast.wang, visits=[other.pk], owner=cast.zhao.pk, reason="甲")


def test_they_open_no_duty_fulfil_none_and_change_no_figure(cast: Any, hengyuan: Account) -> None:
    """Given regulations in force for a year and a customer to be visited every month, when visits of that year come from a
    file, then duties and figures are what they were."""
    bring_into_force(cast, "R1", "R5", at=NOON - timedelta(days=400))
    do(
        "customers.grade",
        cast.wang,
        NOON - timedelta(days=100),
        customer=hengyuan.pk,
        grade="A",
        reason="大客户",
    )
    left(cast.lin, hengyuan, NOON - 9 * DAY)
    duties = list(Obligation.objects.order_by("pk").values())
    figures = list(MeasureEntry.objects.order_by("pk").values())
    assert duties
    rows = "".join(f"恒远电子,2025-12-{day:02} 10:00,林晓,例行回访,,来过,,\n" for day in range(1, 20))
    run = entered(cast.wang, HEAD + rows)
    assert run.created == 19
    assert list(Obligation.objects.order_by("pk").values()) == duties
    assert list(MeasureEntry.objects.order_by("pk").values()) == figures
    undone(run)
    assert list(Obligation.objects.order_by("pk").values()) == duties


def test_every_row_that_cannot_be_read_says_why(cast: Any, hengyuan: Account) -> None:
    table = (
        "没有这家,2024-03-05,林晓,,,,,\n"
        "恒远电子,上礼拜,林晓,,,,,\n"
        "恒远电子,2026-03-05 12:01,林晓,,,,,\n"
        "恒远电子,,林晓,,,,,\n"
        f"恒远电子,2024-03-05,林晓,,,{'长' * 4001},,\n"
        "恒远电子,2024-03-05 9:00,,,,无人,,\n"
    )
    run = entered(cast.wang, HEAD + table)
    said = {
        row.number: row.said["faults"][0][2] for row in ImportRow.objects.filter(run=run, kind="rejected")
    }
    assert said == {
        2: "找不到客户“没有这家”，或不由您维护。请先导入或新建客户，或核对名称。",
        3: "“上礼拜”不是有效日期。",
        4: "2026-03-05 12:01 还没有到；以往的拜访不会在将来。",
        5: "没有日期。",
        6: "文字过长（4001 字，最多 4000 字）。",
    }
    assert ImportRow.objects.get(run=run, number=7).said["doubts"][0][2] == "没有写明是谁拜访的。"


def test_the_key_is_customer_time_and_person(cast: Any, hengyuan: Account) -> None:
    entered(cast.wang, HEAD + GOOD)
    assert sums(entered(cast.wang, HEAD + GOOD)) == (2, 0, 0, 2, 0)
    run = entered(cast.wang, HEAD + GOOD.replace("要报价", "已报价").replace("林晓", "lin"))
    assert sums(run) == (2, 0, 1, 1, 0)
    assert Visit.objects.get(owner=cast.lin).reports.get().summary == "看了新产线\n结果：已报价"
    undone(run)
    assert Visit.objects.get(owner=cast.lin).reports.get().summary == "看了新产线\n结果：要报价"
    other = entered(cast.wang, HEAD + GOOD.splitlines()[0].replace("林晓", "赵磊") + "\n")
    assert other.created == 1


def test_a_visit_made_here_is_left_as_it_is(cast: Any, hengyuan: Account) -> None:
    made = planned(cast.lin, hengyuan, NOON - DAY)
    do("visits.confirm", cast.lin, NOON - DAY, visit=made.pk)
    do("visits.check_in", cast.lin, NOON - DAY, visit=made.pk)
    run = entered(cast.wang, HEAD + "恒远电子,2026-03-04 12:00,林晓,,,别的话,,\n")
    assert sums(run) == (1, 0, 0, 1, 0)


def test_taking_it_back_leaves_no_trace_but_the_journal(cast: Any, hengyuan: Account) -> None:
    do(
        "timeline.note",
        cast.lin,
        datetime(2024, 1, 2, 4, tzinfo=UTC),
        customer=hengyuan.pk,
        kind="call",
        text="来电",
    )
    run = entered(cast.wang, HEAD + GOOD)
    assert (preview(run, cast.wang).removed, preview(run, cast.wang).kept) == (2, 0)
    undone(run)
    assert not Visit.objects.exists()
    assert not PastVisit.objects.exists()
    hengyuan.refresh_from_db()
    assert hengyuan.last_contact_at == datetime(2024, 1, 2, 4, tzinfo=UTC)
    assert sums(entered(cast.wang, HEAD + GOOD)) == (2, 2, 0, 0, 0)


def test_what_another_file_corrected_since_stays(cast: Any, hengyuan: Account) -> None:
    run = entered(cast.wang, HEAD + GOOD)
    later = entered(cast.wang, HEAD + GOOD.replace("要报价", "已报价"))
    assert preview(run, cast.wang).kept == 1
    undone(run)
    assert (run.kept, Visit.objects.count()) == (1, 1)
    undone(later)
    undone(run)
    assert (run.kept, Visit.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("who", "may"), [("zhao", 1), ("wang", 2), ("wu", 2), ("lin", 0), ("chen", 0), ("zhou", 0), ("sun", 0)]
)
def test_who_may_bring_visits_in(cast: Any, hengyuan: Account, who: str, may: int) -> None:
    customer(cast.zhao, "明光医院")
    run = brought(
        getattr(cast, who), HEAD + "恒远电子,2024-03-05,老周,,,甲,,\n明光医院,2024-03-05,老周,,,乙,,\n"
    )
    if not may:
        with pytest.raises(Forbidden):
            perform("customers.start_import", {"run": run.pk}, actor=getattr(cast, who), clock=AT)
        return
    perform("customers.start_import", {"run": run.pk}, actor=getattr(cast, who), clock=AT)
    from guanxi.domains.customers.importing import running

    running.run_import(run.pk, clock=AT)
    assert Visit.objects.filter(state=BROUGHT).count() == may


def test_who_sees_a_past_visit(cast: Any, hengyuan: Account) -> None:
    entered(cast.wang, HEAD + GOOD)
    past = Visit.objects.get(owner=None)
    for who, sees in (
        ("lin", True),
        ("wang", True),
        ("chen", True),
        ("zhou", True),
        ("sun", False),
        ("wu", False),
    ):
        assert reads.visible(getattr(cast, who)).filter(pk=past.pk).exists() is sees, who
    with pytest.raises(NotFound):
        reads.fetch(cast.sun, past.pk)


def test_a_merger_takes_them_along(cast: Any, hengyuan: Account) -> None:
    entered(cast.wang, HEAD + GOOD)
    stays = customer(cast.lin, "恒远电子科技")
    do("customers.merge", cast.wang, customer=stays.pk, other=hengyuan.pk)
    assert set(Visit.objects.values_list("customer", flat=True)) == {stays.pk}
    do("customers.unmerge", cast.wang, merger=Merger.objects.get().pk)
    assert set(Visit.objects.values_list("customer", flat=True)) == {hengyuan.pk}


def test_promotions_and_plans_do_not_mind_them(cast: Any, hengyuan: Account) -> None:
    promotion()
    entered(cast.wang, HEAD + GOOD)
    client = Client()
    client.force_login(cast.wang)
    for page in ("/", "/visits/week/?day=2024-03-05", "/visits/?view=all&export=csv"):
        assert client.get(page).status_code == 200, page
