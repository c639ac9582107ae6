"""Parent companies, service classes and tags: who sets them, who sees them, and what a merger makes of them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_grouping import Tag
from guanxi.domains.customers.models_merger import Merger
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound

from .helpers import NOON, account, do, kinds, last

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(cast: Any) -> dict[str, Account]:
    """A holding of zhao's, a branch of lin's, a works below the branch, and a key customer of zhao's above all."""
    found = {"top": account(cast.wang, "远大控股集团", manager=cast.zhao.pk, key=True)}
    found["holding"] = account(cast.wang, "恒远集团", manager=cast.zhao.pk)
    found["branch"] = account(cast.wang, "恒远电子", manager=cast.lin.pk)
    found["works"] = account(cast.wang, "恒远电子二厂", manager=cast.lin.pk)
    under(cast.zhao, found["holding"], found["top"])
    under(cast.wang, found["branch"], found["holding"])
    under(cast.wang, found["works"], found["branch"])
    for one in found.values():
        one.refresh_from_db()
    return found


def under(person: Any, child: Account, parent: Account) -> Account:
    return do(person, "customers.update", customer=child.pk, parent=parent.pk)


def tag(cast: Any, name: str = "重点项目") -> Tag:
    return do(cast.wang, "tags.save", name=name)


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def names(person: Any, **query: Any) -> list[str]:
    """The customers of the list, as its data says them."""
    answer = as_(person).get("/customers/", query)
    assert answer.status_code == 200
    return [row.name for row in answer.context["list"].page.rows]


# --- the parent company --------------------------------------------------------------------------------------------


def test_nobody_stands_above_itself(cast: Any, group: dict[str, Account]) -> None:
    with pytest.raises(Invalid) as refused:
        under(cast.wang, group["branch"], group["works"])
    assert [t.zh for t in refused.value.errors["parent"]] == [
        "上下级会绕成一圈：恒远电子 → 恒远电子二厂 → 恒远电子"
    ]
    with pytest.raises(Invalid) as refused:
        under(cast.zhao, group["top"], group["holding"])
    assert "远大控股集团 → 恒远集团 → 远大控股集团" in refused.value.errors["parent"][0].zh
    with pytest.raises(Invalid) as refused:
        under(cast.wang, group["holding"], group["holding"])
    assert refused.value.errors["parent"][0].zh == "上级单位不能是自己"


def test_who_does_not_see_a_customer_puts_nothing_under_it(cast: Any, group: dict[str, Account]) -> None:
    own = account(cast.lin, "新厂")
    with pytest.raises(NotFound):
        under(cast.lin, own, group["top"])
    with pytest.raises(NotFound):
        do(cast.lin, "customers.create", name="又一厂", parent=group["top"].pk)
    assert not Account.objects.filter(name="又一厂").exists()


def test_a_parent_is_taken_away_and_the_fact_names_nobody(cast: Any, group: dict[str, Account]) -> None:
    do(cast.zhao, "customers.update", customer=group["holding"].pk, clear=["parent"])
    fact = last("customer.grouped")
    assert fact.data == {
        "parent": None,
        "before_parent": str(group["top"].pk),
        "group_change": "cleared",
    }
    assert not hasattr(fact, "words")
    told = reads.timeline(group["holding"].pk, group="card").told
    assert [t.text for t in told][:2] == ["上级单位：已取消", "上级单位：已设定"]


def test_the_panel_shows_what_its_reader_sees(cast: Any, group: dict[str, Account]) -> None:
    url = reverse("customers.detail", kwargs={"customer": group["branch"].pk})
    own = as_(cast.lin).get(url).content.decode()
    assert "下属单位" in own
    assert "恒远电子二厂" in own
    assert "恒远集团" not in own
    assert "远大控股" not in own
    all_of_it = as_(cast.zhao).get(reverse("customers.detail", kwargs={"customer": group["holding"].pk}))
    assert "远大控股集团" in all_of_it.content.decode()
    assert reads.parents_of(cast.chen, group["works"]) == [group["top"], group["holding"], group["branch"]]


def test_the_list_of_a_group(cast: Any, group: dict[str, Account]) -> None:
    account(cast.wang, "别家")
    assert names(cast.wang, group="恒远集团") == ["恒远电子", "恒远电子二厂", "恒远集团"]
    assert names(cast.chen, group=str(group["top"].pk)) == [
        "恒远电子", "恒远电子二厂", "恒远集团", "远大控股集团",
    ]  # fmt: skip
    assert names(cast.lin, group="恒远电子") == ["恒远电子", "恒远电子二厂"]
    assert names(cast.lin, group="远大") == []  # a name that one may not see leads nowhere
    assert names(cast.lin, group=str(group["top"].pk)) == []


