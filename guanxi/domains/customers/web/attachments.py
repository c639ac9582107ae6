"""Files at a customer: on its page, uploaded, fetched, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from guanxi.platform.kernel import NotFound, Text, perform
from guanxi.platform.ui import states
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Panel, page, panel

from .. import reads
from ..attachments import checking, storing
from ..models_attachments import Attachment
from .sending import choose, crumbs, page_of, send

WORK, VIEW = "customers.work", "customers.view"
UPLOAD = Text("上传附件", "Attach a file")
NOTHING_FROM = ("default-src", "object-src", "base-uri", "form-action", "frame-ancestors")
SANDBOX = "; ".join(["sandbox", *(f"{part} 'none'" for part in NOTHING_FROM)])
NOTHING = {"file_name": "x", "stored": "0" * 48, "size": 1, "sha256": "", "file_kind": ""}
"""Stands for the file while the form is only drawn, or drawn again because the file was refused."""
SHOWN = 100

states.declare("attachment_waiting", Text("等待病毒扫描", "Waiting to be scanned"), "quiet", "hourglass")
states.declare("attachment_infected", Text("带病毒，已删除", "Infected, deleted"), "bad", "shield-alert")


def said_size(size: int) -> str:
    """1.4 MB, 320 KB."""
    return f"{size / storing.MEGABYTE:.1f} MB" if size >= storing.MEGABYTE else f"{max(1, size // 1024)} KB"


@panel("customer")
class Attachments(Panel):
    """The files of a customer, newest first."""

    order: ClassVar[int] = 70
    permission: ClassVar[str] = VIEW
    template: ClassVar[str] = "customers/panel_attachments.html"
    title: ClassVar[Text] = Text("附件", "Files")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        there = "attachments" in reads.present(subject)
        found = subject.attachments.filter(removed_at=None).select_related("by", "contact")
        rows = list(found[: SHOWN + 1]) if there else []
        may = person.may(WORK)
        if not rows and not may:
            return None
        return {
            "account": subject,
            "may": may,
            "now": now,
            "more": len(rows) > SHOWN,
            "rows": [
                {
                    "row": row,
                    "size": said_size(row.size),
                    "state": "" if row.may_be_fetched else f"attachment_{row.state}",
                    "unscanned": row.state == Attachment.UNSCANNED,
                }
                for row in rows[:SHOWN]
            ],
        }


def new(request: HttpRequest, customer: int) -> HttpResponse:
    """Attach a file. It is looked at before anything is written; what was typed stays where it is refused."""
    account = reads.fetch(request.user, customer, WORK)
    wrong: Text | None = None
    kept: storing.Kept | None = None
    fixed: dict[str, Any] = {"customer": account.pk, **NOTHING}
    if request.method == "POST":
        sent = request.FILES.get("file")
        if sent is None or not sent.name:
            wrong = Text("请选择文件", "Please choose a file")
        else:
            name = checking.clean_name(sent.name)
            try:
                kept = storing.keep(name, sent, sent.size or 0)
            except checking.Unfit as unfit:
                wrong = unfit.text
            else:
                fixed |= {
                    "file_name": name,
                    "stored": kept.stored,
                    "size": kept.size,
                    "sha256": kept.sha256,
                    "file_kind": kept.kind,
                }
    form = ActionForm(
        "attachments.add",
        request,
        fixed=fixed,
        only=("note", "contact"),
        initial={"contact": request.GET.get("contact", "")},
        submit_label=UPLOAD,
    )
    people = list(account.contacts.filter(active=True))
    if people:
        choose(form, "contact", people)
    else:
        del form.fields["contact"]
    if kept is not None:
        answer = _attached(request, form, kept, page_of(account))
        if answer is not None:
            return answer
    if wrong is not None:
        form.is_valid()
        form.status = 422
    context = {
        "heading": UPLOAD,
        "crumbs": crumbs(account, Crumb(UPLOAD)),
        "account": account,
        "wrong": wrong,
        "kinds": checking.SAID,
        "accept": ",".join(f".{ending}" for ending in checking.ENDINGS),
        "most": storing.most_bytes() // storing.MEGABYTE,
        "cancel_url": page_of(account),
    }
    return show(request, "customers/attachment_new.html", context, form=form)


def _attached(request: HttpRequest, form: ActionForm, kept: storing.Kept, back: str) -> HttpResponse | None:
    """The way on where the file was taken; None, and its bytes gone, where it was not."""
    done = False
    try:
        result = submit(request, form)
        done = result is not None and Attachment.objects.filter(stored=kept.stored).exists()
        if result is None:
            return None
        return after(request, back, Text("已上传", "Attached"))
    finally:
        if not done:
            storing.discard(kept.stored)


def fetch(request: HttpRequest, attachment: int) -> FileResponse:
    """The bytes, for who sees the customer: always to be saved, never shown by the browser in our name."""
    row = reads.fetch_child(Attachment, request.user, attachment)
    path = storing.path_of(row.stored)
    if not row.may_be_fetched or not path.is_file():
        raise NotFound("attachment", attachment)
    if request.method == "GET":
        perform("attachments.give", {"attachment": row.pk}, actor=request.user, source="web")
    response = FileResponse(path.open("rb"), content_type="application/octet-stream")
    response["Content-Length"] = str(row.size)
    response["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response


def remove(request: HttpRequest, attachment: int) -> HttpResponse:
    row = reads.fetch_child(Attachment, request.user, attachment, WORK)
    return send(
        request,
        "attachments.remove",
        row.customer,
        fixed={"attachment": row.pk},
        lead=Text(
            f"“{row.name}”：十分钟内可以撤销，之后文件内容彻底删除；谁在何时删除会留在经过里。",
            f"“{row.name}” can come back for ten minutes, then its content is gone for good; who removed it when stays.",
        ),
        done=Text("已删除附件", "File removed"),
    )


def declare(customer: Any) -> None:
    """The pages. customer: finds a customer for a page's sample."""

    def there(person: Any) -> dict[str, Any] | None:
        rows = Attachment.objects.filter(reads.of_visible(person), removed_at=None).order_by("pk")
        found = next((row for row in rows if row.may_be_fetched), None)
        return None if found is None else {"attachment": found.pk}

    page("customers.attachment-new", "customers/<int:customer>/files/new/", new, label=UPLOAD, permission=WORK,
         sample=customer)  # fmt: skip
    page("customers.attachment", "customers/files/<int:attachment>/", cast(Any, fetch),
         label=Text("下载附件", "Download the file"), permission=VIEW, sample=there, methods=("GET", "HEAD"))  # fmt: skip
    page("customers.attachment-remove", "customers/files/<int:attachment>/remove/", remove,
         label=Text("删除附件", "Remove the file"), permission=WORK, sample=there, action="attachments.remove")  # fmt: skip
