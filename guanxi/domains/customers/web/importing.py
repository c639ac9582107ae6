"""Pages of the import: upload, columns, plan with decisions, progress, result, files of what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header

from guanxi.platform.imports.columns import Guess
from guanxi.platform.imports.export import write_csv, write_xlsx
from guanxi.platform.imports.fields import FIELDS, OTHER, Field, more_fields
from guanxi.platform.imports.reading import Unreadable
from guanxi.platform.jobs.models import Job
from guanxi.platform.jobs.worker import run_one, worker_name
from guanxi.platform.kernel import (
    ActionError,
    Invalid,
    NotFound,
    Text,
    perform,
    system_clock,
)
from guanxi.platform.ui.act import after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb, Step, Tab
from guanxi.platform.ui.registry import Nav, page
from guanxi.platform.ui.uploads import FULL, is_full

from ..importing import drafts, sorts, told
from ..importing.actions import MANAGERS, managers_for
from ..importing.permissions import IMPORT
from ..models_import import (
    COLUMN,
    DONE,
    DRAFT,
    ME,
    PLANNED,
    PLANNING,
    POOL,
    RUNNING,
    STOPPED,
    UNDOING,
    UNDONE,
    Import,
    ImportFile,
)
from .import_rows import decisions_for, rows_of
from .import_undo import confirm_undo, undo_offered, undoable

SMALL = 60
"""Rows that are entered while the person waits; more are left to the worker."""
ENCODINGS = ("utf-8", "gb18030", "big5hkscs", "utf-16", "cp1252")
DELIMITERS = (
    (",", Text("逗号", "Comma")),
    (";", Text("分号", "Semicolon")),
    ("\t", Text("制表符", "Tab")),
    ("|", Text("竖线", "Bar")),
)
HEADING = Text("导入", "Import")
TABS = (
    ("", Text("全部", "All"), "rows"),
    ("create", Text("新建", "New"), "created"),
    ("update", Text("更新", "Updates"), "updated"),
    ("duplicates", Text("重复", "Duplicates"), "duplicates"),
    ("rejected", Text("不能导入", "Rejected"), "rejected"),
    ("doubtful", Text("存疑", "To check"), "doubtful"),
)
UNDO_TABS = (
    ("undone", Text("已撤销", "Undone"), "undone"),
    ("kept", Text("保留", "Kept"), "kept"),
)
STATES = {
    DRAFT: Text("待核对各列", "Columns to be checked"),
    PLANNING: Text("正在预检", "Being checked"),
    PLANNED: Text("待确认", "To be confirmed"),
    RUNNING: Text("正在导入", "Running"),
    STOPPED: Text("已停下", "Stopped"),
    DONE: Text("已完成", "Done"),
    UNDOING: Text("正在撤销", "Being undone"),
    UNDONE: Text("已撤销", "Undone"),
}
EXAMPLES = (
    ("客户名称", "杭州恒远电子科技有限公司", "浙江明光医院"),
    ("统一社会信用代码", "", ""),
    ("客户类型", "企业客户", "租户"),
    ("地址", "浙江省杭州市西湖区文三路398号", "杭州市上城区解放路68号"),
    ("电话", "0571-8706 1501", "0571-8778 3838"),
    ("联系人", "王建国", "李梅"),
    ("职务", "采购经理", "院办主任"),
    ("手机", "138 0571 2345", "139 0571 6789"),
    ("联系人邮箱", "wang@example.com", ""),
    ("生日", "1985-03-05", "10-21"),
    ("客户编号", "K-001", "K-002"),
    ("备注", "展会认识", ""),
)


@dataclass(slots=True)
class ColumnShown:
    """A column with what it is guessed to be."""

    index: int
    header: str
    samples: list[str]
    chosen: str
    certainty: Text | str
    why: str
    wrong: str = ""


def crumbs(run: Import | None = None) -> list[Crumb]:
    first = Crumb(HEADING, reverse("customers.import"))
    return [first, Crumb(run.file_name)] if run is not None else [Crumb(HEADING)]


def run_url(run: Import) -> str:
    return reverse("customers.import-run", kwargs={"run": run.pk})


def mine(request: HttpRequest, id: int) -> Import:
    """An import of the person's own: only those may be worked on."""
    run = told.fetch_import(request.user, id)
    if run.by_id != request.user.pk:
        raise NotFound("import", id)
    return run


# --- Upload ----------------------------------------------------------------------------------------------------------


