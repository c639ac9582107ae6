"""Files at a customer: on its page, uploaded, fetched, taken away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast

from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from guanxi.platform.kernel import Invalid, NotFound, Result, Text, perform
from guanxi.platform.ui import states
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, TextFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Nav, Panel, page, panel
from guanxi.platform.ui.web.pages import safe_next

from .. import reads
from ..attachments import checking, reach, storing
from ..attachments.uploading import NOTHING, Sent, upload
from ..models import Account
from ..models_attachments import Attachment
from .lists import answer
from .sending import choose, crumbs, page_of, send

WORK, VIEW = "customers.work", "customers.view"
UPLOAD = Text("上传附件", "Attach a file")
NOTHING_FROM = ("default-src", "object-src", "base-uri", "form-action", "frame-ancestors")
SANDBOX = "; ".join(["sandbox", *(f"{part} 'none'" for part in NOTHING_FROM)])
SHOWN = 100

states.declare("attachment_waiting", Text("等待病毒扫描", "Waiting to be scanned"), "quiet", "hourglass")
states.declare("attachment_clean", Text("已扫描", "Scanned"), "good", "shield-check")
states.declare("attachment_unscanned", Text("未经病毒扫描", "Not scanned"), "quiet", "file-text")
states.declare("attachment_infected", Text("带病毒，已删除", "Infected, deleted"), "bad", "shield-alert")


def said_size(size: int) -> str:
    """1.4 MB, 320 KB."""
    return f"{size / storing.MEGABYTE:.1f} MB" if size >= storing.MEGABYTE else f"{max(1, size // 1024)} KB"


def lines(rows: Iterable[Attachment], *, carried: bool = True) -> list[dict[str, Any]]:
    """Files as a panel shows them. carried: say what carries each, where that is not the page itself."""
    rows = list(rows)
    told = _carriers(rows) if carried else {}
    return [
        {
            "row": row,
            "size": said_size(row.size),
            "state": "" if row.may_be_fetched else f"attachment_{row.state}",
            "unscanned": row.state == Attachment.UNSCANNED,
            "picture": row.kind in checking.PICTURES,
            "of": told.get(row.pk),
        }
        for row in rows
    ]


def _carriers(rows: list[Attachment]) -> dict[int, tuple[str, str]]:
    ids = [row.pk for row in rows]
    return {id: said for one in reach.bearers() for id, said in one.told(ids).items()} if ids else {}


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
            "all_url": f"{reverse('customers.files')}?number={subject.pk}",
            "rows": lines(rows[:SHOWN]),
        }


@dataclass(frozen=True, slots=True)
class Number(TextFilter):
    """The files of the row of this number: of a customer, with what was merged into it, or of what else carries files."""

    kind: str = "customer"

    def where(self, value: Any, now: datetime) -> Q:
        asked = self._asked(value)
        typed = asked.text if asked else ""
        if not typed.isdecimal() or len(typed) > 18:
            return Q(pk__in=[])
        if self.kind == "customer":
            return Q(customer__in=reads.ids_of(int(typed)))
        return next(one.of([int(typed)]) for one in reach.bearers() if one.kind == self.kind)


class Files(List):
    """Every file that one may have, at customers and visits."""

    name = "files"
    label = Text("附件", "Files")
    columns = (
        Column("name", Text("文件名", "Name"), sort="name", lead=True),
        Column("kind", Text("类型", "Kind"), value=lambda r: checking.KINDS[r.kind].label),
        Column("size", Text("大小", "Size"), value=lambda r: said_size(r.size), sort="size"),
        Column("customer", Text("客户", "Customer"), value=lambda r: r.customer_name, url=lambda r: r.customer_url),
        Column("of", Text("拜访", "Visit"), value=lambda r: r.of[0], url=lambda r: r.of[1]),
        Column("contact", Text("联系人", "Contact"), value=lambda r: r.contact.name if r.contact else "", shown=False),
        Column("note", Text("说明", "Note"), phone=False),
        Column("by", Text("上传人", "Attached by"), value=lambda r: r.by.name if r.by else ""),
        Column("at", Text("上传时间", "Attached"), sort="at", form="when"),
        Column("state", Text("状态", "State"), value=lambda r: r.shown_state, form="state"),
    )  # fmt: skip
    filters = (
        Number("number", Text("客户编号", "Number of the customer")),
        Number("visit", Text("拜访编号", "Number of the visit"), kind="visit"),
        TextFilter("by", Text("上传人", "Attached by"), "by__name"),
        ChoiceFilter(
            "kind",
            Text("类型", "Kind"),
            "kind",
            choices=[(code, kind.label) for code, kind in checking.KINDS.items()],
        ),
        DateFilter("at", Text("上传时间", "Attached"), "at", moment=True),
    )
    search = ("name", "note")
    search_label = Text("文件名、说明", "Name, note")
    sort = "-at"
    empty = Empty(
        Text("没有附件", "No files"),
        Text(
            "在客户页或拜访页上传的合同、报价、照片，都能在这里找到。",
            "Contracts, quotations, photographs attached at customers and visits are found here.",
        ),
        "paperclip",
    )

    def row_url(self, row: Any) -> str:
        return reverse("customers.attachment", kwargs={"attachment": row.pk}) if row.may_be_fetched else ""

    def prepare(self, rows: Sequence[Any]) -> None:
        """Names for one page: of a customer that one sees, else of what carries the file only."""
        names = reads.names_of(self.request.user, {row.customer_id for row in rows})
        told = _carriers(list(rows))
        for row in rows:
            row.customer_name = names.get(row.customer_id, "")
            row.customer_url = (
                reverse("customers.detail", kwargs={"customer": row.customer_id}) if row.customer_name else ""
            )
            row.of = told.get(row.pk, ("", ""))
            row.shown_state = f"attachment_{row.state}"


def file_list(request: HttpRequest) -> HttpResponse:
    """The list of files, those that were taken away left out."""
    rows = reach.seen(request.user).filter(removed_at=None).select_related("by", "contact")
    return answer(Files(request, rows), "ui/page_list.html", {})


def new(request: HttpRequest, customer: int) -> HttpResponse:
    """Attach files to a customer."""
    account = reads.fetch(request.user, customer, WORK)
    form = ActionForm(
        "attachments.add",
        request,
        fixed={"customer": account.pk, **NOTHING},
        only=("note", "contact"),
        initial={"contact": request.GET.get("contact", "")},
        submit_label=UPLOAD,
    )
    return upload_page(request, form, account, page_of(account), crumbs(account, Crumb(UPLOAD)))


def upload_page(
    request: HttpRequest, form: ActionForm, account: Account, back: str, way: list[Crumb]
) -> HttpResponse:
    """The page on which files are sent, each looked at before anything is written. Of several the good ones are attached
    and the others named; what was typed stays."""
    people = list(account.contacts.filter(active=True))
    if people:
        choose(form, "contact", people)
    else:
        form.fields.pop("contact", None)
    attached = _attach(request, form) if request.method == "POST" else []
    if attached and not form.errors:
        count = len(attached)
        done = (
            Text("已上传", "Attached")
            if count == 1
            else Text(f"已上传 {count} 个", f"{count} files attached")
        )
        return after(request, safe_next(request, back), done)
    context = {
        "heading": form.submit_label,
        "crumbs": way,
        "account": account,
        "attached": attached,
        "attached_said": Text("、".join(attached), ", ".join(attached)),
        "kinds": checking.SAID,
        "accept": ",".join(f".{ending}" for ending in checking.ENDINGS),
        "most": storing.most_bytes() // storing.MEGABYTE,
        "cancel_url": safe_next(request, back),
    }
    return show(request, "customers/attachment_new.html", context, form=form)


def _attach(request: HttpRequest, form: ActionForm) -> list[str]:
    """The names of the files that were attached; what is wrong with the others stands in the form."""
    sent = [one for one in request.FILES.getlist("file") if one.name]
    attached: list[str] = []

    def run(raw: dict[str, Any]) -> Result:
        wrong: list[Text] = []
        for place, one in enumerate(sent):
            name = checking.clean_name(str(one.name))
            key = f"{form.key}-{place}" if form.key else None
            try:
                result = upload(
                    form.action.name,
                    raw,
                    Sent(name, one, one.size or 0),
                    actor=request.user,
                    source="web",
                    key=key,
                )
            except Invalid as invalid:
                if invalid.errors.keys() != {"file"}:
                    raise
                wrong += invalid.errors["file"] if len(sent) == 1 else _named(name, invalid.errors["file"])
            else:
                attached.append(name)
        if not sent:
            wrong.append(Text("请选择文件", "Please choose a file"))
        if wrong:
            raise Invalid({"file": wrong})
        return result

    submit(request, form, run=run)
    return attached


def _named(name: str, wrong: Sequence[Text]) -> list[Text]:
    return [Text(f"{name}：{one.zh}", f"{name}: {one.en}") for one in wrong]


def fetch(request: HttpRequest, attachment: int) -> FileResponse:
    """The bytes, for who sees the customer or the visit: always to be saved, never shown by the browser in our name."""
    return give(request, attachment, source="web")


def give(request: HttpRequest, attachment: int, *, source: str) -> FileResponse:
    """The answer that holds a file; that it was fetched is kept before it goes."""
    row = reach.fetch(request.user, attachment)
    path = storing.path_of(row.stored)
    if not row.may_be_fetched or not path.is_file():
        raise NotFound("attachment", attachment)
    if request.method == "GET":
        perform("attachments.give", {"attachment": row.pk}, actor=request.user, source=source)
    response = FileResponse(path.open("rb"), content_type="application/octet-stream")
    response["Content-Length"] = str(row.size)
    response["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response


def remove(request: HttpRequest, attachment: int) -> HttpResponse:
    row = reach.fetch(request.user, attachment, WORK)
    seen = reads.visible(request.user).filter(pk=row.customer_id).exists()
    return send(
        request,
        "attachments.remove",
        row.customer if seen else None,
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
        rows = reach.seen(person).filter(removed_at=None).order_by("pk")
        found = next((row for row in rows if row.may_be_fetched), None)
        return None if found is None else {"attachment": found.pk}

    page("customers.files", "customers/files/", file_list, label=Text("附件", "Files"), permission=VIEW,
         nav=Nav(45, "paperclip"), methods=("GET", "HEAD"), lists=(Files,))  # fmt: skip
    page("customers.attachment-new", "customers/<int:customer>/files/new/", new, label=UPLOAD, permission=WORK,
         sample=customer)  # fmt: skip
    page("customers.attachment", "customers/files/<int:attachment>/", cast(Any, fetch),
         label=Text("下载附件", "Download the file"), permission=VIEW, sample=there, methods=("GET", "HEAD"))  # fmt: skip
    page("customers.attachment-remove", "customers/files/<int:attachment>/remove/", remove,
         label=Text("删除附件", "Remove the file"), permission=WORK, sample=there, action="attachments.remove")  # fmt: skip
