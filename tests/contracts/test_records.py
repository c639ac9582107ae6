"""Given the demo company, when the pages of each form are rendered, then every field that a record may require stands there."""

from __future__ import annotations

import pytest

from guanxi.cores.norms.controls import Record
from guanxi.platform.regulations import packs, surface
from guanxi.platform.regulations.records import not_there

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]


def records() -> list[tuple[str, str, tuple[str, ...]]]:
    """(control, action or form, fields) of every record of every pack. Not while tests are collected: what a pack may name
    is looked up once, and other tests have not declared theirs by then."""
    return [
        (control.key, name, control.require)
        for text in packs.shipped().values()
        for control in packs.load(text).controls.values()
        if isinstance(control, Record)
        for name in (*control.actions, *((control.form,) if control.form else ()))
    ]


def test_the_fields_of_every_record_stand_on_a_page() -> None:
    found = records()
    assert len(found) > 30
    assert {f"{key} {name}": said for key, name, fields in found if (said := not_there(name, fields))} == {}


@pytest.mark.parametrize("name", sorted(surface._forms))
def test_every_field_that_a_pack_may_require_stands_on_a_page(name: str) -> None:
    if surface._forms[name].fields:
        assert not_there(name, surface._forms[name].fields) == ""
