"""A look into the container of old Office files (Microsoft's [MS-CFB] and [MS-XLS]) before anything reads them.

The library that reads .xls trusts sizes written in the file; a hostile file can make it ask for more
memory than there is, which ends the whole process. So sizes are checked here, and what is not a workbook,
or is locked, is named.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .reasons import refuse
from .sheet import Limits

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST = 0xFFFFFFFA  # sector numbers from here on are markers
_CELLS = {0x0006, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E}
_CELL_RUNS = {0x00BD, 0x00BE}
_BOF = {0x0009, 0x0209, 0x0409, 0x0809}


class Damaged(Exception):
    """The container contradicts itself."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int


class Container:
    """The streams of a compound file, by name."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or not data.startswith(SIGNATURE):
            raise Damaged
        self.data = data
        (version,) = struct.unpack_from("<H", data, 26)
        shift, small_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or small_shift != 6 or version not in (3, 4):
            raise Damaged
        self.size = 1 << shift
        self.version = version
        fat_count, directory = struct.unpack_from("<II", data, 44)
        self.cutoff, small_start, small_count, extra, extra_count = struct.unpack_from("<IIIII", data, 56)
        places = list(struct.unpack_from("<109I", data, 76))
        walked = 0
        while extra < _LAST:
            walked += 1
            sector = self._sector(extra)
            if walked > extra_count or len(sector) < self.size:
                raise Damaged
            numbers = struct.unpack(f"<{self.size // 4}I", sector)
            places += numbers[:-1]
            extra = numbers[-1]
        places = [place for place in places if place < _LAST]
        if len(places) > len(data) // self.size + 1 or fat_count > len(data):
            raise Damaged
        self.fat = self._numbers(b"".join(self._sector(place) for place in places))
        self.entries = self._directory(self._chain(directory))
        self.small_fat = self._numbers(self._chain(small_start)) if small_count else []
        roots = [entry for entry in self.entries if entry.kind == 5]
        self.small = self._chain(roots[0].start) if roots else b""

    def stream(self, name: str) -> bytes:
        """The bytes of the stream called `name`; KeyError if there is none."""
        for entry in self.entries:
            if entry.kind == 2 and entry.name.lower() == name.lower():
                if entry.size > len(self.data):
                    raise Damaged
                if entry.size < self.cutoff and self.small_fat:
                    return self._small_chain(entry.start)[: entry.size]
                return self._chain(entry.start)[: entry.size]
        raise KeyError(name)

    def names(self) -> set[str]:
        """Names of all streams and folders, in lower case."""
        return {entry.name.lower() for entry in self.entries}

    def _sector(self, number: int) -> bytes:
        begin = (number + 1) * self.size
        if begin >= len(self.data):
            raise Damaged
        return self.data[begin : begin + self.size]

    @staticmethod
    def _numbers(raw: bytes) -> list[int]:
        return [number for (number,) in struct.iter_unpack("<I", raw[: len(raw) // 4 * 4])]

    def _chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        while start < _LAST:
            if len(parts) > len(self.fat) or start >= len(self.fat):
                raise Damaged
            parts.append(self._sector(start))
            start = self.fat[start]
        return b"".join(parts)

    def _small_chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        while start < _LAST:
            if len(parts) > len(self.small_fat) or start >= len(self.small_fat):
                raise Damaged
            parts.append(self.small[start * 64 : start * 64 + 64])
            start = self.small_fat[start]
        return b"".join(parts)

    def _directory(self, raw: bytes) -> list[_Entry]:
        if len(raw) % 128:
            raise Damaged
        entries = []
        for at in range(0, len(raw) - 127, 128):
            (length,) = struct.unpack_from("<H", raw, at + 64)
            kind = raw[at + 66]
            if kind not in (1, 2, 5) or not 2 <= length <= 64:
                continue
            name = raw[at : at + length - 2].decode("utf-16-le", "replace")
            (start,) = struct.unpack_from("<I", raw, at + 116)
            low, high = struct.unpack_from("<II", raw, at + 120)
            size = low if self.version == 3 else low + (high << 32)
            if kind == 2 and size > len(self.data):
                raise Damaged
            entries.append(_Entry(name, kind, start, size))
        return entries


def inspect_xls(data: bytes, limits: Limits) -> bool:
    """Raise Unreadable unless `data` is an unlocked workbook of sane size; True if it carries macros."""
    try:
        container = Container(data)
        names = container.names()
        if "encryptedpackage" in names or "encryptioninfo" in names:
            raise locked()
        if "worddocument" in names or "powerpoint document" in names:
            raise refuse(
                "file.kind",
                "这是 Word 或 PowerPoint 文件，不是表格。请另存为 xlsx 或 CSV。",
                "This is a Word or PowerPoint file, not a table. Save the table as xlsx or CSV.",
            )
        try:
            book = container.stream("Workbook")
        except KeyError:
            book = container.stream("Book")
        _inspect_records(book, limits)
    except (Damaged, KeyError, struct.error) as error:
        raise damaged() from error
    return bool({"_vba_project_cur", "vba", "_vba_project", "macros"} & names)


def locked() -> Exception:
    """The refusal of a file that needs a password."""
    return refuse(
        "file.locked",
        "文件有密码保护。请在表格软件中取消密码后再导入。",
        "The file is protected by a password. Remove the password in your spreadsheet program and try again.",
    )


def damaged() -> Exception:
    """The refusal of a file whose parts contradict one another."""
    return refuse(
        "file.damaged",
        "文件已损坏或不是表格。请用表格软件打开后另存为 xlsx 再试。",
        "The file is damaged or not a spreadsheet. Open it in your spreadsheet program, save it as xlsx, try again.",
    )


def too_many_cells(rows: int, columns: int) -> Exception:
    """The refusal of a table whose used area is beyond the limits."""
    return refuse(
        "file.cells",
        "表格范围过大（{rows} 行 × {columns} 列）。请删除多余的行列，或分成几个文件。",
        "The used area is too large ({rows} rows by {columns} columns). Delete what is not needed or split the file.",
        rows=rows,
        columns=columns,
    )


def _inspect_records(book: bytes, limits: Limits) -> None:
    """Walk the records once: locked? how large is each sheet? do announced sizes fit the bytes?"""
    at = 0
    rows = columns = 0
    seen_start = False
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        body = book[at + 4 : at + 4 + length]
        if len(body) < length:
            raise Damaged
        at += 4 + length
        if kind in _BOF:
            seen_start = True
            rows = columns = 0
        elif kind == 0 and length == 0:
            break
        elif kind == 0x002F:
            raise locked()
        elif kind == 0x00FC and length >= 8:
            if struct.unpack_from("<I", body, 4)[0] > len(book):
                raise Damaged
        elif kind == 0x0200:
            if length >= 14:
                first, last, left, right = struct.unpack_from("<IIHH", body, 0)
            elif length >= 8:
                first, last, left, right = struct.unpack_from("<HHHH", body, 0)
            else:
                raise Damaged
            if last < first or right < left:
                raise Damaged
            _check_area(last - first, right - left, limits)
        elif kind in _CELLS and length >= 4:
            row, column = struct.unpack_from("<HH", body, 0)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            _check_area(rows, columns, limits)
        elif kind in _CELL_RUNS and length >= 6:
            row, column = struct.unpack_from("<HH", body, 0)
            (last,) = struct.unpack_from("<H", body, length - 2)
            rows, columns = max(rows, row + 1), max(columns, last + 1, column + 1)
            _check_area(rows, columns, limits)
    if not seen_start:
        raise Damaged


def _check_area(rows: int, columns: int, limits: Limits) -> None:
    if rows * columns > limits.max_cells:
        raise too_many_cells(rows, columns)
