"""The engine's vocabulary: facts and their kinds, entities, obligations, changes.

Everything here is a value: frozen, comparable, made of text, whole numbers, truth values, aware
datetimes and tuples of these, so that any store can keep it and two stores can be held against each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple

Data = Mapping[str, Any]
"""What a fact says: str, int, bool, None, lists and dicts of these; no floats."""

Base = Literal["text", "int", "bool", "timestamp", "date", "texts", "map", "duration"]

_TAKEN: Final[Mapping[str, tuple[type, ...]]] = {
    "text": (str,), "int": (int,), "bool": (bool,), "timestamp": (str,), "date": (str,), "texts": (list, tuple),
    "map": (dict, list, tuple), "duration": (),
}  # fmt: skip
"""The Python types in which a value comes: what is of one of them needs no further look."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of one field of a fact, of an action's gate values, or of an entity's attribute.

    ``timestamp`` and ``date`` stand as ISO strings in a fact's data; ``texts`` is a list of strings; ``map`` is
    free and cannot be read by conditions; ``duration`` exists for parameters only. ``refers_to`` names the kind of entity
    whose id the text is.
    """

    base: Base
    optional: bool = False
    refers_to: str = ""

    def maybe(self) -> FieldType:
        """The same type, but the field may be absent or None."""
        return FieldType(self.base, True, self.refers_to)


TEXT: Final = FieldType("text")
INT: Final = FieldType("int")
BOOL: Final = FieldType("bool")
TIMESTAMP: Final = FieldType("timestamp")
DATE: Final = FieldType("date")
TEXTS: Final = FieldType("texts")
MAP: Final = FieldType("map")


def ref(kind: str) -> FieldType:
    """A text that is the id of an entity of this kind: ``ref("person")``."""
    return FieldType("text", False, kind)


@dataclass(frozen=True, slots=True)
class Const:
    """In ``FactKind.sets``: the attribute takes this value, whatever the data say (``active: Const(False)``)."""

    value: str | int | bool | None


@dataclass(frozen=True, slots=True)
class FactKind:
    """A kind of fact, declared by the code that writes it.

    ``sets`` says which attributes of the subject the fact changes, and from which data field (or constant).
    ``merges_into`` names the data field that holds the id of the entity into which the subject is merged.
    An empty ``subject_kind`` means that the subject may be of any kind (the engine's own facts). ``history``: it tells
    of a time before the company used this; no control may name it.
    """

    name: str
    version: int
    subject_kind: str
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    sets: Mapping[str, str | Const] = field(default_factory=dict)
    merges_into: str = ""
    history: bool = False
    taken: Mapping[str, frozenset[type]] = field(init=False, repr=False, compare=False)
    moves_entity: bool = field(init=False, repr=False, compare=False)
    required: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        taken = {
            name: frozenset((*_TAKEN[kind.base], type(None)) if kind.optional else _TAKEN[kind.base])
            for name, kind in self.fields.items()
        }
        object.__setattr__(self, "taken", taken)
        object.__setattr__(self, "moves_entity", bool(self.sets or self.merges_into))
        required = tuple(name for name, kind in self.fields.items() if not kind.optional)
        object.__setattr__(self, "required", required)


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened. ``seq`` orders the journal, ``key`` identifies the fact for ever (see norms.md)."""

    seq: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    actor: str | None
    subject_kind: str
    subject: str
    customer: str | None
    data: Data
    version: int
    key: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact that the engine asks the application to write (a reminder, an escalation, a step of a roll-out)."""

    kind: str
    subject_kind: str
    subject: str
    customer: str | None
    data: Data
    key: str


_tuple: Final = tuple.__new__
"""Makes a named tuple from its values in order, past the function that names them: for what is made by the thousand."""


class Setting(NamedTuple):
    """One value of one attribute: from when, known since when, by which fact."""

    value: Any
    happened_at: datetime
    recorded_at: datetime
    key: str
    seq: int


def setting_of(value: Any, fact: Fact) -> Setting:
    """A value as a fact sets it."""
    return _tuple(Setting, (value, fact.happened_at, fact.recorded_at, fact.key, fact.seq))


def said_again(before: tuple[Setting, ...] | None, value: Any, fact: Fact) -> bool:
    """Whether a fact in time only repeats the value that had been known before it: then nothing can change. A late one
    among those before may count from its recording, after the last: unless it says the same, it may hold now."""
    if not before or fact.recorded_at > fact.happened_at:
        return False
    last = before[-1]
    return bool(last.value == value) and all(
        s.recorded_at < fact.happened_at
        and (s.value == value or s.recorded_at == s.happened_at or s.recorded_at < last.happened_at)
        for s in before
    )


def _place(setting: Setting) -> tuple[datetime, datetime, str]:
    return (setting.happened_at, setting.recorded_at, setting.key)


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that facts are about (a customer, a person, a visit), folded to its attributes' histories.

    Each attribute holds its settings in order of ``(happened_at, recorded_at, key)``, so that a late fact takes
    its place in the past instead of overwriting the present.
    """

    kind: str
    id: str
    attributes: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def merged_into(self) -> str:
        """The id of the entity into which this one was merged, or ''."""
        return str(self.at("merged_into") or "") if "merged_into" in self.attributes else ""

    def at(self, name: str, moment: datetime | None = None) -> Any:
        """The attribute's value at a moment (None: the latest known); None where nothing was set by then."""
        settings = self.attributes.get(name)
        if not settings:
            return None
        last = settings[-1]
        if moment is None or last.happened_at <= moment:
            return last.value
        for setting in reversed(settings):
            if setting.happened_at <= moment:
                return setting.value
        return None

    def with_setting(self, name: str, setting: Setting) -> Entity:
        """The entity after one more setting, put where its happening places it; the same key replaces itself."""
        return self.with_settings({name: setting})

    def with_settings(self, settings: Mapping[str, Setting]) -> Entity:
        """The entity after several more settings."""
        attributes = dict(self.attributes)
        for name, setting in settings.items():
            known = attributes.get(name)
            if known is None:
                attributes[name] = (setting,)
                continue
            kept = [s for s in known if s.key != setting.key]
            in_order = not kept or kept[-1].happened_at < setting.happened_at
            kept.append(setting)
            if not in_order:
                kept.sort(key=_place)
            attributes[name] = tuple(kept)
        return Entity(self.kind, self.id, attributes, self.aliases)

    def without(self, key: str) -> Entity:
        """The entity as if the fact with this key had set nothing (it was annulled or corrected)."""
        attributes = {
            name: tuple(s for s in settings if s.key != key) for name, settings in self.attributes.items()
        }
        kept = {name: settings for name, settings in attributes.items() if settings}
        return Entity(self.kind, self.id, kept, self.aliases)

    def settings(self) -> Iterator[Setting]:
        """Every setting of every attribute (for explanations)."""
        for settings in self.attributes.values():
            yield from settings


class State(StrEnum):
    """The life of an obligation."""

    WAITING = "waiting"
    OPEN = "open"
    SUSPENDED = "suspended"
    MISSED = "missed"
    FULFILLED = "fulfilled"
    LATE = "late"
    WAIVED = "waived"
    VOID = "void"


LIVE: Final = frozenset({State.WAITING, State.OPEN, State.SUSPENDED, State.MISSED})
"""States in which something is still owed."""

Role = Literal["fulfil", "void", "restart", "before", "waive", "suspend", "resume", "annul"]


class Event(NamedTuple):
    """A fact that matters to one obligation, and as what. Its times decide when it counts."""

    role: Role
    seq: int
    key: str
    kind: str
    happened_at: datetime
    recorded_at: datetime


class Judgement(NamedTuple):
    """What was once said of an obligation: never deleted, so that a changed mind stays visible."""

    seq: int
    at: datetime
    state: State
    due_at: datetime | None
    missed_at: datetime | None
    version: str
    why: str


def overdue(due: datetime | None, triggered: datetime, grace: timedelta) -> datetime | None:
    """The moment after which something due then is missed, if its trigger was recorded at a moment."""
    if due is None or due >= triggered:
        return due
    limit = due + grace
    return limit if triggered <= limit else due


@dataclass(frozen=True)
class Obligation:
    """One instance of a duty. Times are aware; ids are text; tuples are in order.

    ``matches`` are the joins by which facts find it (``visit=V1``); ``watches`` the entities whose change may
    change its owner or its rhythm (``customer=C1``). ``owner`` is who owes it now (a person's id or ``role:x``);
    ``owed_by`` and ``department`` are those of the deadline once it has passed. ``counts_from`` is the moment
    from which the deadline counts. ``next_at`` is the next instant at which a tick has to look at it.
    """

    id: str
    regulation: str
    version: str
    clause: str
    control: str
    element: str
    trigger: int
    trigger_key: str
    trigger_kind: str
    trigger_recorded_at: datetime
    subject_kind: str
    subject: str
    customer: str | None
    matches: tuple[str, ...]
    watches: tuple[str, ...]
    owner: str
    owner_expression: str
    owed_by: str
    department: str
    opened_at: datetime
    counts_from: datetime
    actionable_from: datetime
    due_at: datetime | None
    estimated: bool
    grace: timedelta
    state: State
    missed_at: datetime | None = None
    taken_back: bool = False
    dated_back: bool = False
    closed_at: datetime | None = None
    fulfilled_by: int | None = None
    closed_by: str = ""
    suspensions: tuple[tuple[datetime, datetime | None], ...] = ()
    events: tuple[Event, ...] = ()
    history: tuple[Judgement, ...] = ()
    calendar: int = 0
    prompted_until: datetime | None = None
    next_at: datetime | None = None

    @staticmethod
    def made(**fields: Any) -> Obligation:
        """A new one from its fields, the others at their defaults (the ordinary way sets all forty one by one)."""
        made = object.__new__(Obligation)
        _hold(made, _BLANK | fields)
        return made

    def but(self, **changes: Any) -> Obligation:
        """The same with some fields changed (``dataclasses.replace`` is far slower on so many fields)."""
        made = object.__new__(Obligation)
        _hold(made, self.__dict__ | changes)
        return made

    def settle(self, **changes: Any) -> Obligation:
        """Change a copy that nobody else holds yet, in place: only for the engine while it makes one."""
        self.__dict__.update(changes)
        return self

    @property
    def live(self) -> bool:
        """Whether something is still owed."""
        return self.state in LIVE

    @property
    def overdue_at(self) -> datetime | None:
        """The moment after which it is missed: the deadline, or the end of the grace for a late trigger."""
        return overdue(self.due_at, self.trigger_recorded_at, self.grace)


_hold: Final = Obligation.__dict__["__dict__"].__set__
"""Gives an object all its fields at once: a copied table is several times as quick as one that grows."""
_BLANK: Final[dict[str, Any]] = {
    f.name: None if f.default is MISSING else f.default for f in fields(Obligation)
}  # the order of the fields, and their defaults


class MeasureEntry(NamedTuple):
    """One line of a measure's population, keyed ``(control, key)``; readings are sums over such lines.

    ``period`` is the label of the period (``2026``, ``2026-Q1``, ``2026-02``, a day for rolling windows, empty for
    standing populations); ``value`` a whole number in the measure's unit, or None.
    """

    control: str
    key: str
    regulation: str
    period: str
    at: datetime
    person: str
    department: str
    area: str
    customer: str
    counted: bool
    hit: bool
    value: int | None
    taken_back: bool
    seq: int


class Frozen(NamedTuple):
    """The figures of a closed period, as a fact keeps them: in all, and by person and department.

    ``figures`` holds sums by name; ``parts`` maps (person, department) to the sums of that part that are not 0.
    ``up_to`` is the seq up to which facts were counted, ``seq`` the fact that says so.
    """

    control: str
    period: str
    up_to: int
    figures: Mapping[str, int]
    parts: Mapping[tuple[str, str], Mapping[str, int]]
    seq: int


class Change(NamedTuple):
    """What one fact changed: an obligation (before is None when it opened), or a fact to be written."""

    obligation: Obligation | None = None
    before: Obligation | None = None
    draft: Draft | None = None

    @property
    def opened(self) -> bool:
        """Whether the obligation is new."""
        return self.obligation is not None and self.before is None


class NormsError(Exception):
    """Something the engine refuses to guess about; the message says what and how to put it right."""


class FactError(NormsError):
    """A fact that does not fit its declared kind."""


def obligation_id(clause: str, control: str, trigger_key: str, element: str) -> str:
    """The stable id of an instance: clause, control, trigger key and element, and nothing counted."""
    text = "\x1f".join((clause, control, trigger_key, element))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
