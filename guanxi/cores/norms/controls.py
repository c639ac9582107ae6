"""What a checked pack is made of: clauses, parameters, controls; and a version, which is a pack with its values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final, Literal

from guanxi.cores.norms.calendars import PeriodKind
from guanxi.cores.norms.conditions import Condition
from guanxi.cores.norms.expressions import Who
from guanxi.cores.norms.model import NormsError, Role

Keep = Literal["keep", "restate", "void"]
_PARTS: Final = re.compile(r"(\d+)(w|d|h|m)")
_UNITS: Final = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause in our words, and the kinds of control that carry it."""

    id: str
    kinds: tuple[str, ...]
    text: Words


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number, limit or choice of a regulation, and where it comes from."""

    name: str
    type: str
    default: Any
    origin: str
    clause: str = ""
    decision: str = ""
    unit: Words | None = None
    words: Words | None = None
    min: Any = None
    max: Any = None
    values: tuple[tuple[date, Any], ...] = ()

    def parse(self, raw: Any) -> Any:
        """The value in Python's terms: int, bool, text, tuple of texts or timedelta; raises ValueError with the cure."""
        value = _parse(self.type, raw)
        if self.min is not None and value < _parse(self.type, self.min):
            raise ValueError(f"{raw!r} is out of bounds; write at least {self.min}")
        if self.max is not None and value > _parse(self.type, self.max):
            raise ValueError(f"{raw!r} is out of bounds; write at most {self.max}")
        return value


def _parse(type_: str, raw: Any) -> Any:
    if type_ in ("duration", "working_time"):
        text = str(raw)
        if not re.fullmatch(r"(\d+[wdhm])+", text):
            raise ValueError(f"{raw!r} is no duration; write such as 4h, 30m, 3d or 1h30m")
        return timedelta(**{_UNITS[unit]: int(number) for number, unit in _PARTS.findall(text)})
    expected: type = {"boolean": bool, "text": str, "texts": list}.get(type_, int)
    given: type = type(raw)
    if given is not expected:
        raise ValueError(f"{raw!r} is no {type_}; write a value of type {expected.__name__}")
    if type_ in ("percent", "money", "months", "working_days") and raw < 0:
        raise ValueError(f"{raw!r} is below zero; write 0 or more")
    return tuple(raw) if type_ == "texts" else raw


