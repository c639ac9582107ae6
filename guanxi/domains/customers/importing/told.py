"""What may be told of imports: whose are seen, counts, rows with reasons, files of the rows that were left out.

A row's own cells are shown to whoever brought them. Of the customers that a row doubles, only those are named that the
person may see; of the others only that they exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from guanxi.platform.imports.export import Cell, rejected_rows
from guanxi.platform.imports.reasons import Reason
from guanxi.platform.imports.sheet import Row, Sheet
from guanxi.platform.kernel import NotFound, Text, current_language

from .. import reads
from ..models import Account
from ..models_import import CREATE, CREATED, DUPLICATE, REJECTED, UNDONE, UPDATE, UPDATED, Import, ImportRow
from .beside import Said
from .permissions import IMPORT
from .sorts import CUSTOMERS

REJECT_TITLES = (Text("行号", "Row"), Text("未导入的原因", "Reason not imported"))
_AT_ONCE = 500
HIDDEN = Text("（他人负责的客户）", "(somebody else's customer)")


def visible_imports(person: Any) -> QuerySet[Import]:
    """One's own; all of them, as far as counts go, where customers.import reaches everything."""
    reach = person.rights.reach(IMPORT).scope
    rows = Import.objects.select_related("by", "manager")
    return rows if reach == "all" else rows.filter(by=person.pk) if reach else rows.none()


def fetch_import(person: Any, id: int) -> Import:
    found = visible_imports(person).filter(pk=id).first()
    if found is None:
        raise NotFound("import", id)
    return found


def sees_rows(person: Any, run: Import) -> bool:
    """Whether the rows may be shown: to who brought them, and to who sees all customers anyway."""
    return run.by_id == person.pk or person.rights.reach("customers.view").scope == "all"


def of_kind(run: Import, show: str) -> QuerySet[ImportRow]:
    """Rows for one tab: create, update, duplicates, rejected, doubtful, undone, kept, or all. Done rows count by their
    outcome."""
    rows = ImportRow.objects.filter(run=run)
    created = Q(outcome=CREATED) | Q(outcome="", kind=CREATE) | Q(outcome="", kind=DUPLICATE, decision=CREATE)
    changed = (
        Q(outcome=UPDATED)
        | Q(outcome="", kind=UPDATE)
        | Q(outcome="", kind=DUPLICATE, decision__in=("update", "contact"))
    )
    wanted = {
        "create": created,
        "update": changed,
        "duplicates": Q(outcome=DUPLICATE) | Q(outcome="", kind=DUPLICATE),
        "rejected": Q(kind=REJECTED),
        "doubtful": Q(doubtful=True),
        "undone": Q(outcome=UNDONE),
        "kept": Q(kept=True),
    }.get(show)
    return rows if wanted is None else rows.filter(wanted)


_COUNTED = {
    CREATED: "created",
    UPDATED: "updated",
    DUPLICATE: "duplicates",
    REJECTED: "rejected",
    UNDONE: "undone",
}


def counts(run: Import) -> dict[str, int]:
    """created, updated, duplicates, rejected and doubtful: as planned and decided, or as they came out; undone and kept
    where it was taken back."""
    rows = ImportRow.objects.filter(run=run)
    found = {"rows": run.rows, "created": 0, "updated": 0, "duplicates": 0, "rejected": 0, "undone": 0}
    from django.db.models import Count

    for kind, decision, outcome, n in (
        rows.values_list("kind", "decision", "outcome").annotate(n=Count("pk")).order_by()
    ):
        line = ImportRow(kind=kind, decision=decision)
        come = outcome or {CREATE: CREATED, UPDATE: UPDATED, "contact": UPDATED}.get(line.to_do, line.to_do)
        found[_COUNTED[come]] += n
    found["doubtful"] = rows.filter(doubtful=True).count()
    found["waiting"] = rows.filter(outcome="", kind=DUPLICATE, decision="", certain=False).count()
    found["kept"] = rows.filter(kept=True).count() if run.undo_tries else 0
    found["certain"] = rows.filter(kind=DUPLICATE, certain=True).count()
    return found


