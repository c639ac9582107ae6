"""Import customers, past orders or past visits from a spreadsheet (CSV, xlsx, xls), customers from vCards too:
guanxi import customers.xlsx --dry-run; guanxi import orders.csv --what orders

Without --what the columns tell what the rows are.

Without --yes, rows that may be duplicates are left out and listed; with it they are created, and only certain duplicates
are left out. guanxi import --undo 17 takes an import back (its number is printed when it is done), --dry-run says what
would go. Exit status: 0 clean, 1 where rows were rejected (or kept by an undo), 2 for a file that cannot be read or a
wrong option."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guanxi.interfaces.cli.actor import actor_of, add_as
from guanxi.interfaces.cli.bar import Bar

if TYPE_CHECKING:
    from guanxi.domains.customers.models_import import Import
    from guanxi.platform.imports.columns import Mapping
    from guanxi.platform.imports.sheet import Sheet

NAME = "import"
HELP = "import customers, past orders or visits from a spreadsheet or vCards"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="CSV, xlsx, xls or vcf")
    parser.add_argument(
        "--what", default="", metavar="ROWS", help="customers, orders or visits (default: guessed)"
    )
    parser.add_argument("--undo", type=int, metavar="NUMBER", help="take an import back instead")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be")
    parser.add_argument("--yes", action="store_true", help="create rows that only may be duplicates")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.add_argument("--sheet", default="", metavar="NAME", help="sheet of a workbook")
    parser.add_argument(
        "--encoding", default="", metavar="NAME", help="encoding of a text file, e.g. gb18030"
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=FIELD",
        help="put a column into a field (e.g. 备注2=account.remark; COLUMN= leaves it out); repeatable",
    )
    parser.add_argument(
        "--manager",
        default="",
        metavar="WHO",
        help="new customers go to: pool, me, column, or a sign-in name",
    )
    add_as(parser)


def run(options: argparse.Namespace) -> int:
    from guanxi.domains.customers.importing.permissions import IMPORT
    from guanxi.platform.imports.reading import Unreadable
    from guanxi.platform.kernel import Forbidden
    from guanxi.platform.people.rights import who_may

    actor = actor_of(options)
    if not actor.may(IMPORT):
        raise Forbidden(IMPORT, who=who_may(IMPORT))
    if (options.file is None) == (options.undo is None):
        print("guanxi import: name a file, or the import to --undo", file=sys.stderr)
        return 2
    if options.undo is not None:
        from .import_undo import undo

        return undo(options, actor)
    from guanxi.domains.customers.importing.sorts import CUSTOMERS, names

    if options.what and options.what not in names():
        print(f"guanxi import: --what is one of {', '.join(names())}", file=sys.stderr)
        return 2
    if options.manager and options.what not in ("", CUSTOMERS):
        print("guanxi import: --manager is for customers", file=sys.stderr)
        return 2
    manager_by, manager = _manager(options.manager)
    try:
        data = Path(options.file).read_bytes()
    except OSError as error:
        print(f"{options.file}: {error.strerror or error}", file=sys.stderr)
        return 2
    try:
        outcome = _import(options, actor, data, manager_by, manager)
    except Unreadable as unreadable:
        print(unreadable.reason, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(outcome, ensure_ascii=False, indent=1))
    else:
        _tell(outcome, dry=options.dry_run)
    return 1 if outcome["rejected"] else 0


def _import(
    options: argparse.Namespace, actor: Any, data: bytes, manager_by: str, manager: int | None
) -> dict[str, Any]:
    from guanxi.domains.customers.importing import drafts, told
    from guanxi.domains.customers.importing.sorts import what_is
    from guanxi.domains.customers.models import Account
    from guanxi.domains.customers.models_import import RUNNING
    from guanxi.platform.imports.reading import read_sheet
    from guanxi.platform.kernel import current_language, perform, system_clock

    bar = Bar("judged")
    sheet = read_sheet(data, Path(options.file).name, sheet=options.sheet, encoding=options.encoding)
    what = options.what or what_is(sheet)
    mapping = _mapping(sheet, options.map, what)
    newest = Account.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    notes = drafts.notes_of(sheet, what)
    if not sheet.rows:
        nothing = told.as_json([], actor, current_language(), total=0, notes=notes, what=what)
        return nothing | {"notes": [*nothing["notes"], str(drafts.no_rows(sheet))]}
    rows = drafts.plan_of(
        what,
        sheet,
        mapping,
        actor,
        now=system_clock(),
        yes=options.yes,
        progress=lambda done: bar.show(done, len(sheet.rows)),
    )
    if options.dry_run:
        would = told.as_json(rows, actor, current_language(), total=len(sheet.rows), notes=notes, what=what)
        bar.end()
        return would
    run = drafts.upload(actor, data, Path(options.file).name, what=what, sheet=sheet)
    run.mapping = mapping.as_json()
    run.save()
    drafts.keep_plan(run, rows, newest=newest)
    bar.end()
    perform(
        "customers.start_import",
        {"run": run.pk, "manager_by": manager_by, "manager": manager},
        actor=actor,
        source="cli",
    )
    wait(run, f"import-{run.pk}", RUNNING, "imported", "done", "rows")
    done = told.of_kind(run, "").order_by("number").iterator(chunk_size=500)
    outcome = told.as_json(done, actor, current_language(), total=run.rows, notes=run.notes, what=what)
    return {"import": run.pk} | outcome


def wait(run: Import, job_key: str, state: str, said: str, done: str, rows: str) -> None:
    """Do the work here, or watch the worker that was quicker; whoever of the two dies, the other goes on.

    state: the one in which the import is until then; done, rows: its columns that say how far it is; said: the bar's word.
    """
    import time

    from guanxi.platform.jobs.models import Job
    from guanxi.platform.jobs.worker import run_one, worker_name
    from guanxi.platform.kernel import Invalid

    bar = Bar(said)
    job = Job.objects.get(key=job_key)
    if sys.stderr.isatty():
        import threading

        stop = threading.Event()

        def watch() -> None:
            from django.db import connection

            from guanxi.domains.customers.models_import import Import

            while not stop.wait(0.5):
                so_far = Import.objects.filter(pk=run.pk).values_list(done, flat=True).first() or 0
                bar.show(so_far, getattr(run, rows))
            connection.close()

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
    while True:
        run_one(worker_name(), only=job.pk)
        run.refresh_from_db()
        if run.state != state:
            break
        job.refresh_from_db()
        if job.state == "failed":
            raise Invalid.field(
                "", f"导入中断：{job.error[-300:]}", f"The import broke off: {job.error[-300:]}"
            )
        time.sleep(0.3)
    if sys.stderr.isatty():
        stop.set()
        watching.join(2)
        bar.show(getattr(run, done), getattr(run, rows))
    bar.end()
    if run.why_stopped:
        print(run.why_stopped[0][3], file=sys.stderr)


def _mapping(sheet: Sheet, chosen: list[str], what: str) -> Mapping:
    """The remembered or guessed mapping, with what the command line says."""
    from guanxi.domains.customers.importing import drafts
    from guanxi.domains.customers.importing.sorts import sort_called, targets_of, unmapped
    from guanxi.platform.imports.columns import Mapping
    from guanxi.platform.kernel import Invalid

    sort, targets = sort_called(what), targets_of(what)
    own = "account" if sort is None else sort.fields[0].name.partition(".")[0]
    kept = None if chosen else drafts.remembered(sheet, what)
    mapping = Mapping.from_json(kept, sheet.header) if kept else drafts.guessed_for(what, sheet)[0]
    for word in chosen:
        column, found, field = word.rpartition("=")
        if not found or column not in sheet.header:
            names = "、".join(sheet.header)
            raise Invalid.field(
                "--map", f"没有列“{column}”；有：{names}", f"No column {column}; there are: {names}"
            )
        field = field if not field or "." in field else f"{own}.{field}"
        if field not in targets:
            names = " ".join(sorted(targets - {""}))
            raise Invalid.field(
                "--map", f"没有字段 {field}；有：{names}", f"No field {field}; there are: {names}"
            )
        mapping = mapping.with_field(sheet.header.index(column), field)
    if sort is not None and sheet.rows and (why := unmapped(sort, mapping)) is not None:
        raise Invalid({"--map": [why]})
    return mapping


def _manager(word: str) -> tuple[str, int | None]:
    from guanxi.domains.customers.models_import import COLUMN, ME, NAMED, POOL
    from guanxi.platform.kernel import Invalid
    from guanxi.platform.people.models import Person

    if word in ("", ME, POOL, COLUMN):
        return word, None
    found = Person.objects.filter(username__iexact=word, is_active=True).first()
    if found is None:
        raise Invalid.field(
            "--manager",
            f"没有登录名为 {word} 的在用账号；也可以写 {ME}、{POOL} 或 {COLUMN}",
            f"No active account has the sign-in name {word}; {ME}, {POOL} and {COLUMN} serve as well",
        )
    return NAMED, found.pk


def _tell(outcome: dict[str, Any], *, dry: bool) -> None:
    rejected = sorted({entry["row"] for entry in outcome["rejected"]})
    rows = "rows" if outcome["what"] == "customers" else f"rows of {outcome['what']}"
    print(
        f"{'Would be: ' if dry else ''}{outcome['rows']} {rows}: {outcome['created']} created, {outcome['updated']} updated, "
        f"{len(outcome['duplicates'])} duplicates left out, {len(rejected)} rejected"
    )
    if "import" in outcome:
        print(f"  import {outcome['import']}; guanxi import --undo {outcome['import']} takes it back")
    for note in outcome["notes"]:
        print(f"  {note}")
    for entry in outcome["rejected"]:
        print(f"  row {entry['row']}: {entry['column'] + ': ' if entry['column'] else ''}{entry['reason']}")
    for entry in outcome["duplicates"]:
        whom = f"row {entry['of']}" if entry["of"] else f"customer {entry['account'] or '(somebody else’s)'}"
        print(
            f"  row {entry['row']}: {entry['certainty']} duplicate of {whom}: {', '.join(entry['reasons'])}"
        )
    for entry in outcome["doubtful"]:
        print(f"  row {entry['row']}: please check {entry['column'] or 'the row'}: {entry['reason']}")
