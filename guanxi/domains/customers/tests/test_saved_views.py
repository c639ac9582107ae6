"""Given a list, when somebody keeps what it shows under a name, then they and those it is shared with find it again, each
with their own rights; nobody else changes it; each step can be taken back."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import all_permissions
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.tests.cast import person
from guanxi.platform.views import reads
from guanxi.platform.views.models import FirstView, SavedView

from .helpers import account, do

pytestmark = pytest.mark.django_db
QUERY = "sort=-grade&c=grade&c=area&where=any(grade.is(A),area.empty)"


@pytest.fixture(autouse=True)
def _plain(settings) -> None:
    settings.PANELS_RAISE = True
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def as_(who: Person) -> Client:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def save(who, name="重点区域", **how) -> SavedView:
    return do(who, "views.save", list="customers", query=QUERY, name=name, **how)


def seen(who: Person) -> set[str]:
    return set(reads.visible(Person.objects.get(pk=who.pk)).values_list("name", flat=True))


def page(who, query="") -> str:
    answer = as_(who).get(f"/customers/{query}", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_ones_own_view_is_seen_by_oneself(cast) -> None:
    view = save(cast.lin)
    assert view.query == QUERY
    assert [seen(p) for p in (cast.lin, cast.wang, cast.sun)] == [{"重点区域"}, set(), set()]
    assert "重点区域" in page(cast.lin)
    assert "重点区域" not in page(cast.wang)


def test_a_view_of_the_department_is_seen_there_and_below_it_and_one_of_everybody_by_all(cast) -> None:
    save(cast.lin, "小组的", audience="department")
    save(cast.wang, "本部门的", audience="department")
    save(cast.wang, "大家的", audience="everybody")
    assert seen(cast.lin) == {"小组的", "本部门的", "大家的"}
    assert seen(cast.sun) == {"大家的"}
    assert {"本部门的", "大家的"} <= seen(cast.wang)
    assert "小组的" not in seen(cast.wang), "shared with the team, not with those above it"


def test_a_shared_view_shows_each_what_they_may_see(cast) -> None:
    mine = account(cast.lin, "杭州恒远电子有限公司")
    other = account(cast.sun, "无锡外部物流有限公司")
    view = save(cast.wang, audience="everybody")
    for who, own, others in ((cast.lin, mine, other), (cast.sun, other, mine)):
        found = page(who, f"?view=s{view.pk}&{view.query}")
        assert own.name in found
        assert others.name not in found


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_may_share_with_whom(cast, role) -> None:
    somebody = person("somebody", "某人", cast.operations, role)
    reach = all_permissions()["views.share"].roles.get(role, "")
    for audience in ("own", "department", "everybody"):
        allowed = audience == "own" or reach == "all" or (reach == "department" and audience == "department")
        if allowed:
            assert save(somebody, audience, audience=audience).audience == audience
        else:
            with pytest.raises(Forbidden):
                save(somebody, audience, audience=audience)


def test_a_view_of_another_is_not_there(cast) -> None:
    view = save(cast.lin)
    for action in ("views.change", "views.delete", "views.restore"):
        with pytest.raises(NotFound):
            do(cast.wang, action, view=view.pk)
    assert as_(cast.wang).get(f"/views/{view.pk}/").status_code == 404


def test_a_shared_view_is_changed_by_its_owner_and_those_who_look_after_it(cast) -> None:
    view = save(cast.lin, audience="department")
    with pytest.raises(Forbidden):
        do(person("new", "新人", cast.team, "service_staff"), "views.change", view=view.pk, name="别的")
    do(
        cast.zhao if cast.zhao.department == cast.lin.department else cast.lin,
        "views.change",
        view=view.pk,
        name="改过",
    )
    everybody = save(cast.wang, "大家的", audience="everybody")
    with pytest.raises(Forbidden):
        do(cast.lin, "views.delete", view=everybody.pk)
    do(cast.chen, "views.change", view=everybody.pk, name="公司的")
    assert "公司的" in seen(cast.lin)


def test_views_of_somebody_who_left_stay_for_the_others(cast) -> None:
    view = save(cast.wang, "大家的", audience="everybody")
    Person.objects.filter(pk=cast.wang.pk).update(is_active=False)
    assert seen(cast.lin) == {"大家的"}
    do(cast.chen, "views.change", view=view.pk, name="公司的")
    assert seen(cast.lin) == {"公司的"}


def test_what_was_deleted_comes_back(cast) -> None:
    view = save(cast.lin)
    answer = as_(cast.lin).post(f"/views/{view.pk}/delete/", {"next": "/customers/"}, follow=True)
    told = answer.content.decode()
    assert "已删除视图“重点区域”" in told
    assert 'action="/do/views.restore/"' in told
    assert seen(cast.lin) == set()
    assert as_(cast.lin).post("/do/views.restore/", {"view": view.pk}).status_code == 302
    assert seen(cast.lin) == {"重点区域"}


def test_a_change_is_taken_back_by_its_undo(cast) -> None:
    view = save(cast.lin)
    url = f"/views/{view.pk}/?next=/customers/&query=sort%3Dname"
    assert "换成现在的条件" in as_(cast.lin).get(url).content.decode()
    answer = as_(cast.lin).post(url, {"name": "新名", "audience": "own", "replace": "on"}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/customers/?view=s{view.pk}&sort=name"
    assert 'action="/do/views.change_back/"' in answer.content.decode()
    undo = {"fact": Fact.objects.get(kind="view.changed").pk}
    assert as_(cast.lin).post("/do/views.change_back/", undo).status_code == 302
    again = SavedView.objects.get(pk=view.pk)
    assert (again.name, again.query) == ("重点区域", view.query)


def changed(who, view: SavedView, **how) -> int:
    do(who, "views.change", view=view.pk, **how)
    return Fact.objects.filter(kind="view.changed").latest("seq").pk


def test_the_undo_shows_a_view_again_to_whom_it_was_shown(cast) -> None:
    """Whoever hides a view of somebody else does not see it any more, and takes that back all the same."""
    view = save(cast.wang, audience="everybody")
    do(cast.chen, "views.change_back", fact=changed(cast.chen, view, audience="own"))
    assert seen(cast.lin) == {view.name}
    theirs = save(cast.lin, "部门的", audience="department")
    do(cast.lin, "views.change_back", fact=changed(cast.lin, theirs, audience="own"))
    again = SavedView.objects.get(pk=theirs.pk)
    assert (again.audience, again.department) == ("department", cast.lin.department)
    fact = Fact.objects.filter(kind="view.changed").latest("seq")
    assert (fact.data["audience_before"], fact.data["department"]) == ("own", str(cast.lin.department_id))


def test_the_undo_takes_back_nobody_elses_change(cast) -> None:
    view = save(cast.wang, audience="everybody")
    seq = changed(cast.wang, view, name="一")
    other = changed(cast.chen, view, name="二")
    with pytest.raises(Conflict):
        do(cast.wang, "views.change_back", fact=seq)
    for who in (cast.wang, cast.lin, cast.wu):
        with pytest.raises(NotFound):
            do(who, "views.change_back", fact=other)
    do(cast.chen, "views.change_back", fact=other)
    with pytest.raises(Conflict):
        do(cast.chen, "views.change_back", fact=other)
    assert SavedView.objects.get().name == "一"
    with pytest.raises(Invalid, match="十分钟"):
        last = Fact.objects.filter(kind="view.changed").latest("seq")
        do(cast.chen, "views.change_back", last.recorded_at + timedelta(minutes=11), fact=last.pk)


def test_only_the_name_changes_where_nothing_else_is_asked(cast) -> None:
    view = save(cast.lin, audience="department")
    do(cast.lin, "views.change", view=view.pk, name="新名")
    again = SavedView.objects.get(pk=view.pk)
    assert (again.name, again.query, again.audience) == ("新名", view.query, "department")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"list": "nothing"}, "list"),
        ({"query": "where=any("}, "query"),
        ({"query": "sort=salary"}, "query"),
        ({"query": "c=salary"}, "query"),
        ({"name": ""}, "name"),
        ({"name": "有了"}, "name"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(cast, given, field) -> None:
    save(cast.lin, "有了")
    with pytest.raises(Invalid) as wrong:
        do(cast.lin, "views.save", **{"list": "customers", "query": QUERY, "name": "视图", **given})
    assert list(wrong.value.errors) == [field]


def test_a_list_begins_with_the_view_that_was_chosen(cast) -> None:
    view = save(cast.lin)
    client = as_(cast.lin)
    answer = client.post("/views/first/", {"list": "customers", "key": f"s{view.pk}", "next": "/customers/"})
    assert answer.status_code == 302
    first = client.get("/customers/")
    assert parse_qs(urlsplit(first["Location"]).query)["where"] == ["any(grade.is(A),area.empty)"]
    assert client.get("/customers/?view=all").status_code == 200, "everything is still one click away"
    assert 'href="?view=all"' in client.get(first["Location"]).content.decode()
    do(cast.lin, "views.delete", view=view.pk)
    assert client.get("/customers/").status_code == 200, "a view that is gone begins nothing"
    do(cast.lin, "views.choose_first", list="customers", key="silent")
    assert client.get("/customers/")["Location"] == "/customers/?view=silent&contacted=older30&sort=contacted"
    do(cast.lin, "views.choose_first", list="customers", key="")
    assert not FirstView.objects.exists()


def test_only_a_view_that_one_sees_can_be_begun_with(cast) -> None:
    view = save(cast.lin)
    with pytest.raises(NotFound):
        do(cast.wang, "views.choose_first", list="customers", key=f"s{view.pk}")
    with pytest.raises(Invalid):
        do(cast.wang, "views.choose_first", list="customers", key="s²")


def test_the_journal_knows_the_view_and_its_words_lie_beside_it(cast) -> None:
    save(cast.lin)
    fact = Fact.objects.select_related("words").get(kind="view.saved")
    assert fact.data == {"list": "customers", "audience": "own", "department": None}


def test_what_differs_from_the_view_is_said_and_can_be_kept(cast) -> None:
    view = save(cast.lin)
    assert "有未保存的改动" not in page(cast.lin, f"?view=s{view.pk}&{view.query}")
    changed = page(cast.lin, f"?view=s{view.pk}&sort=name")
    assert "视图“重点区域”有未保存的改动" in changed
    shared = save(cast.wang, "大家的", audience="everybody")
    others = page(cast.lin, f"?view=s{shared.pk}&{shared.query}")
    assert "存为新视图" in others
    assert f"/views/{shared.pk}/delete/" not in others, "nobody is offered what they may not do"


def test_saving_from_the_list_leads_to_the_view(cast) -> None:
    account(cast.lin)
    url = "/views/new/?list=customers&next=/customers/&query=c%3Darea"
    form = as_(cast.lin).get(url).content.decode()
    assert "我的部门" in form
    assert "所有人" not in form, "only with whom one may share"
    answer = as_(cast.lin).post(url, {"name": "区域", "audience": "own"})
    view = SavedView.objects.get()
    assert answer["Location"] == f"/customers/?view=s{view.pk}&c=area"
    table = page(cast.lin, answer["Location"].removeprefix("/customers/"))
    assert [part in table for part in ('data-field="area"', 'data-field="grade"')] == [True, False]


@pytest.mark.parametrize("typed", ["王建国", 'a&b=c#d+e%f "g" <h>', "两 个", "100%"])
def test_what_was_typed_is_kept_to_the_letter_and_can_be_read(cast, typed) -> None:
    from urllib.parse import urlencode

    from django.http import QueryDict

    view = do(cast.lin, "views.save", list="customers", query=urlencode({"q": typed}), name="找人")
    assert QueryDict(view.query).dict() == {"q": typed}
    assert typed != "王建国" or "王建国" in view.query, "what erases a person finds their name"


def test_ones_own_views_come_before_however_many_others_share(cast) -> None:
    now = save(cast.lin, "最后一个").made_at
    SavedView.objects.bulk_create(
        SavedView(
            list="customers",
            owner=cast.wang,
            name=f"A{n:03}",
            audience="everybody",
            made_at=now,
            changed_at=now,
        )
        for n in range(130)
    )
    assert reads.shown(cast.lin, "customers").views[0].name == "最后一个"


def test_of_two_who_change_a_shared_view_the_second_is_told_and_overwrites_nothing(cast) -> None:
    account(cast.lin)
    view = save(cast.wang, "大家的", audience="everybody")
    opened = page(cast.chen, f"?view=s{view.pk}&sort=name")
    found = re.search(rf"/views/{view.pk}/\?[^\"]*version=1[^\"]*", opened)
    assert found
    form = html.unescape(found[0])  # chen's list stands open
    do(
        cast.wang,
        "views.change",
        view=view.pk,
        name="大家的客户",
        replace=True,
        query="sort=-grade",
        version=1,
    )
    answer = as_(cast.chen).post(form, {"name": "按名称", "audience": "everybody", "replace": "on"})
    said = answer.content.decode()
    assert answer.status_code == 409
    assert re.search("王敏在 .+ 改过这个视图：名称、条件、列或排序。您的改动没有保存，对方的没有被覆盖", said)
    view.refresh_from_db()
    assert (view.name, view.query, view.version) == ("大家的客户", "sort=-grade", 2)
    own = re.search(r'href="(/views/new/\?[^"]+)"', said)
    assert own
    offered = as_(cast.chen).get(html.unescape(own[1])).content.decode()
    assert 'value="按名称"' in offered  # what was typed goes along
    as_(cast.chen).post(html.unescape(own[1]), {"name": "按名称", "audience": "own"})
    assert SavedView.objects.get(owner=cast.chen).query == "sort=name"


def test_who_opens_a_view_again_may_change_it_then(cast) -> None:
    view = save(cast.wang, "大家的", audience="everybody")
    do(cast.wang, "views.change", view=view.pk, name="一", version=1)
    with pytest.raises(Conflict, match="名称"):
        do(cast.wang, "views.change", view=view.pk, name="二", version=1)
    do(cast.wang, "views.change", view=view.pk, name="二", version=2)
    do(cast.wang, "views.change", view=view.pk, name="三")  # a program that says no version writes as before
    view.refresh_from_db()
    assert (view.name, view.version) == ("三", 4)
