"""A spreadsheet written while it is sent: rows go into the packed file as they come, and no more than a portion is ever held.

Only what lists need: one sheet with a frozen bold head, texts inline, numbers, days and times. (ECMA-376, parts 1 and 2;
libraries write the whole file before its first byte can leave.)
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import IO, Any, cast
from xml.sax.saxutils import escape

CELL = 32_767
"""Characters that a cell holds."""
PIECE = 65_536
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (a spreadsheet's times know no zone)
_FIRST_DAY = date(1900, 3, 1)
"""Before it a spreadsheet counts a day that never was."""
_EXACT = 10**15
"""From here on a spreadsheet's numbers lose digits: they are written as text."""
_NEVER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_TIME, _DAY, _BOLD = 1, 2, 3
_HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets><sheet name="Sheet1" sheetId="1" '
    'r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{_REL}/styles" '
    'Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" '
    'formatCode="yyyy\\-mm\\-dd\\ hh:mm"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts><fonts count="2">'
    '<font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" '
    'fillId="0" borderId="0" xfId="0"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" '
    'applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>',
}


class _Sent:
    """What the packer writes, to be taken away piece by piece. It cannot be gone back in, as a connection cannot."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        whole = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return whole


def xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The file in pieces. Cells are text, numbers, days or times (without a zone); nothing is ever a formula."""
    sent = _Sent()
    with zipfile.ZipFile(cast(IO[bytes], sent), "w", zipfile.ZIP_DEFLATED, compresslevel=3) as book:
        for name, text in _PARTS.items():
            book.writestr(name, _HEADER + text)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write((_HEADER + _beginning(head)).encode())
            lines: list[str] = []
            for number, row in enumerate(rows, start=2):
                lines.append(_row(number, row))
                if len(lines) >= 200:
                    sheet.write("".join(lines).encode())
                    lines.clear()
                    if sent.size > PIECE:
                        yield sent.take()
            sheet.write(("".join(lines) + "</sheetData></worksheet>").encode())
    yield sent.take()


def _beginning(head: Sequence[str]) -> str:
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{max(10, min(40, 2 * len(words) + 4))}" customWidth="1"/>'
        for n, words in enumerate(head, start=1)
    )
    cells = "".join(_text(f"{column(place)}1", words, f' s="{_BOLD}"') for place, words in enumerate(head))
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>{f"<cols>{widths}</cols>" if widths else ""}'
        f'<sheetData><row r="1">{cells}</row>'
    )


def _row(number: int, row: Sequence[Any]) -> str:
    cells = []
    for place, value in enumerate(row):
        if value is None or value == "":
            continue
        where = f"{column(place)}{number}"
        if isinstance(value, str):
            cells.append(_text(where, value))
        elif isinstance(value, date) and _is_countable(value):
            style = _TIME if isinstance(value, datetime) else _DAY
            cells.append(f'<c r="{where}" s="{style}"><v>{_serial(value)}</v></c>')
        elif (
            isinstance(value, int | float | Decimal)
            and not isinstance(value, bool)
            and -_EXACT < value < _EXACT
        ):
            cells.append(f'<c r="{where}"><v>{value}</v></c>')
        else:
            cells.append(_text(where, str(value)))
    return f'<row r="{number}">{"".join(cells)}</row>'


def _text(where: str, text: str, style: str = "") -> str:
    return (
        f'<c r="{where}" t="inlineStr"{style}><is><t xml:space="preserve">{clean(text[:CELL])}</t></is></c>'
    )


def clean(text: str) -> str:
    """Text as the file's XML takes it: signs that XML cannot hold as spreadsheets write them, others left out."""
    if text.isprintable() and "_x" not in text:
        return escape(text)
    text = _LOOKS_ESCAPED.sub("_x005F_", _NEVER.sub("", text))
    return escape(_CONTROL.sub(lambda sign: f"_x{ord(sign.group()):04X}_", text))


def _is_countable(value: date) -> bool:
    return (value.date() if isinstance(value, datetime) else value) >= _FIRST_DAY


def _serial(value: date) -> str:
    """Days since the epoch of spreadsheets, with the time as their fraction."""
    if isinstance(value, datetime):
        return f"{(value - _EPOCH).total_seconds() / 86_400:.10f}".rstrip("0").rstrip(".")
    return str((value - _EPOCH.date()).days)


@lru_cache(maxsize=1000)
def column(place: int) -> str:
    """A column's letters: 0 is A."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