def words(said: Said) -> str:
    """One remark in the language of now."""
    return said[3] if current_language() == "en" else said[2]


def named(person: Any, lines: Iterable[ImportRow]) -> dict[int, Account]:
    """The customers that these rows point to and that this person may see."""
    ids = {line.account_id for line in lines if line.account_id}
    for line in lines:
        ids |= {match["ref"] for match in line.said.get("matches", []) if match["existing"]}
    return {a.pk: a for a in reads.among(person, ids).select_related("manager")} if ids else {}


def as_json(
    rows: Iterable[Any],
    person: Any,
    language: str,
    *,
    total: int,
    notes: list[Said] | None = None,
    what: str = CUSTOMERS,
) -> dict[str, Any]:
    """The outcome (or the plan) as `guanxi import` prints it. `rows`: ImportRow or Planned."""
    at = 3 if language == "en" else 2
    created = updated = 0
    duplicates: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    doubtful: list[dict[str, Any]] = []
    for row, shown in _with_shown(rows, person):
        come = getattr(row, "outcome", "") or row.kind
        created += come in (CREATED, CREATE)
        updated += come in (UPDATED, UPDATE)
        if come == DUPLICATE:
            duplicates.append(_duplicate(row, shown, at))
        if come == REJECTED:
            rejected += [
                {"row": row.number, "column": s[0], "reason": s[at], "code": s[1]}
                for s in row.said.get("faults", [])
            ]
        for s in row.said.get("doubts", []):
            entry = {"row": row.number, "column": s[0], "reason": s[at], "code": s[1]}
            if s[1] == row.said.get("repair"):
                entry |= {"before": row.said["before"], "after": row.said["after"]}
            doubtful.append(entry)
    return {
        "what": what,
        "rows": total,
        "created": created,
        "updated": updated,
        "duplicates": duplicates,
        "rejected": rejected,
        "doubtful": doubtful,
        "notes": [s[at] for s in notes or []],
    }


def _with_shown(rows: Iterable[Any], person: Any) -> Iterator[tuple[Any, set[int]]]:
    """Each row with those of the customers it may double that this person sees, asked for many rows at once."""
    left = iter(rows)
    while part := list(islice(left, _AT_ONCE)):
        refs = {m["ref"] for row in part for m in row.said.get("matches", []) if m["existing"]}
        shown = set(reads.among(person, refs).values_list("pk", flat=True)) if refs else set()
        yield from ((row, shown) for row in part)


def _duplicate(row: Any, shown: set[int], at: int) -> dict[str, Any]:
    matches = row.said.get("matches", [])
    first = matches[0]
    found: dict[str, Any] = {
        "row": row.number,
        "of": None if first["existing"] else first["ref"],
        "account": first["ref"] if first["existing"] and first["ref"] in shown else None,
        "existing": first["existing"],
        "certainty": "certain" if first["certain"] else "possible",
        "score": float(first["score"]),
        "reasons": [s[at] for s in first["reasons"]],
        "codes": [s[1] for s in first["reasons"]],
    }
    if row.said.get("adds_contact"):
        found["adds_contact"] = True
    return found


def left_out(run: Import, what: str) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows of the failed rows ("rejected"), or of duplicates left out, each with its reason at the end: to
    be corrected and brought in again."""
    lines = list(of_kind(run, what))
    sheet = Sheet(tuple(run.header), tuple(Row(line.number, tuple(line.cells)) for line in lines))
    reasons = {}
    for line in lines:
        said = line.said.get("faults", [])
        if what == "duplicates":
            said = [one for match in line.said.get("matches", [])[:1] for one in match["reasons"]]
        reasons[line.number] = [(s[0], Reason(s[1], Text(s[2], s[3]))) for s in said]
    language = current_language()
    titles = REJECT_TITLES if what == "rejected" else (REJECT_TITLES[0], Text("导入结果", "Import result"))
    return rejected_rows(
        sheet,
        reasons,
        titles=(titles[0].in_language(language), titles[1].in_language(language)),
        language=language,
    )