def home(request: HttpRequest) -> HttpResponse:
    """Drop a file; below, the imports so far."""
    wrong: Text | None = None
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is None:
            wrong = Text("没有收到文件，请重新选择", "No file arrived; choose it again")
        elif sent.size is not None and sent.size > drafts.LIMITS.max_bytes:
            wrong = Text("文件超过 20 MB，请分成几个文件", "The file is larger than 20 MB; split it")
        else:
            try:
                what = request.POST.get("what", "")
                run = drafts.upload(
                    request.user, sent.read(), sent.name or "", what=what if what in sorts.names() else ""
                )
            except Unreadable as unreadable:
                wrong = unreadable.reason.text
            except (OSError, OperationalError) as error:
                if not is_full(error):
                    raise
                wrong = FULL
            else:
                return after(request, reverse("customers.import-columns", kwargs={"run": run.pk}))
    context = {
        "heading": HEADING,
        "crumbs": crumbs(),
        "wrong": wrong,
        "whats": [("", Text("看列名判断", "Tell by its columns"), True)]
        + [(name, title, False) for name, title in titles()],
        "templates": [(name, title) for name, title in titles()],
        "imports": [
            (run, STATES[run.state], run.by_id == request.user.pk, title_of(run))
            for run in told.visible_imports(request.user)[:50]
        ],
        "pool_only": managers_for(request.user) == [POOL],
    }
    return render(request, "customers/import.html", context, status=422 if wrong else 200)


def titles() -> list[tuple[str, Text]]:
    """Everything that a sheet may hold, in words."""
    return [(sorts.CUSTOMERS, sorts.TITLE), *((sort.name, sort.title) for sort in sorts.all_sorts())]


def title_of(run: Import) -> Text:
    """What an import holds, in words."""
    sort = sorts.sort_of(run)
    return sorts.TITLE if sort is None else sort.title


def template(request: HttpRequest) -> HttpResponse:
    """A table with the right heads and two rows to show how it is meant; the company's own fields stand behind, empty."""
    asked = request.GET.get("what", "")
    what = asked if asked in sorts.names() else sorts.CUSTOMERS
    sort = sorts.sort_called(what)
    examples = list(EXAMPLES if sort is None else sort.examples)
    title = sorts.TITLE if sort is None else sort.title
    taken = {example[0] for example in examples}
    for name in dict.fromkeys(str(each.title) for each in more_fields(what)):
        examples += [(name, "", "")] if name not in taken else []
    data = write_xlsx(
        [e[0] for e in examples], [[e[1] for e in examples], [e[2] for e in examples]], name=title.zh
    )
    return _file(data, str(Text(f"{title.zh}导入模板", f"{title.en} template")), "xlsx")


