"""Whose a customer is, as the search index keeps it: the manager (0: nobody), the department, the team.

A person looks in the scopes of `of_person`: they hold every customer that `reads.visible` may give, and some more. Who
changes one of the three calls `search.scopes.put` in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from guanxi.platform.people.models import Department
from guanxi.platform.search import scopes
from guanxi.platform.search.scopes import SIGN, word

KIND = "customer"
MOST = 200
"""Above that the index looks everywhere."""
MANAGER, DEPARTMENT, TEAM = "m", "d", "t"


def _sql(together: str) -> str:
    return (
        f"SELECT a.id AS ref, '{SIGN}{MANAGER}' || coalesce(a.manager_id, 0) "  # noqa: S608
        f"|| coalesce(' {SIGN}{DEPARTMENT}' || a.department_id, '') "
        f"|| coalesce((SELECT {together} FROM customers_teammember t WHERE t.customer_id = a.id), '') AS scope "
        f"FROM customers_account a"
    )


scopes.declare(
    KIND,
    scopes.Source(
        {
            "sqlite": _sql(f"group_concat(' {SIGN}{TEAM}' || t.person_id, '')"),
            "postgresql": _sql(f"string_agg(' {SIGN}{TEAM}' || t.person_id, '')"),
        },
        ("customers_account", "customers_teammember"),
    ),
)


def of_people(people: Sequence[int]) -> list[str]:
    """Of customers whom these people look after or work on."""
    return [word(letter, id) for letter in (MANAGER, TEAM) for id in people]


def of_branch(path: str) -> list[str]:
    """Of customers of a department and those below it."""
    below = Department.objects.filter(path__startswith=path).order_by("pk")
    return [word(DEPARTMENT, id) for id in below.values_list("pk", flat=True)]


def of_nobody() -> list[str]:
    """Of customers whom nobody looks after."""
    return [word(MANAGER, 0)]


def put(ids: Sequence[int]) -> None:
    """These customers have changed hands."""
    scopes.put(connection, KIND, ids)
