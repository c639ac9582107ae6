"""The plan: what would become of every row, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from guanxi.platform.imports.columns import Guess, Mapping, guess, mapping_of
from guanxi.platform.imports.fields import NOT_DATA, OTHER, more_fields, normal
from guanxi.platform.imports.judge import Verdict, verdicts
from guanxi.platform.imports.sheet import Sheet
from guanxi.platform.kernel import Reason, Refused, Text, get_action
from guanxi.platform.kernel.actions import Context
from guanxi.platform.kernel.perform import stages
from guanxi.platform.people.models import Person

from ..actions.grouping import MOST_TAGS
from ..models_grouping import Tag
from ..models_import import CREATE, DUPLICATE, REJECTED, UPDATE, ImportRow
from .beside import TAGS, Said, tag_words
from .besides import MANAGE
from .compose import Entry, compose, say, say_text
from .known import Held, digest_of, seen_before
from .parents import PARENT, Parents
from .reading import ReadingBeside
from .sorts import CUSTOMERS

Progress = Callable[[int], None]


@dataclass
class Planned:
    """One row of the plan; the fields are those of ImportRow."""

    number: int
    kind: str
    cells: tuple[str, ...]
    digest: str
    certain: bool = False
    of: int | None = None
    account: int | None = None
    turn: int = 0
    plan: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def doubtful(self) -> bool:
        return bool(self.said.get("doubts"))

    def row(self, run: int) -> ImportRow:
        return ImportRow(
            run_id=run,
            number=self.number,
            kind=self.kind,
            certain=self.certain,
            doubtful=self.doubtful,
            of=self.of,
            turn=self.turn,
            account_id=self.account,
            digest=self.digest,
            cells=list(self.cells),
            plan=self.plan,
            said=self.said,
        )


def first_mapping(sheet: Sheet) -> tuple[Mapping, list[Guess]]:
    """The guessed mapping: what has no field is kept in the note; columns that only count rows are left out."""
    guesses = guess(sheet, more=more_fields(CUSTOMERS))
    mapping = mapping_of(guesses)
    for index, header in enumerate(sheet.header):
        left_out = guesses[index].certainty == 1.0 and not guesses[index].field
        if is_no_data(header) or left_out:
            mapping = mapping.with_field(index, "")
        elif index not in mapping.fields and any(cell.strip() for cell in sheet.column(index)):
            mapping = mapping.with_field(index, OTHER)
    return mapping, guesses


def is_no_data(header: str) -> bool:
    """Row counters, and the columns that our own files of left-out rows add."""
    return header.strip() == "#" or normal(header) in NOT_DATA


def plan_rows(
    sheet: Sheet,
    mapping: Mapping,
    person: Any,
    *,
    now: datetime,
    yes: bool = False,
    progress: Progress | None = None,
) -> Iterator[Planned]:
    """What would become of each row if `person` imported it. `yes`: what only may be a duplicate is created.

    Each row is given away as soon as it is judged: a plan of a large file is written down or told, never held.
    Raises Unreadable where no column holds the name.
    """
    found = verdicts(
        sheet,
        mapping,
        Held(person),
        create_possible=yes,
        seen=seen_before(sheet),
        progress=progress,
        read=ReadingBeside(len(sheet.rows), timezone.localdate(now)),
    )
    return _planned(sheet, mapping, found, person, now)


def _planned(
    sheet: Sheet,
    mapping: Mapping,
    found: Iterator[Verdict],
    person: Any,
    now: datetime,
) -> Iterator[Planned]:
    digest = digest_of(sheet)
    owners = (
        Owners() if mapping.column("account.owner") is not None and person.may("customers.assign") else None
    )
    gates = Gates(person, now)
    tags = Tags(person) if mapping.column(TAGS) is not None else None
    parents = Parents(sheet, mapping, person)
    lost: set[int] = set()
    """Rows that are not imported; what doubles one of them, further down, cannot be left out either."""
    for raw, verdict in zip(sheet.rows, found, strict=True):
        row = Planned(verdict.row, verdict.kind, raw.cells, digest(raw))
        row.said = _said(verdict)
        if verdict.kind != REJECTED:
            _enter(row, verdict, mapping, owners, gates, parents, tags)
        if row.kind == DUPLICATE and row.certain and row.of in lost:
            row.kind, row.certain = REJECTED, False
            row.said["faults"] = [original_lost(row.of or 0)]
        if row.kind == REJECTED:
            lost.add(row.number)
        row.turn = parents.turn(row.number, row.of)
        yield row


def _enter(
    row: Planned,
    verdict: Verdict,
    mapping: Mapping,
    owners: Owners | None,
    gates: Gates,
    parents: Parents,
    tags: Tags | None,
) -> None:
    """The row's input; a row that the record cannot hold, or that a clause refuses, is rejected now and not later."""
    owner = str(verdict.values.get("account.owner", ""))
    manager = owners.find(owner) if owner and owners is not None else None
    keep = ["account.owner"] if owner and manager is None else []
    if not gates.may_grade and verdict.values.get("account.grade"):
        keep.append("account.grade")
    if not gates.may_grade and verdict.values.get("account.service"):
        keep.append("account.service")
    lost = tags.lost(str(verdict.values.get(TAGS, ""))) if tags is not None else ""
    if lost:
        keep.append(TAGS)
    named = str(verdict.values.get(PARENT, ""))
    parent = parents.of(row.number, named) if named else None
    if parent is not None and parent.doubt is not None:
        keep.append(PARENT)
    entry: Entry | None = None if keep or verdict.repair else verdict.made
    if entry is None:
        read = verdict.repair.after if verdict.repair else row.cells
        entry = compose(verdict, read, mapping, keep, today=timezone.localdate(gates.ctx.now))
    if parent is not None and parent.doubt is None:
        entry.beside["parent"] = {
            "text": named,
            "column": parents.header,
            "row": parent.row,
            "account": parent.account,
        }
    if lost and tags is not None:
        tags.leave(entry.beside)
        entry.doubts.append(
            say_text(
                mapping.headers[mapping.column(TAGS) or 0], "tag.unknown", _NO_TAG.format(name=lost[:40])
            )
        )
    row.plan = entry.as_json()
    if doubts := entry.doubts + ([parent.doubt] if parent is not None and parent.doubt is not None else []):
        row.said.setdefault("doubts", []).extend(doubts)
    if parent is not None and parent.fault is not None:
        entry.faults.append(parent.fault)
    if owner:
        column = mapping.headers[mapping.column("account.owner") or 0]
        row.plan |= {"manager": manager, "owner_column": column}
        if manager is None:
            row.said.setdefault("doubts", []).append(say_text(column, "owner.unknown", _no_owner(owner)))
    if verdict.kind in (CREATE, DUPLICATE) and not entry.faults:
        entry.faults = gates.against(entry.create, bool(entry.contact), str(entry.contact.get("phone", "")))
    if entry.faults:
        row.kind = REJECTED
        row.said["faults"] = entry.faults
        return
    if verdict.kind == UPDATE:
        row.account = int(verdict.target or 0)
    elif verdict.matches:
        first = verdict.matches[0]
        row.certain = verdict.certain
        row.of = None if first.existing else int(first.ref)
        row.account = int(first.ref) if first.existing and verdict.kind == DUPLICATE else None


