"""What a sheet may hold beside customers: rows that belong to customers there are. Each domain declares its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guanxi.platform.imports.columns import Guess, guess_among
from guanxi.platform.imports.columns import Mapping as Columns
from guanxi.platform.imports.fields import FIELDS, OTHER, Field, more_fields, normal
from guanxi.platform.imports.programs import recognise
from guanxi.platform.imports.sheet import Sheet
from guanxi.platform.kernel import Text

CUSTOMERS = "customers"
TITLE = Text("客户", "Customers")


@dataclass(frozen=True)
class Sort:
    """One sort of rows.

    name, title: 'orders', 订单. subject: the kind of row that comes about. fields: what columns may hold, the first
    three being what tells the customer (see `whose`). needed: fields without which nothing can be read, each with what to
    say. telling: names of columns that only a sheet of this sort has. looks: whether a value looks like
    one of a field. reading(file): reads the rows of one file (see `histories.Reading`). row_action, undo_action: enter one
    row, take some back. there(ids): of the rows that came about those that are there, with their customer. held(ids):
    those of them to which something else points. lost(lines): those of an import's lines whose row is gone. url(id), list_page:
    where they are looked at. examples: (header, two cells) of the template.
    """

    name: str
    title: Text
    subject: str
    fields: tuple[Field, ...]
    needed: Mapping[str, Text]
    telling: frozenset[str]
    looks: Mapping[str, Callable[[str], bool]]
    reading: Callable[[Any], Any]
    row_action: str
    undo_action: str
    there: Callable[[Sequence[int]], Mapping[int, int]]
    held: Callable[[Sequence[int]], set[int]]
    lost: Callable[[Any], Any]
    list_page: str
    examples: Sequence[tuple[str, str, str]] = field(default=())


_sorts: dict[str, Sort] = {}


def telling(words: str) -> frozenset[str]:
    """Names of columns, as headers are compared."""
    return frozenset(normal(word.replace("_", " ")) for word in words.split())


def declare(sort: Sort) -> Sort:
    """Register a sort; a name is declared once."""
    if sort.name in _sorts or sort.name == CUSTOMERS:
        raise ValueError(f"{sort.name} is declared twice")
    _sorts[sort.name] = sort
    return sort


def all_sorts() -> list[Sort]:
    """Every sort beside customers."""
    return list(_sorts.values())


def the_sort(name: str) -> Sort:
    """A sort that is not customers. KeyError for an unknown one."""
    return _sorts[name]


def sort_of(run: Any) -> Sort | None:
    """What an import holds; None for customers."""
    return _sorts.get(run.what)


def sort_called(name: str) -> Sort | None:
    """The sort of this name; None for customers. KeyError for an unknown one."""
    return None if name == CUSTOMERS else _sorts[name]


def names() -> list[str]:
    """Everything that a sheet may be said to hold."""
    return [CUSTOMERS, *_sorts]


def fields_of(what: str) -> list[Field]:
    """What a column of a sheet that holds this may go into: our fields, then those of the company's own."""
    sort = sort_called(what)
    return [*(FIELDS if sort is None else sort.fields), *more_fields(what)]


def targets_of(what: str) -> frozenset[str]:
    """The names of what such a column may go into; '' leaves it out."""
    return frozenset({"", OTHER, *(each.name for each in fields_of(what))})


def what_is(sheet: Sheet) -> str:
    """What a sheet holds, by the names of its columns: customers unless all that another sort needs is there, and a column
    that only it has."""
    if recognise(sheet.header) is not None:
        return CUSTOMERS
    headers = {normal(name) for name in sheet.header}
    best, most = CUSTOMERS, 0
    for sort in _sorts.values():
        mapped = {guess.field for guess in guess_among(sheet, sort.fields, sort.looks)}
        found = len(sort.telling & headers)
        if mapped.issuperset(sort.needed) and found > most:
            best, most = sort.name, found
    return best


def guessed(sort: Sort, sheet: Sheet) -> tuple[Columns, list[Guess]]:
    """The guessed mapping of a sheet of this sort: what has no field is kept with the row, under its column's name."""
    from .planning import is_no_data

    guesses = guess_among(sheet, (*sort.fields, *more_fields(sort.name)), sort.looks)
    fields = {guess.column: guess.field for guess in guesses if guess.field}
    for index, header in enumerate(sheet.header):
        if (
            index not in fields
            and not is_no_data(header)
            and any(cell.strip() for cell in sheet.column(index))
        ):
            fields[index] = OTHER
    return Columns(fields, sheet.header), guesses


def unmapped(sort: Sort, mapping: Columns) -> Text | None:
    """What is missing from a mapping, in words."""
    for name, words in sort.needed.items():
        if mapping.column(name) is None:
            return words
    if not any(mapping.column(each.name) is not None for each in sort.fields[:3]):
        return Text(
            "请指定哪一列说明是哪位客户：名称、客户编号或统一社会信用代码",
            "Say which column tells the customer: name, customer number or credit code",
        )
    return None
