"""Pages and panels as packages declare them."""

from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from guanxi.platform.kernel import Forbidden, Text
from guanxi.platform.ui import registry
from guanxi.platform.ui.registry import Nav, Panel, page, panel, panels

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Someone:
    is_authenticated = True

    def __init__(self, *rights):
        self.rights = rights

    def may(self, permission):
        return permission in self.rights


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_pages", {})
    monkeypatch.setattr(registry, "_panels", {})


def declare(**options):
    return page(
        "sample.page", "sample/", lambda request: HttpResponse("ok"), label=Text("样", "Sample"), **options
    )


def visit(declared, person, **headers):
    request = RequestFactory().get("/sample/", headers=headers)
    request.user = person
    return declared.pattern().callback(request)


def test_nobody_signed_in_is_sent_to_sign_in():
    response = visit(declare(), None)
    assert response.status_code == 302
    assert "next=/sample/" in response["Location"]


def test_an_expired_sign_in_answers_401_to_the_page_in_hand():
    assert visit(declare(), None, HX_Request="true").status_code == 401


def test_a_page_needs_its_right():
    declared = declare(permission="visits.work")
    assert visit(declared, Someone("visits.work")).status_code == 200
    with pytest.raises(Forbidden):
        visit(declared, Someone())


def test_a_public_page_is_open():
    assert visit(declare(public=True), None).status_code == 200


def test_mistakes_in_a_declaration_are_found_at_start():
    with pytest.raises(ValueError, match="public and asks"):
        declare(public=True, permission="x")
    with pytest.raises(ValueError, match="needs sample"):
        page("sample.row", "sample/<int:row>/", lambda request, row: None, label=Text("行", "Row"))
    declare()
    with pytest.raises(ValueError, match="declared twice"):
        page("sample.page", "other/", lambda request: None, label=Text("样", "Sample"))


def test_the_bar_holds_what_this_person_may_open_in_order():
    page("b.list", "b/", lambda r: None, label=Text("乙", "B"), nav=Nav(20, "x"), permission="b")
    page("a.list", "a/", lambda r: None, label=Text("甲", "A"), nav=Nav(30, "x"))
    assert [p.name for p in registry.navigation(Someone("b"))] == ["b.list", "a.list"]
    assert [p.name for p in registry.navigation(Someone())] == ["a.list"]
    assert registry.navigation(None) == []


def test_panels_come_in_order_for_those_who_may_see_them_and_have_something(settings):
    @panel("today")
    class Late(Panel):
        order, template = 20, "x.html"

        def context(self, person, subject, now):
            return {"n": 1}

    @panel("today")
    class Early(Panel):
        order, permission = 10, "visits.work"

        def context(self, person, subject, now):
            return {}

    @panel("today")
    class Silent(Panel):
        def context(self, person, subject, now):
            return None

    assert [type(s.panel) for s in panels("today", Someone("visits.work"), None, NOW)] == [Early, Late]
    assert [type(s.panel) for s in panels("today", Someone(), None, NOW)] == [Late]


def test_a_failing_panel_leaves_a_gap_and_not_a_broken_page(settings, caplog):
    @panel("today")
    class Broken(Panel):
        def context(self, person, subject, now):
            raise RuntimeError("no")

    settings.PANELS_RAISE = False
    assert [s.failed for s in panels("today", Someone(), None, NOW)] == [True]
    assert "Broken" in caplog.text
    settings.PANELS_RAISE = True
    with pytest.raises(RuntimeError):
        list(panels("today", Someone(), None, NOW))
