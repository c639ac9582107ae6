"""Hand-overs on screen: arranged, the pack, signed by both, and the letter to the customers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from guanxi.platform.documents.typeset import Printed, render_pdf
from guanxi.platform.kernel import NotFound, Text, current_language, system_clock
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import today
from guanxi.platform.people.settings_registry import value
from guanxi.platform.people.web.forms import unsent
from guanxi.platform.ui import states
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.filters import ChoiceFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Crumb, Do
from guanxi.platform.ui.registry import Nav, page
from guanxi.platform.ui.subjects import subject_kind
from guanxi.platform.ui.widgets import Checks

from .. import reads as customers
from ..handover import letters, pack
from ..handover.permissions import ARRANGE
from ..handover.reads import may_see_pack, side_of, signatures, visible_hand_overs
from ..models import Account
from ..models_handover import ARRANGED, CANCELLED, COMPLETED, GIVES, TAKES, HandOver
from .pack_page import PackPage, page_of

TITLE = Text("工作交接", "Hand-overs")
GET = ("GET", "HEAD")
STATES = {
    ARRANGED: Text("待签字", "To be signed"),
    COMPLETED: Text("已完成", "Completed"),
    CANCELLED: Text("已取消", "Cancelled"),
}
states.declare("handover_arranged", STATES[ARRANGED], "accent", "pen-line")
states.declare("handover_completed", STATES[COMPLETED], "good", "circle-check")
states.declare("handover_cancelled", STATES[CANCELLED], "quiet", "circle-slash")


class HandOvers(List):
    name = "handovers"
    label = TITLE
    columns = (
        Column(
            "who", Text("交接", "Hand-over"), value=lambda h: f"{h.giver.name} → {h.taker.name}", lead=True
        ),
        Column("arranged_by", Text("安排人", "Arranged by"), value=lambda h: h.arranged_by.name),
        Column("arranged_at", Text("安排时间", "Arranged"), sort="arranged_at", form="when"),
        Column("ended_at", Text("了结时间", "Ended"), sort="ended_at", nullable=True, form="when"),
        Column("state", Text("状态", "State"), value=lambda h: f"handover_{h.state}", form="state"),
    )
    filters = (ChoiceFilter("state", Text("状态", "State"), choices=list(STATES.items())),)
    sort = "-arranged_at"
    empty = Empty(
        Text("还没有工作交接", "No hand-overs yet"),
        Text(
            "有人离职或调岗时，把客户、承诺、拜访和义务一次交给接手的人。",
            "When somebody leaves or moves, their customers, promises, visits and duties go to another in one step.",
        ),
        icon="handshake",
    )

    def row_url(self, row: Any) -> str:
        return _url("handover.detail", row)


def hand_overs(request: HttpRequest) -> Any:
    """Those that concern me, or all with the right."""
    rows = visible_hand_overs(request.user).select_related("giver", "taker", "arranged_by")
    do = []
    if request.user.may(ARRANGE):  # type: ignore[union-attr]
        do = [
            Do(
                Text("安排交接", "Arrange"),
                reverse("handover.arrange"),
                tone="primary",
                icon="handshake",
                key="n",
            )
        ]
    return HandOvers(request, rows).respond("customers/hand_overs.html", {"do": do})


def arrange(request: HttpRequest) -> HttpResponse:
    """Who hands what over to whom."""
    giver = _asked(request)
    fields = ["giver", "taker", "leaves", "note"]
    fixed: dict[str, Any] = {}
    found: list[Account] = []
    if giver is not None:
        fields, fixed = ["taker", "leaves", "note", "customers"], {"giver": giver.pk}
        found = list(
            customers.visible(request.user).filter(manager=giver.pk).order_by("name", "pk")[:MOST_OFFERED]
        )
        if not found:
            fields.remove("customers")
    form = ActionForm("handover.arrange", request, fixed=fixed, only=fields)
    if "customers" in form.fields:
        form.fields["customers"].widget = Checks(choices=[(a.pk, a.name) for a in found])
    if request.method == "POST":
        result = submit(request, form)
        if result is not None:
            back = reverse("handover.detail", kwargs={"hand_over": result.subject[1]})
            words = Text("已安排，请双方核对签字", "Arranged; both look through it and sign")
            return after(request, back, words)
    context = {
        "heading": Text(f"安排交接：{giver.name}", f"Arrange a hand-over: {giver.name}")
        if giver
        else Text("安排交接", "Arrange a hand-over"),
        "crumbs": [Crumb(TITLE, reverse("handover.list")), Crumb(Text("安排交接", "Arrange"))],
        "lead": Text(
            "先生成交接清单，移交人和接收人各自核对签字；最后一个签字生效时，客户、承诺、拜访和义务一次全部移交。",
            "First the pack is made and both look through it and sign. With the last signature customers, promises, "
            "visits and duties all go over in one step.",
        ),
        "cancel_url": reverse("handover.list"),
        "counted": [(p.label, n) for p, n in _held(giver)] if giver else [],
    }
    return show(request, "customers/hand_over_arrange.html", context, form=form)


MOST_OFFERED = 1000


def detail(request: HttpRequest, hand_over: int) -> HttpResponse:
    """The pack, who has signed, and the form to sign."""
    person: Any = request.user
    row = _found(request, hand_over)
    side = side_of(person, row) if row.open else ""
    form = None
    if side:
        form = _sign_form(request, row)
        if request.method == "POST" and submit(request, form) is not None:
            row.refresh_from_db()
            words = (
                Text("交接完成", "The hand-over is completed")
                if row.state == COMPLETED
                else Text("已签字，等待对方", "Signed; waiting for the other")
            )
            return after(request, _url("handover.detail", row), words)
    content, now_hash = pack.present(row)
    if form is not None:
        form.initial["content_hash"] = now_hash
        if form.is_bound:  # after a change under one's hands the new content is signed, not the old
            sent = request.POST.copy()
            sent["content_hash"] = now_hash
            form.data = sent
    signed = signatures(row)
    shown = page_of(pack.shown(content), request) if may_see_pack(person, row) else None
    context = {
        "heading": Text(
            f"交接：{row.giver.name} → {row.taker.name}", f"Hand-over: {row.giver.name} → {row.taker.name}"
        ),
        "crumbs": [Crumb(TITLE, reverse("handover.list")), Crumb(Text("交接清单", "Pack"))],
        "row": row,
        "state": f"handover_{row.state}",
        "pack": shown,
        "counts": _counted(content),
        "hash": now_hash,
        "sides": _sides(row, now_hash),
        "signed_here": side in signed and signed[side].hash == now_hash,
        "side": side,
        "links": _links(person, shown),
        "do": _do(person, row),
        "now": system_clock(),
    }
    return show(request, "customers/hand_over.html", context, form=form)


def pack_pdf(request: HttpRequest, hand_over: int) -> HttpResponse:
    """The pack on paper, with both signatures."""
    row = _found(request, hand_over)
    _pack_only_for(request, row)
    content, now_hash = pack.present(row)
    shown = pack.shown(content)
    data = {
        "number": f"{row.pk}",
        "giver": row.giver.name,
        "taker": row.taker.name,
        "arranged_by": row.arranged_by.name,
        "arranged_at": row.arranged_at,
        "state": STATES[row.state],
        "note": row.note,
        "leaves": row.leaves,
        "counts": [(label, n) for _, label, n in _counted(content)],
        "customers": [
            {
                "name": c.name,
                "grade": c.grade,
                "key": c.key,
                "note": c.note,
                "contacts": c.contacts,
                "parts": [_printed_part(p) for p in c.parts],
            }
            for c in shown.customers
        ],
        "others": [_printed_part(p) for p in shown.others],
        "hash": now_hash,
        "excuse": row.excuse,
        "signatures": [
            {"side": words, "name": who.name, "at": signature.at, "how": HOW[signature.how]}
            if signature is not None and holds
            else {"side": words, "name": who.name, "at": None, "how": ""}
            for words, who, signature, holds in _sides(row, now_hash)
        ],
    }
    return _pdf(request, "customers/hand_over", data, f"{Text('交接清单', 'hand-over')} {row.pk}")


def letter(request: HttpRequest, hand_over: int) -> HttpResponse:
    """The letter to the customers: its text, the first one filled in, and all of them to print."""
    row = _found(request, hand_over)
    _pack_only_for(request, row)
    may = request.user.pk in (row.taker_id, row.arranged_by_id) and row.state != CANCELLED
    form = ActionForm(
        "handover.set_letter",
        request,
        fixed={"hand_over": row.pk},
        initial={"letter": letters.template_of(row)},
        submit_label=Text("保存", "Save"),
    )
    form.fields["letter"].widget = forms.Textarea({"rows": 16, "maxlength": 4000})
    if may and request.method == "POST" and submit(request, form) is not None:
        return after(request, _url("handover.letter", row), Text("已保存", "Saved"))
    made = letters.letters(row, _customer_ids(row), today())
    context = {
        "heading": Text("致客户函", "Letter to the customers"),
        "crumbs": [
            Crumb(TITLE, reverse("handover.list")),
            Crumb(f"{row.giver.name} → {row.taker.name}", _url("handover.detail", row)),
            Crumb(Text("致客户函", "Letter")),
        ],
        "row": row,
        "may": may,
        "first": made[0] if made else None,
        "count": len(made),
        "pdf_url": _url("handover.letters-pdf", row),
    }
    return show(request, "customers/hand_over_letter.html", context, form=form)


def letters_pdf(request: HttpRequest, hand_over: int) -> HttpResponse:
    """Every letter, a page each."""
    row = _found(request, hand_over)
    _pack_only_for(request, row)
    made = letters.letters(row, _customer_ids(row), today())
    if not made:
        raise NotFound("letter")
    data = {"letters": made}
    return _pdf(request, "customers/hand_over_letters", data, f"{Text('致客户函', 'letters')} {row.pk}")


def excuse(request: HttpRequest, hand_over: int) -> HttpResponse:
    """Go on without the giver's signature."""
    lead = Text(
        "移交人已离开、生病或拒签时使用。原因写进交接清单和日志；接收人仍须签字。",
        "For when who hands over is gone, ill or refuses. The reason stands in the pack and the journal; who takes over "
        "still signs.",
    )
    return _short(
        request, hand_over, "handover.excuse", ["reason", "password", "otp"], lead, Text("已记录", "Noted")
    )


