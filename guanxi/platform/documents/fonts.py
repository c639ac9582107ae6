"""The fonts of PDFs: which are there, which characters they can draw, and text made safe to print.

Typesetting never falls back to a font of the machine, so a PDF looks the same everywhere, and a character that no
font can draw is known before it is printed: it is written as its code point, 〔U+20BB7〕, never as an empty box.
"""

from __future__ import annotations

import struct
import unicodedata
from array import array
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import typst
from django.conf import settings

from guanxi.platform.kernel import Text

MAIN_FAMILY = "Noto Sans SC"
SHIPPED_FONTS = Path(__file__).resolve().parents[2] / "static_vendor" / "fonts"
_NEEDED = "的一是客户关系拜访报告〔〕U+0123456789ABCDEF—"
_LAST = 0x110000
_MOST_FAMILIES = 16

_JOINERS = frozenset("\u200c\u200d")
_DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u2066\u2067\u2068\u2069")
_BREAK_AFTER = frozenset("/\\._-?&=@:;,+%")
_LONGEST_WORD = 16


class FontsMissing(Exception):
    """No PDF can be made: the fonts are not where they should be. `text` says what to do."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


@dataclass(frozen=True, slots=True)
class FontSet:
    """Fonts ready for typesetting.

    families: names in the order in which they are tried, the main one first.
    covers: for each code point, a bit per family that can draw it in all its weights.
    """

    loaded: typst.Fonts
    families: tuple[str, ...]
    covers: array[int]

    def printable(self, value: str, *, main_only: bool = False) -> str:
        """`value` as it can be printed: no control characters, no unseen change of direction, unbroken runs of
        letters given places to break, and what no font can draw as 〔U+…〕 (a run of such characters in one pair of brackets).

        main_only: only the main font counts, for text that several fonts cannot share.
        """
        out: list[str] = []
        missing: list[str] = []
        able = 0  # the families that can draw the present character with the marks on it
        run = 0

        def close() -> None:
            if missing:
                out.append("〔" + " ".join(missing) + "〕")
                missing.clear()

        for char in _plain(value):
            code = ord(char)
            kind = unicodedata.category(char)
            if char == "\n":
                close()
                out.append(char)
                able = run = 0
                continue
            if char in _JOINERS or char in _DIRECTION_MARKS or _is_variation(code):
                if not missing and (able or char in _DIRECTION_MARKS):
                    out.append(char)
                continue
            here = self.covers[code] & 1 if main_only else self.covers[code]
            if kind in ("Mn", "Mc", "Me"):
                if not missing and able & here:
                    able &= here
                    out.append(char)
                else:
                    missing.append(f"U+{code:04X}")
                continue
            if kind == "Zs" and not here:
                char, here = " ", self.covers[0x20]
            if not here:
                missing.append(f"U+{code:04X}")
                able = run = 0
                continue
            close()
            able = here
            run = 0 if kind[0] == "Z" or _may_break(code) else run + 1
            out.append(char)
            if run >= _LONGEST_WORD or (run > 8 and char in _BREAK_AFTER):
                out.append("\u200b")
                run = 0
        close()
        return "".join(out)


def font_set() -> FontSet:
    """The fonts of settings.DOCUMENT_FONT_DIRS (default: the shipped ones), read once. Raises FontsMissing."""
    folders = getattr(settings, "DOCUMENT_FONT_DIRS", None) or [SHIPPED_FONTS]
    return _read(tuple(str(folder) for folder in folders))


@lru_cache(maxsize=4)
def _read(folders: tuple[str, ...]) -> FontSet:
    present = [folder for folder in folders if Path(folder).is_dir()]
    loaded = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=present)
    maps: dict[str, list[set[int]]] = defaultdict(list)
    for font in loaded.fonts():
        if font.path and font.style == "normal":
            maps[font.family].append(drawable(Path(font.path), font.index))
    able = {family: set.intersection(*found) for family, found in maps.items()}
    needed = {ord(char) for char in _NEEDED}
    mains = [family for family, codes in able.items() if needed <= codes]
    if not mains:
        where = "、".join(folders)
        raise FontsMissing(
            Text(
                f"无法生成 PDF：在 {where} 中没有找到中文字体（{MAIN_FAMILY}）。请运行 make setup，"
                "或在设置 DOCUMENT_FONT_DIRS 中写明字体目录。",
                f"No PDF can be made: there is no Chinese font ({MAIN_FAMILY}) in {where}. Run 'make setup', "
                "or name a folder of fonts in the setting DOCUMENT_FONT_DIRS.",
            )
        )
    main = MAIN_FAMILY if MAIN_FAMILY in mains else max(mains, key=lambda family: (len(able[family]), family))
    others = sorted((f for f in able if f != main), key=lambda family: (-len(able[family]), family))
    families = (main, *others)[:_MOST_FAMILIES]
    covers = array("H", bytes(2 * _LAST))
    for place, family in enumerate(families):
        bit = 1 << place
        for code in able[family]:
            covers[code] |= bit
    return FontSet(loaded, families, covers)


def drawable(path: Path, index: int = 0) -> set[int]:
    """Code points for which the font file holds a glyph: its `cmap` table, formats 4 and 12
    (OpenType specification, chapter cmap). index: which font of a collection."""
    raw = path.read_bytes()
    start = struct.unpack_from(">I", raw, 12 + 4 * index)[0] if raw[:4] == b"ttcf" else 0
    count = struct.unpack_from(">H", raw, start + 4)[0]
    tables = {}
    for n in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", raw, start + 12 + 16 * n)
        tables[tag] = offset
    base = tables[b"cmap"]
    found: set[int] = set()
    for n in range(struct.unpack_from(">H", raw, base + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", raw, base + 4 + 8 * n)
        if (platform == 0 and encoding != 5) or (platform == 3 and encoding in (1, 10)):
            at = base + offset
            match struct.unpack_from(">H", raw, at)[0]:
                case 4:
                    found |= _format_4(raw, at)
                case 12:
                    found |= _format_12(raw, at)
    return found


def _format_4(raw: bytes, at: int) -> set[int]:
    segments = struct.unpack_from(">H", raw, at + 6)[0] // 2
    form = f">{segments}H"
    ends = struct.unpack_from(form, raw, at + 14)
    starts = struct.unpack_from(form, raw, at + 16 + 2 * segments)
    deltas = struct.unpack_from(form, raw, at + 16 + 4 * segments)
    ranges_at = at + 16 + 6 * segments
    ranges = struct.unpack_from(form, raw, ranges_at)
    found: set[int] = set()
    for n in range(segments):
        for code in range(starts[n], ends[n] + 1):
            if ranges[n] == 0:
                glyph = (code + deltas[n]) & 0xFFFF
            else:
                place = ranges_at + 2 * n + ranges[n] + 2 * (code - starts[n])
                glyph = struct.unpack_from(">H", raw, place)[0] if place + 2 <= len(raw) else 0
            if glyph and code != 0xFFFF:
                found.add(code)
    return found


def _format_12(raw: bytes, at: int) -> set[int]:
    found: set[int] = set()
    for n in range(struct.unpack_from(">I", raw, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", raw, at + 16 + 12 * n)
        found.update(range(first if glyph else first + 1, min(last, _LAST - 1) + 1))
    return found


def _plain(value: str) -> str:
    """Composed, with one kind of line end, and without characters that only steer a terminal or hide text."""
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\r", "\n")
    kept: list[str] = []
    for char in text:
        kind = unicodedata.category(char)
        if char == "\n" or kind in ("Zl", "Zp"):
            kept.append("\n")
        elif char == "\t":
            kept.append(" ")
        elif kind == "Cc":
            continue
        elif kind == "Cf" and char not in _JOINERS and char not in _DIRECTION_MARKS and not _is_seen(char):
            continue
        else:
            kept.append(char)
    return "".join(kept)


def _is_variation(code: int) -> bool:
    return 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


def _is_seen(char: str) -> bool:
    """Format characters that stand for something on the paper (Arabic number signs and their like)."""
    return "\u0600" <= char <= "\u0605" or char in "\u06dd\u070f\u08e2"


def _may_break(code: int) -> bool:
    """Chinese, Japanese and Korean text may be broken between any two characters."""
    return 0x2E80 <= code <= 0xD7FF or 0xF900 <= code <= 0xFAFF or 0xFE30 <= code <= 0xFE4F or code >= 0xFF00