def _said(verdict: Verdict) -> dict[str, Any]:
    """What there is to say about a row, as plain data."""
    said: dict[str, Any] = {
        name: [say(column, why) for column, why in pairs]
        for name, pairs in (("faults", verdict.faults), ("doubts", verdict.doubts), ("told", verdict.told))
        if pairs
    }
    if verdict.matches:
        said["matches"] = [
            {
                "ref": int(match.ref),
                "existing": match.existing,
                "certain": match.certain,
                "score": str(match.score),
                "reasons": [say("", why) for why in match.reasons],
            }
            for match in verdict.matches[:10]
        ]
    if verdict.adds_contact:
        said["adds_contact"] = True
    if verdict.repair:
        said |= {
            "before": list(verdict.repair.before),
            "after": list(verdict.repair.after),
            "repair": verdict.repair.reason.code,
        }
    return said


def original_lost(number: int) -> Said:
    """Why a duplicate of a row that could not be imported cannot be left out either."""
    text = Text("与第 {n} 行相同，而第 {n} 行没有导入", "The same as row {n}, which was not imported")
    return say_text("", "same.lost", text.format(n=number))


_NO_TAG = Text(
    "不能打“{name}”这个标签（没有这个标签，或已停用），记入备注",
    "The tag {name} cannot be given (there is none, or it is retired); it is kept in the note",
)


