"""The page that asks before an import is undone: what goes, what is put back, what stays and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from guanxi.platform.jobs.models import Job
from guanxi.platform.jobs.worker import run_one, worker_name
from guanxi.platform.kernel import NotFound, Text
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb

from ..importing import told
from ..importing.kept import said_of
from ..importing.sorts import CUSTOMERS
from ..importing.undo import preview, to_undo
from ..models_import import DONE, STOPPED, UNDONE, Import, ImportRow
from .import_rows import title_of

OVER = (DONE, STOPPED, UNDONE)
AT_ONCE = 60
"""Rows that are taken back while the person waits; more are left to the worker."""


def undo_offered(run: Import) -> bool:
    """Whether there is something of this import to take back."""
    return run.state in OVER and to_undo(run).exists()


def confirm_undo(request: HttpRequest, run: int) -> HttpResponse:
    """In numbers what an undo would come to, and its button."""
    found = told.fetch_import(request.user, run)
    if found.by_id != request.user.pk:
        raise NotFound("import", run)
    back = reverse("customers.import-run", kwargs={"run": found.pk})
    if request.method != "POST" and not undo_offered(found):
        return HttpResponseRedirect(back)
    form = ActionForm(
        "customers.undo_import",
        request,
        fixed={"run": found.pk},
        only=[],
        submit_label=Text("撤销导入", "Undo the import"),
    )
    if request.method == "POST" and submit(request, form):
        found.refresh_from_db()
        if found.undo_rows <= AT_ONCE and (job := Job.objects.filter(key=f"undo-{found.pk}").first()):
            run_one(worker_name(), only=job.pk)
        return after(request, back)
    would = preview(found, request.user)
    lines = [line for line, _ in would.shown]
    for line, why in would.shown:
        line.said = {**line.said, "kept": why.as_json()}
    reasons = said_of(request.user, lines)
    seen = told.named(request.user, lines)
    context = {
        "heading": Text("撤销导入", "Undo the import"),
        "crumbs": [
            Crumb(Text("导入", "Import"), reverse("customers.import")),
            Crumb(found.file_name, back),
            Crumb(Text("撤销", "Undo")),
        ],
        "run": found,
        "of_customers": found.what == CUSTOMERS,
        "would": would,
        "stay": [_shown(line, seen, reasons) for line in lines],
        "more": would.kept - len(lines),
        "cancel_url": back,
    }
    return show(request, "customers/import_undo.html", context, form=form)


def _shown(line: ImportRow, seen: dict[int, Any], reasons: dict[int, str]) -> dict[str, Any]:
    return {
        "number": line.number,
        "name": title_of(line),
        "account": seen.get(line.account_id or 0),
        "why": reasons.get(line.number, ""),
    }


def undoable(person: Any) -> dict[str, Any] | None:
    """An import of this person's that can be undone: a sample for the page."""
    found = next((run.pk for run in Import.objects.filter(by=person.pk) if undo_offered(run)), None)
    return None if found is None else {"run": found}