def cancel(request: HttpRequest, hand_over: int) -> HttpResponse:
    """Call it off."""
    lead = Text("什么都不移交，清单保留。", "Nothing goes over; the pack stays.")
    return _short(request, hand_over, "handover.cancel", ["reason"], lead, Text("已取消", "Cancelled"))


def _short(
    request: HttpRequest, hand_over: int, action: str, fields: list[str], lead: Text, done: Text
) -> HttpResponse:
    row = _found(request, hand_over)
    form = ActionForm(action, request, fixed={"hand_over": row.pk}, only=fields)
    back = _url("handover.detail", row)
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, back, done)
    context = {
        "heading": form.action.label,
        "crumbs": [
            Crumb(TITLE, reverse("handover.list")),
            Crumb(f"{row.giver.name} → {row.taker.name}", back),
            Crumb(form.action.label),
        ],
        "lead": lead,
        "cancel_url": back,
    }
    return show(request, "ui/page_form.html", context, form=form)


HOW = {
    "password": Text("密码确认", "confirmed by password"),
    "code": Text("验证码确认", "confirmed by code"),
}


def _sign_form(request: HttpRequest, row: HandOver) -> ActionForm:
    return ActionForm(
        "handover.sign",
        request if "content_hash" in request.POST else unsent(request),
        fixed={"hand_over": row.pk},
        only=["content_hash", "password", "otp"],
    )


