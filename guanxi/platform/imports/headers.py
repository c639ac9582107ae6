"""Find the row that names the columns, whatever stands above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from statistics import median

from .fields import FIELDS, normal
from .reasons import reason, refuse
from .sheet import Limits, Note, Row, distinct_names

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column of a merged area; rows numbered as in the file, columns from 0."""

_LOOK_AT = 15
_VALUE = re.compile(
    r"""^(?:
        [+-]?[\d.,]*\d[\d.,]*%?                      # a number
      | \d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?.*      # a date
      | [+(]?[\d\s()-]{6,}\d                          # a telephone number
      | \S+@\S+\.\S+
      | https?://\S+ | www\.\S+
      | .*(有限公司|有限责任公司|股份公司|Co\.,?\s*Ltd\.?|GmbH|Inc\.)
    )$""",
    re.X | re.I,
)


def find_header(
    rows: Sequence[Row], limits: Limits, merges: Sequence[Merge] = ()
) -> tuple[tuple[str, ...], int, list[Row], list[Note]]:
    """Split `rows` into names, the number of the header row, the data, and notes about what was passed over.

    Blank rows and titles above the header are passed over; a header of two rows under merged group names
    becomes one ("联系人 姓名"). Raises Unreadable when there is nothing, or nothing that names the columns.
    """
    filled = [row for row in rows if any(cell.strip() for cell in row.cells)]
    if not filled:
        raise refuse("file.empty", "文件里没有内容。", "There is nothing in the file.")
    usual = median(_count(row) for row in filled[: _LOOK_AT * 2])
    notes: list[Note] = []
    for index, row in enumerate(filled[:_LOOK_AT]):
        count = _count(row)
        sparse = usual >= 2 and (count < 2 or count < usual * 0.5) and index + 1 < len(filled)
        titled = count < 2 and any(_known(other) >= 2 for other in filled[index + 1 : index + 4])
        if (sparse or titled) and len(_groups(row, merges)) < 2:
            continue
        _must_name(row)
        names, last, below = _two_rows(row, filled[index + 1 :], merges)
        names = _trimmed(names, below)
        if len(names) > limits.max_columns:
            raise refuse(
                "file.columns",
                "列数过多（{n} 列，最多 {limit} 列）。",
                "Too many columns ({n}; at most {limit}).",
                n=len(names),
                limit=limits.max_columns,
            )
        if index:
            notes.append(
                Note(
                    reason(
                        "file.titles",
                        "表头在第 {row} 行，上面的 {n} 行标题未导入。",
                        "The header is in row {row}; {n} rows of title above it were not read.",
                        row=row.number,
                        n=index,
                    )
                )
            )
        return distinct_names(names), last, below, notes
    raise no_header()


def no_header() -> Exception:
    """The refusal of a table whose first row already holds data."""
    return refuse(
        "file.header",
        "没有找到表头：第一行应写明各列的名称（如“客户名称”“电话”）。",
        "There is no header: the first row must name the columns (such as “Name”, “Telephone”).",
    )


def _count(row: Row) -> int:
    return sum(1 for cell in row.cells if cell.strip())


def _known(row: Row) -> int:
    """How many cells are names that columns are known to have."""
    return sum(1 for cell in row.cells if normal(cell) in _names())


@cache
def _names() -> frozenset[str]:
    return frozenset(word for field in FIELDS for word in field.words)


def _must_name(row: Row) -> None:
    """A header is words: refuse when a third of the cells are values, or a cell is as long as prose."""
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    if any(len(cell) > 120 for cell in cells):
        raise no_header()
    if sum(1 for cell in cells if _VALUE.match(cell)) * 3 > len(cells):
        raise no_header()


def _groups(row: Row, merges: Sequence[Merge]) -> list[Merge]:
    """Cells merged across columns that end in this row: a title is one, names of groups are several."""
    return [m for m in merges if m[0] <= row.number == m[2] and m[3] > m[1]]


def _two_rows(top: Row, below: Sequence[Row], merges: Sequence[Merge]) -> tuple[list[str], int, list[Row]]:
    names = [cell for cell in top.cells]
    groups = _groups(top, merges)
    if not groups or not below or below[0].number != top.number + 1:
        return names, top.number, list(below)
    under = below[0].cells
    width = max(len(names), len(under))
    names += [""] * (width - len(names))
    for _, left, _, right in groups:
        for column in range(left, min(right, width - 1) + 1):
            part = under[column].strip() if column < len(under) else ""
            names[column] = f"{top.cells[left].strip()} {part}".strip()
    for column in range(width):
        if not names[column].strip() and column < len(under):
            names[column] = under[column]
    return names, below[0].number, list(below[1:])


def _trimmed(names: list[str], below: Sequence[Row]) -> list[str]:
    """Without the nameless columns on the right that hold nothing in any row."""
    while len(names) > 1 and not names[-1].strip():
        if any(len(row.cells) >= len(names) and row.cells[len(names) - 1].strip() for row in below):
            break
        names = names[:-1]
    return names
