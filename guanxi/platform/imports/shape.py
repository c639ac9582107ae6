"""Rows wider or narrower than the header are never shifted silently.

A comma that nobody quoted makes one cell two, and every cell after it slides under the wrong name. What each
column holds is learnt from the rows of the right width; a row too wide is tried with every way of joining
neighbours, a row too narrow with every way of putting blanks in. Where exactly one way fits all columns it is
taken and reported as doubtful together with the row as it stood; otherwise the row is rejected. A column of few
words (a country, a post) first takes only words seen in it; where nothing fits so, any of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb

from .kinds import Column, learn
from .reasons import Reason, reason
from .sheet import Row, Sheet

_MOST_EXTRA = 3
_LEAST_ROWS = 5
_MOST_WAYS = 5_000


@dataclass(frozen=True)
class Repair:
    """A row that was given the right width: as it stood, as it is read now, and what to say about it."""

    row: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    column: str
    reason: Reason


@dataclass(frozen=True)
class Settled:
    """Rows that all have the header's width; those repaired; those that could not be read."""

    rows: tuple[Row, ...]
    repairs: tuple[Repair, ...]
    rejected: tuple[tuple[int, Reason], ...]


def settle(sheet: Sheet) -> Settled:
    """Give every row of `sheet` the header's width, or say why not. Each row lands in `rows` or `rejected`."""
    width = len(sheet.header)
    cut = [_without_empty_tail(row, width) for row in sheet.rows]
    good = [row for row in cut if len(row.cells) == width]
    columns: list[Column] = []
    rows: list[Row] = []
    repairs: list[Repair] = []
    rejected: list[tuple[int, Reason]] = []
    for row in cut:
        if len(row.cells) == width:
            rows.append(row)
            continue
        if not columns and len(good) >= _LEAST_ROWS:
            columns = [learn([each.cells[index] for each in good]) for index in range(width)]
        outcome = _repair(row, sheet.header, columns, sheet.delimiter or ",")
        if isinstance(outcome, Repair):
            repairs.append(outcome)
            rows.append(Row(row.number, outcome.after))
        else:
            rejected.append((row.number, outcome))
    return Settled(tuple(rows), tuple(repairs), tuple(rejected))


def _without_empty_tail(row: Row, width: int) -> Row:
    """Blank cells beyond the header shift nothing; workbooks leave blank cells at the end away."""
    cells = row.cells
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    return row if cells is row.cells else Row(row.number, cells)


def _repair(row: Row, header: tuple[str, ...], columns: list[Column], delimiter: str) -> Repair | Reason:
    width, found = len(header), len(row.cells)
    if abs(found - width) > _MOST_EXTRA or not columns:
        return _unknown(found, width)
    if comb(max(found, width), abs(found - width)) > _MOST_WAYS:
        return _unknown(found, width)
    seen: dict[tuple[int, str, bool], bool] = {}

    def fits(index: int, cell: str, known_words: bool) -> bool:
        key = (index, cell, known_words)
        if key not in seen:
            seen[key] = columns[index].fits(cell, known_words=known_words)
        return seen[key]

    ways = dict(_joined(row.cells, width, delimiter) if found > width else _padded(row.cells, width))
    fitting: dict[tuple[str, ...], tuple[int, ...]] = {}
    for known_words in (True, False):
        fitting = {
            cells: places
            for cells, places in ways.items()
            if all(fits(index, cell, known_words) for index, cell in enumerate(cells))
        }
        if fitting:
            break
    if not fitting:
        return _unknown(found, width)
    if len(fitting) > 1:
        return _several(found, width)
    (cells, places), *_ = fitting.items()
    names = "、".join(dict.fromkeys(header[place] for place in places))
    if found > width:
        why = reason(
            "row.wide",
            "该行多出 {n} 列，可能有未加引号的分隔符。按“{names}”为“{value}”读取，请核对。",
            "The row has {n} columns too many, probably from a delimiter without quotes. "
            "Read with {names} as “{value}”. Please check.",
            n=found - width,
            names=names,
            value="; ".join(dict.fromkeys(cells[place] for place in places)),
        )
    else:
        why = reason(
            "row.narrow",
            "该行少了 {n} 列。按“{names}”为空读取，请核对。",
            "The row lacks {n} columns. Read with {names} left blank. Please check.",
            n=width - found,
            names=names,
        )
    return Repair(row.number, row.cells, cells, names, why)


def _joined(
    cells: tuple[str, ...], width: int, delimiter: str
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Every way to come down to `width` by joining neighbours, with the columns that were joined."""
    for places in combinations_with_replacement(range(width), len(cells) - width):
        joined: list[str] = []
        at = 0
        for column in range(width):
            take = 1 + places.count(column)
            joined.append(delimiter.join(cells[at : at + take]))
            at += take
        yield tuple(joined), places


def _padded(cells: tuple[str, ...], width: int) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Every way to come up to `width` by putting blanks in, with the columns left blank."""
    for gaps in combinations_with_replacement(range(len(cells) + 1), width - len(cells)):
        padded: list[str] = []
        places: list[int] = []
        for index in range(len(cells) + 1):
            for _ in range(gaps.count(index)):
                places.append(len(padded))
                padded.append("")
            if index < len(cells):
                padded.append(cells[index])
        yield tuple(padded), tuple(places)


def _several(found: int, width: int) -> Reason:
    return reason(
        "row.width.several",
        "该行有 {found} 列，表头有 {width} 列，有不止一种读法，未导入。请给含分隔符的内容加引号。",
        "The row has {found} columns, the header {width}, and there is more than one way to read it; not imported. "
        "Put quotes around text that holds the delimiter.",
        found=found,
        width=width,
    )


def _unknown(found: int, width: int) -> Reason:
    return reason(
        "row.width",
        "该行有 {found} 列，表头有 {width} 列，无法对应，未导入。请给含分隔符的内容加引号。",
        "The row has {found} columns, the header {width}, and they cannot be matched; not imported. "
        "Put quotes around text that holds the delimiter.",
        found=found,
        width=width,
    )
