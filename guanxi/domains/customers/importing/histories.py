"""Judging rows that belong to customers there are (past orders, past visits): what would become of each, and why.

A sort's `Reading` reads one row and says which of its own rows it may be; everything else (whose it is, who did it, rows of
the wrong width, twice the same in one file) is the same for all and stands here. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from guanxi.platform.imports.columns import Mapping
from guanxi.platform.imports.fields import OTHER
from guanxi.platform.imports.reasons import Reason, reason
from guanxi.platform.imports.shape import settle
from guanxi.platform.imports.sheet import Sheet
from guanxi.platform.imports.values import clean_text, is_nothing, learn_order

from ..models_import import CREATE, DUPLICATE, REJECTED, UPDATE
from .beside import Said
from .compose import say
from .known import digest_of
from .planning import Planned, Progress
from .sorts import Sort
from .who import People
from .whose import Customer, Found, Told, Whose, told

AT_ONCE = 500
Key = tuple[Any, ...]


@dataclass(frozen=True)
class File:
    """What a reading knows of the file it reads."""

    sheet: Sheet
    mapping: Mapping
    person: Any
    now: datetime
    people: People

    def order(self, field: str) -> str:
        """How a column of dates writes 3/5/2024."""
        return self._orders.get(field, "")

    @cached_property
    def _orders(self) -> dict[str, str]:
        return {
            name: learn_order(self.sheet.column(index))
            for index, name in self.mapping.fields.items()
            if name != OTHER
        }


@dataclass
class Line:
    """A row's cells, by field."""

    file: File
    cells: Sequence[str]

    def text(self, field: str) -> str:
        """The first filled cell of a field, as it stands."""
        for column in self.file.mapping.columns(field):
            if column < len(self.cells) and not is_nothing(self.cells[column]):
                return self.cells[column]
        return ""

    def header(self, field: str) -> str:
        """The name of the field's column; '' where there is none."""
        column = self.file.mapping.column(field)
        return "" if column is None else self.file.mapping.headers[column]

    def others(self) -> list[str]:
        """Filled cells of columns without a field, each under its column's name."""
        headers = self.file.mapping.headers
        return [
            f"{headers[column]}：{clean_text(self.cells[column])}"
            for column in self.file.mapping.columns(OTHER)
            if column < len(self.cells) and not is_nothing(self.cells[column])
        ]


@dataclass
class Draft:
    """What a row says. values: the input of what enters it, as plain data. key: what two rows of one thing have in common.
    sure: two of one key are one; otherwise they only may be. title, about: how lists call it."""

    values: dict[str, Any] = field(default_factory=dict)
    key: Key = ()
    sure: bool = True
    title: str = ""
    about: str = ""
    customer: Customer | None = None
    faults: list[Said] = field(default_factory=list)
    doubts: list[Said] = field(default_factory=list)

    def fault(self, header: str, why: Reason) -> None:
        self.faults.append(say(header, why))

    def doubt(self, header: str, *why: Reason | None) -> None:
        self.doubts += [say(header, one) for one in why if one is not None]


@dataclass(frozen=True)
class There:
    """A row that is there already under a draft's key. id: its own. same: it says what the draft says. fault: why the draft
    cannot be taken."""

    id: int
    same: bool = False
    fault: Reason | None = None


class Reading(Protocol):
    """How the rows of one file are read; made by `Sort.reading(file)`."""

    def prepare(self, lines: Sequence[Line]) -> None:
        """The lines that are read next, so that the database can be asked once for many."""

    def read(self, line: Line, customer: Customer, draft: Draft) -> None:
        """Fill the draft."""

    def there(self, drafts: Sequence[Draft]) -> Sequence[There | None]:
        """For each draft what is there under its key."""


