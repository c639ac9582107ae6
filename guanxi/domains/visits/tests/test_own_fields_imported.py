"""Given fields of the company's own for visits, when past visits come from a spreadsheet, then columns go into them, each value
is judged at its row, and an undo takes them back."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers.importing import drafts, running, undo_running
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_import import Import
from guanxi.domains.customers.tests.importing import AT, brought, entered, started, sums
from guanxi.domains.visits.models import Visit
from guanxi.platform.imports.reading import read_sheet
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Invalid, perform
from guanxi.platform.ownfields.models import OwnField
from guanxi.platform.ownfields.tests.test_fields import _at_once  # noqa: F401 (a fixture)

from .situation import do
from .test_own_fields import define
from .test_pages import browser

pytestmark = pytest.mark.django_db
HEAD = "客户名称,拜访时间,拜访人,拜访内容,展厅,来宾人数,Mood,看样日期,陪同领导\n"
ROW = "恒远电子,2024-03-05 14:30,林晓,看了新产线,{}\n"
GOOD = ROW.format("二号厅,4 人,很有兴趣,2024年3月6日,王敏")
KEPT = {"hall": "b", "guests": "4", "mood": "很有兴趣", "sample": "2024-03-06"}


@pytest.fixture
def own(cast: Any) -> dict[str, OwnField]:
    halls = "a = 一号厅 / Hall 1\nb = 二号厅 / Hall 2"
    return {
        "hall": define(cast.wang, "hall", "choice", "展厅", choices=halls, required=True),
        "guests": define(cast.wang, "guests", "number", "来宾人数", unit="人"),
        "mood": define(cast.wang, "mood", "text", "客户态度", label_en="Mood", step="report"),
        "sample": define(cast.wang, "sample", "date", "看样日期", step="report"),
        "host": define(cast.wang, "host", "person", "陪同领导"),
    }


def told(run: Import) -> list[tuple[int, str, str]]:
    return [
        (line.number, said[0], said[2]) for line in run.lines.all() for said in line.said.get("faults", [])
    ]


def undone(run: Import) -> Import:
    perform("customers.undo_import", {"run": run.pk}, actor=run.by, clock=AT)
    undo_running.run_undo(run.pk, clock=AT)
    run.refresh_from_db()
    return run


def test_columns_of_either_name_go_into_them_and_the_page_list_and_journal_have_them(
    cast: Any, hengyuan: Account, own: Any
) -> None:
    run = brought(cast.wang, HEAD + GOOD)
    mapped = {one["header"]: one["field"] for one in run.mapping["columns"]}
    assert {mapped[name] for name in ("展厅", "来宾人数", "Mood", "看样日期", "陪同领导")} == {
        f"own.visit.{key}" for key in own
    }
    assert "展厅：二号厅" in run.lines.get().plan["about"]
    entered(cast.wang, HEAD + GOOD)
    visit = Visit.objects.get()
    assert visit.own == {**KEPT, "host": cast.wang.pk}
    assert visit.reports.get().summary == "看了新产线"
    page = browser(cast.lin).get(reverse("visits.detail", kwargs={"visit": visit.pk})).content.decode()
    assert all(word in page for word in ("二号厅", "4 人", "很有兴趣", "王敏"))
    listed = browser(cast.lin).get("/visits/?view=all&state=brought&own_hall=b")
    assert [row.pk for row in listed.context["list"].page.rows] == [visit.pk]
    fact = Fact.objects.select_related("words").get(kind="visit.brought")
    assert {one["field"]: one["after"] for one in fact.words.body["changes"]} == {
        f"own.{key}": value for key, value in visit.own.items()
    }
    assert not any(name.startswith("own.") for name in fact.data)


def test_what_does_not_fit_is_said_at_its_column_and_stops_no_other_row(
    cast: Any, hengyuan: Account, own: Any
) -> None:
    wrong = ROW.replace("14:30", "15:30").format("三号厅,许多,,2024-13-40,没有此人")
    run = entered(cast.wang, HEAD + wrong + GOOD + ROW.replace("14:30", "16:30").format(",,,,"))
    assert sums(run) == (3, 2, 0, 0, 1)
    assert [(number, column) for number, column, _ in told(run)] == [
        (2, name) for name in ("展厅", "来宾人数", "看样日期", "陪同领导")
    ]
    assert ("请从列出的选项中选择", "请填写数字") == tuple(said for _, _, said in told(run))[:2]
    # What a step of a visit asks for nobody was asked then: an empty cell is no fault.
    assert [visit.own for visit in Visit.objects.order_by("planned_at")] == [
        {**KEPT, "host": cast.wang.pk},
        {},
    ]


def test_the_same_again_is_a_duplicate_and_a_correction_is_an_update_that_can_be_taken_back(
    cast: Any, hengyuan: Account, own: Any
) -> None:
    first = entered(cast.wang, HEAD + GOOD)
    assert sums(entered(cast.wang, HEAD + GOOD))[3] == 1
    run = entered(cast.wang, HEAD + ROW.format("一号厅,,,2024-03-07,"))
    assert sums(run) == (1, 0, 1, 0, 0)
    visit = Visit.objects.get()
    assert visit.own == {**KEPT, "hall": "a", "sample": "2024-03-07", "host": cast.wang.pk}
    fact = Fact.objects.select_related("words").get(kind="visit.past_changed")
    assert sorted(fact.data["changed"]) == ["own.hall", "own.sample"]
    assert undone(run).state == "undone"
    visit.refresh_from_db()
    assert visit.own == {**KEPT, "host": cast.wang.pk}
    assert undone(first).state == "undone"
    assert not Visit.objects.exists()


def test_rules_that_change_meanwhile_are_asked_when_a_row_is_entered(
    cast: Any, hengyuan: Account, own: Any
) -> None:
    run = brought(cast.wang, HEAD + GOOD)
    do("ownfields.change", cast.wang, field=own["guests"].pk, label_zh="来宾人数", unit="人", most="3")
    running.run_import(started(run).pk, clock=AT)
    run.refresh_from_db()
    assert (run.created, run.rejected) == (0, 1)
    assert told(run) == [(2, "来宾人数", "不能大于 3")]


def test_a_running_import_keeps_the_fields_as_they_are(cast: Any, hengyuan: Account, own: Any) -> None:
    started(brought(cast.wang, HEAD + GOOD))
    with pytest.raises(Conflict, match="正在用到这个字段"):
        do("ownfields.retire", cast.wang, field=own["hall"].pk)


def test_only_what_belongs_to_visits_is_offered_and_taken(cast: Any, own: Any) -> None:
    run = brought(cast.wang, HEAD + GOOD)
    page = browser(cast.wang).get(f"/customers/import/{run.pk}/columns/").content.decode()
    assert 'value="own.visit.hall"' in page
    assert 'value="account.phone"' not in page
    with pytest.raises(Invalid, match="没有这个字段"):
        drafts.set_mapping(run, {0: "visit.customer", 1: "visit.at", 4: "account.phone"}, clock=AT)
    other = brought(cast.wang, "客户名称,展厅\n甲公司,二号厅\n")
    with pytest.raises(Invalid, match="没有这个字段"):
        drafts.set_mapping(other, {0: "account.name", 1: "own.visit.hall"}, clock=AT)


def test_the_template_has_a_column_for_each(cast: Any, own: Any) -> None:
    answer = browser(cast.wang).get("/customers/import/template.xlsx?what=visits")
    head = read_sheet(answer.content, "模板.xlsx").header
    assert head[-5:] == ("展厅", "来宾人数", "客户态度", "看样日期", "陪同领导")
    assert "拜访时间" in head
