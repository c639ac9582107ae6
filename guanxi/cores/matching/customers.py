"""What is compared of one customer, and by which keys customers worth comparing are found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from . import words
from .names import NOWHERE, Lexicon, Name, Place, read_names

_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_DOOR: Final = re.compile(
    r"(?P<road>[\u3400-\u9fff]{1,8}?(?:大道|大街|新村|小区|路|街|道|巷|弄|里|村|码头|河|园|桥|苑))(?P<number>\d{1,5})(?:号|弄|[-—]|(?=\D|$))(?P<rest>.*)"
)
_LANE: Final = re.compile(r"^[\u3400-\u9fff]{1,6}?(?:街道|镇|乡|开发区|工业区)(?=[\u3400-\u9fff]{2})")


class Door(NamedTuple):
    """An address as far as it is compared: road, house number, what tells a room. A road of '' is no address."""

    road: str = ""
    number: str = ""
    room: str = ""

    @property
    def key(self) -> str:
        """Road and number, or '' where there is no number."""
        return f"{self.road}{self.number}" if self.number else ""


NO_DOOR: Final = Door()


@dataclass(frozen=True, slots=True)
class Customer:
    """What is compared of one customer. phones: E.164. place: where the address says it is. key: the number under which
    another system knows it. country: '' for unknown."""

    names: tuple[Name, ...]
    contacts: tuple[Name, ...] = ()
    code: str = ""
    key: str = ""
    phones: frozenset[str] = frozenset()
    door: Door = NO_DOOR
    place: Place = NOWHERE
    country: str = ""

    @property
    def bare(self) -> bool:
        """Whether nothing is known of it but its name."""
        return not (self.phones or self.door.road or self.code)


def read_customer(
    lexicon: Lexicon,
    name: str,
    *,
    also: Iterable[str] = (),
    contacts: Iterable[str] = (),
    code: str = "",
    key: str = "",
    phones: Iterable[str] = (),
    address: str = "",
    place: Place = NOWHERE,
    country: str = "",
) -> Customer:
    """A customer from what is written of it. also: other names of the same (its short name); address: what follows
    the district."""
    names = list(read_names(name, lexicon, place))
    for other in also:
        names += [found for found in read_names(other, lexicon, place) if found not in names]
    people = [found for contact in contacts for found in read_names(contact, lexicon)[:1]]
    return Customer(
        tuple(names), tuple(people), code, key, frozenset(phones), read_door(address, lexicon), place, country
    )


def read_door(address: str, lexicon: Lexicon) -> Door:
    """Road, number and room of an address, so that 上城区解放路68号 and 解放路68 are one door."""
    text = lexicon.normal(address)
    if not _HAN.search(text):
        tokens = re.findall(r"[^\W_]+", words.STREETS_WEST.sub(" ", text))
        if not any(t for t in tokens if len(t) > 1 and not t[0].isdigit()):
            tokens = re.findall(r"[^\W_]+", text)
        number = next((t for t in tokens if t[0].isdigit()), "")
        road = " ".join(t for t in tokens if not t[0].isdigit() and len(t) > 1)
        return Door(road, number) if road else NO_DOOR
    text = "".join([sign for sign in text if sign.isalnum() or sign in "-—"])
    text = re.sub(r"^[\u3400-\u9fff]{1,4}[区县](?=[\u3400-\u9fff]{2})", "", text)
    text = _LANE.sub("", text)
    match = _DOOR.search(text)
    if match is None:
        return Door("".join(sign for sign in text if sign.isalnum()))
    room = "".join(re.findall(r"[a-z]?\d+|[a-z](?=座|幢|区|栋)", match["rest"]))
    return Door(match["road"][-4:], match["number"], room)


def keys(customer: Customer) -> list[tuple[str, str]]:
    """By what customers worth comparing with this one are found, as (kind, text). Whatever is one with it by more than
    chance shares at least one: a name without place and legal form, a number, a door, a code."""
    found: dict[tuple[str, str], None] = {}
    for name in customer.names:
        found["name", name.whole] = None
        if len(name.core) > 1:
            found["core", name.core] = None
    if customer.code:
        found["code", customer.code] = None
    if customer.key:
        found["key", customer.key] = None
    for number in sorted(customer.phones):
        found["phone", number] = None
    if customer.door.key:
        found["door", f"{customer.place.city}{customer.door.key}"] = None
    return list(found)
