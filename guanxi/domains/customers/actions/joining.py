"""What merging customers and merging contacts have in common.

Of two rows that are one, the one goes and everything that pointed to it points to the other; `kept`, which lies with the
merger, holds what parting them needs. Columns that point to a row are found through Django's own relations, so that a
table added later follows without being named here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Field, ForeignKey, Model

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Context
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.sql import kind_of

Choices = Mapping[str, tuple[str, ...]]
"""What may be taken from the row that goes, and the columns that go along."""
Holder = tuple[str, type[Model], ForeignKey[Any, Any]]
"""A column that points to a row: (label, model, field)."""
Moved = dict[str, list[int]]
"""By the label of the column: the rows in which it was changed."""
Changed = dict[str, list[Any]]
"""By column: what it was before, and what it became."""
EMPTY = ("", None)


def holders(to: type[Model], *, hidden: bool, but: Collection[type[Model]] = ()) -> Iterator[Holder]:
    """Every column that points to a row of this table. hidden: also those for which the row has no name of its own."""
    for relation in to._meta.get_fields(include_hidden=hidden):
        field = getattr(relation, "field", None)
        if relation.auto_created and isinstance(field, ForeignKey) and field.model not in but:
            yield f"{field.model._meta.label_lower}.{field.name}", field.model, field


# --- A row, as JSON keeps it -----------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A column's value as JSON keeps it, losing nothing."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def row_of(row: Model) -> dict[str, Any]:
    """Every column of the row."""
    return {f.attname: plain(getattr(row, f.attname)) for f in row._meta.concrete_fields}


def value_of(model: type[Model], attname: str, kept: Any) -> Any:
    """A column's value from what JSON kept."""
    field: Field[Any, Any] = next(f for f in model._meta.concrete_fields if f.attname == attname)
    return field.to_python(kept)


def made_of(model: type[Model], kept: Mapping[str, Any]) -> Any:
    """The row again, not yet saved."""
    row: Any = model(**{name: value_of(model, name, value) for name, value in kept.items()})
    row.own = own.fitting(kind_of(model), row.own)
    return row


# --- What is taken from the one that goes ----------------------------------------------------------------------------


def differing(choices: Choices, stays: Model, goes: Model) -> list[str]:
    """The choices in which the two say something else, both filled in."""
    found = []
    for name, columns in choices.items():
        mine, theirs = getattr(stays, columns[0]), getattr(goes, columns[0])
        if mine != theirs and mine not in EMPTY and theirs not in EMPTY:
            found.append(name)
    return found


def take(
    choices: Choices, stays: Any, goes: Any, wanted: Collection[str], *, if_filled: Collection[str] = ()
) -> None:
    """Put into the one that stays what was chosen, and whatever it does not know itself. if_filled: columns that only go
    along where the other knows them."""
    for name, columns in choices.items():
        mine, theirs = getattr(stays, columns[0]), getattr(goes, columns[0])
        if theirs in EMPTY or not (name in wanted or mine in EMPTY):
            continue
        for column in columns:
            if column not in if_filled or getattr(goes, column) not in EMPTY:
                setattr(stays, column, getattr(goes, column))
    stays.own = own.joined(kind_of(type(stays)), stays.own, goes.own, wanted)


def changed_since(before: Mapping[str, Any], row: Model) -> Changed:
    """Column -> [before, now], of those that differ."""
    return {name: [before[name], now] for name, now in row_of(row).items() if before[name] != now}


def give_back(
    stays: Any, changed: Changed, was: Callable[[str, Any], Any] = lambda name, value: value
) -> None:
    """Let the one that stayed be what it was, where nobody has changed it since. was: what a column is to be now, of what
    it was then."""
    for name, (before, became) in changed.items():
        if name == "own":
            stays.own = own.parted(kind_of(type(stays)), stays.own, before, became)
        elif plain(getattr(stays, name)) == became:
            setattr(stays, name, value_of(type(stays), name, was(name, before)))


# --- What points to them ---------------------------------------------------------------------------------------------


def move(columns: Iterable[Holder], gone: int, into: int) -> Moved:
    """Let every row that points to the one point to the other; which they were."""
    moved = {}
    for label, model, field in columns:
        rows = model._base_manager.filter(**{field.attname: gone})
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if ids:
            rows.update(**{field.attname: into})
            moved[label] = ids
    return moved


def move_back(columns: Iterable[Holder], moved: Moved, stays: int, back: int) -> None:
    """Let what had moved, and is there still, point back."""
    for label, model, field in columns:
        if ids := moved.get(label):
            rows = model._base_manager.filter(pk__in=ids, **{field.attname: stays})
            rows.update(**{field.attname: back})


# --- What the journal says -------------------------------------------------------------------------------------------


def annul(ctx: Context, fact: Fact) -> None:
    """A correcting fact: this one is taken back."""
    ctx.emit(
        "journal.annulled",
        subject=fact.about,
        customer=fact.customer_id,
        data={"fact": fact.seq, "reason": None},
    )


def latest(kind: str, about: str, id: int) -> Fact:
    """The newest fact of this kind about a row."""
    return Fact.objects.filter(kind=kind, subject_kind=about, subject_id=str(id)).latest("seq")