def test_the_parents_column_names_no_hidden_customer(cast: Any, group: dict[str, Account]) -> None:
    def file(person: Any) -> dict[str, str]:
        answer = as_(person).get("/customers/", {"export": "csv", "c": ["name", "parent"]})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return {row[0]: row[1] for row in list(csv.reader(io.StringIO(text)))[1:]}

    assert file(cast.chen)["恒远集团"] == "远大控股集团"
    assert file(cast.zhao) == {"恒远集团": "远大控股集团", "远大控股集团": ""}


def test_a_form_keeps_a_parent_that_its_reader_may_not_see(cast: Any, group: dict[str, Account]) -> None:
    client = as_(cast.lin)
    url = reverse("customers.edit", kwargs={"customer": group["branch"].pk})
    assert 'name="parent"' not in client.get(url).content.decode()
    sent = {"name": "恒远电子", "kinds": "company", "area": "滨江区", "parent": "", "_key": "k1"}
    assert client.post(url, sent).status_code == 302
    group["branch"].refresh_from_db()
    assert (group["branch"].area, group["branch"].parent_id) == ("滨江区", group["holding"].pk)


def test_the_form_sets_and_takes_away(cast: Any, group: dict[str, Account]) -> None:
    one, two = tag(cast), tag(cast, "老客户")
    client = as_(cast.wang)
    url = reverse("customers.edit", kwargs={"customer": group["works"].pk})
    sent = {"name": "恒远电子二厂", "kinds": "company", "tags_shown": "1", "parent": group["holding"].pk}
    assert client.post(url, {**sent, "tags": [one.pk, two.pk], "_key": "k1"}).status_code == 302
    works = Account.objects.get(pk=group["works"].pk)
    assert works.parent_id == group["holding"].pk
    assert [t.name for t in reads.tags_of(works)] == ["老客户", "重点项目"]
    shown = client.get(url).content.decode()
    assert "恒远集团" in shown
    assert shown.count(f'name="tags" value="{one.pk}"') == 1
    assert client.post(url, {**sent, "parent": "", "_key": "k2"}).status_code == 302
    empty = Account.objects.get(pk=works.pk)
    assert empty.parent_id is None
    assert not reads.tags_of(empty)


def test_a_program_that_does_not_speak_of_tags_leaves_them(cast: Any, group: dict[str, Account]) -> None:
    one = tag(cast)
    do(cast.lin, "customers.update", customer=group["works"].pk, tags=[one.pk])
    do(cast.lin, "customers.update", customer=group["works"].pk, area="上城区")
    assert list(reads.tags_of(group["works"])) == [one]
    do(cast.lin, "customers.update", customer=group["works"].pk, clear=["tags"])
    assert list(reads.tags_of(group["works"])) == []


# --- the service class ---------------------------------------------------------------------------------------------


def test_the_service_class_is_set_by_who_grades(cast: Any, group: dict[str, Account]) -> None:
    branch = group["branch"]
    do(cast.chen, "customers.set_service", customer=branch.pk, service="served", reason="去年已成交")
    with pytest.raises(Forbidden):
        do(cast.lin, "customers.set_service", customer=branch.pk, service="serving")
    assert last("customer.service_set").data == {"service": "served", "before_service": None}
    assert reads.timeline(branch.pk).told[0].text == "服务类别 – → 已服务：去年已成交"
    assert names(cast.lin, service="served") == ["恒远电子"]
    page = as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": branch.pk})).content.decode()
    assert "已服务" in page
    do(cast.chen, "customers.set_service", customer=branch.pk, service="served")
    assert kinds().count("customer.service_set") == 1


# --- tags ----------------------------------------------------------------------------------------------------------