def _sides(row: HandOver, now_hash: str) -> list[tuple[Text, Person, Any, bool]]:
    """Side in words, who, their newest signature, and whether it still holds."""
    signed = signatures(row)
    found = []
    for side, words, who in (
        (GIVES, Text("移交人", "Hands over"), row.giver),
        (TAKES, Text("接收人", "Takes over"), row.taker),
    ):
        signature = signed.get(side)
        found.append((words, who, signature, signature is not None and signature.hash == now_hash))
    return found


def _do(person: Any, row: HandOver) -> list[Do]:
    found = []
    if may_see_pack(person, row):
        found.append(Do("PDF", _url("handover.pdf", row), icon="download"))
        if row.state != CANCELLED:
            found.append(Do(Text("致客户函", "Letter"), _url("handover.letter", row), icon="mail"))
    if row.open and person.pk == row.arranged_by_id and person.may(ARRANGE):
        if not row.excuse and person.pk != row.taker_id:
            found.append(
                Do(
                    Text("移交人无法签字…", "The giver cannot sign…"),
                    _url("handover.excuse", row),
                    icon="pen-line",
                )
            )
    if row.open and person.may(ARRANGE):
        found.append(
            Do(Text("取消交接", "Cancel"), _url("handover.cancel", row), tone="refuse", icon="circle-slash")
        )
    return found


