"""Definitions for the pages on which they are kept. What a field is called, whoever may see its rows may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from guanxi.platform.kernel import NotFound
from guanxi.platform.ui.filters import EVERY_ROW, ChoiceFilter

from .facts import SUBJECT
from .models import OwnField
from .permissions import MANAGE


def visible(person: Any) -> QuerySet[OwnField]:
    """All definitions, for who keeps them."""
    return OwnField.objects.all() if person.may(MANAGE.name) else OwnField.objects.none()


def fetch(person: Any, pk: int) -> OwnField:
    """One definition, else NotFound."""
    found = visible(person).filter(pk=pk).first()
    if found is None:
        raise NotFound(SUBJECT, pk)
    return found


@dataclass(frozen=True, slots=True)
class FieldStateFilter(ChoiceFilter):
    """In use or retired."""

    def where(self, value: Any, now: datetime) -> Q:
        if set(value) == {"used", "retired"}:
            return EVERY_ROW
        return Q(retired_at__isnull="used" in value)
