"""Business cards as files: vCard 4 out (RFC 6350); 2.1, 3.0 and 4.0 in."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import vobject

from guanxi.platform.kernel import Text

MOST_BYTES = 20_000_000
"""The largest file that is read; photographs are most of it."""

_KINDS = {"cell": "cell", "work": "work", "home": "home", "fax": "fax", "voice": "voice"}
_CARD = re.compile(r"^BEGIN:VCARD[ \t]*$(.*?)^END:VCARD[ \t]*$", re.I | re.M | re.S)
_BEGINS = re.compile(r"^BEGIN:VCARD[ \t]*$", re.I | re.M)
_PICTURES = re.compile(
    r"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:].*\n(?:[ \t].*\n|[A-Za-z0-9+/=]+[ \t]*\n)*", re.I | re.M
)
_DATE = re.compile(r"^(\d{4}|--)-?(\d{2})-?(\d{2})(?:T.*)?$")

logging.getLogger("vobject").setLevel(logging.CRITICAL)  # it reports skipped lines; we report the card


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as written; kind: cell, work, home, fax, voice or ''."""

    number: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; a Chinese one may stand whole in `street`."""

    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any((self.street, self.city, self.region, self.postcode, self.country))


@dataclass(frozen=True, slots=True)
class BusinessCard:
    """What a card says of a person. `birthday`: YYYY-MM-DD, --MM-DD where the year is unknown, or words (农历八月初三).
    language: of the words ('zh', 'en' or '')."""

    name: str
    family: str = ""
    given: str = ""
    organisation: str = ""
    department: str = ""
    title: str = ""
    phones: Sequence[Phone] = ()
    emails: Sequence[str] = ()
    addresses: Sequence[Address] = ()
    birthday: str = ""
    wechat: str = ""
    note: str = ""
    uid: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A card that could not be read. place: the how-manieth of the file, from 1 (0: the file itself)."""

    place: int
    text: Text


@dataclass(frozen=True, slots=True)
class Read:
    """What a file held."""

    cards: list[BusinessCard] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def write_vcard(card: BusinessCard, *, changed: datetime | None = None) -> str:
    """The card as vCard 4.0, lines folded at 75 octets and ended by CRLF. `changed` (aware) becomes REV."""
    spoken = f";LANGUAGE={card.language}" if card.language else ""
    family, given = (card.family, card.given) if card.family or card.given else (card.name, "")
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "PRODID:-//Guanxi//Guanxi//ZH",
        f"FN{spoken}:{_escaped(card.name or card.organisation or '—')}",
    ]
    if family or given:
        lines.append(f"N{spoken}:{_escaped(family)};{_escaped(given)};;;")
    if card.uid:
        lines.append(f"UID;VALUE=text:{_escaped(card.uid)}")
    if card.organisation or card.department:
        unit = f";{_escaped(card.department)}" if card.department else ""
        lines.append(f"ORG{spoken}:{_escaped(card.organisation)}{unit}")
    if card.title:
        lines.append(f"TITLE{spoken}:{_escaped(card.title)}")
    for phone in card.phones:
        kind = f";TYPE={phone.kind}" if phone.kind in _KINDS else ""
        lines.append(f"TEL{kind}:{_escaped(phone.number)}")
    lines += [f"EMAIL:{_escaped(email)}" for email in card.emails]
    for one in card.addresses:
        parts = ("", "", one.street, one.city, one.region, one.postcode, one.country)
        lines.append(f"ADR{spoken};TYPE=work:" + ";".join(_escaped(part) for part in parts))
    if card.birthday:
        lines.append(_birthday_line(card.birthday))
    if card.wechat:
        lines.append(f"X-WECHAT:{_escaped(card.wechat)}")
    if card.note:
        lines.append(f"NOTE{spoken}:{_escaped(card.note)}")
    if changed is not None:
        lines.append(f"REV:{_utc(changed)}")
    lines.append("END:VCARD")
    return "".join(_folded(line) for line in lines)


def write_vcards(cards: Iterable[BusinessCard], *, changed: datetime | None = None) -> bytes:
    """Many cards as one UTF-8 file."""
    return "".join(write_vcard(card, changed=changed) for card in cards).encode()


def for_qr(card: BusinessCard) -> str:
    """A vCard short enough for a QR code that a telephone reads from paper: no note, one of each kind."""
    return write_vcard(
        replace(
            card,
            phones=tuple(card.phones)[:2],
            emails=tuple(card.emails)[:1],
            addresses=tuple(card.addresses)[:1],
            birthday="",
            note="",
            uid="",
            language="",
        )
    )


