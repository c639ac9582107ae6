"""What is in a database: its tables and columns as its own migrations made them, whatever the program's models say by now.

So a backup can be taken before an update has migrated, and one of an older version can be restored: the tables are
made as they were, filled, and migrated from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.migrations.loader import MigrationLoader

from guanxi.platform.search.index import TABLE as SEARCH

from .values import Column, column_of

Migration = tuple[str, str]
LEFT_OUT = {
    "people_session": "a session that ended must not come back to life",
    "django_session": "where sessions were kept before",
    "jobs_heartbeat": "workers of the old place are none of the new one",
    "search_scope": "made anew from who has which customer",
    "django_migrations": "said by the list of migrations, and written by migrating",
}
"""Tables whose rows are in no backup, and why."""
SEARCH_COLUMNS = (
    Column("id", "int"),
    Column("kind", "text"),
    Column("ref", "int"),
    Column("title", "text"),
    Column("grams", "text"),
)
"""The index of grams is no model; what is made from these columns is made anew."""


class Unknown(ValueError):
    """The database holds migrations that this program does not know: it is of a newer one."""

    def __init__(self, migrations: Iterable[Migration]) -> None:
        self.migrations = sorted(migrations)
        super().__init__(", ".join(f"{app}.{name}" for app, name in self.migrations))


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, those that order its rows, and the one whose numbers the database gives ('' for none)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    numbered: str = ""

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "columns": [[c.name, c.kind, c.places] for c in self.columns],
            "key": list(self.key),
        }


def tables_of(applied: Collection[Migration], standing: Collection[str]) -> list[Table]:
    """The tables after these migrations, by name; of those that are no models the ones that are `standing`.

    Raises Unknown where a migration is not ours.
    """
    found = list(_tables(frozenset(applied)))
    if SEARCH in standing:
        found.append(Table(SEARCH, SEARCH_COLUMNS, ("id",), "id"))
    return sorted(found, key=lambda t: t.name)


@lru_cache(maxsize=4)
def _tables(applied: frozenset[Migration]) -> tuple[Table, ...]:
    loader = MigrationLoader(None)
    strange = [m for m in applied if m not in loader.graph.nodes]
    if strange:
        raise Unknown(strange)
    state = loader.project_state(sorted(applied))
    found = [
        _table(model)
        for model in state.apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in LEFT_OUT
    ]
    return tuple(found)


def _table(model: Any) -> Table:
    fields = model._meta.concrete_fields
    key = model._meta.pk
    numbered = key.column if key.db_returning else ""
    return Table(model._meta.db_table, tuple(column_of(f) for f in fields), (key.column,), numbered)


def newest() -> list[Migration]:
    """The migrations that this program would apply, all of them."""
    return sorted(MigrationLoader(None).graph.nodes)