def test_many_are_tagged_and_it_is_taken_back(cast: Any, group: dict[str, Account]) -> None:
    one, two = tag(cast), tag(cast, "老客户")
    rows = [group["branch"].pk, group["works"].pk]
    do(cast.lin, "customers.tag", customers=rows[:1], add=[two.pk])
    client = as_(cast.lin)
    picked = client.post(reverse("customers.tag"), {"row": rows})
    assert picked.status_code == 302
    answer = client.post(picked["Location"], {"add": [one.pk], "remove": [two.pk], "_key": "k1"}, follow=True)
    assert "已调整 2 位客户的标签" in answer.content.decode()
    assert reverse("ui.act", kwargs={"action": "customers.tag_back"}) in answer.content.decode()
    assert [[t.name for t in reads.tags_of(group[g])] for g in ("branch", "works")] == [["重点项目"]] * 2
    assert reads.timeline(group["branch"].pk).told[0].text == "标签：+重点项目 −老客户"


def test_only_what_nobody_changed_since_goes_back(cast: Any, group: dict[str, Account]) -> None:
    one, two = tag(cast), tag(cast, "老客户")
    rows = [group["branch"].pk, group["works"].pk]
    do(cast.lin, "customers.tag", customers=rows, add=[one.pk])
    seqs = {"first": last("customer.tagged").pk - 1, "last": last("customer.tagged").pk}
    do(cast.wang, "customers.tag", customers=rows[:1], add=[two.pk])
    with pytest.raises(Invalid):
        do(cast.lin, "customers.tag_back", NOON + timedelta(minutes=11), **seqs)
    do(cast.lin, "customers.tag_back", **seqs)
    assert [t.name for t in reads.tags_of(group["branch"])] == ["老客户", "重点项目"]
    assert list(reads.tags_of(group["works"])) == []
    with pytest.raises(Conflict):
        do(cast.lin, "customers.tag_back", **seqs)


def test_other_peoples_customers_are_not_tagged(cast: Any, group: dict[str, Account]) -> None:
    one = tag(cast)
    for person, there in ((cast.lin, "holding"), (cast.sun, "branch")):
        with pytest.raises(NotFound):
            do(person, "customers.tag", customers=[group[there].pk], add=[one.pk])
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "customers.tag", customers=[group["branch"].pk], add=[999])
    assert "add" in refused.value.errors
    with pytest.raises(Invalid):
        do(cast.lin, "customers.tag", customers=[group["branch"].pk])


def test_lists_by_any_and_by_all_tags(cast: Any, group: dict[str, Account]) -> None:
    one, two = tag(cast), tag(cast, "老客户")
    do(cast.wang, "customers.tag", customers=[group["branch"].pk, group["works"].pk], add=[one.pk])
    do(cast.wang, "customers.tag", customers=[group["works"].pk, group["holding"].pk], add=[two.pk])
    both = [one.pk, two.pk]
    assert names(cast.wang, tag=both) == ["恒远电子", "恒远电子二厂", "恒远集团"]
    assert names(cast.wang, every_tag=both) == ["恒远电子二厂"]
    assert names(cast.lin, tag=both) == ["恒远电子", "恒远电子二厂"]
    assert names(cast.wang, where=f"none(tag.is({one.pk}))") == ["恒远集团", "远大控股集团"]


def test_a_list_that_does_not_ask_for_tags_does_not_look_for_them(cast: Any) -> None:
    tag(cast)
    client = as_(cast.wang)
    client.get("/customers/")
    with CaptureQueriesContext(connection) as told:
        client.get("/customers/")
    assert not [one["sql"] for one in told if "customers_tag" in one["sql"]]


def test_columns_of_tags_ask_no_query_for_each_row(cast: Any) -> None:
    one = tag(cast)

    def queries() -> int:
        with CaptureQueriesContext(connection) as told:
            as_(cast.wang).get("/customers/", {"c": ["name", "parent", "tags", "service"]})
        return len(told)

    first = account(cast.wang, "甲")
    do(cast.wang, "customers.tag", customers=[first.pk], add=[one.pk])
    queries()
    few = queries()
    for name in "乙丙丁戊":
        made = account(cast.wang, name, parent=first.pk)
        do(cast.wang, "customers.tag", customers=[made.pk], add=[one.pk])
    assert queries() == few


