"""Given a form's declaration, when its pages are rendered, then each field stands there or is named as missing."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.platform.regulations import surface
from guanxi.platform.regulations.records import not_there, standing_on
from guanxi.platform.regulations.surface import Form, Shows, shows

pytestmark = pytest.mark.django_db


def declare(monkeypatch: pytest.MonkeyPatch, *pages: Shows) -> None:
    monkeypatch.setattr(surface, "_forms", {**surface._forms, "test.form": Form("test.form", (), pages)})


def test_what_can_be_filled_in_or_is_marked_stands_on_a_page() -> None:
    html = """
      <input name="what"><input type="hidden" name="customer"><input name="gone" disabled>
      <textarea name="why"></textarea><select name="way"><option value="tel"></select>
      <input type="checkbox" name="packed" value="pen"><dd data-field="before after">A</dd>
    """
    assert standing_on(html) == {"what", "why", "way", "way=tel", "packed", "packed=pen", "before", "after"}


@pytest.mark.usefixtures("cast")
def test_a_field_is_found_under_the_name_that_its_page_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(
        monkeypatch, shows("people.add", {"post_held": "post"}), shows("people.me", {"dark": "theme=dark"})
    )
    assert not_there("test.form", ["username", "post_held", "dark"]) == ""


@pytest.mark.usefixtures("cast")
def test_a_field_that_no_page_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, shows("people.add"), shows("people.me"))
    assert (
        not_there("test.form", ["username", "shoe_size"]) == "people.add, people.me does not show shoe_size"
    )


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(
    ("pages", "fault"),
    [
        ((), "test.form names no page on which its fields could be seen"),
        ((shows("no.such"),), "test.form: there is no page no.such"),
        (
            (shows("people.add", sample=lambda person: None),),
            "people.add (nobody has a row on which it could be tried) does not show username",
        ),
        (
            (shows("people.detail", sample=lambda person: {"person": 9999}),),
            "people.detail (找不到这条记录，或您无权查看) does not show username",
        ),
    ],
)
def test_a_page_that_cannot_be_tried_says_why(
    monkeypatch: pytest.MonkeyPatch, pages: tuple[Shows, ...], fault: str
) -> None:
    declare(monkeypatch, *pages)
    assert not_there("test.form", ["username"]) == fault


@pytest.mark.usefixtures("cast")
def test_an_action_without_a_page_is_looked_for_on_the_form_made_from_its_input() -> None:
    assert not_there("people.grant_role", ["role", "since"]) == ""
    assert not_there("people.grant_role", ["colour"]) == "ui.act does not show colour"
    assert (
        not_there("people.no_such", ["role"])
        == "people.no_such names no page on which its fields could be seen"
    )


def test_nothing_is_written_by_looking(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from guanxi.platform.journal.models import Fact

    declare(monkeypatch, shows("people.add"))
    not_there("test.form", ["username"])
    assert not Fact.objects.exists()
