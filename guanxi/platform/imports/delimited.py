"""Text files: CSV with comma, semicolon, tab or bar; quotes and line breaks within them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from .encodings import binary, decode
from .guarding import unguard
from .headers import find_header
from .reasons import Reason, Unreadable, reason, refuse
from .sheet import Cells, Limits, Note, Row, Sheet

DELIMITERS = (",", ";", "\t", "|")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MARKUP = re.compile(r"^\s*(<\?xml|<!doctype|<html|<table|<head|<meta|<style)", re.I)
_JSON = re.compile(r"^\s*[\[{]\s*[\"{\[]")


def read_delimited(
    data: bytes, limits: Limits, *, encoding: str = "", delimiter: str = "", name: str = ""
) -> Sheet:
    """A Sheet from the bytes of a text file. Raises Unreadable."""
    read = decode(data, encoding)
    text = read.text.removeprefix("\ufeff")
    if len(_CONTROL.findall(text[:100_000])) > max(2, len(text[:100_000]) // 200):
        raise binary()
    if _MARKUP.match(text):
        raise refuse(
            "file.markup",
            "这是网页或 XML，不是表格（有些系统把网页存成 .xls）。请用表格软件打开后另存为 xlsx。",
            "This is a web page or XML, not a table (some systems save pages as .xls). Open it and save it as xlsx.",
        )
    if _JSON.match(text):
        raise not_a_table()
    if not text.strip():
        raise refuse("file.empty", "文件里没有内容。", "There is nothing in the file.")
    notes = [Note(doubt) for doubt in read.doubts]
    separator, body, first = _separator_line(text)
    used_delimiter = delimiter or separator or _sniff(body)
    rows: list[Row] = []
    seen = Cells()
    for number, cells, torn, lines in _records(body, used_delimiter, first, limits):
        if torn:
            notes.append(Note(_torn(), row=number))
        notes += [Note(read.lines[line], row=number) for line in lines if line in read.lines]
        if any(cell.strip() for cell in cells):
            rows.append(Row(number, seen.once(unguard(cell) for cell in cells)))
        if len(rows) > limits.max_rows + 1:
            raise too_many_rows(limits)
    header, header_row, below, above = find_header(rows, limits)
    if len(header) == 1 and _is_prose(rows):
        raise not_a_table()
    return Sheet(
        header=header,
        rows=tuple(below),
        header_row=header_row,
        format="csv",
        encoding=read.encoding,
        delimiter=used_delimiter,
        name=name,
        notes=tuple(notes + above),
    )


def too_many_rows(limits: Limits) -> Exception:
    """The refusal of a table with more rows than one import may hold."""
    return refuse(
        "file.rows",
        "行数过多（一次最多 {limit} 行）。请分成几个文件导入。",
        "Too many rows (at most {limit} at a time). Split the file.",
        limit=limits.max_rows,
    )


def not_a_table() -> Exception:
    """The refusal of text that is no table."""
    return refuse(
        "file.table",
        "文件里是文字，不是表格。第一行应是各列名称，其余每行一个客户。",
        "The file holds text, not a table. The first row must name the columns, each further row one customer.",
    )


def _torn() -> Reason:
    return reason(
        "row.quotes",
        "引号不成对，可能读错，请核对。",
        "Quotation marks do not pair up; the row may have been read wrongly. Please check.",
    )


def _separator_line(text: str) -> tuple[str, str, int]:
    """Excel's own first line `sep=;` names the delimiter; it counts as a row."""
    match = re.match(r"sep=([,;\t|])\r?\n", text, re.I)
    return (match.group(1), text[match.end() :], 2) if match else ("", text, 1)


def _sniff(text: str) -> str:
    """The delimiter under which most rows have the same width above one; a comma when none has."""
    best, best_score = ",", 0.0
    head = text[:200_000]
    for candidate in DELIMITERS:
        if candidate not in head:
            continue
        widths: list[int] = []
        try:
            for cells in csv.reader(io.StringIO(head, newline=""), delimiter=candidate):
                if any(cell.strip() for cell in cells):
                    widths.append(len(cells))
                if len(widths) >= 200:
                    break
        except csv.Error:
            pass
        if not widths:
            continue
        width, often = Counter(widths).most_common(1)[0]
        if width < 2:
            width, often = widths[0], 1
        score = often / len(widths) * min(width, 6) ** 0.5 if width > 1 else 0.0
        if score > best_score + 1e-9:
            best, best_score = candidate, score
    return best


def _records(
    text: str, delimiter: str, first: int, limits: Limits
) -> Iterator[tuple[int, list[str], bool, range]]:
    """Number, cells, "quotes do not pair" and the file's lines of each record; blank lines count, as in a spreadsheet.

    A cell longer than a spreadsheet's is given as it is, for its row to be rejected; far longer ones refuse the file.
    """
    most = limits.max_cell_chars * 4
    csv.field_size_limit(max(131_072, most))
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=delimiter)
    number = first - 1
    while True:
        line = first + reader.line_num
        taken.clear()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _too_long(number, limits) from error
        longest = max(map(len, cells), default=0)
        if longest > limits.max_cell_chars and (longest > most or len(taken) > 50):
            raise _open_quote(number) if len(taken) > 50 else _too_long(number, limits)
        if len(cells) > limits.max_columns * 4:
            raise refuse(
                "file.columns",
                "第 {row} 行列数过多（{n} 列）。",
                "Row {row} has too many columns ({n}).",
                row=number,
                n=len(cells),
            )
        torn = False
        if '"' in "".join(taken):
            torn = not _pairs("".join(taken), delimiter)
            if torn and len(taken) > 1:
                raise _open_quote(number)
        yield number, cells, torn, range(line, first + reader.line_num)


def _pairs(raw: str, delimiter: str) -> bool:
    """True when the record's quotation marks are as the format has them."""
    try:
        list(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _open_quote(number: int) -> Unreadable:
    return refuse(
        "file.quotes",
        "第 {row} 行的引号没有结束，后面的行无法分开。请补上引号，或在表格软件中另存为 xlsx。",
        "A quotation mark opened in row {row} is never closed properly, so the rows after it cannot be told apart. "
        "Close it, or save the table as xlsx.",
        row=number,
    )


def _too_long(number: int, limits: Limits) -> Unreadable:
    return refuse(
        "file.cell",
        "第 {row} 行有单元格超过 {limit} 字。",
        "Row {row} has a cell of more than {limit} characters.",
        row=number,
        limit=limits.max_cell_chars,
    )


def _is_prose(rows: list[Row]) -> bool:
    """A file of one column is a list of names when its lines are short and few end like sentences."""
    cells = [row.cells[0].strip() for row in rows]
    sentences = sum(1 for cell in cells if cell.endswith(("。", ".", "！", "？", "!", "?", "：", ";", "}")))
    return len(cells) < 2 or max(len(cell) for cell in cells) > 200 or sentences * 4 > len(cells)
