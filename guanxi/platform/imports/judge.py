"""What would become of every row: the plan of an import, before anything is written.

Each row gets exactly one verdict, so that always
    rows = created + updated + duplicates + rejected rows.
A row that may be a duplicate waits for a person (`create` and `update` take the answers); it is never written
twice, and never dropped. Doubts may stand beside any verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from .addresses import recent_cities
from .cells import DAYS, PLACES, Reader, Reading, Said
from .columns import Mapping
from .duplicates import Index, Match, Profile, compare
from .reasons import Reason, reason, refuse
from .shape import Repair, settle
from .sheet import Row, Sheet
from .values import is_nothing, learn_order

_AT_ONCE = 500
"""Rows read before the accounts are asked about them."""

# Codes of reasons (duplicates.py) that say: one name, another customer, another place.
_NAMED = frozenset({"same.name", "person.same"})
_ANOTHER = frozenset({"other.code", "other.number", "branch", "part"})
_ELSEWHERE = frozenset({"other.address", "other.city", "other.place"})
Kind = Literal["create", "update", "duplicate", "rejected"]


class Accounts(Protocol):
    """What judging needs to know of the customers there are."""

    def by_key(self, key: str) -> Profile | None:
        """The account with this customer number of the source, or None."""

    def near(self, profile: Profile) -> Iterable[Profile]:
        """Accounts that share a credit code, telephone number, name core or address with `profile`."""

    def prepare(self, profiles: Sequence[Profile]) -> None:
        """The rows that are asked about next, so that a database can be asked once for many."""


Portion = Sequence[tuple[int, tuple[str, ...]]]
"""Some rows: each with its number and its cells."""
Readings = dict[int, tuple[Reading, Profile]]
"""By the row's number: what was read in it, and what is compared of it."""
ReadAll = Callable[[Reader, Iterator[Portion]], Iterator[Readings]]
"""Reads portion after portion, in their order."""


def read_portion(reader: Reader, portion: Portion) -> Readings:
    """Each row of a portion as it is read."""
    found = {}
    for number, cells in portion:
        reading = reader.read(cells)
        found[number] = reading, profile_of_reading(number, reading)
    return found


def read_here(reader: Reader, portions: Iterator[Portion]) -> Iterator[Readings]:
    """One portion after the other, in this process."""
    return (read_portion(reader, portion) for portion in portions)


class KnownAccounts:
    """Accounts held in memory (also the empty set of them)."""

    def __init__(self, profiles: Iterable[Profile] = ()) -> None:
        held = list(profiles)
        self._keys = {profile.key: profile for profile in held if profile.key}
        self._index = Index(held)

    def by_key(self, key: str) -> Profile | None:
        return self._keys.get(key)

    def near(self, profile: Profile) -> list[Profile]:
        return self._index.near(profile)

    def prepare(self, profiles: Sequence[Profile]) -> None:
        """Everything is here already."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of one row. `values` are by field name, as `cells.Reading` gives them; `target` is the
    account to update; `matches` those it is or may be; `adds_contact` says that a certain duplicate of a row
    above brings a person whom that row did not name; `kept` is text, by column, that fits no field."""

    row: int
    kind: Kind
    values: dict[str, Any]
    tags: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    target: int | str | None = None
    matches: tuple[Match, ...] = ()
    adds_contact: bool = False
    faults: tuple[Said, ...] = ()
    doubts: tuple[Said, ...] = ()
    told: tuple[Said, ...] = ()
    repair: Repair | None = None
    made: Any = None
    """See `cells.Reading`."""

    @property
    def certain(self) -> bool:
        """True for a duplicate about which nobody needs to be asked."""
        return bool(self.matches) and self.matches[0].certain