def read_vcards(content: bytes) -> Read:
    """The cards of a file. What cannot be read is told card by card; the others are not lost. Pictures are passed over."""
    found = Read()
    if len(content) > MOST_BYTES:
        size = MOST_BYTES // 1_000_000
        words = Text(f"文件超过 {size} MB", f"The file is larger than {size} MB")
        return Read(problems=[Problem(0, words)])
    text = _PICTURES.sub("", _decoded(content).replace("\r\n", "\n").replace("\r", "\n") + "\n")
    matches = list(_CARD.finditer(text))
    for place, match in enumerate(matches, 1):
        raw = match[0]
        if len(_BEGINS.findall(raw)) > 1:  # an unfinished card before this one
            found.problems.append(
                Problem(place, Text("名片不完整：缺少 END:VCARD", "Not complete: END:VCARD is missing"))
            )
            raw = raw[_BEGINS.search(raw, 1).start() :]  # type: ignore[union-attr]
        try:
            card = _card(next(vobject.readComponents(raw, allowQP=True, ignoreUnreadable=True)))
        except (vobject.base.VObjectError, StopIteration, ValueError, LookupError, AttributeError, TypeError):
            found.problems.append(Problem(place, Text("这张名片无法读取", "This card cannot be read")))
            continue
        if card.name or card.organisation:
            found.cards.append(card)
        else:
            found.problems.append(
                Problem(place, Text("名片上没有姓名和单位", "The card has neither name nor employer"))
            )
    rest = text[matches[-1].end() :] if matches else text
    if _BEGINS.search(rest):
        found.problems.append(
            Problem(
                len(matches) + 1, Text("名片不完整：缺少 END:VCARD", "Not complete: END:VCARD is missing")
            )
        )
    elif not matches:
        found.problems.append(Problem(0, Text("这不是名片（vCard）文件", "This is not a vCard file")))
    return found


def _card(component: Any) -> BusinessCard:
    held: dict[str, list[Any]] = component.contents
    name = component.contents.get("n", [None])[0]
    family = _words(getattr(name.value, "family", "")) if name is not None else ""
    given = _words(getattr(name.value, "given", "")) if name is not None else ""
    spoken = _first(held, "fn") or _joined(family, given)
    units = [_words(part) for part in _list(held["org"][0].value)] if "org" in held else []
    return BusinessCard(
        name=spoken,
        family=family,
        given=given,
        organisation=units[0] if units else "",
        department=" ".join(unit for unit in units[1:] if unit),
        title=_first(held, "title"),
        phones=tuple(
            Phone(_telephone(one.value), _kind(one)) for one in held.get("tel", []) if _words(one.value)
        ),
        emails=tuple(_words(one.value) for one in held.get("email", []) if _words(one.value)),
        addresses=tuple(filter(None, (_address(one.value) for one in held.get("adr", [])))),
        birthday=_birthday(_first(held, "bday")),
        wechat=_wechat(held),
        note=_first(held, "note"),
        uid=_first(held, "uid"),
        language=_language(held),
    )


def _address(value: Any) -> Address:
    if isinstance(value, str):
        return Address(street=_words(value))
    street = " ".join(filter(None, (_words(value.box), _words(value.extended), _words(value.street))))
    return Address(
        street, _words(value.city), _words(value.region), _words(value.code), _words(value.country)
    )


def _wechat(held: dict[str, list[Any]]) -> str:
    if own := _first(held, "x-wechat") or _first(held, "x-weixin"):
        return own
    for one in held.get("impp", []):
        service = " ".join(one.params.get("X-SERVICE-TYPE", [])).lower()
        scheme, _, rest = _words(one.value).partition(":")
        if service in ("wechat", "weixin") or scheme.lower() in ("wechat", "weixin"):
            return rest or scheme
    return ""


def _telephone(value: Any) -> str:
    return _words(value).removeprefix("tel:").split(";")[0].strip()


def _kind(line: Any) -> str:
    said = [*line.singletonparams, *line.params.get("TYPE", [])]
    kinds = {word.strip().lower() for one in said for word in one.split(",")}
    return next((_KINDS[kind] for kind in ("cell", "fax", "work", "home") if kind in kinds), "")


def _birthday(value: str) -> str:
    if match := _DATE.match(value):
        year, month, day = match.groups()
        return f"--{month}-{day}" if year == "--" else f"{year}-{month}-{day}"
    return value


def _birthday_line(value: str) -> str:
    if match := _DATE.match(value):
        return "BDAY:" + "".join(match.groups())
    return f"BDAY;VALUE=text:{_escaped(value)}"


def _language(held: dict[str, list[Any]]) -> str:
    said = held["fn"][0].params.get("LANGUAGE", [""])[0] if "fn" in held else ""
    return said[:2].lower() if said[:2].lower() in ("zh", "en") else ""


def _first(held: dict[str, list[Any]], key: str) -> str:
    return _words(held[key][0].value) if key in held else ""


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _words(value: Any) -> str:
    if isinstance(value, bytes):
        return ""
    return " ".join(str(part).strip() for part in _list(value) if part).strip()


def _joined(family: str, given: str) -> str:
    latin = f"{family}{given}".isascii()
    return f"{given} {family}".strip() if latin else family + given


def _decoded(content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")


def _escaped(value: str) -> str:
    text = value.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    text = re.sub(r"\r\n|\r|\n|\u2028|\u2029", "\\\\n", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", text)


def _folded(line: str) -> str:
    """RFC 6350, 3.2: no line longer than 75 octets, no character torn apart."""
    out: list[str] = []
    used = 0
    for char in line:
        size = len(char.encode())
        if used + size > 75:
            out.append("\r\n ")
            used = 1
        out.append(char)
        used += size
    return "".join(out) + "\r\n"


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
