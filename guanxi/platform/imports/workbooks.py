"""Spreadsheet files: xlsx, xlsm and xls by python-calamine, after their sizes have been checked."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from .headers import Merge, find_header
from .ole import damaged, inspect_xls, locked, too_many_cells
from .reasons import Reason, Unreadable, reason, refuse
from .sheet import Cells, Limits, Note, Row, Sheet, letters

_CELL = re.compile(rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Za-z]{1,4})(\d{1,9})[\"'][^<>]*?(/?)>")
_ERROR = re.compile(rb"<(?:\w+:)?c\s(?=[^<>]*?\bt=[\"']e[\"'])[^<>]*?\br=[\"']([A-Za-z]{1,4}\d{1,9})[\"']")
_UNCOMPUTED = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Za-z]{1,4}\d{1,9})[\"'][^<>]*?>\s*"
    rb"<(?:\w+:)?f\b[^<>]*?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
"""A formula whose result was not stored: what some programs write, and no reader can show."""
_CHUNK = 1 << 20
_EXACT = 10**15
_MOST_NAMED = 1_000


def read_xlsx(data: bytes, limits: Limits, *, sheet: str = "") -> Sheet:
    """A Sheet from an xlsx or xlsm file. Raises Unreadable."""
    return _read(data, limits, sheet, _inspect_zip(data, limits), "xlsx")


def read_xls(data: bytes, limits: Limits, *, sheet: str = "") -> Sheet:
    """A Sheet from an xls file (Excel 97 and older). Raises Unreadable."""
    return _read(data, limits, sheet, _Found(macros=inspect_xls(data, limits)), "xls")


@dataclass
class _Found:
    """What was seen while a workbook was measured: macros, the cells of formulas without a result, and those that hold an
    error (#N/A) instead of one."""

    macros: bool = False
    uncomputed: set[str] = field(default_factory=set)
    errors: set[str] = field(default_factory=set)


def bomb() -> Exception:
    """The refusal of a file that is small only while packed."""
    return refuse(
        "file.bomb",
        "文件解压后过大，已拒绝读取。请把数据复制到新的表格中再导入。",
        "The file grows too much when unpacked and was not read. Copy the data into a new workbook and try again.",
    )


def _inspect_zip(data: bytes, limits: Limits) -> _Found:
    """Raise Unreadable unless this is a workbook of sane size; what is to be told about it.

    Announced sizes are added up before anything is unpacked; then each part that will be read is
    unpacked once in pieces, against its announced size, while the used area is measured.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = {member.filename.lower() for member in members}
            _must_be_workbook(names)
            total = sum(member.file_size for member in members)
            if len(members) > 5_000 or total > limits.max_expanded:
                raise bomb()
            for member in members:
                packed = max(1, member.compress_size)
                if member.file_size > 1_000_000 and member.file_size / packed > limits.max_ratio:
                    raise bomb()
                if member.flag_bits & 1:
                    raise locked()
            found = _Found(macros=any(name.endswith("vbaproject.bin") for name in names))
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(member) as part:
                        _measure(part, member.filename.lower(), limits, found)
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise damaged() from error
    except (RuntimeError, KeyError, IndexError, OverflowError, MemoryError, LookupError) as error:
        raise damaged() from error


def _must_be_workbook(names: set[str]) -> None:
    if "xl/workbook.xml" in names:
        return
    if any(name.startswith("xl/") and name.endswith("workbook.bin") for name in names):
        raise _other_kind("xlsb")
    if "word/document.xml" in names:
        raise _other_kind("Word")
    if "ppt/presentation.xml" in names:
        raise _other_kind("PowerPoint")
    if "content.xml" in names:
        raise _other_kind("OpenDocument")
    raise refuse(
        "file.zip",
        "这是压缩包，不是表格。请先解压，再选择其中的表格文件。",
        "This is an archive, not a table. Unpack it and choose the table inside.",
    )


def _other_kind(kind: str) -> Unreadable:
    return refuse(
        "file.kind",
        "这是 {kind} 文件。请另存为 xlsx 或 CSV 再导入。",
        "This is a file of {kind}. Save it as xlsx or CSV and try again.",
        kind=kind,
    )


def _measure(part: IO[bytes], name: str, limits: Limits, found: _Found) -> None:
    """Unpack one part in pieces; for a sheet, find the largest row and column that hold a value, formulas that hold none,
    and errors."""
    is_sheet = "/worksheets/" in name
    rows = columns = 0
    rest = b""
    while chunk := part.read(_CHUNK):
        if not is_sheet:
            continue
        block = rest + chunk
        for column, row, empty in _CELL.findall(block):
            if not empty:
                rows = max(rows, int(row))
                columns = max(columns, _column_number(column))
        if rows * columns > limits.max_cells:
            raise too_many_cells(rows, columns)
        for cells, wanted in ((found.uncomputed, _UNCOMPUTED), (found.errors, _ERROR)):
            if len(cells) < _MOST_NAMED:
                cells.update(cell.decode("ascii").upper() for cell in wanted.findall(block))
        cut = max(block.rfind(b"<c "), block.rfind(b":c "), len(block) - 16_384)
        rest = block[cut:] if cut >= 0 else block


def _column_number(name: bytes) -> int:
    number = 0
    for letter in name.upper():
        number = number * 26 + letter - 64
    return number


def _read(data: bytes, limits: Limits, sheet: str, found: _Found, kind: str) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        about = [
            (meta.name, meta.visible == SheetVisibleEnum.Visible, index)
            for index, meta in enumerate(book.sheets_metadata)
        ]
        return _chosen(book, about, limits, sheet, found, kind)
    except PasswordError as error:
        raise locked() from error
    except (CalamineError, OSError, ValueError, TypeError, OverflowError, LookupError) as error:
        raise damaged() from error
    except BaseException as error:
        # A panic in the library's Rust code arrives as an exception that is no Exception.
        if type(error).__name__ == "PanicException":
            raise damaged() from error
        raise


def _chosen(
    book: Any, about: Sequence[tuple[str, bool, int]], limits: Limits, sheet: str, found: _Found, kind: str
) -> Sheet:
    """The named sheet, or the first visible one that holds something."""
    if sheet:
        wanted = [entry for entry in about if entry[0] == sheet]
        if not wanted:
            raise refuse(
                "file.sheet",
                "文件中没有名为“{name}”的工作表。",
                "There is no sheet called “{name}” in the file.",
                name=sheet,
            )
    else:
        wanted = [entry for entry in about if entry[1]] or list(about)
    for name, _, index in wanted:
        notes: list[Note] = []
        page = book.get_sheet_by_index(index)
        if page.total_height * page.total_width > limits.max_cells:
            raise too_many_cells(page.total_height, page.total_width)
        rows = _rows(page, limits, notes)
        if not rows and not sheet:
            continue
        merges = [
            (top + 1, left, bottom + 1, right)
            for (top, left), (bottom, right) in (page.merged_cell_ranges or [])
        ]
        header, header_row, below, above = find_header(rows, limits, merges)
        below = _filled_down(below, merges, notes)
        others = tuple(entry[0] for entry in about if entry[0] != name)
        return Sheet(
            header=header,
            rows=tuple(below),
            header_row=header_row,
            format=kind,
            name=name,
            other_sheets=others,
            notes=tuple(_about_file(others if not sheet else (), found) + above + notes),
        )
    raise refuse("file.empty", "文件里没有内容。", "There is nothing in the file.")


def _about_file(others: tuple[str, ...], found: _Found) -> list[Note]:
    notes = []
    if found.uncomputed:
        notes.append(
            Note(
                reason(
                    "file.formulas",
                    "有公式没有保存计算结果，读作空（{cells}）。请用表格软件打开、保存一次，再导入。",
                    "Formulas without a stored result were read as blank ({cells}). Open and save the file in a "
                    "spreadsheet program, then bring it in again.",
                    cells=_named(found.uncomputed),
                )
            )
        )
    if found.errors:
        notes.append(
            Note(
                reason(
                    "file.errors",
                    "有单元格是公式错误（如 #N/A），读作空（{cells}）。请改正后再导入。",
                    "Cells hold a formula's error (such as #N/A) and were read as blank ({cells}). Mend them, then bring the "
                    "file in again.",
                    cells=_named(found.errors),
                )
            )
        )
    if found.macros:
        notes.append(
            Note(
                reason(
                    "file.macros",
                    "文件含有宏，已忽略，不会运行。",
                    "The file contains macros. They were ignored and never run.",
                )
            )
        )
    if others:
        notes.append(
            Note(
                reason(
                    "file.sheets",
                    "文件还有其他工作表，未读取：{names}。",
                    "The file has other sheets, which were not read: {names}.",
                    names="、".join(others[:20]),
                )
            )
        )
    return notes


def _named(cells: set[str]) -> str:
    """The first of them."""
    ordered = sorted(cells, key=lambda cell: (len(cell), cell))
    return "、".join(ordered[:10]) + ("…" if len(ordered) > 10 else "")


def _rows(page: Any, limits: Limits, notes: list[Note]) -> list[Row]:
    rows: list[Row] = []
    seen = Cells()
    top, left = page.start or (0, 0)
    for offset, values in enumerate(page.to_python(skip_empty_area=True)):
        number = top + offset + 1
        cells = [""] * left
        for value in values:
            text, problem = as_text(value)
            if problem:
                notes.append(Note(problem, row=number, column=len(cells)))
            if len(text) > limits.max_cell_chars:
                raise refuse(
                    "file.cell",
                    "单元格 {cell} 超过 {limit} 字。",
                    "Cell {cell} has more than {limit} characters.",
                    cell=f"{letters(len(cells))}{number}",
                    limit=limits.max_cell_chars,
                )
            cells.append(text)
        if any(cell.strip() for cell in cells):
            rows.append(Row(number, seen.once(cells)))
        if len(rows) > limits.max_rows + 1:
            from .delimited import too_many_rows

            raise too_many_rows(limits)
    return rows


def as_text(value: object) -> tuple[str, Reason | None]:
    """A cell as the text that a person would read off it, and what is wrong with it.

    Dates become 2024-03-05, points in time 2024-03-05 14:30, whole numbers lose their ".0", booleans
    become TRUE and FALSE. Spreadsheets keep 15 digits of a number: of a longer code typed as a number the
    end is lost, and that is said.
    """
    if isinstance(value, str):
        return value, None
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), None
    if isinstance(value, int | float):
        if value != value or value in (float("inf"), float("-inf")):
            return "", None
        if float(value).is_integer():
            text = str(int(value))
            return text, (_digits_lost() if abs(value) >= _EXACT else None)
        return format(value, ".15g"), None
    if isinstance(value, datetime):
        if value.time() == time(0):
            return value.date().isoformat(), None
        return value.isoformat(sep=" ", timespec="seconds" if value.second else "minutes"), None
    if isinstance(value, date):
        return value.isoformat(), None
    if isinstance(value, time):
        return value.isoformat(timespec="seconds" if value.second else "minutes"), None
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60}:{minutes % 60:02d}", None
    return ("" if value is None else str(value)), None


def _digits_lost() -> Reason:
    return reason(
        "cell.digits",
        "数字超过 15 位，表格软件会丢失末尾几位，请改为文本格式核对。",
        "A number of more than 15 digits: spreadsheets lose the last ones. Store it as text and check it.",
    )


def _filled_down(rows: list[Row], merges: Sequence[Merge], notes: list[Note]) -> list[Row]:
    """Give each row under a cell merged downwards the value that it shows."""
    down = [merge for merge in merges if merge[1] == merge[3] and merge[2] > merge[0]]
    by_number = {row.number: index for index, row in enumerate(rows)}
    result = list(rows)
    filled = 0
    for top, column, bottom, _ in down[:10_000]:
        start = by_number.get(top)
        if start is None or column >= len(rows[start].cells) or not rows[start].cells[column]:
            continue
        for index in range(start + 1, len(rows)):
            if rows[index].number > bottom:
                break
            cells = list(result[index].cells)
            cells += [""] * (column + 1 - len(cells))
            if not cells[column]:
                cells[column] = rows[start].cells[column]
                result[index] = Row(rows[index].number, tuple(cells))
                filled += 1
    if filled:
        notes.append(
            Note(
                reason(
                    "file.merged",
                    "{n} 个单元格取自上方的合并单元格。",
                    "{n} cells took their value from the merged cell above.",
                    n=filled,
                )
            )
        )
    return result
