"""Before an import starts: the file, its reading, its columns, the plan, the decisions. Nothing here writes a customer."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import transaction

from guanxi.platform.imports.columns import Guess, Mapping
from guanxi.platform.imports.programs import recognise
from guanxi.platform.imports.reading import Unreadable, read_sheet
from guanxi.platform.imports.reasons import Reason, reason
from guanxi.platform.imports.sheet import Limits, Sheet
from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.journal.quick import insert
from guanxi.platform.kernel import Clock, Invalid, Text, system_clock
from guanxi.platform.ownfields.known import looked_up_once

from .. import reads
from ..models import Account
from ..models_import import (
    CONTACT,
    CREATE,
    DRAFT,
    DUPLICATE,
    PLANNED,
    PLANNING,
    SKIP,
    UNDONE,
    UPDATE,
    Import,
    ImportFile,
    ImportHeader,
    ImportRow,
)
from .actions import WORK, person_of
from .beside import Said
from .compose import say
from .histories import plan_history
from .planning import Planned, first_mapping, is_no_data, plan_rows
from .sorts import CUSTOMERS, guessed, names, sort_called, sort_of, targets_of, unmapped, what_is

LIMITS = Limits()
SMALL = 1000
"""Rows up to which the plan is made while the person waits; larger files are judged in the background."""
PLAN_JOB = "customers.plan_import"
DECISIONS = (CREATE, SKIP, UPDATE, CONTACT)
_BATCH = 500


def upload(
    person: Any,
    data: bytes,
    name: str,
    *,
    what: str = "",
    sheet: Sheet | None = None,
    clock: Clock = system_clock,
) -> Import:
    """Keep a file and what reading it said (sheet: where it is read already). what: its rows; '' to guess. Raises
    Unreadable; then nothing is kept."""
    sheet = sheet or read_sheet(data, name, limits=LIMITS)
    if not sheet.rows and not sheet.other_sheets:
        raise Unreadable(no_rows(sheet))
    run = Import(
        file_name=(name or "–")[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        by=person,
        created_at=clock(),
    )
    run.what = what or what_is(sheet)
    take_sheet(run, sheet)
    run.mapping = mapping_for(run.what, sheet)
    with transaction.atomic():
        run.save()
        ImportFile.objects.create(run=run, packed=zlib.compress(data, 6))
    return run


def no_rows(sheet: Sheet) -> Reason:
    """What to say of a table of nothing but its header."""
    return reason(
        "file.norows",
        "只有表头（{names}），下面没有数据。",
        "There is only the header ({names}), and no row below it.",
        names="、".join(sheet.header[:8]),
    )


def take_sheet(run: Import, sheet: Sheet) -> None:
    """What the reading of the file said of it."""
    run.format, run.encoding, run.delimiter = sheet.format, sheet.encoding, sheet.delimiter
    run.sheet = sheet.name if sheet.format in ("xlsx", "xls") else ""
    run.header, run.rows = list(sheet.header), len(sheet.rows)
    run.notes = notes_of(sheet, run.what)


def notes_of(sheet: Sheet, what: str = CUSTOMERS) -> list[Said]:
    """What there is to know about a file: which program wrote it, and what reading it said."""
    program = recognise(sheet.header) if what == CUSTOMERS else None
    known = [say("", program.known())] if program is not None else []
    return known + [say("", note) for note in sheet.general]


def sheet_of(run: Import) -> Sheet:
    """The file as it is read now."""
    return read_sheet(
        run.file.data,
        run.file_name,
        sheet=run.sheet,
        encoding=run.encoding,
        delimiter=run.delimiter,
        limits=LIMITS,
    )


def same_file(run: Import) -> Import | None:
    """The last import of the very same bytes that entered something, or None."""
    return (
        Import.objects.filter(sha256=run.sha256)
        .exclude(pk=run.pk)
        .exclude(done=0)
        .exclude(state=UNDONE, kept=0)
        .select_related("by")
        .first()
    )


def mapping_for(what: str, sheet: Sheet) -> dict[str, Any]:
    """The columns as they were mapped the last time, else as they are guessed."""
    return remembered(sheet, what) or guessed_for(what, sheet)[0].as_json()


def guessed_for(what: str, sheet: Sheet) -> tuple[Mapping, list[Guess]]:
    """The guessed mapping of a sheet that holds this."""
    sort = sort_called(what)
    return first_mapping(sheet) if sort is None else guessed(sort, sheet)


def read_again(run: Import, *, sheet: str, encoding: str, delimiter: str, what: str = "") -> Import:
    """Read the file otherwise: another sheet, encoding or delimiter, or as something else. Raises Unreadable; then all stays
    as it was."""
    _must_be_open(run)
    found = read_sheet(
        run.file.data, run.file_name, sheet=sheet, encoding=encoding, delimiter=delimiter, limits=LIMITS
    )
    run.what = what if what in names() else run.what
    take_sheet(run, found)
    run.mapping = mapping_for(run.what, found)
    run.state = DRAFT
    with transaction.atomic():
        ImportRow.objects.filter(run=run).delete()
        run.save()
    return run


def mapping_now(run: Import) -> Mapping:
    return Mapping.from_json(run.mapping, run.header)


def guesses(run: Import, sheet: Sheet) -> list[Guess]:
    return guessed_for(run.what, sheet)[1]


def set_mapping(run: Import, chosen: dict[int, str], *, clock: Clock = system_clock) -> None:
    """Take the columns as a person chose them, and remember them for the next file with these columns.

    Invalid where no column holds the name, or two hold what only one can.
    """
    _must_be_open(run)
    mapping, offered = Mapping({}, tuple(run.header)), targets_of(run.what)
    for column, field in sorted(chosen.items()):
        if not 0 <= column < len(run.header):
            continue
        before = len(mapping.fields)
        if field not in offered:
            raise Invalid.field(f"column-{column}", "没有这个字段", "There is no such field")
        mapping = mapping.with_field(column, field)
        if field and len(mapping.fields) == before:
            raise Invalid.field(
                f"column-{column}", "这个字段已用于另一列", "This field is taken by another column"
            )
    if (why := missing_column(run, mapping)) is not None:
        raise Invalid({"": [why]})
    run.mapping = mapping.as_json()
    run.save(update_fields=["mapping"])
    ImportHeader.objects.update_or_create(
        digest=header_digest(run.header, run.what),
        defaults={"mapping": run.mapping, "by": run.by, "at": clock()},
    )


def missing_column(run: Import, mapping: Mapping) -> Text | None:
    """What has to be mapped yet, in words."""
    sort = sort_of(run)
    if sort is not None:
        return unmapped(sort, mapping)
    if mapping.column("account.name") is None:
        return Text("请指定哪一列是客户名称", "Say which column holds the customer's name")
    return None


def remembered(sheet: Sheet, what: str = CUSTOMERS) -> dict[str, Any] | None:
    """The mapping last used for these columns."""
    found = ImportHeader.objects.filter(digest=header_digest(sheet.header, what)).first()
    return found.mapping if found is not None else None


def header_digest(header: Iterable[str], what: str = CUSTOMERS) -> str:
    """The same for the same set of columns, whatever their order and whatever our reject files added."""
    known = sorted(name for name in header if not is_no_data(name))
    said = known if what == CUSTOMERS else [what, known]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


# --- The plan --------------------------------------------------------------------------------------------------------


def plan(run: Import, *, clock: Clock = system_clock) -> None:
    """Judge the rows: at once where they are few, else in the background."""
    _must_be_open(run)
    if not run.rows:
        raise Invalid.field(
            "", "这张工作表里没有数据，请选择另一张", "This sheet holds no rows; choose another"
        )
    with transaction.atomic():
        run.state, run.planned = PLANNING, 0
        run.save(update_fields=["state", "planned"])
        if run.rows > SMALL:
            enqueue(PLAN_JOB, {"id": run.pk}, key=f"plan-{run.pk}", clock=clock)
    if run.rows <= SMALL:
        plan_now(run, clock=clock)


def plan_now(run: Import, *, clock: Clock = system_clock, beat: Callable[[Any], None] | None = None) -> None:
    """Judge the rows and keep the plan. Raises Unreadable where the mapping names no column for the name."""

    def progress(done: int) -> None:
        Import.objects.filter(pk=run.pk).update(planned=done)
        if beat is not None:
            beat(None)

    newest = Account.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = plan_of(run.what, sheet_of(run), mapping_now(run), person_of(run), now=clock(), progress=progress)
    keep_plan(run, rows, newest=newest)


def plan_of(what: str, sheet: Sheet, mapping: Mapping, person: Any, **how: Any) -> Iterator[Planned]:
    """What would become of each row of a sheet that holds this."""
    sort = sort_called(what)
    return (
        plan_rows(sheet, mapping, person, **how)
        if sort is None
        else plan_history(sort, sheet, mapping, person, **how)
    )


def keep_plan(run: Import, rows: Iterator[Planned], *, newest: int) -> None:
    """Store the plan, a few hundred rows at a time while it is being made; the last of them makes it count."""
    _delete_rows(run)
    kept = 0
    while True:
        with looked_up_once():
            part = list(islice(rows, _BATCH))
        if not part:
            break
        with transaction.atomic():
            insert([row.row(run.pk) for row in part])
        kept += len(part)
    Import.objects.filter(pk=run.pk, state__in=(DRAFT, PLANNING, PLANNED)).update(
        state=PLANNED, planned=kept, rows=kept, newest=newest
    )
    run.refresh_from_db()


def _delete_rows(run: Import) -> None:
    while ids := list(ImportRow.objects.filter(run=run).values_list("pk", flat=True)[:_BATCH]):
        ImportRow.objects.filter(pk__in=ids).delete()


# --- Decisions -------------------------------------------------------------------------------------------------------


def decide(run: Import, decision: str, *, rows: Iterable[int] = (), certain: bool = False) -> int:
    """What becomes of duplicates: those of these rows, or all alike (`certain`: of this sort). How many changed.

    '' takes a decision back. Updating and adding a person need a customer whom the importer may change.
    """
    if run.state != PLANNED:
        raise Invalid.field("", "现在不能再改", "This can no longer be changed")
    if decision not in (*(DECISIONS if run.what == CUSTOMERS else (CREATE, SKIP)), ""):
        raise Invalid.field("decision", "没有这种处理方式", "There is no such choice")
    if decision == UPDATE and not run.by.may(WORK):
        raise Invalid.field(
            "decision",
            "更新客户需要维护客户的权限",
            "Updating a customer takes the right to work on customers",
        )
    chosen = list(rows)
    lines = ImportRow.objects.filter(run=run, kind=DUPLICATE)
    lines = lines.filter(number__in=chosen) if chosen else lines.filter(certain=certain)
    if run.what != CUSTOMERS:
        lines = lines.filter(certain=False)  # one of that number is one
    if decision in (UPDATE, CONTACT):
        wanted = set(lines.filter(account__isnull=False).values_list("account", flat=True))
        mine = set(
            Account.objects.filter(reads.within(run.by, WORK), pk__in=wanted).values_list("pk", flat=True)
        )
        if chosen and wanted - mine:
            raise Invalid.field(
                "decision", "这位客户不由您维护，不能更新", "This customer is not yours to change"
            )
        lines = lines.exclude(account__in=wanted - mine)
    return lines.update(decision=decision)


def discard(run: Import) -> None:
    """Throw a draft away, with its file."""
    _must_be_open(run)
    _delete_rows(run)
    run.delete()


def _must_be_open(run: Import) -> None:
    if not run.open:
        raise Invalid(
            {"": [Text("这次导入已经开始，不能再改", "This import has started and can no longer be changed")]}
        )
