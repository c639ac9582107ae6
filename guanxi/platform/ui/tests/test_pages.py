"""Language and theme: with the person where there is one, in a cookie before that."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import translation

from guanxi.platform.ui.context import Frame
from guanxi.platform.ui.web import pages


def choose(rf, view, person, **values):
    request = rf.post("/ui/", values)
    request.user = person
    return view(request)


def test_before_sign_in_a_cookie_keeps_the_choice(rf):
    response = choose(rf, pages.theme, AnonymousUser(), theme="dark", next="/sign-in/")
    assert response["Location"] == "/sign-in/"
    assert response.cookies["theme"].value == "dark"
    request = rf.get("/")
    request.user = AnonymousUser()
    request.COOKIES["theme"] = "dark"
    assert Frame(request).theme == "dark"


@pytest.mark.parametrize(("view", "name"), [(pages.theme, "theme"), (pages.language, "language")])
def test_nonsense_changes_nothing_and_leads_nowhere_else(rf, view, name):
    response = choose(rf, view, AnonymousUser(), **{name: "<b>", "next": "//evil.example"})
    assert not response.cookies
    assert response["Location"] == "/"


def test_a_signed_in_persons_choice_stays_with_the_person(rf, cast):
    lin = cast.lin
    choose(rf, pages.language, lin, language="en")
    choose(rf, pages.theme, type(lin).objects.get(pk=lin.pk), theme="dark")
    lin.refresh_from_db()
    assert (lin.language, lin.theme) == ("en", "dark")
    request = rf.get("/")
    request.user = lin
    assert Frame(request).theme == "dark"


def test_the_frame_speaks_the_language_of_the_request(rf):
    request = rf.get("/")
    request.user = AnonymousUser()
    assert Frame(request).html_language == "zh-Hans"
    with translation.override("en"):
        assert Frame(request).html_language == "en"
