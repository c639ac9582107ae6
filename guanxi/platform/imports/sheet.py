"""The table that every reader produces, and the limits that every reader keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .reasons import Reason


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds while reading; each is refused with a message that names it.

    Bytes for `max_bytes` and `max_expanded`; `max_ratio` is expanded size over packed size of one
    member of a workbook (only looked at above 1 MB); `max_cells` counts the filled rectangle.
    """

    max_bytes: int = 20_000_000
    max_expanded: int = 300_000_000
    max_ratio: int = 200
    max_rows: int = 100_000
    max_columns: int = 300
    max_cells: int = 5_000_000
    max_cell_chars: int = 32_767


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as the spreadsheet shows it, and its cells as text."""

    number: int
    cells: tuple[str, ...]


class Cells:
    """Cells of few words (a post, a grade) are one object wherever they stand: the first thousands of different ones."""

    _MOST = 5000

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def once(self, cells: Iterable[str]) -> tuple[str, ...]:
        """The same cells, sharing what was seen before."""
        known = self._known
        if len(known) < self._MOST:
            return tuple([known.setdefault(cell, cell) for cell in cells])
        return tuple([known.get(cell, cell) for cell in cells])


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about the file (row 0), one row, or one cell of it (column counts from 0)."""

    reason: Reason
    row: int = 0
    column: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A table as it stood in the file.

    `header` holds the names of the columns, `rows` everything below that is not blank. Rows of a text
    file may be wider or narrower than the header; `shape.settle` deals with them.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    header_row: int = 1
    format: str = "csv"
    encoding: str = ""
    delimiter: str = ""
    name: str = ""
    other_sheets: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def general(self) -> tuple[Reason, ...]:
        """What there is to know about the file as a whole."""
        return tuple(note.reason for note in self.notes if not note.row)

    def column(self, index: int) -> list[str]:
        """The cells of one column; rows too short for it give ''."""
        return [row.cells[index] if index < len(row.cells) else "" for row in self.rows]


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Column names without blanks and repetitions: the second "电话" becomes "电话 (2)"."""
    seen: dict[str, int] = {}
    taken = set(names)
    result = []
    for position, raw in enumerate(names):
        name = " ".join(raw.split()) or f"({letters(position)})"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            number = seen[name]
            while f"{name} ({number})" in taken:
                number += 1
            name = f"{name} ({number})"
            taken.add(name)
        result.append(name)
    return tuple(result)


def letters(position: int) -> str:
    """The spreadsheet's name of a column: 0 is A, 26 is AA."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(65 + rest) + name
    return name