def test_the_register_of_tags(cast: Any, group: dict[str, Account]) -> None:
    one = tag(cast)
    do(cast.lin, "customers.tag", customers=[group["branch"].pk], add=[one.pk])
    do(cast.zhao, "customers.tag", customers=[group["top"].pk], add=[one.pk])
    with pytest.raises(Invalid) as refused:
        tag(cast)
    assert refused.value.errors["name"][0].zh == "已有同名的一条"
    do(cast.wang, "tags.save", tag=one.pk, name="大项目", active=False)
    assert [t.name for t in reads.tags_of(group["branch"])] == ["大项目"]
    with pytest.raises(Invalid):  # a retired tag is offered no more, but can be taken away
        do(cast.lin, "customers.tag", customers=[group["works"].pk], add=[one.pk])
    do(cast.lin, "customers.update", customer=group["branch"].pk, tags=[])
    assert [t.name for t in reads.tags_of(group["branch"])] == ["大项目"]
    rows = as_(cast.lin).get(reverse("registers.tags")).context["list"].page.rows
    assert [(row.name, row.shown_count) for row in rows] == [
        ("大项目", 1)
    ]  # what one may not see is not counted
    do(cast.lin, "customers.tag", customers=[group["branch"].pk], remove=[one.pk])
    assert list(reads.tags_of(group["branch"])) == []
    assert as_(cast.lin).get(reverse("registers.tag-new")).status_code == 403


# --- mergers -------------------------------------------------------------------------------------------------------


def test_a_merger_moves_children_tags_and_class_and_gives_them_back(
    cast: Any, group: dict[str, Account]
) -> None:
    one, two = tag(cast), tag(cast, "老客户")
    twin = account(cast.wang, "恒远集团公司", manager=cast.zhao.pk)
    do(cast.wang, "customers.tag", customers=[group["holding"].pk, twin.pk], add=[one.pk])
    do(cast.wang, "customers.tag", customers=[group["holding"].pk], add=[two.pk])
    do(cast.wang, "customers.set_service", customer=group["holding"].pk, service="serving")
    do(cast.wang, "customers.merge", customer=twin.pk, other=group["holding"].pk)
    twin.refresh_from_db()
    assert (twin.parent_id, twin.service) == (group["top"].pk, "serving")
    assert [t.name for t in reads.tags_of(twin)] == ["老客户", "重点项目"]
    assert list(twin.children.values_list("name", flat=True)) == ["恒远电子"]
    assert last("customer.service_set").data["service"] == "serving"
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    twin.refresh_from_db()
    back = Account.objects.get(pk=group["holding"].pk)
    assert (twin.parent_id, twin.service, back.parent_id, back.service) == (
        None,
        "",
        group["top"].pk,
        "serving",
    )
    assert [[t.name for t in reads.tags_of(a)] for a in (twin, back)] == [
        ["重点项目"],
        ["老客户", "重点项目"],
    ]
    assert list(back.children.values_list("name", flat=True)) == ["恒远电子"]


def test_parent_and_child_are_not_merged(cast: Any, group: dict[str, Account]) -> None:
    for stays, goes in (("holding", "works"), ("works", "holding")):
        with pytest.raises(Invalid) as refused:
            do(cast.wang, "customers.merge", customer=group[stays].pk, other=group[goes].pk)
        assert refused.value.errors["other"][0].zh == (
            "两位客户是上下级单位；如果确是同一家，请先取消上级单位再合并"
        )


def test_parting_closes_no_circle(cast: Any, group: dict[str, Account]) -> None:
    """The parent of the one that comes back was meanwhile put below one of its own branches."""
    goes = account(cast.wang, "丙", parent=group["holding"].pk)
    child = account(cast.wang, "丁", parent=goes.pk)
    stays = account(cast.wang, "戊")
    do(cast.wang, "customers.merge", customer=stays.pk, other=goes.pk)
    do(cast.wang, "customers.update", customer=stays.pk, clear=["parent"])
    do(cast.zhao, "customers.update", customer=group["holding"].pk, clear=["parent"])
    under(cast.wang, group["holding"], child)
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    back = Account.objects.get(pk=goes.pk)
    assert back.parent_id is None
    assert reads.above(group["holding"].pk) == [child.pk, back.pk]


def test_the_parent_that_was_merged_away_is_followed(cast: Any, group: dict[str, Account]) -> None:
    goes = account(cast.wang, "丙", parent=group["branch"].pk)
    stays = account(cast.wang, "戊")
    do(cast.wang, "customers.merge", customer=stays.pk, other=goes.pk)
    twin = account(cast.wang, "恒远电子公司")
    do(cast.wang, "customers.merge", customer=twin.pk, other=group["branch"].pk)
    first = Merger.objects.get(gone=goes.pk)
    do(cast.wang, "customers.unmerge", merger=first.pk)
    assert Account.objects.get(pk=goes.pk).parent_id == twin.pk
