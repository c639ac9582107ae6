"""PDFs from typst templates: `render_pdf("visits/preparation", data, "zh", printed=...)`.

A template is a `.typ` file in the `documents/` folder of its app (this app's own lie in `templates_typ/`). It begins
with `#import "base.typ": *` and finds what it prints in `data`. What people typed reaches typst as JSON, never as
source, so it cannot be read as markup or code.
"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import typst
from django.apps import apps
from django.conf import settings

from guanxi.platform.kernel import Text

from .fonts import FontSet, FontsMissing, font_set

__all__ = ["DocumentFailed", "FontsMissing", "Picture", "Printed", "render_pages", "render_pdf"]

_OWN = Path(__file__).resolve().parent / "templates_typ"
# Tagged for screen readers, and refused by typst itself where a character has no glyph.
_STANDARD = "ua-1"
_NO_GLYPH = "could not be displayed"
_one_at_a_time = threading.Lock()


class DocumentFailed(Exception):
    """A template is missing or wrong, or a picture cannot be read. `text` is fit to be shown."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


@dataclass(frozen=True, slots=True)
class Printed:
    """Who prints for which company, and when (aware): header and footer of every page."""

    company: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture (PNG, JPEG, GIF, WebP or SVG) to be printed; `alt` says in words what it shows."""

    content: bytes
    alt: str


def render_pdf(template: str, data: Any, lang: str = "zh", *, printed: Printed) -> bytes:
    """The PDF of `template` ("<app label>/<name>") filled with `data`, in the language 'zh' or 'en'.

    data: a mapping or dataclass of str, int, bool, None, Decimal, date, time, aware datetime, Text, Picture, and of
    lists, mappings and dataclasses of these. Times are shown in the company's zone. The same arguments give the
    same bytes. Raises FontsMissing and DocumentFailed.
    """
    return _compile(template, data, lang, printed, {"format": "pdf", "pdf_standards": [_STANDARD]})[0]


def render_pages(
    template: str, data: Any, lang: str = "zh", *, printed: Printed, per_inch: int = 110
) -> list[bytes]:
    """The same pages as PNG pictures, for a preview on the screen."""
    return _compile(template, data, lang, printed, {"format": "png", "ppi": per_inch})


def _compile(template: str, data: Any, lang: str, printed: Printed, asked: Mapping[str, Any]) -> list[bytes]:
    fonts = font_set()
    sources: Any = {"main.typ": _source(template), "base.typ": _file(_OWN / "base.typ")}
    if printed.at.tzinfo is None:
        raise ValueError("the time of printing needs a zone")
    for main_only in (False, True):
        inputs, pictures = _handed_over(fonts, data, lang, printed, main_only)
        # Pictures lie in a folder of their own: typst takes only text from memory.
        with TemporaryDirectory(prefix="guanxi-pdf-") as folder, _one_at_a_time:
            for name, content in pictures.items():
                (Path(folder) / name).write_bytes(content)
            compiler = typst.Compiler(input=sources, font_paths=fonts.loaded, root=folder, sys_inputs=inputs)
            try:
                made: Any = compiler.compile(timestamp=int(printed.at.timestamp()), **asked)
            except typst.TypstError as error:
                if _NO_GLYPH in error.message and not main_only:
                    continue  # a character and its marks that no single font holds
                raise _failed(template, error) from error
        return made if isinstance(made, list) else [made]
    raise AssertionError("unreachable")


def _handed_over(
    fonts: FontSet, data: Any, lang: str, printed: Printed, main_only: bool
) -> tuple[dict[str, str], dict[str, bytes]]:
    """The inputs typst sees (one JSON text), and the pictures by name."""
    language = "en" if lang.lower().startswith("en") else "zh"
    plain = _Plain(fonts, language, main_only, {})
    whole = {
        "lang": language,
        "fonts": list(fonts.families[:1] if main_only else fonts.families),
        "print": plain.of({"company": printed.company, "by": printed.by, "at": printed.at}),
        "data": plain.of(data),
    }
    return {"handed": json.dumps(whole, ensure_ascii=False)}, plain.pictures


@dataclass
class _Plain:
    """Turns what a domain hands over into what JSON can hold, every text made printable."""

    fonts: FontSet
    language: str
    main_only: bool
    pictures: dict[str, bytes]

    def of(self, value: Any) -> Any:
        match value:
            case None | bool() | int():
                return value
            case str():
                return self.fonts.printable(value, main_only=self.main_only)
            case Text():
                return self.of(value.in_language(self.language))
            case datetime():
                if value.tzinfo is None:
                    raise ValueError("a time without a zone cannot be printed")
                return value.astimezone(ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m-%d %H:%M")
            case date():
                return value.isoformat()
            case time():
                return value.strftime("%H:%M")
            case Decimal():
                return f"{value:,f}"
            case Picture():
                name = f"picture{len(self.pictures)}{_ending(value.content)}"
                self.pictures[name] = value.content
                return {"picture": name, "alt": self.of(value.alt)}
            case Mapping():
                return {str(key): self.of(item) for key, item in value.items()}
            case list() | tuple():
                return [self.of(item) for item in value]
            case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
                return {
                    field.name: self.of(getattr(value, field.name)) for field in dataclasses.fields(value)
                }
            case _:
                raise TypeError(f"a document cannot print a {type(value).__name__}")


def _ending(content: bytes) -> str:
    for start, ending in ((b"\x89PNG", ".png"), (b"\xff\xd8", ".jpg"), (b"GIF8", ".gif"), (b"RIFF", ".webp")):
        if content.startswith(start):
            return ending
    if b"<svg" in content[:1000]:
        return ".svg"
    raise DocumentFailed(Text("这张图片的格式无法打印", "A picture of this kind cannot be printed"))


def _source(template: str) -> bytes:
    label, _, name = template.partition("/")
    missing = DocumentFailed(
        Text(f"没有名为 {template} 的文档模板", f"There is no document template {template}")
    )
    if not name.replace("_", "").isalnum():
        raise missing
    try:
        app = apps.get_app_config(label)
    except LookupError as error:
        raise missing from error
    folder = _OWN if app.name == "guanxi.platform.documents" else Path(app.path) / "documents"
    try:
        return _file(folder / f"{name}.typ")
    except FileNotFoundError as error:
        raise missing from error


@cache
def _read_once(path: Path) -> bytes:
    return path.read_bytes()


def _file(path: Path) -> bytes:
    """A template's source; read anew each time while developing."""
    return path.read_bytes() if settings.DEBUG else _read_once(path)


def _failed(template: str, error: typst.TypstError) -> DocumentFailed:
    if "image" in error.message or "decode" in error.message:
        return DocumentFailed(
            Text("有一张图片已损坏，无法打印", "A picture is damaged and cannot be printed")
        )
    return DocumentFailed(
        Text(
            f"文档 {template} 无法生成：{error.message}",
            f"The document {template} could not be made: {error.message}",
        )
    )
