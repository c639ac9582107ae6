"""Files for the tests: the made-up ones beside this, and small ones made on the spot."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import xlsxwriter

FILES = Path(__file__).parent / "files"


def sample(name: str) -> bytes:
    return (FILES / name).read_bytes()


def workbook(rows, *, sheets: tuple[str, ...] = ("Sheet1",)) -> bytes:
    """An xlsx file; `rows` go into the first sheet, other sheets hold one word."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for index, name in enumerate(sheets):
        page = book.add_worksheet(name)
        if index:
            page.write(0, 0, "x")
            continue
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                page.write(number, column, value)
    book.close()
    return target.getvalue()


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """The zip file with one member put in place of, or beside, what it holds."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return target.getvalue()