def plan_history(
    sort: Sort,
    sheet: Sheet,
    mapping: Mapping,
    person: Any,
    *,
    now: datetime,
    yes: bool = False,
    progress: Progress | None = None,
) -> Iterator[Planned]:
    """What would become of each row if `person` imported it. `yes`: what only may be there already is entered."""
    people, whose = People(), Whose(person)
    file = File(sheet, mapping, person, now, people)
    reading: Reading = sort.reading(file)
    digest = digest_of(sheet)
    settled = settle(sheet)
    unreadable = dict(settled.rejected)
    repairs = {repair.row: repair for repair in settled.repairs}
    cells = {row.number: row.cells for row in settled.rows}
    whom = [each.name for each in sort.fields[:3]]
    seen: dict[Key, tuple[int, dict[str, Any]]] = {}
    for start in range(0, len(sheet.rows), AT_ONCE):
        batch = sheet.rows[start : start + AT_ONCE]
        lines = {raw.number: Line(file, cells[raw.number]) for raw in batch if raw.number in cells}
        said = {number: told(*(line.text(name) for name in whom)) for number, line in lines.items()}
        whose.prepare(said.values())
        reading.prepare(list(lines.values()))
        drafts = {
            number: _draft(reading, line, whose.find(said[number]), said[number], whom)
            for number, line in lines.items()
        }
        good = [draft for draft in drafts.values() if not draft.faults]
        there = dict(zip(map(id, good), reading.there(good), strict=True))
        for raw in batch:
            planned = Planned(raw.number, REJECTED, raw.cells, digest(raw))
            if raw.number in unreadable:
                planned.said["faults"] = [say("", unreadable[raw.number])]
            else:
                draft = drafts[raw.number]
                _judge(planned, draft, there.get(id(draft)), seen, yes=yes)
                _tell(planned, draft)
            if repair := repairs.get(raw.number):
                planned.said.setdefault("doubts", []).append(say(repair.column, repair.reason))
                planned.said |= {
                    "before": list(repair.before),
                    "after": list(repair.after),
                    "repair": repair.reason.code,
                }
            yield planned
        if progress is not None:
            progress(min(start + AT_ONCE, len(sheet.rows)))


def _draft(reading: Reading, line: Line, found: Found, said: Told, whom: Sequence[str]) -> Draft:
    draft = Draft(customer=found.customer, title=said.name or said.number or said.code)
    where = line.header(whom[("name", "number", "code").index(found.field)])
    draft.doubt(where, *found.doubts)
    if found.fault is not None:
        draft.fault(where, found.fault)
    # What else is wrong with the row is said at once, though nobody knows yet whose it is.
    reading.read(line, found.customer or Customer(0, draft.title), draft)
    return draft


def _judge(
    planned: Planned,
    draft: Draft,
    there: There | None,
    seen: dict[Key, tuple[int, dict[str, Any]]],
    *,
    yes: bool,
) -> None:
    """What becomes of the row: the first of a key counts, whatever is there already is updated or left out."""
    if draft.faults:
        return
    planned.account = draft.customer.id if draft.customer else None
    planned.plan = {"values": draft.values, "target": None}
    above = seen.get(draft.key) if draft.key else None
    if above is not None:
        number, values = above
        if values == draft.values or not draft.sure:
            _leave_out(planned, draft, _same_as_row(number), yes=yes, of=number)
        else:
            draft.fault("", _twice(number))
            planned.plan = {}
        return
    if draft.key:
        seen[draft.key] = (planned.number, draft.values)
    if there is None:
        planned.kind = CREATE
    elif there.fault is not None:
        draft.fault("", there.fault)
        planned.plan = {}
    elif there.same:
        _leave_out(planned, draft, _there_already(sure=draft.sure), yes=yes)
    else:
        planned.kind = UPDATE
        planned.plan["target"] = there.id


def _leave_out(planned: Planned, draft: Draft, why: Reason, *, yes: bool, of: int | None = None) -> None:
    planned.kind = CREATE if yes and not draft.sure else DUPLICATE
    planned.certain, planned.of = draft.sure, of
    if planned.kind == DUPLICATE:
        planned.said["matches"] = [
            {
                "ref": of if of is not None else planned.account,
                "existing": of is None,
                "certain": draft.sure,
                "score": "1.0",
                "reasons": [say("", why)],
            }
        ]


def _tell(planned: Planned, draft: Draft) -> None:
    """How the row is called, and what there is to say of it."""
    planned.plan |= {"title": draft.title, "about": draft.about}
    if draft.faults:
        planned.kind = REJECTED
        planned.said["faults"] = draft.faults
    if draft.doubts:
        planned.said["doubts"] = draft.doubts


def _same_as_row(number: int) -> Reason:
    return reason("row.same", "与第 {n} 行相同。", "The same as row {n}.", n=number)


def _twice(number: int) -> Reason:
    return reason(
        "row.twice",
        "第 {n} 行已有同一条记录，内容不同；请合并为一行。",
        "Row {n} holds the same record with other content; make one row of them.",
        n=number,
    )


def _there_already(*, sure: bool) -> Reason:
    if sure:
        return reason("row.there", "系统中已有，内容相同。", "There already, with the same content.")
    return reason(
        "row.perhaps",
        "没有编号，系统中已有内容相同的一条。",
        "It has no number, and one with the same content is there already.",
    )
