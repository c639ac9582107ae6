"""The words of a PDF that typst wrote, page by page: enough of the format for tests, no more."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\s(.*?)\sendobj", re.S)
# What is drawn, not what readers are told instead of it: /ActualText stands beside the glyphs, as <...> or as (...).
_TOKEN = re.compile(
    rb"/ActualText\s*(?:<[0-9A-Fa-f]*>|(\())|/(f\d+) [\d.]+ Tf|(\()|<([0-9A-Fa-f]*)>|\b(ET)\b"
)
_OCTAL = re.compile(rb"[0-7]{1,3}")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(pdf: bytes) -> list[str]:
    """What each page shows, in the order of drawing; one line a text object. A drawn glyph 0 (the empty box) fails."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if b"/Type/Page/" in body]
    return [_page(objects, body) for body in pages]


def words_of(pdf: bytes) -> str:
    """The same without spaces and line ends, to look for words wherever a line was broken."""
    return re.sub(r"[\s\u200b\u2066-\u2069]", "", "".join(pages_of(pdf)))


def _page(objects: dict[int, bytes], page: bytes) -> str:
    resources = objects[_reference(page, b"Resources")]
    fonts = {
        name: _to_unicode(_stream(objects[_reference(objects[int(number)], b"ToUnicode")]))
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
    }
    out: list[str] = []
    font: dict[int, str] = {}
    content = _stream(objects[_reference(page, b"Contents")])
    at = 0
    while found := _TOKEN.search(content, at):
        told, name, opened, hexadecimal, end = found.groups()
        at = found.end()
        raw = b""
        if told:
            _, at = _string(content, at)
        elif name:
            font = fonts[name]
        elif end:
            out.append("\n")
        elif opened:
            raw, at = _string(content, at)
        elif hexadecimal:
            raw = bytes.fromhex(hexadecimal.decode())
        for place in range(0, len(raw), 2):
            glyph = int.from_bytes(raw[place : place + 2], "big")
            assert glyph, f"an empty box stands on the page after {''.join(out)[-40:]!r}"
            out.append(font.get(glyph, ""))
    return "".join(out)


def _reference(body: bytes, key: bytes) -> int:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    assert found, key
    return int(found[1])


def _stream(body: bytes) -> bytes:
    head, _, rest = body.partition(b"stream\n")
    raw = rest[: int(re.search(rb"/Length (\d+)", head)[1])]  # type: ignore[index]
    return zlib.decompress(raw) if b"FlateDecode" in head else raw


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """The literal string that begins at `at` (behind its parenthesis), and where it ends."""
    out = bytearray()
    depth = 0
    while True:
        byte = content[at : at + 1]
        at += 1
        if byte == b"\\":
            if octal := _OCTAL.match(content, at):
                out.append(int(octal[0], 8))
                at = octal.end()
                continue
            byte = _LETTERS.get(content[at : at + 1], content[at : at + 1])
            at += 1
        elif byte == b"(":
            depth += 1
        elif byte == b")":
            if depth == 0:
                return bytes(out), at
            depth -= 1
        out += byte


def _to_unicode(cmap: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, text in re.findall(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", part):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for first, last, text in re.findall(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", part):
            start = bytes.fromhex(text.decode()).decode("utf-16-be")
            for n in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + n] = start[:-1] + chr(ord(start[-1]) + n)
    return found