def _counted(content: Any) -> list[tuple[str, Text, int]]:
    labels = {
        "customers": Text("客户", "Customers"),
        "promises": Text("未兑现的承诺", "Open promises"),
        "visits": Text("接下来的拜访", "Next visits"),
        "duties": Text("未了结的义务", "Open duties"),
    }
    return [(name, labels[name], n) for name, n in pack.counts(content).items()]


def _held(giver: Person) -> list[tuple[Any, int]]:
    from ..handover.parts import parts

    return [(p, len(p.lines(giver, None))) for p in parts()]


def _links(person: Any, shown: PackPage | None) -> set[int]:
    """The customers that this person may open."""
    if shown is None:
        return set()
    ids = [c.id for c in shown.customers]
    return set(customers.among(person, ids).values_list("pk", flat=True))


def _printed_part(part: pack.ShownPart) -> dict[str, Any]:
    return {
        "label": part.label,
        "lines": [
            {
                "when": line.when,
                "what": line.what,
                "of": line.of,
                "note": line.note,
                "clause": line.clause,
            }
            for line in part.lines
        ],
    }


def _customer_ids(row: HandOver) -> list[int]:
    content, _ = pack.present(row)
    return [int(c["id"]) for c in content["customers"]]


def _asked(request: HttpRequest) -> Person | None:
    given = request.GET.get("giver", "")
    return Person.objects.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 10 else None


def _found(request: HttpRequest, id: int) -> HandOver:
    rows = visible_hand_overs(request.user).select_related("giver", "taker", "arranged_by")
    found = rows.filter(pk=id).first()
    if found is None:
        raise NotFound("handover", id)
    return found


def _pack_only_for(request: HttpRequest, row: HandOver) -> None:
    if not may_see_pack(request.user, row):
        raise NotFound("handover", row.pk)


def _url(name: str, row: HandOver) -> str:
    return reverse(name, kwargs={"hand_over": row.pk})


def _pdf(request: HttpRequest, template: str, data: Any, name: str) -> HttpResponse:
    printed = Printed(value("company.name") or "", str(request.user), system_clock())
    body = render_pdf(template, data, current_language(), printed=printed)
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, f"{name}.pdf") or "inline"
    return response


def _one(person: Any) -> dict[str, Any] | None:
    found = visible_hand_overs(person).order_by("-pk").first()
    return {"hand_over": found.pk} if found and may_see_pack(person, found) else None


def declare() -> None:
    """The addresses of hand-overs; called by pages.py."""
    view = "customers.view"
    page(
        "handover.list",
        "hand-overs/",
        hand_overs,
        label=TITLE,
        permission=view,
        nav=Nav(28, "handshake"),
        methods=GET,
        lists=(HandOvers,),
    )
    page("handover.arrange", "hand-overs/new/", arrange, label=Text("安排工作交接", "Arrange a hand-over"),
         permission=ARRANGE, action="handover.arrange")  # fmt: skip
    for name, tail, what, label, methods, action in (
        ("detail", "", detail, Text("交接清单", "Hand-over pack"), ("GET", "HEAD", "POST"), "handover.sign"),
        ("pdf", "pack.pdf", pack_pdf, Text("交接清单 PDF", "Pack as PDF"), GET, ""),
        ("letter", "letter/", letter, Text("致客户函", "Letter to customers"), ("GET", "HEAD", "POST"), "handover.set_letter"),
        ("letters-pdf", "letters.pdf", letters_pdf, Text("致客户函 PDF", "Letters as PDF"), GET, ""),
    ):  # fmt: skip
        page(f"handover.{name}", f"hand-overs/<int:hand_over>/{tail}", what, label=label, sample=_one,
             methods=methods, action=action)  # fmt: skip
    for name, what, label in (
        ("excuse", excuse, Text("免移交人签字", "Excuse the giver")),
        ("cancel", cancel, Text("取消交接", "Cancel the hand-over")),
    ):
        page(f"handover.{name}", f"hand-overs/<int:hand_over>/{name}/", what, label=label, permission=ARRANGE,
             sample=_one, action=f"handover.{name}")  # fmt: skip
    subject_kind(
        "handover",
        Text("工作交接", "Hand-over"),
        names=lambda person, ids: {
            h.pk: f"{h.giver.name} → {h.taker.name}"
            for h in visible_hand_overs(person).filter(pk__in=ids).select_related("giver", "taker")
        },
        url=lambda id: f"/hand-overs/{id}/",
    )
