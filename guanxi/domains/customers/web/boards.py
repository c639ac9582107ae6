"""The boards of the customers' list: by grade, by service class, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.layouts import Board, Lane
from guanxi.platform.ui.lists import List

from .. import words
from ..models import with_kind

NONE = ""
"""The lane of those that have no value yet; nothing is moved there."""


def _move(page: str, field: str, right: str, shown: List, row: Any, value: str) -> str:
    """Where a customer gets another value of a field, for whoever has the right; a value is not taken away."""
    person: Any = shown.request.user
    if value == NONE or not person.may(right):
        return ""
    return f"{reverse(page, kwargs={'customer': row.pk})}?{urlencode({field: value})}"


def _graded(shown: List, row: Any, value: str) -> str:
    return _move("customers.grade", "grade", "customers.grade", shown, row, value)


def _served(shown: List, row: Any, value: str) -> str:
    return _move("customers.service", "service", "customers.grade", shown, row, value)


def _lanes(field: str, codes: Mapping[str, Text], none: Text) -> list[Lane]:
    found = [Lane(code, label, Q(**{field: code}), {field: code}) for code, label in codes.items()]
    return [*found, Lane(NONE, none, Q(**{field: ""}))]


BY_GRADE = Board(
    "grade",
    Text("等级", "Grade"),
    _lanes("grade", words.GRADES, Text("未评级", "Not graded")),
    move=_graded,
    hidden=("grade", "credit"),
)
BY_SERVICE = Board(
    "service",
    Text("服务类别", "Service class"),
    _lanes("service", words.SERVICES, Text("未划定", "Not set")),
    move=_served,
    hidden=("service", "credit"),
)
BY_KIND = Board(
    "kind",
    Text("类别", "Kind"),
    [
        Lane(kind, label, Q(kind_bits__in=with_kind(kind)), {"kind": kind})
        for kind, label in words.KINDS.items()
    ],
    hidden=("kinds", "credit"),
)
BOARDS = (BY_GRADE, BY_SERVICE, BY_KIND)
