"""Contacts as vCards (2.1, 3.0, 4.0): each card a row, each property that occurs a column named as the card names it.

Read by bytes, because a card of version 2.1 says of each value in which encoding it stands. A card is never held whole in
anything but its own few lines, so that a hundred thousand of them are read in seconds.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .delimited import too_many_rows
from .encodings import cut_short
from .reasons import Reason, reason, refuse
from .sheet import Cells, Limits, Note, Row, Sheet

BEGIN = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*BEGIN:VCARD[ \t]*[\r\n]", re.I)
_LINE = re.compile(rb'(?:[\w-]+\.)?([A-Za-z][\w-]*)((?:;(?:[^":;]|"[^"]*")*)*):(.*)', re.S)
_ORDER = (
    "ORG",
    "ORG UNIT",
    "FN",
    "TITLE",
    "TEL CELL",
    "TEL WORK",
    "TEL",
    "TEL FAX",
    "EMAIL",
    "X-WECHAT",
    "ADR COUNTRY",
    "ADR REGION",
    "ADR CITY",
    "ADR STREET",
    "ADR POSTCODE",
    "URL",
    "BDAY",
    "NOTE",
)
"""Columns in this order; whatever else occurs comes after them."""
_UNKEEPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""Signs that no database keeps, and others that nobody typed."""
_PICTURES = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_TECHNICAL = frozenset(
    "VERSION PRODID REV UID N CLASS MAILER TZ GEO SOURCE SORT-STRING PROFILE CALURI CALADRURI FBURL CLIENTPIDMAP XML AGENT "
    "LABEL KIND MEMBER LANG X-ABSHOWAS X-ABLABEL X-ABADR X-ABUID X-ABRELATEDNAMES X-ADDRESSBOOKSERVER-KIND "
    "X-ADDRESSBOOKSERVER-MEMBER X-PHONETIC-FIRST-NAME X-PHONETIC-LAST-NAME X-PHONETIC-ORG X-IMAGEHASH X-IMAGETYPE "
    "X-SHARED-PHOTO-DISPLAY-PREF X-ANDROID-CUSTOM X-MS-OL-DESIGN X-MS-OL-DEFAULT-POSTAL-ADDRESS X-MS-CARDPICTURE".split()
)
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:T.*)?")
_DAY = re.compile(r"--(\d{2})-?(\d{2})")
_MOST_COLUMNS = 60


def is_vcard(data: bytes) -> bool:
    """Whether the bytes begin like a file of cards, in whatever encoding."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return bool(BEGIN.match(data[:400].decode("utf-16", "ignore").encode()))
    return bool(BEGIN.match(data[:200]))


def read_vcards(data: bytes, limits: Limits) -> Sheet:
    """A Sheet from the bytes of a file of cards: row numbers count the cards from 1. Raises Unreadable."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError:
            raise cut_short() from None
    fallback = _encoding_of(data)
    found = _Found()
    for place, lines, whole in _cards(data):
        if place > limits.max_rows:
            raise too_many_rows(limits)
        if not whole:
            found.torn.append(place)
        card = _Card(fallback)
        for line in lines:
            card.take(line)
        found.add(place, card)
    return found.sheet(fallback, limits)


def _encoding_of(data: bytes) -> str:
    for name in ("utf-8", "gb18030"):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "utf-8"


def _cards(data: bytes) -> Iterator[tuple[int, list[bytes], bool]]:
    """(place from 1, its lines unfolded, whether it was complete) of every card; a card within a card is passed over."""
    place, depth = 0, 0
    lines: list[bytes] = []
    for line in _unfolded(data):
        word = line.strip().upper()
        if word == b"BEGIN:VCARD":
            nested = depth and lines and lines[-1].upper().startswith(b"AGENT")
            if depth and not nested:  # the one before was never ended
                yield place, lines, False
                depth = 0
            depth += 1
            if depth == 1:
                place, lines = place + 1, []
        elif word == b"END:VCARD" and depth:
            depth -= 1
            if depth == 0:
                yield place, lines, True
                lines = []
        elif depth == 1:
            lines.append(line)
    if depth:
        yield place, lines, False


def _unfolded(data: bytes) -> Iterator[bytes]:
    """Lines with their continuations: after a blank (every version), or after a soft break of quoted-printable (2.1)."""
    held: list[bytes] = []
    quoted = soft = False
    for line in re.split(rb"\r\n|\n|\r", data.removeprefix(b"\xef\xbb\xbf")):
        if soft:
            held[-1] = held[-1][:-1]
            held.append(line)
        elif line[:1] in (b" ", b"\t") and held:
            held.append(line[1:])
        else:
            if held:
                yield b"".join(held)
            held = [line] if line else []
            quoted = b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()
        soft = quoted and bool(held) and held[-1].endswith(b"=")
    if held:
        yield b"".join(held)


