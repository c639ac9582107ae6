"""A list's columns, and the rows as they stand in its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from guanxi.platform.kernel import Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    value: from a row; else the attribute or dictionary key called `key` ('manager.name' and 'manager__name' go
    deeper). sort: the field to sort by, '' for none; nullable: that field may be null (those rows come last).
    form: text, when, planned (a time in a diary), day, number, money, percent, state. lead: the row's name, its link.
    shown: without being asked for. phone: shown on a phone's card. url(row): the cell's own link. export(row): the cell
    in a file.
    """

    key: str
    label: Text
    value: Callable[[Any], Any] | None = None
    sort: str = ""
    nullable: bool = False
    form: str = "text"
    lead: bool = False
    shown: bool = True
    phone: bool = True
    url: Callable[[Any], str] | None = None
    export: Callable[[Any], Any] | None = None

    def of(self, row: Any) -> Any:
        return self.value(row) if self.value else reach(row, self.key)

    @property
    def css(self) -> str:
        parts = [
            "num" if self.form in ("number", "money", "percent") else "",
            "lead" if self.lead else "",
            "" if self.phone else "phone-hide",
        ]
        return " ".join(p for p in parts if p)


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column
    value: Any
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """html: the cells as they stand in the table."""

    id: Any
    url: str
    cells: list[Cell]
    html: SafeString


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: its link sorts, the sort of now is said to screen readers."""

    column: Column
    url: str = ""
    sorted: str = ""  # ascending, descending or ''


def reach(row: Any, path: str) -> Any:
    """What stands at a path of attributes or keys ('manager__name'); '' or None where it ends early."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    for part in path.replace(".", "__").split("__"):
        if row is None:
            return None
        row = (
            row.get(part if part != "pk" else "id") if isinstance(row, Mapping) else getattr(row, part, None)
        )
    return row
