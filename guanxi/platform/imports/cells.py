"""One row of a mapped sheet as the values of a customer and a contact, with all that is to be said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .addresses import find_city, parse_address
from .columns import Mapping
from .countries import country
from .fields import BY_NAME, OTHER, field_called
from .phones import PhoneCell, read_phones
from .places import area_code
from .reasons import Reason, reason
from .values import Value, credit_code, day, email, grade, is_rounded, key, plain, postcode, website

Said = tuple[str, Reason]
"""A column's name ('' for the whole row) and what is said about it."""

_SPECIAL_REGIONS = {"HK": "香港", "MO": "澳门", "TW": "台湾"}
_READERS: dict[str, Callable[[str], Value]] = {
    "account.external_key": lambda text: key(text, BY_NAME["account.external_key"].limit),
    "account.credit_code": credit_code,
    "account.grade": grade,
    "account.email": email,
    "account.website": website,
    "contact.email": email,
}
_PHONES = ("account.phone", "account.fax", "contact.phone", "contact.mobile")
DAYS = ("contact.birthday", "contact.consent_on")
_NAMES = ("contact.name", "contact.family", "contact.given")
PLACES = ("account.address", "account.province", "account.city", "account.district", "account.country")


@dataclass
class Reading:
    """The values of a row by field name, and what there is to say: faults forbid the row, doubts ask for a
    look, told needs none. Telephone fields hold lists of {text, e164, extension, shown}; `tags` words that
    fit no field; `kept` (column, text) of those, of columns without a field, and of cells read with a doubt."""

    values: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    phones: frozenset[str] = frozenset()
    street: str = ""
    faults: list[Said] = field(default_factory=list)
    doubts: list[Said] = field(default_factory=list)
    told: list[Said] = field(default_factory=list)
    made: Any = field(default=None, compare=False)
    """What whoever reads the row makes of it besides; judging only hands it on."""