@dataclass
class _Card:
    """One card: column -> its values."""

    fallback: str
    cells: dict[str, dict[str, None]] = field(default_factory=dict)
    pictures: bool = False
    company: bool = False
    group: bool = False
    parts: tuple[str, str] = ("", "")
    broken: bool = False

    def take(self, line: bytes) -> None:
        match = _LINE.match(line)
        if match is None:
            return
        name = match[1].decode("ascii", "ignore").upper()
        if name in _PICTURES:
            self.pictures = True
            return
        kinds, said = _params(match[2])
        value = self._value(match[3], said)
        if name in ("KIND", "X-ADDRESSBOOKSERVER-KIND"):
            self.group |= value.strip().lower() == "group"
            self.company |= value.strip().lower() == "org"
        elif name == "X-ABSHOWAS":
            self.company |= value.strip().upper() == "COMPANY"
        elif name == "N":
            family, given, middle, *_ = (*_parts(value), "", "", "")
            self.parts = (family, " ".join(part for part in (given, middle) if part))
        elif name == "TEL":
            self._put(_tel_column(kinds), _telephone(value))
        elif name == "ORG":
            units = _parts(value)
            self._put("ORG", units[0])
            self._put("ORG UNIT", " ".join(unit for unit in units[1:] if unit))
        elif name == "ADR":
            self._address(_parts(value), kinds)
        elif name in ("IMPP", "X-WECHAT", "X-WEIXIN", "X-QQ"):
            self._messenger(name, value, said)
        elif name not in _TECHNICAL:
            text = " ".join(_parts(value)) if name == "CATEGORIES" else _plain(value)
            self._put(
                {"ROLE": "TITLE" if "TITLE" not in self.cells else "ROLE"}.get(name, name), _day(name, text)
            )

    def _value(self, raw: bytes, said: dict[str, str]) -> str:
        name = said.get("CHARSET", "") or self.fallback
        how = said.get("ENCODING", "").upper()
        if how in ("B", "BASE64"):
            return ""
        if how == "QUOTED-PRINTABLE":
            raw = binascii.a2b_qp(raw)
        for encoding in (_CHARSETS.get(name.upper(), name), self.fallback, "gb18030"):
            try:
                return raw.decode(encoding)
            except (ValueError, LookupError):  # not that encoding, or no encoding at all
                continue
        self.broken = True
        return raw.decode("utf-8", "replace")

    def _put(self, column: str, text: str) -> None:
        text = _UNKEEPABLE.sub("", text).strip()
        if text:
            self.cells.setdefault(column, {})[text] = None

    def _address(self, parts: list[str], kinds: frozenset[str]) -> None:
        box, extended, street, city, region, code, country = (*parts, *[""] * 7)[:7]
        street = " ".join(part for part in (street, extended, box) if part)
        if "ADR" in self.cells or ("HOME" in kinds and "WORK" not in kinds):
            column = "ADR HOME" if "HOME" in kinds else "ADR 2"
            self._put(column, " ".join(p for p in (country, region, city, street, code) if p))
            return
        self.cells["ADR"] = {}
        for column, text in (
            ("STREET", street),
            ("CITY", city),
            ("REGION", region),
            ("POSTCODE", code),
            ("COUNTRY", country),
        ):
            self._put(f"ADR {column}", text)

    def _messenger(self, name: str, value: str, said: dict[str, str]) -> None:
        text = _plain(value).strip()
        scheme, _, rest = text.partition(":")
        service = said.get("X-SERVICE-TYPE", "") or (scheme if rest else "")
        if name in ("X-WECHAT", "X-WEIXIN") or service.lower() in ("wechat", "weixin"):
            self._put("X-WECHAT", rest.removeprefix("//") or text)
        else:
            self._put(name, text)

    def finish(self) -> dict[str, str]:
        """The cells as text: telephone numbers one after another; further mails and addresses in columns of their own."""
        family, given = self.parts
        if "FN" not in self.cells and (family or given):
            latin = f"{family}{given}".isascii()
            self._put("FN", f"{given} {family}".strip() if latin else f"{family}{given}")
        called, organisation = self.cells.get("FN", {}), self.cells.get("ORG", {})
        if self.company and called and not organisation:
            self.cells["ORG"] = called
        if self.company or (called and called == organisation and not (family or given)):
            self.cells.pop("FN", None)
        found = {}
        for column, texts in self.cells.items():
            if column.startswith("TEL"):
                found[column] = "；".join(texts)
            elif column in ("NOTE", "CATEGORIES"):
                found[column] = "\n".join(texts)
            else:
                for number, text in enumerate(texts, 1):
                    found[column if number == 1 else f"{column} {number}"] = text
        return found


_CHARSETS = {"GB2312": "gb18030", "GBK": "gb18030", "CP936": "gb18030", "BIG5": "big5hkscs"}


