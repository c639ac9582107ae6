"""A small table of people from a file: xlsx, or CSV in UTF-8 or GB18030. Customers come in by the imports package, which
stands above this one and does far more."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from datetime import date
from typing import NamedTuple

from guanxi.platform.kernel import Text

MAX_BYTES = 2 * 1024 * 1024
MAX_EXPANDED = 40 * 1024 * 1024
MAX_MEMBERS = 1_000
MAX_CELLS = 200_000
"""Of the area that a sheet fills from its first row and column on: one cell far away would make a table of it all."""
XLSX = b"PK\x03\x04"
ENDINGS = ("", "xlsx", "xlsm", "csv", "txt", "tsv")
_CELL = re.compile(rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Za-z]{1,4})(\d{1,9})[\"']")


class Unreadable(ValueError):
    """The file is no table that can be read; `text` says why."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh, en)
        super().__init__(en)


class Line(NamedTuple):
    """A line of the table. row: its number as the spreadsheet shows it, the first one 1; blank lines count."""

    row: int
    cells: list[str]


def read_table(data: bytes, name: str = "") -> list[Line]:
    """The lines of the first sheet as text, blank ones left out. Raises Unreadable, and only that. name: of the file."""
    if name.rpartition(".")[2].lower() not in ENDINGS and "." in name:
        raise Unreadable("请选择 xlsx 或 CSV 文件", "Choose an xlsx or CSV file")
    if len(data) > MAX_BYTES:
        raise Unreadable("文件过大，最大 2 MB", "The file is too large; at most 2 MB")
    first, lines = _workbook(data) if data.startswith(XLSX) else (1, _delimited(data))
    numbered = (Line(row, line) for row, line in enumerate(lines, start=first))
    return [line for line in numbered if any(cell.strip() for cell in line.cells)]


def _workbook(data: bytes) -> tuple[int, list[list[str]]]:
    """The number of the first line that holds something, and the lines from there on."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            _measure(packed)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_index(0)
        rows = sheet.to_python()  # without the empty lines above
        top, _ = sheet.start or (0, 0)
    except (CalamineError, *DAMAGED) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(
            "无法读取这个文件，请另存为 xlsx 或 CSV", "This file cannot be read; save it as xlsx or CSV"
        ) from None
    return top + 1, [[_text(cell) for cell in row] for row in rows]


DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, IndexError, ValueError, RuntimeError, OSError)


def _measure(packed: zipfile.ZipFile) -> None:
    """Raise Unreadable where it would be too much once it is unpacked."""
    parts = packed.infolist()
    cells = 0
    if len(parts) <= MAX_MEMBERS and sum(part.file_size for part in parts) <= MAX_EXPANDED:
        for part in parts:
            if "/worksheets/" in part.filename.lower():
                places = _CELL.findall(packed.read(part))
                down = max((int(row) for _, row in places), default=0)
                across = max((_number(column) for column, _ in places), default=0)
                cells = max(cells, down * across)
        if cells <= MAX_CELLS:
            return
    raise Unreadable("文件过大", "The file is too large")


def _number(column: bytes) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - 64
    return number


def _delimited(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        first = text.partition("\n")[0]
        delimiter = max(",\t;", key=first.count)
        try:
            return list(csv.reader(io.StringIO(text), delimiter=delimiter))
        except csv.Error:
            break
    raise Unreadable(
        "无法读取这个文件，请另存为 xlsx 或 CSV", "This file cannot be read; save it as xlsx or CSV"
    )


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # telephone numbers kept as numbers
    return cell.isoformat() if isinstance(cell, date) else str(cell)