def _no_owner(text: str) -> Text:
    return Text(
        "不能按“{name}”指派负责人，姓名记入备注",
        "Nobody is assigned by the name {name}; it is kept in the note",
    ).format(name=text[:40])


class Tags:
    """The tags that rows may be given: those in use, and new ones where whoever imports keeps the registers."""

    def __init__(self, person: Any) -> None:
        rows = list(Tag.objects.values_list("name", "active"))
        self.in_use = {name.casefold() for name, active in rows if active}
        self.retired = {name.casefold() for name, active in rows if not active}
        self.may = person.may(MANAGE)

    def lost(self, written: str) -> str:
        """The first of the words in a cell that cannot be given; '' where all can."""
        for name in tag_words(written):
            key = name.casefold()
            if key in self.in_use:
                continue
            if not self.may or key in self.retired or len(self.in_use) >= MOST_TAGS:
                return name
            self.in_use.add(key)
        return ""

    def leave(self, beside: dict[str, Any]) -> None:
        """Only what can be given stays in the plan."""
        beside["tags"] = [name for name in beside.get("tags", ()) if name.casefold() in self.in_use]
        if not beside["tags"]:
            del beside["tags"]


class Owners:
    """People by the names a column may give."""

    def __init__(self) -> None:
        self.known: dict[str, int | None] = {}

    def find(self, text: str) -> int | None:
        """The one person of this name or sign-in name who can look after customers, or None."""
        wanted = text.strip()
        if wanted not in self.known:
            people = Person.objects.select_related("department").filter(is_active=True)
            found = list(people.filter(name=wanted)[:3]) or list(people.filter(username__iexact=wanted)[:1])
            fit = [person for person in found if person.may("customers.work")]
            self.known[wanted] = fit[0].pk if len(fit) == 1 else None
        return self.known[wanted]


class Gates:
    """What the regulations in force would say against entering a customer; asked once where none looks at it."""

    def __init__(self, person: Any, now: datetime) -> None:
        self.action = get_action("customers.create")
        self.may_grade = person.may("customers.grade")
        self.ctx = Context(
            actor=person, now=now, happened_at=now, key="", action=self.action.name, source="why"
        )
        self.silent = self._ask({"name": "-"}, False, "") is None

    def against(self, create: dict[str, Any], contact: bool, phone: str) -> list[Said]:
        """The refusals, as faults of the row."""
        if self.silent:
            return []
        refused = self._ask(create, contact, phone)
        return [] if refused is None else refusal_said(refused)

    def _ask(self, create: dict[str, Any], contact: bool, phone: str) -> Refused | None:
        named = {"contact_name": "-", "contact_phone": phone, "phone_as_written": True} if contact else {}
        parsed = self.action.parse({**create, **named})
        values = self.action.gate(self.ctx, parsed, None)
        failures: list[Reason] = []
        looked = False
        for stage in stages.gates:
            verdict = stage.ask(self.ctx, self.action, ("customer", None, None), values)
            failures += verdict.failures
            looked = looked or verdict.asked is not None
        return Refused(self.action.name, failures) if looked else None


def refusal_said(refused: Refused) -> list[Said]:
    """A refusal's clauses as remarks."""
    found = []
    for failure in refused.failures:
        text = Text(f"{failure.text.zh}（{failure.clause}）", f"{failure.text.en} ({failure.clause})")
        found.append(say_text("", f"gate.{failure.clause}", text))
    return found