def _params(raw: bytes) -> tuple[frozenset[str], dict[str, str]]:
    """The kinds (TYPE=…, or bare words of 2.1) in capitals, and the other parameters."""
    if not raw:
        return frozenset(), {}
    kinds: set[str] = set()
    said: dict[str, str] = {}
    for part in re.findall(r';((?:[^";]|"[^"]*")*)', raw.decode("utf-8", "replace")):
        name, equals, value = part.partition("=")
        name, value = name.strip().upper(), value.strip().strip('"')
        if not equals and name in ("QUOTED-PRINTABLE", "BASE64", "B"):
            said["ENCODING"] = name
        elif not equals:
            kinds.add(name)
        elif name == "TYPE":
            kinds.update(word.strip().upper() for word in value.split(","))
        else:
            said[name] = value
    return frozenset(kinds), said


def _parts(value: str) -> list[str]:
    """The parts of a value between semicolons, each as plain text."""
    return [_plain(part).strip() for part in re.split(r"(?<!\\);", value)]


def _plain(value: str) -> str:
    """Without the marks that keep signs from being read as separators."""
    if "\\" not in value:
        return value
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value, flags=re.S)


def _tel_column(kinds: frozenset[str]) -> str:
    if kinds & {"FAX", "WORKFAX", "HOMEFAX"}:
        return "TEL FAX"
    if kinds & {"CELL", "IPHONE", "MOBILE"}:
        return "TEL CELL"
    return "TEL WORK" if kinds & {"WORK", "MAIN"} else "TEL"


def _telephone(value: str) -> str:
    number, *more = _plain(value).strip().removeprefix("tel:").split(";")
    extension = next((part[4:] for part in more if part.lower().startswith("ext=")), "")
    return f"{number} 转 {extension}" if extension else number


def _day(name: str, text: str) -> str:
    """A birthday as a day; other values as they are."""
    if name != "BDAY":
        return text
    if match := _DATE.fullmatch(text.strip()):
        return "-".join(match.groups())
    if match := _DAY.fullmatch(text.strip()):
        return "-".join(match.groups())
    return text


class _Found:
    """The cards so far, and what there is to say about them."""

    def __init__(self) -> None:
        self.cards: list[tuple[int, dict[str, str]]] = []
        self.columns: dict[str, None] = {}
        self.torn: list[int] = []
        self.broken: list[int] = []
        self.pictures = self.groups = 0

    def add(self, place: int, card: _Card) -> None:
        self.pictures += card.pictures
        if card.group:
            self.groups += 1
            return
        cells = card.finish()
        if card.broken:
            self.broken.append(place)
        if cells:
            self.cards.append((place, cells))
            self.columns.update(dict.fromkeys(cells))

    def sheet(self, encoding: str, limits: Limits) -> Sheet:
        if not self.cards:
            raise refuse("file.empty", "文件里没有名片。", "There is no card in the file.")
        order = {name: number for number, name in enumerate(_ORDER)}
        header = ["ORG", "FN", *self.columns]
        header = sorted(dict.fromkeys(header), key=lambda name: (order.get(name, len(order)), name))
        notes = [Note(_torn(), row=place) for place in self.torn]
        notes += [Note(_broken(), row=place) for place in self.broken]
        if len(header) > _MOST_COLUMNS:
            notes.append(Note(_dropped(header[_MOST_COLUMNS:])))
            header = header[:_MOST_COLUMNS]
        if len(header) * len(self.cards) > limits.max_cells:
            raise too_many_rows(limits)
        if self.pictures:
            notes.append(Note(_pictures(self.pictures)))
        if self.groups:
            notes.append(Note(_groups(self.groups)))
        if self.torn:
            notes.append(Note(_some_torn(len(self.torn))))
        seen = Cells()
        most = limits.max_cell_chars
        rows = tuple(
            Row(place, seen.once(cells.get(name, "")[:most] for name in header))
            for place, cells in self.cards
        )
        return Sheet(
            header=tuple(header),
            rows=rows,
            header_row=0,
            format="vcard",
            encoding=encoding,
            notes=tuple(notes),
        )


def _torn() -> Reason:
    return reason(
        "card.torn",
        "名片不完整：缺少 END:VCARD，请核对。",
        "The card is not complete: END:VCARD is missing. Please check.",
    )


def _broken() -> Reason:
    return reason(
        "card.encoding",
        "有读不出的字，请核对。",
        "Some characters cannot be read. Please check.",
    )


def _some_torn(n: int) -> Reason:
    return reason(
        "cards.torn",
        "{n} 张名片不完整，文件可能被截断。",
        "Cards that are not complete: {n}. The file may have been cut off.",
        n=n,
    )


def _pictures(n: int) -> Reason:
    return reason(
        "cards.pictures",
        "{n} 张名片上的照片不导入。",
        "Not imported: pictures, which {n} of the cards hold.",
        n=n,
    )


def _groups(n: int) -> Reason:
    return reason(
        "cards.groups",
        "{n} 张是群组，不是人，已略过。",
        "Passed over, because they are groups and not people: {n} of the cards.",
        n=n,
    )


def _dropped(names: list[str]) -> Reason:
    return reason(
        "cards.columns",
        "列数过多，略过：{names}",
        "Too many columns; passed over: {names}",
        names="、".join(names[:20]),
    )
