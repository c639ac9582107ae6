"""From the bytes of an uploaded file to a table, or to a clear refusal; nothing else."""

from __future__ import annotations

import re

from .delimited import read_delimited
from .encodings import binary
from .ole import SIGNATURE
from .reasons import Unreadable, refuse
from .sheet import Limits, Note, Row, Sheet
from .vcards import is_vcard, read_vcards
from .workbooks import read_xls, read_xlsx

__all__ = ["Limits", "Note", "Row", "Sheet", "Unreadable", "read_sheet"]

_ENDINGS = {"", "xlsx", "xlsm", "xltx", "xls", "xlt", "et", "csv", "tsv", "tab", "txt", "prn", "vcf", "vcard"}
_LOOKS_LIKE_ONE = re.compile(r"[a-z][a-z0-9]{0,5}")
"""What is no ending at all passes: "客户表 2026.11", "名单.第二版"."""
_KINDS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\0", "SQLite"),
)


def read_sheet(
    data: bytes,
    name: str = "",
    *,
    sheet: str = "",
    encoding: str = "",
    delimiter: str = "",
    limits: Limits | None = None,
) -> Sheet:
    """The table in `data`. What the file is, is read from its bytes; a `name` that ends like something else is refused.

    `sheet` names a sheet of a workbook (default: the first visible one that holds something); `encoding`
    and `delimiter` overrule the guesses for text files. Row numbers are those a spreadsheet shows, the
    first row of the file being 1. Raises Unreadable, and only that.
    """
    limits = limits or Limits()
    if len(data) > limits.max_bytes:
        raise refuse(
            "file.size",
            "文件过大（{size} MB，最大 {limit} MB）。请分成几个文件。",
            "The file is too large ({size} MB; at most {limit} MB). Split it.",
            size=f"{len(data) / 1e6:.1f}",
            limit=f"{limits.max_bytes / 1e6:.1f}",
        )
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in _ENDINGS and _LOOKS_LIKE_ONE.fullmatch(ending):
        raise refuse(
            "file.name",
            "文件名以 .{ending} 结尾，不是表格。请选择 xlsx、xls、CSV 或名片（vcf）文件。",
            "The file's name ends with .{ending}: not a table. Choose an xlsx, xls, CSV or vCard (vcf) file.",
            ending=ending,
        )
    if not data:
        raise refuse("file.empty", "文件是空的。", "The file is empty.")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return read_xlsx(data, limits, sheet=sheet)
    if data.startswith(SIGNATURE):
        return read_xls(data, limits, sheet=sheet)
    for mark, kind in _KINDS:
        if data.startswith(mark):
            raise refuse(
                "file.kind",
                "这是 {kind} 文件，不是表格。请选择 xlsx、xls 或 CSV 文件。",
                "This is a file of {kind}, not a table. Choose an xlsx, xls or CSV file.",
                kind=kind,
            )
    if data.startswith((b"\x09\x04\x06\x00", b"\x09\x02\x06\x00", b"\x09\x00\x04\x00", b"\x09\x08\x08\x00")):
        raise binary()
    if is_vcard(data):
        return read_vcards(data, limits)
    if ending in ("vcf", "vcard"):
        raise refuse(
            "file.cards",
            "文件名以 .{ending} 结尾，内容却不是名片（不以 BEGIN:VCARD 开头）。",
            "The file's name ends with .{ending}, but it holds no cards (it does not begin with BEGIN:VCARD).",
            ending=ending,
        )
    return read_delimited(data, limits, encoding=encoding, delimiter=delimiter)