@dataclass(frozen=True, slots=True)
class Read:
    """How one name is read from a fact: its subject, customer, actor, the element, or a data field; as which kind."""

    name: str
    how: Literal["subject", "customer", "actor", "element", "data"]
    field: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Link:
    """Facts that mean something to an instance: which kinds, joined by what, under which condition."""

    role: Role
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    of_trigger: Mapping[str, tuple[Read, ...]]
    of_fact: Mapping[str, tuple[Read, ...]]
    where: Mapping[str, Condition]
    ever: bool = False

    @cached_property
    def sieve(self) -> Mapping[str, str]:
        """Per kind, a mark for evidence that passed a condition which reads nothing but the fact's own data."""
        return {kind: f"?{where.source}" for kind, where in self.where.items() if where.own_data}

    @cached_property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """Each kind with its mark."""
        return tuple((kind, self.sieve.get(kind, "")) for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline: how it counts, the parameter that says how much, and the field or period it counts from."""

    how: Literal["end_of_working_day_after", "within", "ahead", "end_of", "at", "before"]
    amount: str = ""
    base: str = "happened_at"
    period: PeriodKind = "year"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Again and again for each entity of a kind, while a condition over its attributes holds."""

    of: str
    condition: Condition
    every: str = ""
    by: str = ""
    table: Mapping[str, str] = field(default_factory=dict)
    period: PeriodKind | None = None
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Restart:
    """While an instance waits, a later trigger of the same entity moves its count and opens no other: joined by which name,
    an entity of which kind."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A reminder or an escalation: an offset (a parameter) from the deadline or the opening, and to whom."""

    kind: Literal["remind", "escalate"]
    number: int
    offset: str
    side: Literal["before", "after_opening", "after"]
    to: tuple[Who, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """What every control has."""

    id: str
    regulation: str
    clauses: tuple[str, ...]
    words: Words | None

    @property
    def key(self) -> str:
        """The control's name across regulations: ``R1/visit-report``."""
        return f"{self.regulation}/{self.id}"

    @property
    def clause(self) -> str:
        """The clause it carries first of all."""
        return self.clauses[0]


@dataclass(frozen=True, slots=True)
class Actionable:
    """From when something can be done about it: a time in the trigger, perhaps so much ahead of it, or so much after it."""

    at: str
    ahead: str
    after: str


@dataclass(frozen=True, slots=True)
class Duty(Control):
    """Somebody must do something by a deadline, with evidence."""

    does: str
    triggers: Mapping[str, Condition | None]
    rhythm: Rhythm | None
    restart: Restart | None
    each: str
    owners: Mapping[str, tuple[Who, ...]]
    owner_source: str
    actionable: Actionable | None
    due: Due | None
    shift: bool
    recorded: bool
    grace: str
    links: tuple[Link, ...]
    prompts: tuple[Prompt, ...]
    on_new_version: Keep

    @property
    def chained(self) -> bool:
        """Whether its instances of one entity follow each other, and are told as a chain."""
        return self.rhythm is not None or self.restart is not None


@dataclass(frozen=True, slots=True)
class Gate(Control):
    """Something may not happen unless a condition holds."""

    actions: tuple[str, ...]
    when: Mapping[str, Condition]
    require: Mapping[str, Condition]
    refuses: bool
    remedy_action: str
    remedy_by: str
    remedy_words: Words | None
    waiver: str


@dataclass(frozen=True, slots=True)
class Measure(Control):
    """A figure over a period."""

    over: Literal["duty", "fact", "entity"]
    duty: str
    kinds: tuple[str, ...]
    entity: str
    where: Mapping[str, Condition]
    hit: Mapping[str, Condition]
    value: Mapping[str, Condition]
    at: str
    person: Mapping[str, tuple[Who, ...]]
    reached_by: tuple[Link, ...]
    period: str
    rolling: str
    split: tuple[str, ...]
    show: str
    better: str
    target: str
    reference: tuple[tuple[str, Words], ...]
    small: str


@dataclass(frozen=True, slots=True)
class Record(Control):
    """A form with required fields that must stay current."""

    actions: tuple[str, ...]
    form: str
    require: tuple[str, ...]
    when: Mapping[str, Condition]
    stale_after: str
    confirmed_by: str


@dataclass(frozen=True, slots=True)
class Guide(Control):
    """Advice at the point of work."""

    page: str
    actions: tuple[str, ...]
    roles: tuple[str, ...]
    acknowledge: bool


@dataclass(frozen=True)
class Pack:
    """A checked regulation pack."""

    regulation: str
    title: Words
    clauses: Mapping[str, Clause]
    parameters: Mapping[str, Parameter]
    controls: Mapping[str, Control]
    approval_by: str = ""
    approval_origin: str = ""
    approval_clause: str = ""
    on_new_version: Keep = "keep"

    @cached_property
    def duties(self) -> tuple[Duty, ...]:
        """Its duties."""
        return tuple(c for c in self.controls.values() if isinstance(c, Duty))

    @cached_property
    def duty_of(self) -> Mapping[str, Duty]:
        """Its duties by id."""
        return {duty.id: duty for duty in self.duties}

    @cached_property
    def restates(self) -> bool:
        """Whether this pack, when it comes into force, restates obligations that are open then."""
        return any(duty.on_new_version == "restate" for duty in self.duties)

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """Its gates."""
        return tuple(c for c in self.controls.values() if isinstance(c, Gate))

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Its measures."""
        return tuple(c for c in self.controls.values() if isinstance(c, Measure))

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Its records."""
        return tuple(c for c in self.controls.values() if isinstance(c, Record))

    @cached_property
    def guides(self) -> tuple[Guide, ...]:
        """Its guides."""
        return tuple(c for c in self.controls.values() if isinstance(c, Guide))


class Version:
    """A version of a regulation: a pack with the company's own values for some of its parameters.

    ``values`` maps a parameter to its value, or to a list of ``{"from": date, "value": …}``.
    """

    def __init__(self, label: str, pack: Pack, values: Mapping[str, Any] | None = None) -> None:
        self.label, self.pack, self.values = label, pack, dict(values or {})
        self.regulation = pack.regulation
        self._dated: dict[str, tuple[tuple[date, Any], ...]] = {}
        for name, raw in self.values.items():
            if name not in pack.parameters:
                raise NormsError(
                    f"{pack.regulation} has no parameter '{name}'; known: {', '.join(pack.parameters)}"
                )
            self._dated[name] = self._parse(pack.parameters[name], raw)
        for name, parameter in pack.parameters.items():
            self._dated.setdefault(name, self._own(parameter))
        self._single = {name: dated[0][1] for name, dated in self._dated.items() if len(dated) == 1}
        self.steady = len(self._single) == len(self._dated)
        """Whether no parameter depends on the day, so that none needs to be worked out."""

    @staticmethod
    def _own(parameter: Parameter) -> tuple[tuple[date, Any], ...]:
        dated = [(day, parameter.parse(raw)) for day, raw in parameter.values]
        return tuple(sorted([(date.min, parameter.parse(parameter.default)), *dated]))

    def _parse(self, parameter: Parameter, raw: Any) -> tuple[tuple[date, Any], ...]:
        try:
            if isinstance(raw, list) and raw and isinstance(raw[0], Mapping):
                dated = [(date.fromisoformat(str(r["from"])), parameter.parse(r["value"])) for r in raw]
                return tuple(sorted([*self._own(parameter)[:1], *dated]))
            return ((date.min, parameter.parse(raw)),)
        except ValueError as error:
            raise NormsError(
                f"{self.regulation} {self.label}: parameter '{parameter.name}': {error}"
            ) from error

    def amount(self, name: str, day: date | None = None) -> Any:
        """A parameter's value on a day (None: today's last known value)."""
        if name in self._single:
            return self._single[name]
        dated = self._dated[name]
        return (
            dated[-1][1] if day is None else next(value for since, value in reversed(dated) if since <= day)
        )

    def duty(self, control: str) -> Duty | None:
        """One of its duties by id."""
        return self.pack.duty_of.get(control)
