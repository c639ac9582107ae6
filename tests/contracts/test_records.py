"""Given the demo company, when the pages of each form are rendered, then every field that a record may require stands there."""

from __future__ import annotations

import pytest

from guanxi.cores.norms.controls import Record
from guanxi.platform.regulations import packs, surface
from guanxi.platform.regulations.records import not_there

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]

RECORDS = [
    (control.key, name, control.require)
    for text in packs.shipped().values()
    for control in packs.load(text).controls.values()
    if isinstance(control, Record)
    for name in (*control.actions, *((control.form,) if control.form else ()))
]


def test_there_are_records_to_try() -> None:
    assert len(RECORDS) > 30


@pytest.mark.parametrize(
    ("key", "name", "fields"), RECORDS, ids=[f"{key} {name}" for key, name, _ in RECORDS]
)
def test_the_fields_of_every_record_stand_on_a_page(key: str, name: str, fields: tuple[str, ...]) -> None:
    assert not_there(name, fields) == ""


@pytest.mark.parametrize("name", sorted(surface._forms))
def test_every_field_that_a_pack_may_require_stands_on_a_page(name: str) -> None:
    if surface._forms[name].fields:
        assert not_there(name, surface._forms[name].fields) == ""
