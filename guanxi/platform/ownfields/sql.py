"""A field's value as the database works it out of the column `own`, and the index that answers it.

The expressions stand in both databases the same way; the index holds exactly what a list asks for, else it is of no use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import FloatField, Func, Model, Q, QuerySet, TextField

from guanxi.platform.kernel import Text

from . import types as t
from .known import fields
from .types import Own

SORTED_BY_NAME = (t.YESNO, t.CHOICE)
"""Of few values each: those of one value stand by the row's name, as lists show them."""
FEW = 10_000
UNINDEXED = (t.MANY, t.LINES, t.LINK)


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind of row that has own fields. name: the column its lists are sorted by. find: puts some of its rows into the search
    index anew, in the caller's transaction. customer: to which customer one of them belongs. visible: those a person may
    see. said: what one is called; url: its page. steps: where rows are filled in step by step, those at which fields are asked
    for (code, words); the first where a field says nothing."""

    label: Text
    model: type[Model]
    name: str
    customer: Callable[[Any], int | None]
    visible: Callable[[Any], QuerySet[Any]]
    said: Callable[[Any], object]
    url: Callable[[Any], str]
    find: Callable[[Sequence[Any]], None] | None = None
    steps: Sequence[tuple[str, Text]] = ()


TABLES: dict[str, Kept] = {}


def kept_in(subject: str, kept: Kept, *, people: bool = False) -> None:
    """Declare a kind of row that has own fields, and the table whose column `own` holds their values. people: each row is a
    person, so that no value of theirs goes into the chain."""
    if people:
        t.ABOUT_PEOPLE.add(subject)
    TABLES[subject] = kept


def kinds_of_row() -> list[tuple[str, Text]]:
    """The kinds of rows that may have own fields."""
    return [(subject, kept.label) for subject, kept in TABLES.items()]


def kind_of(model: type[Model]) -> str:
    """The kind of row that a table holds."""
    return next(subject for subject, kept in TABLES.items() if kept.model is model)


def steps_offered() -> list[tuple[str, Text]]:
    """The steps of all kinds of rows that have some."""
    return [step for kept in TABLES.values() for step in kept.steps]


def step_of(own: Own) -> str:
    """At which step a field is asked for; '' of a kind of row that has none."""
    steps = TABLES[own.subject].steps if own.subject in TABLES else ()
    codes = [code for code, _ in steps]
    return own.rules.step if own.rules.step in codes else next(iter(codes), "")


def asked_at(subject: str, step: str) -> list[Own]:
    """The fields in use that are asked for at a step; all where no step is named."""
    return [own for own in fields(subject) if not step or step_of(own) == step]


def holding(own: Own) -> QuerySet[Any]:
    """The rows that hold something under the field's key."""
    return TABLES[own.subject].model._base_manager.filter(own__has_key=own.key)


class _Text(Func):
    output_field = TextField()


class _Number(Func):
    output_field = FloatField()


def expression(own: Own) -> Func:
    """The value of a row for comparing and sorting; null where there is none."""
    bare = f"(%(expressions)s ->> '{own.key}')"  # a key is letters, digits and _
    if own.type in t.NUMERIC:
        return _Number("own", template=f"CAST({bare} AS double precision)")
    return _Text("own", template=bare)


def index_name(own: Own) -> str:
    kind = "n" if own.type in t.NUMERIC else "b" if own.type in SORTED_BY_NAME else "t"
    return f"own_{own.id}_{kind}"


def index_sql(own: Own) -> str:
    """The statement that makes the field's index."""
    kept = TABLES[own.subject]
    quote = connection.ops.quote_name
    bare = f"{quote('own')} ->> '{own.key}'"
    what = f"CAST(({bare}) AS double precision)" if own.type in t.NUMERIC else bare
    beside = kept.name if own.type in SORTED_BY_NAME else "id"
    return f"{quote(index_name(own))} ON {quote(kept.model._meta.db_table)} (({what}), {quote(beside)})"


def drop_index(own: Own) -> None:
    """Drop the field's index at once, where there is one."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {connection.ops.quote_name(index_name(own))}")


def keep_indexes() -> list[str]:
    """Make the indexes that are missing and drop those of retired fields; what was done. Idempotent. On PostgreSQL without
    holding up anybody, outside of a transaction."""
    done: list[str] = []
    gently = "CONCURRENTLY " if connection.vendor == "postgresql" and not connection.in_atomic_block else ""
    with connection.cursor() as cursor:
        for subject, kept in TABLES.items():
            table = kept.model._meta.db_table
            there = {
                name
                for name, one in connection.introspection.get_constraints(cursor, table).items()
                if one["index"] and name.startswith("own_")
            }
            wanted = {index_name(own): own for own in fields(subject) if own.type not in UNINDEXED}
            for name in sorted(there - set(wanted)):
                cursor.execute(f"DROP INDEX {gently}IF EXISTS {connection.ops.quote_name(name)}")
                done.append(f"-{name}")
            for name, own in wanted.items():
                if name not in there:
                    cursor.execute(f"CREATE INDEX {gently}IF NOT EXISTS {index_sql(own)}")
                    done.append(f"+{name}")
    return done


def where_few(own: Own) -> Callable[[Q], Q]:
    """A condition on a field, said by the numbers of the rows that fit where the index finds but few: the database cannot
    tell, and would look for them among all rows in the list's order."""
    said: dict[str, Q] = {}

    def narrowed(wanted: Q) -> Q:
        key = str(wanted)
        if key not in said:
            rows = TABLES[own.subject].model._base_manager.annotate(**worked_out([own])).filter(wanted)
            rare = rows[: FEW + 1].count() <= FEW
            said[key] = Q(pk__in=rows.order_by().values("pk")[:FEW]) if rare else wanted
        return said[key]

    return narrowed


def worked_out(subject_fields: Any) -> dict[str, Func]:
    """The expressions of fields by their names in lists."""
    return {own.name: expression(own) for own in subject_fields}
