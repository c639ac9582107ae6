"""The public customer files that are tried and not shipped, labelled by row number in `lists/public.txt`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from ..columns import Mapping, guess, mapping_of
from ..reading import read_sheet
from ..shape import settle
from ..sheet import Row as RawRow
from .rows import Part, Row, part_of

FILES = ("hangzhou-hospitals.csv", "northwind-customers.csv")


@dataclass
class Public:
    """rows: (file, row number, cells, label); unclear: (file, row, row)."""

    rows: list[tuple[str, int, Row, str]] = field(default_factory=list)
    unclear: list[tuple[str, int, int]] = field(default_factory=list)


@cache
def labels() -> tuple[dict[tuple[str, int], int], tuple[tuple[str, int, int], ...]]:
    """(file, row) -> the first row of those that are the same customer; and the unclear pairs."""
    first: dict[tuple[str, int], int] = {}
    unclear: list[tuple[str, int, int]] = []
    text = (files(__package__) / "lists" / "public.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        mark, file, *numbers = line.split()
        rows = [int(number) for number in numbers]
        if mark == "same":
            first |= {(file, row): rows[0] for row in rows}
        elif mark == "unclear":
            unclear.append((file, rows[0], rows[1]))
        else:
            raise ValueError(line)
    return first, tuple(unclear)


_ORDER = (
    "contact.name", "account.phone", "", "account.address", "account.district", "account.city", "account.country",
)  # fmt: skip


def _row(kind: str, raw: RawRow, mapping: Mapping) -> Row:
    """The cells of a row of a public file, by what its columns mean."""

    def cell(field: str) -> str:
        column = mapping.column(field) if field else None
        found = raw.cells[column] if column is not None and column < len(raw.cells) else ""
        return "" if found == "NULL" else found

    return Row(cell("account.name"), kind, *(cell(field) for field in _ORDER))


def public(part: Part, folder: Path) -> Public:
    """The rows of one half: a customer with all its rows, and everything unclear about them, lies in one half whole."""
    made = Public()
    first, unclear = labels()
    for name in FILES:
        path = next((p for p in (folder / "import" / name, folder / name) if p.exists()), None)
        if path is None:
            continue
        sheet = settle(read_sheet(path.read_bytes(), name))
        mapping = mapping_of(guess(read_sheet(path.read_bytes(), name)))
        linked = _linked(name, first, unclear)
        for raw in sheet.rows:
            number = raw.number
            if part_of(f"{name} {linked.get(number, first.get((name, number), number))}") != part:
                continue

            kind = "institution" if "hospitals" in name else "foreign"
            row = _row(kind, raw, mapping)
            made.rows.append((name, number, row, f"{name} {first.get((name, number), number)}"))
        known = {number for file, number, _, _ in made.rows if file == name}
        made.unclear += [(f, a, b) for f, a, b in unclear if f == name and a in known and b in known]
    return made


def _linked(
    name: str, first: dict[tuple[str, int], int], unclear: tuple[tuple[str, int, int], ...]
) -> dict[int, int]:
    """Row -> one row that stands for all that are linked with it, surely or unclearly."""
    stands: dict[int, int] = {row: head for (file, row), head in first.items() if file == name}
    for file, one, other in unclear:
        if file == name:
            left, right = stands.get(one, one), stands.get(other, other)
            stands |= {row: left for row, head in stands.items() if head == right} | {one: left, other: left}
    return stands
