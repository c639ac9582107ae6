"""Write tables for people: CSV (UTF-8 with byte order mark, or GB18030) and xlsx.

No exported text starts a formula: `guarding` says how. Everything is written as text except int, float,
Decimal, date and datetime given as such, which xlsx stores as numbers and dates.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from .guarding import guard
from .reasons import Reason, reason
from .sheet import Sheet
from .values import clean_text

Cell = str | int | float | bool | Decimal | date | datetime | None
CSV_ENCODINGS = ("utf-8-sig", "gb18030")
_MAX_XLSX_TEXT = 32_767
_MAX_XLSX_ROWS = 1_048_576


class TooLarge(Exception):
    """A table that the format cannot hold; `reason` says which bound."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.text.en)
        self.reason = why


def csv_lines(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, encoding: str = "utf-8-sig"
) -> Iterator[bytes]:
    """The file in pieces, for streaming answers. `encoding` is one of CSV_ENCODINGS."""
    if encoding not in CSV_ENCODINGS:
        raise ValueError(f"encoding must be one of {CSV_ENCODINGS}")
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    if encoding == "utf-8-sig":
        yield b"\xef\xbb\xbf"
    yield _csv_line(header).encode(plain)
    for row in rows:
        yield _csv_line(row).encode(plain)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, encoding: str = "utf-8-sig") -> bytes:
    """The whole file as `csv_lines` gives it."""
    return b"".join(csv_lines(header, rows, encoding=encoding))


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, name: str = "Sheet1") -> bytes:
    """A workbook of one sheet with a frozen, bold header. Raises TooLarge rather than drop a row."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    page = book.add_worksheet(_sheet_name(name))
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    page.freeze_panes(1, 0)
    for column, title in enumerate(header):
        page.write_string(0, column, clean_text(title)[:_MAX_XLSX_TEXT], bold)
    for number, row in enumerate(rows, start=1):
        if number >= _MAX_XLSX_ROWS:
            book.close()
            raise TooLarge(
                reason(
                    "export.rows",
                    "xlsx 最多 1,048,576 行，请改用 CSV。",
                    "An xlsx file holds at most 1,048,576 rows; use CSV.",
                )
            )
        for column, value in enumerate(row):
            if value is None or value == "":
                continue
            if isinstance(value, bool):
                page.write_boolean(number, column, value)
            elif isinstance(value, (int, float, Decimal)) and -(10**15) < value < 10**15:
                page.write_number(number, column, value)
            elif isinstance(value, datetime):
                page.write_datetime(number, column, value.replace(tzinfo=None), moment)
            elif isinstance(value, date):
                page.write_datetime(number, column, datetime(value.year, value.month, value.day))  # noqa: DTZ001
            else:
                page.write_string(number, column, _fitting(clean_text(str(value))))
    book.close()
    return target.getvalue()


def _fitting(text: str) -> str:
    """As much as a spreadsheet's cell holds, and a word where that is not all."""
    return (
        text
        if len(text) <= _MAX_XLSX_TEXT
        else text[: _MAX_XLSX_TEXT - 30] + "……（全文见 CSV；all of it: CSV）"
    )


def rejected_rows(
    sheet: Sheet,
    reasons: Mapping[int, Sequence[tuple[str, Reason]]],
    *,
    titles: tuple[str, str] = ("行号", "未导入的原因"),
    language: str = "zh",
) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows of a table of exactly the failed rows, each cell as it came, reasons at the end.

    `reasons` is row number -> (column name, reason) pairs. The row number stands in the last column but
    one, so that the corrected file can be imported again with the same mapping.
    """
    failed = [row for row in sheet.rows if row.number in reasons]
    width = max([len(sheet.header), *(len(row.cells) for row in failed)])
    header = [*sheet.header, *([""] * (width - len(sheet.header))), *titles]
    colon = ": " if language == "en" else "："
    table: list[list[Cell]] = []
    for row in failed:
        said = "; ".join(
            f"{column}{colon}{why.text.in_language(language)}" if column else why.text.in_language(language)
            for column, why in reasons[row.number]
        )
        table.append([*row.cells, *([""] * (width - len(row.cells))), str(row.number), said])
    return header, table


def _csv_line(cells: Sequence[Cell]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([_csv_text(cell) for cell in cells])
    return buffer.getvalue()


def _csv_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float | Decimal):
        return str(cell)
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return guard(clean_text(cell))


def _sheet_name(name: str) -> str:
    safe = "".join(" " if character in "[]:*?/\\'" else character for character in clean_text(name))
    return safe.strip()[:31] or "Sheet1"
