"""Given a database of before, when it is brought up to date, then its rows are as they are to be."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection

from guanxi.platform.regulations.models import EngineEntity

pytestmark = pytest.mark.django_db
SAID = [["2026-03-01T00:00:00+00:00", "03-05"]]


def test_the_engine_forgets_birthdays_and_nothing_else() -> None:
    erased = importlib.import_module("guanxi.domains.customers.migrations.0010_erased_contacts")
    bodies = {
        ("contact", "1"): {"attributes": {"birthday_md": SAID, "has_post": SAID}, "名": "王建国"},
        ("contact", "2"): {"attributes": {"has_post": SAID}},
        ("customer", "1"): {"attributes": {"birthday_md": SAID}},
    }
    for (kind, id), body in bodies.items():
        EngineEntity.objects.create(kind=kind, entity=id, body=body)

    class Editor:
        pass

    editor = Editor()
    editor.connection = connection  # type: ignore[attr-defined]
    erased.forget_birthdays(apps, editor)
    left = {(row.kind, row.entity): row.body for row in EngineEntity.objects.all()}
    assert left == bodies | {("contact", "1"): {"attributes": {"has_post": SAID}, "名": "王建国"}}
