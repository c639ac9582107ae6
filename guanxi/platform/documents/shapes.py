"""What the shipped templates print. A domain fills one of these and hands it to `render_pdf`; every field may be empty.

Labels that differ from company to company (fields, sections) come with the data as Text, so that a template need not
know them. Order is the order of printing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from guanxi.platform.kernel import Text

from .typeset import Picture

Words = str | Text
Pair = tuple[Words, Words | int | bool | date | datetime | None]
"""A label and its value."""


@dataclass(frozen=True, slots=True)
class Block:
    """A titled part of a form: label-value pairs, then lines, then one long text; what is empty is left out.

    nothing: said where all three are empty ("nothing to report").
    """

    title: Words
    pairs: Sequence[Pair] = ()
    lines: Sequence[Words] = ()
    text: Words = ""
    nothing: Words = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of a checklist."""

    label: Words
    done: bool = False


@dataclass(frozen=True, slots=True)
class RelationshipCard:
    """documents/relationship_card (A4) and documents/relationship_card_small (90 by 54 mm).

    The small one prints name to email and the picture; the rest is for A4. number: the card's own number.
    """

    name: str
    employer: str = ""
    post: str = ""
    department: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    wechat: str = ""
    number: str = ""
    grade: str = ""
    decision_role: Words = ""
    birthday: str = ""
    owner: str = ""
    confirmed_on: date | None = None
    qr: Picture | None = None
    pairs: Sequence[Pair] = ()
    blocks: Sequence[Block] = ()
    history: Sequence[tuple[date | str, Words, str]] = ()
    """When, what changed, who."""


@dataclass(frozen=True, slots=True)
class VisitPreparation:
    """documents/visit_preparation: always one page; type shrinks and lists end with "and n more" where it must."""

    customer: str
    when: datetime | None = None
    visitor: str = ""
    address: str = ""
    contacts: Sequence[Words] = ()
    grade: str = ""
    purpose: Words = ""
    target: Words = ""
    facts: Sequence[Pair] = ()
    """What matters today: open promise, need, birthday."""
    promises: Sequence[Words] = ()
    needs: Sequence[Words] = ()
    questions: Sequence[Words] = ()
    """Gaps in what is known, as questions to ask."""
    promotions: Sequence[Words] = ()
    talking_points: Sequence[Words] = ()
    kit: Sequence[Tick] = ()
    checklist: Sequence[Tick] = ()
    last_visits: Sequence[tuple[date | str, Words]] = ()


@dataclass(frozen=True, slots=True)
class VisitReport:
    """documents/visit_report: one visit, its parts in the order of the regulation, with places to sign."""

    customer: str
    visitor: str = ""
    number: str = ""
    arrived: datetime | None = None
    left: datetime | None = None
    place: str = ""
    met: Sequence[Words] = ()
    purpose: Words = ""
    target: Words = ""
    result: Words = ""
    training_minutes: int | None = None
    blocks: Sequence[Block] = ()
    promises: Sequence[tuple[Words, str, date | str | None]] = ()
    """What, who, until when."""
    measures: Sequence[tuple[Words, str, date | str | None]] = ()
    next_visit: date | str | None = None
    written_at: datetime | None = None
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One line of the visit record card."""

    on: date | str
    visitor: str = ""
    met: str = ""
    purpose: Words = ""
    result: Words = ""
    promises: str = ""
    next_visit: date | str | None = None


@dataclass(frozen=True, slots=True)
class VisitRecordCard:
    """documents/visit_record_card: all visits to one customer, newest first (A4 across)."""

    customer: str
    number: str = ""
    pairs: Sequence[Pair] = ()
    visits: Sequence[VisitRow] = ()


@dataclass(frozen=True, slots=True)
class ClauseCounts:
    """One control of a clause in a month. level: 'good', 'bad' or '' (no target); shown in words too."""

    clause: str
    what: Words
    kind: Words = ""
    due: int | None = None
    on_time: int | None = None
    late: int | None = None
    missed: int | None = None
    open: int | None = None
    reading: str = ""
    """A measure's figure with its unit, such as "92%"."""
    target: str = ""
    level: str = ""
    evidence: int | None = None
    after: Words = ""
    """What arrived after the month was closed."""


@dataclass(frozen=True, slots=True)
class RegulationMonth:
    """documents/regulation_month: how far each clause of a regulation was kept in one month."""

    regulation: Words
    version: str = ""
    month: str = ""
    in_force_since: date | None = None
    pairs: Sequence[Pair] = ()
    clauses: Sequence[ClauseCounts] = ()
    uncontrolled: Sequence[Words] = ()
    """Clauses without a control, said honestly."""
    exceptions: Sequence[tuple[str, Words, str]] = ()
    """Clause, what was late, missed or waived, who."""
    remarks: Words = ""
    frozen: bool = False
    """Whether the month is closed: its figures never change, what arrived later stands below them."""
    up_to_fact: int | None = None
    """Journal number up to which this was counted."""