@dataclass(frozen=True)
class Reader:
    """Reads rows under one mapping. `home` is the country of rows that name none, `home_city` the city whose
    area code numbers without one get; `orders` how each date column writes 3/5/2024; `recent` the cities whose districts
    the file names as they are today."""

    headers: tuple[str, ...]
    mapping: Mapping
    home: str = "CN"
    home_city: str = ""
    orders: dict[int, str] = field(default_factory=dict)
    recent: frozenset[str] = frozenset()
    limits: dict[str, int] = field(default_factory=dict)

    def read(self, cells: tuple[str, ...]) -> Reading:
        """The row's values. Never raises; whatever is wrong stands in `faults`."""
        result = Reading()
        region = self._places(cells, result)
        city = str(result.values.get("account.city", "")) or self.home_city
        for name in sorted(set(self.mapping.fields.values())):
            if name in PLACES:
                continue
            if name == OTHER:
                self._others(cells, result)
                continue
            if name in _PHONES:
                self._phones(name, cells, region, city, result)
                continue
            for column in self.mapping.columns(name):
                self._plain(name, column, cells, region, result)
        title = self._header("account.name")
        if not result.values.get("account.name") and all(column != title for column, _ in result.faults):
            result.faults.append((title, _nameless()))
        self._called(result)
        self._contact(result)
        return result

    def limit(self, name: str) -> int:
        """How long a value of a field may be; looked up once for all rows."""
        if name not in self.limits:
            known = field_called(name)
            self.limits[name] = known.limit if known else BY_NAME[OTHER].limit
        return self.limits[name]

    def _header(self, name: str) -> str:
        column = self.mapping.column(name)
        return self.headers[column] if column is not None else ""

    def _cell(self, name: str, cells: tuple[str, ...]) -> str:
        column = self.mapping.column(name)
        return cells[column] if column is not None and column < len(cells) else ""

    def _keep(self, name: str, header: str, value: Value, result: Reading) -> None:
        if value.fault:
            result.faults.append((header, value.fault))
        result.doubts += [(header, doubt) for doubt in value.doubts]
        if value.tag:
            result.tags.append(value.tag)
            result.kept.append((header, value.tag))
        if not value.text:
            return
        before = result.values.get(name)
        result.values[name] = (
            f"{before}\n{value.text}" if before and name in BY_NAME and BY_NAME[name].several else value.text
        )

    def _plain(self, name: str, column: int, cells: tuple[str, ...], region: str, result: Reading) -> None:
        text, header = cells[column], self.headers[column]
        if name == "account.postcode":
            value = postcode(text, region)
        elif name in DAYS:
            value = day(text, order=self.orders.get(column, ""))
        elif name in _READERS:
            value = _READERS[name](text)
            if name == "account.external_key" and is_rounded(text):
                result.kept.append((header, text.strip()))
        else:
            limit = self.limit(name)
            value = plain(text, limit, lines=limit > 200)
        self._keep(name, header, value, result)

    def _others(self, cells: tuple[str, ...], result: Reading) -> None:
        """Columns without a field: each cell with the name of its column."""
        for column in self.mapping.columns(OTHER):
            value = plain(cells[column], BY_NAME[OTHER].limit, lines=True)
            if value.fault:
                result.faults.append((self.headers[column], value.fault))
            elif value.text:
                result.kept.append((self.headers[column], value.text))

    def _places(self, cells: tuple[str, ...], result: Reading) -> str:
        """Fill country, province, city, district and address; the region in which to read the rest."""
        land = country(self._cell("account.country", cells))
        self._keep("account.country", self._header("account.country"), land, result)
        region = land.text or ("??" if land.tag else self.home)
        whole = plain(self._cell("account.address", cells), BY_NAME["account.address"].limit)
        self._keep("account.address", self._header("account.address"), whole, result)
        result.street = whole.text
        parts = {}
        for name in ("account.province", "account.city", "account.district"):
            value = plain(self._cell(name, cells), BY_NAME[name].limit)
            if value.fault:
                result.faults.append((self._header(name), value.fault))
            parts[name.rpartition(".")[2]] = value.text
        if region != "CN" and region not in _SPECIAL_REGIONS:
            result.values |= {f"account.{name}": text for name, text in parts.items() if text}
            return region
        if not whole.text and not any(parts.values()):
            return region
        if region in _SPECIAL_REGIONS and not parts["province"]:
            parts["province"] = _SPECIAL_REGIONS[region]
        found = parse_address(whole.text, **parts, recent=self.recent)
        where = self._header("account.district" if parts["district"] else "account.address")
        result.doubts += [(where, doubt) for doubt in found.doubts]
        result.told += [(where, told) for told in found.told]
        result.street = found.rest
        # What the parser does not know stays as it was written, rather than be lost.
        texts = {
            "province": found.province or parts["province"],
            "city": found.city or parts["city"],
            "district": found.district or parts["district"],
        }
        result.values |= {f"account.{name}": text for name, text in texts.items() if text}
        if region == "CN":
            city = find_city(found.city) if found.city else None
            special = {"香港特别行政区": "HK", "澳门特别行政区": "MO", "台湾省": "TW"}
            return special.get(city.province if city else found.province, "CN")
        return region

    def _phones(self, name: str, cells: tuple[str, ...], region: str, city: str, result: Reading) -> None:
        held: list[dict[str, Any]] = result.values.get(name, [])
        for column in self.mapping.columns(name):
            header = self.headers[column]
            if (long := plain(cells[column], BY_NAME[name].limit, lines=True)).fault:
                result.faults.append((header, long.fault))
                continue
            found: PhoneCell = read_phones(cells[column], area=area_code(city), region=region)
            result.doubts += [(header, doubt) for doubt in found.doubts]
            result.told += [(header, told) for told in found.told]
            if found.doubts:
                result.kept.append((header, found.original))
            held += [
                {"text": p.text, "e164": p.e164, "extension": p.extension, "shown": p.shown}
                for p in found.phones
            ]
            if name in ("account.phone", "contact.mobile"):
                result.phones |= found.compared
        if held:
            result.values[name] = held

    def _called(self, result: Reading) -> None:
        """A person's name from its two parts, where no column holds the whole."""
        family, given = (str(result.values.pop(f"contact.{part}", "")) for part in ("family", "given"))
        if (family or given) and not result.values.get("contact.name"):
            latin = f"{family}{given}".isascii()
            name = f"{given} {family}".strip() if latin else family + given
            result.values["contact.name"] = name[: BY_NAME["contact.name"].limit]

    def _contact(self, result: Reading) -> None:
        rest = [name for name in result.values if name.startswith("contact.") and name != "contact.name"]
        if not rest or result.values.get("contact.name"):
            return
        named = next((n for n in _NAMES if self.mapping.column(n) is not None), "")
        if named:
            result.doubts.append(
                (
                    self._header(named),
                    reason(
                        "contact.nameless",
                        "有联系方式但没有联系人姓名，请补充。",
                        "There are details of a contact but no name. Please add it.",
                    ),
                )
            )


def _nameless() -> Reason:
    return reason(
        "name.missing",
        "没有客户名称，不能导入。",
        "The customer's name is missing; the row cannot be imported.",
    )