@dataclass(frozen=True)
class Plan:
    """All verdicts, in the order of the rows, and the notes about the file."""

    verdicts: tuple[Verdict, ...]
    notes: tuple[Reason, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)

    def of_kind(self, kind: Kind) -> list[Verdict]:
        """The verdicts of one kind."""
        return [verdict for verdict in self.verdicts if verdict.kind == kind]

    def reasons(self) -> dict[int, list[Said]]:
        """Rejected row number -> (column, reason) pairs, as `export.rejected_rows` takes them."""
        return {verdict.row: list(verdict.faults) for verdict in self.of_kind("rejected")}

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The plan as plain data; reasons in `language` ('zh' or 'en'), each with its stable code."""

        def said(verdict: Verdict, pairs: Iterable[Said]) -> list[dict[str, Any]]:
            return [
                {
                    "row": verdict.row,
                    "column": column,
                    "reason": why.text.in_language(language),
                    "code": why.code,
                }
                for column, why in pairs
            ]

        return {
            "rows": len(self.verdicts),
            "created": self.counts["create"],
            "updated": self.counts["update"],
            "duplicates": [_duplicate(verdict, language) for verdict in self.of_kind("duplicate")],
            "rejected": [one for v in self.of_kind("rejected") for one in said(v, v.faults)],
            "doubtful": [
                one | _both_readings(v, one["code"]) for v in self.verdicts for one in said(v, v.doubts)
            ],
            "changed": [one for v in self.verdicts for one in said(v, v.told)],
            "notes": [note.text.in_language(language) for note in self.notes],
        }


def judge(sheet: Sheet, mapping: Mapping, accounts: Accounts | None = None, **how: Any) -> Plan:
    """The plan for `sheet` under `mapping`, whole; for the rest see `verdicts`."""
    found = tuple(verdicts(sheet, mapping, accounts, **how))
    return Plan(found, sheet.general, Counter(verdict.kind for verdict in found))


def verdicts(
    sheet: Sheet,
    mapping: Mapping,
    accounts: Accounts | None = None,
    *,
    create: Collection[int] = (),
    create_possible: bool = False,
    update: MappingOf[int, int | str] | None = None,
    seen: MappingOf[int, int | str] | None = None,
    progress: Callable[[int], None] | None = None,
    home: str = "CN",
    home_city: str = "",
    read: ReadAll = read_here,
) -> Iterator[Verdict]:
    """What becomes of each row of `sheet` under `mapping`, in their order. They are given away one by one, for a large
    file's verdicts take several times the memory of the file.

    `accounts` are the customers there are; `create` the rows of which a person said that they are no
    duplicates (`create_possible`: all that only may be), `update` those said to be a certain account (row ->
    account). `seen` are rows that came in before exactly so (row -> account). `progress` is told how many rows
    are judged. `home` and `home_city` are for rows that name no country or city. `read` reads the rows: where that is
    done is no matter of judging. Raises Unreadable where no column holds the customer's name.
    """
    if mapping.column("account.name") is None:
        raise refuse(
            "mapping.name",
            "没有指定哪一列是客户名称。",
            "No column was chosen for the customer's name.",
        )
    file = _File(
        sheet.header,
        mapping,
        accounts or KnownAccounts(),
        frozenset(create),
        dict(update or {}),
        dict(seen or {}),
        create_possible,
    )
    return _in_turn(sheet, file, progress, home, home_city, read)


def _in_turn(
    sheet: Sheet,
    file: _File,
    progress: Callable[[int], None] | None,
    home: str,
    home_city: str,
    read: ReadAll,
) -> Iterator[Verdict]:
    mapping = file.mapping
    settled = settle(sheet)
    repairs = {repair.row: repair for repair in settled.repairs}
    unreadable = dict(settled.rejected)
    rows = {row.number: row for row in settled.rows}
    orders = {
        column: learn_order(row.cells[column] for row in settled.rows)
        for name in DAYS
        for column in mapping.columns(name)
    }
    recent = recent_cities(
        row.cells[column] for name in PLACES for column in mapping.columns(name) for row in settled.rows
    )
    file.rows = rows
    reader = Reader(sheet.header, mapping, home, home_city, orders, recent)
    about: dict[int, list[Said]] = {}
    for note in sheet.notes:
        if note.row:
            column = (
                sheet.header[note.column]
                if note.column is not None and note.column < len(sheet.header)
                else ""
            )
            about.setdefault(note.row, []).append((column, note.reason))
    starts = range(0, len(sheet.rows), _AT_ONCE)
    portions = (
        [
            (raw.number, rows[raw.number].cells)
            for raw in sheet.rows[start : start + _AT_ONCE]
            if raw.number in rows
        ]
        for start in starts
    )
    for start, readings in zip(starts, read(reader, portions), strict=True):
        batch = sheet.rows[start : start + _AT_ONCE]
        file.accounts.prepare([profile for reading, profile in readings.values() if not reading.faults])
        for raw in batch:
            if raw.number in unreadable:
                why = unreadable[raw.number]
                yield Verdict(raw.number, "rejected", {}, faults=(("", why),))
                continue
            reading, profile = readings[raw.number]
            repair = repairs.get(raw.number)
            if repair:
                reading.doubts.insert(0, (repair.column, repair.reason))
            reading.doubts += about.get(raw.number, [])
            yield file.verdict(profile, reading, repair, rows[raw.number].cells)
        if progress is not None:
            progress(start + len(batch))


class _File:
    """What is known while the rows go by: rows above, and who was named in them."""

    def __init__(
        self,
        header: Sequence[str],
        mapping: Mapping,
        accounts: Accounts,
        create: frozenset[int],
        update: dict[int, int | str],
        seen: dict[int, int | str],
        create_possible: bool,
    ) -> None:
        self.header = header
        self.mapping = mapping
        self.accounts = accounts
        self.create = create
        self.update = update
        self.seen = seen
        self.create_possible = create_possible
        self.index = Index()
        self.people: dict[int | str, set[str]] = {}
        self.rows: dict[int, Row] = {}
        """The rows as they are read: mended where they had another width."""

    def verdict(
        self, profile: Profile, reading: Reading, repair: Repair | None, cells: tuple[str, ...]
    ) -> Verdict:
        row = int(profile.ref)
        kind: Kind = "create"
        target: int | str | None = None
        matches: tuple[Match, ...] = ()
        adds = False
        if reading.faults:
            kind = "rejected"
        else:
            kind, target, matches = self._place(profile)
            person = str(reading.values.get("contact.name", ""))
            if kind == "duplicate" and matches[0].certain and not matches[0].existing:
                other = self._above(profile, matches[0].ref)
                people = self.people.setdefault(other.ref, set(other.contacts))
                adds = bool(person) and person not in people
                people.add(person)
                reading.doubts += self._differs(profile, cells, other, but_person=adds)
            elif row in self.seen or not (kind == "duplicate" and matches[0].certain):
                # Also one that came in before: what doubles it below was left out then, too.
                self.index.add(profile)
        return Verdict(
            row=row,
            kind=kind,
            values=reading.values,
            tags=tuple(reading.tags),
            kept=tuple(reading.kept),
            target=target,
            matches=matches,
            adds_contact=adds,
            faults=tuple(reading.faults),
            doubts=tuple(reading.doubts),
            told=tuple(reading.told),
            repair=repair,
            made=reading.made,
        )

    def _above(self, profile: Profile, ref: int | str) -> Profile:
        """The row above of which this one is a duplicate."""
        return next(other for other in self.index.near(profile) if other.ref == ref)

    def _differs(
        self, profile: Profile, cells: tuple[str, ...], other: Profile, *, but_person: bool
    ) -> list[Said]:
        """What a certain duplicate says otherwise than the row above it, or in addition: it is left out, so somebody
        should know. Its name is nearly the same by definition; numbers and the address are compared as they are read."""
        others = self.rows[int(other.ref)].cells
        found = []
        for column, name in sorted(self.mapping.fields.items()):
            mine, theirs = cells[column].strip(), others[column].strip()
            if name == "account.name" or is_nothing(mine) or mine == theirs:
                continue
            if but_person and name.startswith("contact."):
                continue
            if name in ("account.phone", "contact.mobile") and profile.phones <= other.phones:
                continue
            if (
                name in PLACES
                and profile.customer.door == other.customer.door
                and profile.district == other.district
            ):
                continue
            found.append((self.header[column], _different(mine, theirs, other.ref)))
        return found

    def _place(self, profile: Profile) -> tuple[Kind, int | str | None, tuple[Match, ...]]:
        row = int(profile.ref)
        above = self.index.matches(profile)
        if row in self.update:
            return "update", self.update[row], tuple(above)
        if row in self.create:
            return "create", None, tuple(above)
        if row in self.seen:
            return "duplicate", None, (Match(self.seen[row], True, True, 1.0, (_seen(),)), *above)
        if above and (above[0].certain or any(_elsewhere(match) for match in above)):
            return "duplicate", None, tuple(above)
        held = self.accounts.by_key(profile.key) if profile.key else None
        if held is not None and held.changeable and _one(profile, held):
            return "update", held.ref, ()
        near = {other.ref: other for other in ([held] if held is not None else [])}
        near |= {other.ref: other for other in self.accounts.near(profile)}
        there = [match for other in near.values() if (match := compare(profile, other))]
        found = sorted([*above, *there], key=lambda m: (not m.certain, not m.existing, -m.score))
        waits = bool(found) and (found[0].certain or not self.create_possible)
        return ("duplicate" if waits else "create"), None, tuple(found)


def _one(profile: Profile, held: Profile) -> bool:
    """Whether a customer with the number of a row is the row's: certainly the same, or it bears the same name, and nothing but
    an address or telephone speaks against it (for them a file with the numbers is sent). Not by a name that it bore once:
    a row that says so would take a merger or a change of name back."""
    now = _codes(profile, replace(held, key=profile.key, also=()))
    if held.also and not _named(now) and _named(_codes(profile, held)):
        return False
    return "certain" in now or (_named(now) and now.isdisjoint(_ANOTHER))


def _codes(profile: Profile, held: Profile) -> set[str]:
    same = compare(profile, held)
    if same is None:
        return set()
    return {reason.code for reason in same.reasons} | ({"certain"} if same.certain else set())


def _named(codes: set[str]) -> bool:
    """Whether two bear one name; one that is the same but for its place, only where no other place is named."""
    return not codes.isdisjoint(_NAMED) or ("same.core" in codes and "other.place" not in codes)


def _elsewhere(match: Match) -> bool:
    """Whether a row above has the same number and another address: one of the two is wrong."""
    codes = {reason.code for reason in match.reasons}
    return "same.key" in codes and not _ELSEWHERE.isdisjoint(codes)


def profile_of_reading(number: int, reading: Reading) -> Profile:
    """What is compared of a row."""
    values = reading.values
    return Profile(
        ref=number,
        name=str(values.get("account.name", "")),
        code=str(values.get("account.credit_code", "")),
        key=str(values.get("account.external_key", "")),
        phones=reading.phones,
        address=reading.street,
        city=str(values.get("account.city", "")),
        district=str(values.get("account.district", "")),
        contacts=tuple(name for name in [str(values.get("contact.name", ""))] if name),
        country=str(values.get("account.country", "")),
    )


def _different(mine: str, theirs: str, ref: int | str) -> Reason:
    if is_nothing(theirs):
        return reason(
            "duplicate.more",
            "与第 {of} 行重复而不导入，但“{mine}”在第 {of} 行没有，请核对。",
            "Left out as a duplicate of row {of}, which lacks “{mine}”. Please check.",
            of=ref,
            mine=mine[:60],
        )
    return reason(
        "duplicate.differs",
        "与第 {of} 行重复而不导入，但这里是“{mine}”，第 {of} 行是“{theirs}”，请核对。",
        "Left out as a duplicate of row {of}, but here it says “{mine}” and there “{theirs}”. Please check.",
        of=ref,
        mine=mine[:60],
        theirs=theirs[:60],
    )


def _seen() -> Reason:
    return reason(
        "same.row",
        "这一行以前已原样导入过",
        "this very row was imported before",
    )


def _duplicate(verdict: Verdict, language: str) -> dict[str, Any]:
    first, *others = verdict.matches
    data: dict[str, Any] = {
        "row": verdict.row,
        "of": None if first.existing else first.ref,
        "account": first.ref if first.existing else None,
        "certainty": "certain" if first.certain else "possible",
        "score": first.score,
        "reasons": [why.text.in_language(language) for why in first.reasons],
        "codes": [why.code for why in first.reasons],
        "also": [
            {"of": None if m.existing else m.ref, "account": m.ref if m.existing else None} for m in others
        ],
    }
    if verdict.adds_contact:
        data["adds_contact"] = True
    return data


def _both_readings(verdict: Verdict, code: str) -> dict[str, Any]:
    if verdict.repair is None or code != verdict.repair.reason.code:
        return {}
    return {"before": list(verdict.repair.before), "after": list(verdict.repair.after)}
