"""From a judged row to the input of the actions that enter it. Nothing of a row is lost: what has no field of its own,
or does not fit into it, goes into the note under the name of its column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from guanxi.platform.imports.cells import Reading
from guanxi.platform.imports.columns import Mapping
from guanxi.platform.imports.fields import BY_NAME, OWN, normal
from guanxi.platform.imports.judge import Verdict
from guanxi.platform.imports.phones import read_phones
from guanxi.platform.imports.places import short_city, short_district, short_province
from guanxi.platform.imports.reasons import Reason
from guanxi.platform.imports.values import day
from guanxi.platform.kernel import Invalid, Text, get_action
from guanxi.platform.ownfields.known import fields
from guanxi.platform.ownfields.types import DATE

from ..words import KINDS
from .beside import Beside, Said

PHONE_LIMIT, ADDRESS_LIMIT, AREA_LIMIT = 60, 200, 40
_HOME = ("", "CN", "HK", "MO", "TW")
_KIND_WORDS = {normal(word): code for code, text in KINDS.items() for word in (code, text.zh, text.en)} | {
    normal(word): code
    for code, words in {
        "company": "企业 公司 普通客户 enterprise business customer",
        "tenant": "租客 承租方 租赁客户 入驻企业 lessee",
        "datacentre": "数据中心 机房客户 idc data_center datacenter",
        "prospect": "潜在客户 意向客户 潜在 意向 lead",
        "supplier": "供货商 供方 vendor",
    }.items()
    for word in words.split()
}
_FIELD_OF_INPUT = {
    "name": "account.name",
    "credit_code": "account.credit_code",
    "phone": "account.phone",
    "address": "account.address",
    "area": "account.district",
    "email": "account.email",
    "website": "account.website",
    "kinds": "account.kind",
    "contact_name": "contact.name",
    "contact_post": "contact.post",
    "contact_phone": "contact.mobile",
    "parent": "account.parent",
    "service": "account.service",
    "tags": "account.tags",
}


@dataclass
class Entry:
    """What a row enters: `create` is the input of customers.create without manager and contact, `contact` that of
    contacts.add without customer; `beside` what other actions enter (see beside.py); `grade`, the source's `key`, and the
    `owner` as written."""

    create: dict[str, Any]
    contact: dict[str, Any] = field(default_factory=dict)
    grade: str = ""
    key: str = ""
    owner: str = ""
    beside: dict[str, Any] = field(default_factory=dict)
    faults: list[Said] = field(default_factory=list)
    doubts: list[Said] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "create": self.create,
            "contact": self.contact,
            "grade": self.grade,
            "key": self.key,
            "owner": self.owner,
        } | ({"beside": self.beside} if self.beside else {})


def say(column: str, why: Reason) -> Said:
    """A remark as rows keep it."""
    return [column, why.code, why.text.zh, why.text.en]


def say_text(column: str, code: str, text: Text) -> Said:
    return [column, code, text.zh, text.en]


def compose(
    read: Reading | Verdict,
    cells: Sequence[str],
    mapping: Mapping,
    keep: Sequence[str] = (),
    *,
    today: date | None = None,
) -> Entry:
    """The input for one row that was not rejected, from what was read in it; `faults` where the record cannot hold it.

    `cells` may be fewer than columns. `keep` names fields that go into the note (a grade whose importer may not grade, an
    owner who is nobody here). today: no consent was given later.
    """
    return _Composer(read, [*cells, *([""] * (len(mapping.headers) - len(cells)))], mapping, today).entry(
        keep
    )


class _Composer:
    def __init__(
        self, read: Reading | Verdict, cells: Sequence[str], mapping: Mapping, today: date | None
    ) -> None:
        self.values = read.values
        self.cells = cells
        self.mapping = mapping
        self.kept = list(dict.fromkeys(read.kept))
        self.beside = Beside(self.values, cells, mapping, self.keep, today)

    def entry(self, keep: Sequence[str]) -> Entry:
        create: dict[str, Any] = {"name": self.text("account.name"), "source": "import"}
        for target in ("credit_code", "email", "website"):
            if text := self.text(f"account.{target}"):
                create[target] = text
        if kinds := self.kinds():
            create["kinds"] = kinds
        address, area = self.place()
        create |= {name: text for name, text in (("address", address), ("area", area)) if text}
        if own := self.own():
            create["own"] = own
        phone = self.phones(["account.phone"])
        contact = self.contact()
        if not contact and not phone:
            phone = self.phones(["contact.mobile", "contact.phone"])
        elif not contact:
            self.keep("contact.mobile", "contact.phone")
        if phone:
            create |= {"phone": phone, "phone_as_written": True}
        beside = self.beside.of_customer(address, self.delivery())
        if contact and (consents := self.beside.consents()):
            beside["consents"] = consents
        for name in {"account.service", "account.parent"} & set(keep):
            beside.pop(name.rpartition(".")[2], None)
        self.keep("account.industry", "account.fax", "account.external_key", *keep)
        note = self.note()
        if note:
            create["note"] = note
        entry = Entry(
            create,
            contact,
            self.text("account.grade"),
            self.text("account.external_key"),
            self.text("account.owner"),
            beside,
            doubts=self.beside.doubts,
        )
        entry.faults = self.check(entry)
        return entry

    # --- pieces -----------------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        return str(self.values.get(name, "") or "")

    def header(self, name: str) -> str:
        column = self.mapping.column(name)
        if column is None or column >= len(self.mapping.headers):
            return str(BY_NAME[name].title.zh) if name in BY_NAME else ""
        return self.mapping.headers[column]

    def keep(self, *names: str) -> None:
        """Put these cells into the note, as they stood, unless a remark about them put them there already."""
        there = {header for header, _ in self.kept}
        for name in names:
            if not self.values.get(name):
                continue
            for column in self.mapping.columns(name):
                header, cell = self.mapping.headers[column], self.cells[column].strip()
                if cell and header not in there:
                    self.kept.append((header, cell))

    def kinds(self) -> list[str]:
        """The kinds a cell names; a word that is none of ours is kept."""
        written = self.text("account.kind")
        words = [word for word in re.split(r"[、,，;；/|]+", written) if word.strip()]
        found = [_KIND_WORDS.get(normal(word)) for word in words]
        if written and None in found:
            self.keep("account.kind")
        return list(dict.fromkeys(code for code in found if code))

    def own(self) -> dict[str, str]:
        """The values of the company's own fields as they are written; a day in any of the ways in which files write it."""
        return self._own("customer", OWN)

    def _own(self, subject: str, start: str) -> dict[str, str]:
        named = {n.removeprefix(start): v for n, v in self.values.items() if n.startswith(start) and v}
        found = {key: str(text) for key, text in named.items() if "." not in key}
        days = {own.key for own in fields(subject) if own.type == DATE} if found else set()
        return {key: (day(text).text or text) if key in days else text for key, text in found.items()}

    def place(self) -> tuple[str, str]:
        """The address, whole enough to find the place by it, and the area."""
        address, city = self.text("account.address"), self.text("account.city")
        province, district = self.text("account.province"), self.text("account.district")
        abroad = self.text("account.country") not in _HOME
        if abroad:
            land = self.cell("account.country")
            town = " ".join(part for part in (self.text("account.postcode"), city) if part)
            whole = ", ".join(part for part in (address, town, province, land) if part)
            area = city
        else:
            whole, area = self.home_address(address, province, city, district), district or city
            self.keep("account.postcode")
        if len(whole) > ADDRESS_LIMIT:
            whole = address
            self.keep(
                *(
                    f"account.{n}"
                    for n in ("postcode", "country", "province", "city")
                    if abroad or n != "postcode"
                )
            )
        if (
            not abroad
            and area
            and short_district(self.cell("account.district")) not in ("", short_district(area))
        ):
            self.keep("account.district")  # the name of then, where districts were renamed since
        if len(area) > AREA_LIMIT:
            area = ""
            self.keep("account.district", "account.city")
        return whole, area

    def delivery(self) -> str:
        """The delivery address that stands in columns of its parts."""
        street, city, province, postcode, land = (
            self.text(f"account.delivery.{part}")
            for part in ("street", "city", "province", "postcode", "country")
        )
        if not street and not city:
            return ""
        if re.search(r"[\u3400-\u9fff]", street + city):
            return self.home_address(street, province, city, "")
        return ", ".join(
            part for part in (street, " ".join(p for p in (postcode, city) if p), province, land) if part
        )

    @staticmethod
    def home_address(address: str, province: str, city: str, district: str) -> str:
        """The address with province, city and district in front, unless it begins with province or city already."""
        begins = "|".join({short_province(province), short_city(city)} - {""})
        if begins and re.match(rf"(?:{begins})(?![路街道巷])", address):
            return address
        before = ""
        if province and city != province and short_province(province) not in address:
            before += province
        if city and short_city(city) not in address:
            before += city
        if (
            district
            and short_district(district) not in address
            and not re.search(r"[区县旗市]", address[:12])
        ):
            before += district
        return before + address

    def cell(self, name: str) -> str:
        column = self.mapping.column(name)
        return self.cells[column].strip() if column is not None else ""

    def phones(self, names: Sequence[str]) -> str:
        """Numbers in one line, dialable ones first; those that do not fit, or would be read as another number, are kept."""
        held: list[dict[str, Any]] = [p for name in names for p in self.values.get(name, [])]
        taken: list[str] = []
        for phone in sorted(held, key=lambda p: not p["e164"]):
            shown = str(phone["shown"])
            clear = phone["e164"] or not read_phones(shown).numbers
            if shown in taken:
                continue
            if clear and len("，".join([*taken, shown])) <= PHONE_LIMIT:
                taken.append(shown)
            else:
                self.kept.append((self.header(names[0]), str(phone["text"])))
        self.kept = list(dict.fromkeys(self.kept))
        return "，".join(taken)

    def contact(self) -> dict[str, Any]:
        """The person a row names; details without a name are kept."""
        name = self.text("contact.name")
        if not name:
            self.keep("contact.post", "contact.unit", "contact.email", "contact.wechat", "contact.birthday")
            self.keep(*(name for name in self.values if name.startswith((OF_CONTACT, *_OF_PERSON))))
            self.keep(*self.beside.refused())
            return {}
        found: dict[str, Any] = {"name": name}
        for part in ("post", "unit", "email", "wechat", "birthday"):
            if text := self.text(f"contact.{part}"):
                found[part] = text
        if phone := self.phones(["contact.mobile", "contact.phone"]):
            found |= {"phone": phone, "phone_as_written": True}
        found |= self.beside.of_person()
        if own := self._own("contact", OF_CONTACT):
            found["own"] = own
        return found

    def note(self) -> str:
        lines = [self.text("account.remark")] if self.text("account.remark") else []
        lines += [f"{header}：{text}" for header, text in self.kept]
        return "\n".join(lines)

    def check(self, entry: Entry) -> list[Said]:
        """What the actions would say against their input, by the column it comes from."""
        faults: list[Said] = []
        asked: list[tuple[str, dict[str, Any], str]] = [("customers.create", entry.create, "")]
        if entry.contact:
            asked.append(("contacts.add", {**entry.contact, "customer": 1}, "contact."))
        for action, data, prefix in asked:
            try:
                get_action(action).parse(data)
            except Invalid as invalid:
                for name, messages in invalid.errors.items():
                    target = f"{prefix}{name}" if prefix else _FIELD_OF_INPUT.get(name, name)
                    if prefix and name.startswith(OWN):
                        target = f"{OF_CONTACT}{name.removeprefix(OWN)}"
                    column = self.header(target) if self.mapping.column(target) is not None else ""
                    if name == "note":
                        messages = [_NOTE_LONG]
                    faults += [say_text(column, f"input.{name}", message) for message in messages]
        return faults


_OF_PERSON = (
    "contact.decision_role",
    "contact.channel",
    "contact.motives",
    "contact.matters",
    "contact.consent",
)
OF_CONTACT = f"{OWN}contact."
"""How the names of contacts' own fields begin, as a column's target."""
_NOTE_LONG = Text(
    "备注连同没有对应字段的各列超过 2000 字，请缩短或不导入其中几列",
    "The remark and the columns without a field exceed 2,000 characters; shorten them or leave some columns out",
)


def column_of(invalid_field: str, mapping: Mapping) -> str:
    """The header of the column that a field of customers.create came from; '' where none did."""
    column = mapping.column(_FIELD_OF_INPUT.get(invalid_field, invalid_field))
    return mapping.headers[column] if column is not None else ""
