"""Given every table there is, when somebody asks what it holds of people, then its package has said so for each column."""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.db.models import ForeignKey

from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.privacy.erasing import EMPTIED
from guanxi.domains.customers.privacy.held import OWN_WAY
from guanxi.domains.customers.privacy.where import markdown
from guanxi.platform.kernel.personal import all_holdings
from tests.personal_data import PAGE

TEXT = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.FileField,
    models.GenericIPAddressField,
)
TABLES = {m._meta.label: m for m in apps.get_models(include_auto_created=True)}


def test_every_column_that_can_hold_text_is_declared() -> None:
    wanted = {
        label: {f.name for f in model._meta.concrete_fields if isinstance(f, TEXT)}
        for label, model in TABLES.items()
    }
    declared = {label: set(holding.columns) for label, holding in all_holdings().items()}
    assert {
        n: (wanted.get(n), declared.get(n)) for n in wanted | declared if wanted.get(n) != declared.get(n)
    } == {}


def test_what_holds_something_of_people_says_all_of_it_in_both_languages() -> None:
    silent = [
        (label, name)
        for label, holding in all_holdings().items()
        if holding.personal
        for name in ("what", "why", "seen_by", "kept", "erased")
        if not (getattr(holding, name).zh and getattr(holding, name).en)
    ]
    assert silent == []


def test_a_table_that_points_to_a_contact_says_how_its_rows_are_found() -> None:
    pointing = {
        r.related_model._meta.label for r in Contact._meta.related_objects if isinstance(r.field, ForeignKey)
    }
    holdings = all_holdings()
    assert [label for label in pointing if holdings[label].of_contact is None] == []


def test_words_about_a_customer_are_looked_through() -> None:
    """A table with free text that points to a customer, or says its number, is searched when a contact is erased."""
    pointing = {
        r.related_model._meta.label for r in Account._meta.related_objects if isinstance(r.field, ForeignKey)
    }
    pointing |= {
        n for n, m in TABLES.items() if any(f.name == "customer_id" for f in m._meta.concrete_fields)
    }
    pointing -= {"journal.Fact", "customers.ExternalKey", *OWN_WAY}
    holdings = all_holdings()
    assert [n for n in sorted(pointing) if holdings[n].words and holdings[n].of_customers is None] == []


def test_erasing_empties_every_column_of_a_contact() -> None:
    assert {*EMPTIED, "name"} == set(all_holdings()["customers.Contact"].own)


def test_the_page_says_the_same() -> None:
    assert PAGE.read_text() == markdown(), "run: .venv/bin/python -m tests.personal_data"
