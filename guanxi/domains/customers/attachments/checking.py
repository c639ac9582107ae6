"""What a file is, by its content; what it may be called. Nothing of it is unpacked, run or shown."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from typing import IO

from guanxi.platform.kernel import Text

HEAD = 4096
MEMBERS = 10_000
"""So many entries an office document may list."""
NAME = 120
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Signs that are not seen, and those that turn the direction: annexe‮fdp.exe looks like a PDF."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken: its words, and how its name may end."""

    label: Text
    endings: tuple[str, ...]


KINDS: dict[str, Kind] = {
    "pdf": Kind(Text("PDF", "PDF"), ("pdf",)),
    "ofd": Kind(Text("OFD", "OFD"), ("ofd",)),
    "docx": Kind(Text("Word 文档", "Word document"), ("docx",)),
    "xlsx": Kind(Text("Excel 表格", "Excel table"), ("xlsx",)),
    "pptx": Kind(Text("PPT 演示", "Slides"), ("pptx",)),
    "office": Kind(Text("旧版 Office 文件", "Older Office file"), ("doc", "xls", "ppt", "wps", "et", "dps")),
    "jpg": Kind(Text("照片", "Photograph"), ("jpg", "jpeg")),
    "png": Kind(Text("图片", "Picture"), ("png",)),
    "gif": Kind(Text("图片", "Picture"), ("gif",)),
    "webp": Kind(Text("图片", "Picture"), ("webp",)),
    "heic": Kind(Text("照片", "Photograph"), ("heic", "heif")),
    "text": Kind(Text("文本", "Text"), ("txt", "csv")),
}
PICTURES = ("jpg", "png", "gif", "webp", "heic")
ENDINGS = tuple(ending for kind in KINDS.values() for ending in kind.endings)
SAID = Text(
    "PDF、OFD、Word、Excel、PPT、图片（jpg、png、gif、webp、heic）、文本（txt、csv）",
    "PDF, OFD, Word, Excel, slides, pictures (jpg, png, gif, webp, heic), text (txt, csv)",
)


class Unfit(Exception):
    """Why a file is not taken."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


def clean_name(given: str) -> str:
    """The file's own name as a text: without folders, unseen signs and what turns the direction of writing."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = " ".join(_HIDDEN.sub("", last).split()).strip(". ")
    if not name:
        return "file"
    stem, dot, ending = name.rpartition(".")
    if len(name) > NAME and dot and len(ending) < 10:
        return f"{stem[: NAME - len(ending) - 1]}.{ending}"
    return name[:NAME]


def kind_of(name: str, file: IO[bytes]) -> str:
    """The kind of a file by its content. Unfit where it is none that is taken, holds macros, or is called otherwise."""
    file.seek(0)
    found = _by_content(file.read(HEAD), file)
    file.seek(0)
    if not found:
        raise Unfit(
            f"这种文件不能上传；可以上传：{SAID.zh}", f"This kind of file is not taken; taken are: {SAID.en}"
        )
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in KINDS[found].endings:
        label = KINDS[found].label
        raise Unfit(
            f"文件名以“.{ending}”结尾，内容却是{label.zh}；请改正文件名再上传"
            if ending
            else f"文件名没有后缀，内容是{label.zh}；请加上后缀（.{KINDS[found].endings[0]}）再上传",
            f"Its name ends in “.{ending}”, but it is: {label.en}. Please correct the name first"
            if ending
            else f"Its name has no ending, and it is: {label.en}. Please add .{KINDS[found].endings[0]}",
        )
    return found


def _by_content(head: bytes, file: IO[bytes]) -> str:
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"heif", b"msf1"):
        return "heic"
    if head.startswith(b"PK\x03\x04"):
        return _packed(file)
    if head.startswith(_OLE):
        return _old_office(file)
    return "text" if head and _is_text(head, file) else ""


def _packed(file: IO[bytes]) -> str:
    """A document that is a ZIP inside: only its table of contents is read."""
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise Unfit("文件已损坏，打不开", "The file is damaged and cannot be opened") from None
    if len(names) > MEMBERS:
        raise Unfit("文件内部的条目太多", "There are too many entries in this file")
    lower = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") for name in lower):
        raise _with_macros()
    for found, sign in (
        ("docx", "word/document.xml"),
        ("xlsx", "xl/workbook.xml"),
        ("pptx", "ppt/presentation.xml"),
        ("ofd", "ofd.xml"),
    ):
        if sign in lower:
            return found
    return ""


def _old_office(file: IO[bytes]) -> str:
    """A compound file of before 2007, which may hold macros under a name that is always the same."""
    file.seek(0)
    before = b""
    while piece := file.read(1 << 20):
        if _OLE_MACROS in before + piece:
            raise _with_macros()
        before = piece[-len(_OLE_MACROS) :]
    return "office"


def _with_macros() -> Unfit:
    return Unfit(
        "文件里有宏，不能上传；请另存为不带宏的文件",
        "There are macros in this file: please save it without them",
    )


def _is_text(head: bytes, file: IO[bytes]) -> bool:
    """Whether all of it is text in one of the encodings that people use here."""
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in head and not utf16:
        return False
    file.seek(0)
    content = file.read()
    if not utf16 and b"\0" in content:
        return False
    for encoding in ("utf-16",) if utf16 else ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeError:
            continue
        return True
    return False