def _file(data: bytes, name: str, kind: str) -> HttpResponse:
    types = {
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "csv": "text/csv; charset=utf-8",
    }
    response = HttpResponse(data, content_type=types[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{kind}") or "attachment"
    return response


# --- Columns ---------------------------------------------------------------------------------------------------------


def columns(request: HttpRequest, run: int) -> HttpResponse:
    """What each column is; another sheet, encoding or delimiter; then the plan."""
    found = mine(request, run)
    if not found.open:
        return HttpResponseRedirect(run_url(found))
    errors: dict[str, list[Text]] = {}
    chosen: dict[int, str] | None = None
    if request.method == "POST":
        try:
            if "reread" in request.POST:
                drafts.read_again(
                    found,
                    sheet=request.POST.get("sheet", ""),
                    encoding=request.POST.get("encoding", ""),
                    delimiter=_delimiter(request.POST.get("delimiter", "")),
                    what=request.POST.get("what", ""),
                )
                return after(request, request.get_full_path())
            chosen = {
                int(name[7:]): str(value)
                for name, value in request.POST.items()
                if name.startswith("column-") and name[7:].isdecimal() and len(name) < 16
            }
            drafts.set_mapping(found, chosen)
            drafts.plan(found)
            return after(request, run_url(found))
        except Unreadable as unreadable:
            errors = {"": [unreadable.reason.text]}
        except Invalid as invalid:
            errors = invalid.errors
    sheet = drafts.sheet_of(found)
    mapping = drafts.mapping_now(found)
    same = drafts.same_file(found)
    sort = sorts.sort_of(found)
    context = {
        "whats": [(name, title, name == found.what) for name, title in titles()],
        "heading": found.file_name,
        "crumbs": crumbs(found),
        "run": found,
        "steps": steps(found, 1),
        "errors": errors.get("", []),
        "columns": [
            _column(
                guess, sheet.column(guess.column), (chosen or mapping.fields).get(guess.column, ""), errors
            )
            for guess in drafts.guesses(found, sheet)
        ],
        "groups": groups_of_fields(sort),
        "other": OTHER,
        "notes": [told.words(note) for note in found.notes],
        "same": same,
        "sheets": [found.sheet, *sheet.other_sheets] if sheet.other_sheets else [],
        "encodings": sorted({found.encoding, *ENCODINGS} - {""}) if found.format == "csv" else [],
        "delimiters": [
            (name, words, char == found.delimiter)
            for name, (char, words) in zip(_NAMES, DELIMITERS, strict=True)
        ]
        if found.format == "csv"
        else [],
    }
    return render(request, "customers/import_columns.html", context, status=422 if errors else 200)


def groups_of_fields(sort: sorts.Sort | None) -> list[tuple[Text, list[Field]]]:
    """What a column may go into, in groups."""
    own = list(more_fields(sorts.CUSTOMERS if sort is None else sort.name))
    known = (
        [
            (Text("客户", "Customer"), [f for f in FIELDS if f.name.startswith("account.")]),
            (Text("联系人", "Contact"), [f for f in FIELDS if f.name.startswith("contact.")]),
        ]
        if sort is None
        else [(sort.title, list(sort.fields))]
    )
    return [*known, *([(Text("自定义字段", "Own fields"), own)] if own else [])]


_NAMES = ("comma", "semicolon", "tab", "bar")


def _delimiter(name: str) -> str:
    return dict(zip(_NAMES, (char for char, _ in DELIMITERS), strict=True)).get(name, "")


def _column(guess: Guess, cells: list[str], chosen: str, errors: dict[str, list[Text]]) -> ColumnShown:
    samples = list(dict.fromkeys(_sample(cell) for cell in cells[:200] if cell.strip()))[:3]
    wrong = errors.get(f"column-{guess.column}", [])
    return ColumnShown(
        guess.column,
        guess.header,
        samples,
        chosen,
        _sure(guess.certainty) if guess.certainty and guess.field == chosen else "",
        str(guess.reason) if guess.certainty and guess.field == chosen else "",
        str(wrong[0]) if wrong else "",
    )


def _sample(cell: str) -> str:
    text = " ".join(cell.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def _sure(certainty: float) -> Text:
    """How sure a guess is, in words."""
    if certainty >= 0.9:
        return Text("很有把握", "Sure")
    return Text("较有把握", "Fairly sure") if certainty >= 0.7 else Text("请核对", "Please check")


# --- Plan, progress, result ------------------------------------------------------------------------------------------


def steps(run: Import, at: int = -1) -> list[Step]:
    """The way of a file, at the step it has come to (or at the one that is looked at again)."""
    at = at if at >= 0 else {DRAFT: 1, PLANNING: 1, PLANNED: 2, RUNNING: 3, STOPPED: 3}.get(run.state, 4)
    words = (
        Text("选文件", "File"),
        Text("核对各列", "Columns"),
        Text("预览和确认", "Preview"),
        Text("导入", "Import"),
    )
    return [Step(text, "done" if i < at else "current" if i == at else "") for i, text in enumerate(words)]


def show_run(request: HttpRequest, run: int) -> HttpResponse:
    """The plan before it starts, the progress while it runs, the result at the end."""
    found = told.fetch_import(request.user, run)
    own = found.by_id == request.user.pk
    if found.state == DRAFT:
        if own:
            return HttpResponseRedirect(reverse("customers.import-columns", kwargs={"run": found.pk}))
    live = found.state in (PLANNING, RUNNING, UNDOING)
    if request.headers.get("HX-Target") == "import-live" and not live:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    keys = [f"{what}-{found.pk}" for what in ("import", "plan", "undo")]
    job = Job.objects.filter(key__in=keys).first() if live else None
    broken = live and job is None
    form = start_form(request, found) if own and found.state in (PLANNED, STOPPED) else None
    if form is not None and request.method == "POST" and submit(request, form):
        _do_small(found)
        return after(request, run_url(found))
    context = _context(request, found, own) | {"live": live, "broken": broken, "form": form}
    return show(request, "customers/import_run.html", context, form=form)


def _context(request: HttpRequest, found: Import, own: bool) -> dict[str, Any]:
    counts = told.counts(found) if found.state not in (DRAFT, PLANNING) else {}
    asked = request.GET.get("show", "")
    tabs = [
        Tab(words, f"?show={code}" if code else "?", code == asked, counts.get(name, 0))
        for code, words, name in (*TABS, *(UNDO_TABS if found.undo_tries else ()))
    ]
    after_row = request.GET.get("after", "")
    rows, more = (
        rows_of(request, found, asked, int(after_row) if after_row.isdecimal() and len(after_row) < 19 else 0)
        if counts
        else ([], 0)
    )
    return {
        "heading": found.file_name,
        "crumbs": crumbs(found),
        "run": found,
        "own": own,
        "now": system_clock(),
        "state": STATES[found.state],
        "steps": steps(found),
        "counts": counts,
        "tabs": tabs,
        "show": asked,
        "rows": rows,
        "more_url": f"?show={asked}&after={more}" if more else "",
        "notes": [told.words(note) for note in found.notes],
        "why_stopped": [told.words(note) for note in found.why_stopped],
        "same": drafts.same_file(found) if found.state == PLANNED else None,
        "file_gone": found.state in (DONE, UNDONE) and not ImportFile.objects.filter(run=found).exists(),
        "may_show": found.state == STOPPED and found.unseen,
        "may_undo": own and undo_offered(found),
        "may_open": found.state == PLANNED and own,
        "decisions": decisions_for(request.user, found),
        "title": title_of(found),
        "of_customers": found.what == sorts.CUSTOMERS,
        "list_page": "customers.list" if (sort := sorts.sort_of(found)) is None else sort.list_page,
        "value": {PLANNING: found.planned, UNDOING: found.undo_done}.get(found.state, found.done),
        "most": found.undo_rows if found.state == UNDOING else found.rows,
        "pool_only": managers_for(request.user) == [POOL],
        "me_only": managers_for(request.user) == [ME],
    }


def start_form(request: HttpRequest, run: Import) -> ActionForm:
    """The last form: who looks after new customers."""
    may = managers_for(request.user) if run.what == sorts.CUSTOMERS else [""]
    fixed: dict[str, Any] = {"run": run.pk}
    if len(may) == 1 and may[0]:
        fixed["manager_by"] = may[0]
    owned = any(entry["field"] == "account.owner" for entry in run.mapping.get("columns", []))
    offered = [code for code in may if code != COLUMN or owned]
    form = ActionForm(
        "customers.start_import",
        request,
        fixed=fixed,
        only=["manager_by", "manager"] if len(may) > 1 else [],
        initial={"manager_by": run.manager_by or (COLUMN if owned and COLUMN in may else offered[0])},
        submit_label=Text("继续导入", "Go on")
        if run.state == STOPPED
        else Text("开始导入", "Start the import"),
    )
    if "manager_by" in form.fields:
        form.fields["manager_by"].widget = forms.RadioSelect(
            choices=[(code, words) for code, words in MANAGERS if code in offered]
        )
    return form


def _do_small(run: Import) -> None:
    """Few rows are entered at once; whatever happens here, the worker would go on with them."""
    if run.rows <= SMALL and (job := Job.objects.filter(key=f"import-{run.pk}").first()) is not None:
        run_one(worker_name(), only=job.pk)


def decide(request: HttpRequest, run: int) -> HttpResponse:
    """Decide about duplicates: the rows of this page one by one, or all alike."""
    found = mine(request, run)
    back = request.POST.get("back", "")
    url = run_url(found) + (back if back.startswith("?") else "")
    try:
        if "all" in request.POST:
            sort = request.POST.get("sort", "possible")
            n = drafts.decide(found, request.POST["all"], certain=sort == "certain")
        else:
            n = 0
            wanted: dict[str, list[int]] = {}
            for name, value in request.POST.items():
                if name.startswith("row-") and name[4:].isdecimal() and len(name) < 22:
                    wanted.setdefault(str(value), []).append(int(name[4:]))
            for decision, rows in wanted.items():
                n += drafts.decide(found, decision, rows=rows)
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(url)
    return after(request, url, Text("已记下 {n} 行的处理方式", "Noted for {n} rows").format(n=n))


def stop(request: HttpRequest, run: int) -> HttpResponse:
    """Stop a running import; what is entered stays, unseen."""
    found = mine(request, run)
    try:
        perform("customers.stop_import", {"run": found.pk}, actor=request.user, source="web")
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(run_url(found))
    return after(
        request,
        run_url(found),
        Text("已停下；已导入的新客户暂不显示", "Stopped; the new customers entered so far are not shown yet")
        if found.what == sorts.CUSTOMERS
        else Text("已停下；已导入的行保留", "Stopped; the rows entered so far stay"),
    )


def show_entered(request: HttpRequest, run: int) -> HttpResponse:
    """Show the customers of an import that was stopped."""
    found = told.fetch_import(request.user, run)
    try:
        perform("customers.show_import", {"run": found.pk}, actor=request.user, source="web")
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(run_url(found))
    return after(
        request, run_url(found), Text("已导入的客户现在可以看到了", "What was imported can be seen now")
    )


def discard(request: HttpRequest, run: int) -> HttpResponse:
    """Throw away a file of which nothing was entered."""
    found = mine(request, run)
    try:
        drafts.discard(found)
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return HttpResponseRedirect(run_url(found))
    return after(request, reverse("customers.import"), Text("已放弃这个文件", "The file was discarded"))


def left_out(request: HttpRequest, run: int, what: str, kind: str) -> HttpResponse:
    """The failed rows (or duplicates left out) as a file with reasons, to be corrected and brought in again."""
    found = told.fetch_import(request.user, run)
    if (
        what not in ("rejected", "duplicates")
        or kind not in ("csv", "xlsx")
        or not told.sees_rows(request.user, found)
    ):
        raise NotFound("import", run)
    header, rows = told.left_out(found, what)
    stem = found.file_name.rpartition(".")[0] or found.file_name
    name = f"{stem}-{Text('未导入', 'rejected') if what == 'rejected' else Text('重复', 'duplicates')}"
    return _file(write_csv(header, rows) if kind == "csv" else write_xlsx(header, rows), name, kind)


# --- Addresses -------------------------------------------------------------------------------------------------------


def _run(person: Any) -> dict[str, Any] | None:
    found = told.visible_imports(person).exclude(state=DRAFT).values_list("pk", flat=True).first()
    return None if found is None else {"run": found}


def _draft(person: Any) -> dict[str, Any] | None:
    found = (
        Import.objects.filter(by=person.pk, state__in=(DRAFT, PLANNED)).values_list("pk", flat=True).first()
    )
    return None if found is None else {"run": found}


def _left(person: Any) -> dict[str, Any] | None:
    found = _run(person)
    return found and {**found, "what": "rejected", "kind": "csv"}


GET, POST = ("GET", "HEAD"), ("POST",)


def declare() -> None:
    """The addresses of the import; called by pages.py."""
    page(
        "customers.import", "customers/import/", home, label=HEADING, permission=IMPORT, nav=Nav(24, "upload")
    )
    page("customers.import-template", "customers/import/template.xlsx", template, label=Text("导入模板", "Template"),
         permission=IMPORT, methods=GET)  # fmt: skip
    page("customers.import-columns", "customers/import/<int:run>/columns/", columns, label=Text("核对各列", "Columns"),
         permission=IMPORT, sample=_draft)  # fmt: skip
    page("customers.import-run", "customers/import/<int:run>/", show_run, label=Text("导入", "Import"), permission=IMPORT,
         sample=_run)  # fmt: skip
    page("customers.import-decide", "customers/import/<int:run>/decide/", decide, label=Text("处理重复", "Decide"),
         permission=IMPORT, sample=_draft, methods=POST)  # fmt: skip
    page("customers.import-stop", "customers/import/<int:run>/stop/", stop, label=Text("停止导入", "Stop import"),
         permission=IMPORT, sample=_run, methods=POST)  # fmt: skip
    page("customers.import-show", "customers/import/<int:run>/show/", show_entered,
         label=Text("显示已导入的客户", "Show what was imported"), permission=IMPORT, sample=_run, methods=POST)  # fmt: skip
    page("customers.import-undo", "customers/import/<int:run>/undo/", confirm_undo, label=Text("撤销导入", "Undo import"),
         permission=IMPORT, sample=undoable)  # fmt: skip
    page("customers.import-discard", "customers/import/<int:run>/discard/", discard, label=Text("放弃文件", "Discard file"),
         permission=IMPORT, sample=_draft, methods=POST)  # fmt: skip
    page("customers.import-left-out", "customers/import/<int:run>/<str:what>.<str:kind>", left_out,
         label=Text("未导入的行", "Rows left out"), permission=IMPORT, sample=_left, methods=GET)  # fmt: skip
