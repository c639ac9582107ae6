"""Visits from before the company used this: entered and corrected as they were, never as if made under a regulation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.reads import ids_of
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Context, Text, ref
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import department_on

from .models import BROUGHT, PastVisit, Visit, VisitReport

FIELDS = ("purpose", "target", "contact_id", "met", "place_id", "place_said", "summary", "next_on")
"""What a file may correct of a past visit; customer, time and visitor tell which it is."""
CONTACTED = ("visit.completed", "customer.noted")
"""The kinds that say of today's work that somebody spoke with a customer."""


def moment_of(values: dict[str, Any]) -> datetime:
    """When it took place: at its time, else at the beginning of its day."""
    at = datetime.fromisoformat(values["at"])
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def own_values(written: dict[str, str]) -> dict[str, Any]:
    """What is kept of the company's own fields as a file writes them. Invalid for what does not fit any more; what is asked for
    at a step of a visit need not be there: nobody goes through the steps of a past visit."""
    return own.taken("visit", written, new=True, needed=False)


def enter(ctx: Context, account: Account, values: dict[str, Any], run: int) -> Visit:
    """A past visit, of its own day and by whom it was made, and its fact."""
    at = moment_of(values)
    owner = Person.objects.filter(pk=values["owner_id"]).first() if values["owner_id"] else None
    visit = Visit(
        customer=account,
        contact=_contact(account, values["contact_id"]),
        place=_place(account, values.get("place_id")),
        place_said=values.get("place_said", ""),
        owner=owner,
        department=department_on(owner, timezone.localdate(at)) if owner else None,
        state=BROUGHT,
        planned_at=at,
        arrived_at=at,
        purpose=values["purpose"],
        target=values["target"],
        source="import",
        created_at=ctx.now,
        own=own_values(values.get("own", {})),
    )
    visit.save()
    past = PastVisit.objects.create(
        visit=visit,
        brought_by=run,
        visitor=values["visitor"],
        met=values["met"],
        timed=values["timed"],
        next_on=_day(values["next_on"]),
    )
    visit.past = past
    _write_summary(visit, values["summary"])
    account.contacted(at)
    ctx.emit(
        "visit.brought",
        subject=("visit", visit.pk),
        customer=account.pk,
        data={
            "owner": ref(visit.owner_id),
            "purpose": visit.purpose,
            "timed": past.timed,
            "import": str(run),
        },
        texts={
            "visitor": visit.who,
            "met": past.met,
            "summary": values["summary"],
            **({"changes": own.first(visit.own)} if visit.own else {}),
        },
        happened_at=at,
    )
    return visit


def correct(ctx: Context, visit: Visit, new: dict[str, Any]) -> Visit:
    """Put what a file says otherwise into a past visit, and say so."""
    before, new = as_plain(visit), dict(new)
    for key, value in own_values(new.pop("own", {})).items():
        new[f"own.{key}"], before[f"own.{key}"] = value, visit.own.get(key)
    changed = [name for name in new if new[name] != before[name]]
    if not changed:
        return visit
    _put(visit, {name: new[name] for name in changed})
    labels = {"contact_id": "met", "place_id": "place_said"}
    ctx.emit(
        "visit.past_changed",
        subject=("visit", visit.pk),
        customer=visit.customer_id,
        data={"changed": changed, "version": visit.past.version},
        texts={
            "visitor": visit.who,
            "changes": [
                {"field": name, "before": before[name], "after": new[name]}
                for name in changed
                if name not in labels
            ],
            "before": {name: before[name] for name in changed},
        },
    )
    return visit


def put_back(fact: Fact) -> None:
    """A past visit gets back what a correction replaced."""
    visit = Visit.objects.select_related("past").filter(pk=int(fact.subject_id or 0), state=BROUGHT).first()
    before = fact.words.body.get("before") if hasattr(fact, "words") else None
    if visit is None or before is None:
        raise Conflict(
            Text("原来的内容已不在，不能撤销", "What stood there before is gone: it cannot be undone")
        )
    now = own.fitting("visit", {n.removeprefix("own."): v for n, v in before.items() if n.startswith("own.")})
    _put(
        visit, {n: now.get(n.removeprefix("own.")) if n.startswith("own.") else v for n, v in before.items()}
    )


def remove(id: int) -> None:
    """A past visit goes; where it was the last contact, the one before is it again."""
    visit = Visit.objects.select_related("customer").filter(pk=id, state=BROUGHT).first()
    if visit is None:
        return
    account, at = visit.customer, visit.planned_at
    visit.delete()
    if account.last_contact_at == at:
        account.last_contact_at = _last_contact(account.pk)
        account.save(update_fields=["last_contact_at"])


def as_plain(visit: Visit) -> dict[str, Any]:
    """What a file may correct, as plain data."""
    report = visit.reports.last()
    past = visit.past
    return {
        "purpose": visit.purpose,
        "target": visit.target,
        "contact_id": visit.contact_id,
        "met": past.met,
        "place_id": visit.place_id,
        "place_said": visit.place_said,
        "summary": report.summary if report else "",
        "next_on": past.next_on.isoformat() if past.next_on else None,
    }


def _put(visit: Visit, values: dict[str, Any]) -> None:
    past = visit.past
    for name in ("purpose", "target", "place_said"):
        if name in values:
            setattr(visit, name, values[name])
    if "contact_id" in values:
        visit.contact = _contact(visit.customer, values["contact_id"])
    if "place_id" in values:
        visit.place = _place(visit.customer, values["place_id"])
    own.put(visit, {n.removeprefix("own."): v for n, v in values.items() if n.startswith("own.")})
    visit.version += 1
    visit.save()
    if "met" in values:
        past.met = values["met"]
    if "next_on" in values:
        past.next_on = _day(values["next_on"])
    past.version += 1
    past.save()
    if "summary" in values:
        _write_summary(visit, values["summary"])


def _write_summary(visit: Visit, text: str) -> None:
    visit.reports.all().delete()
    if text:
        VisitReport.objects.create(visit=visit, number=1, summary=text, by=visit.owner, at=visit.planned_at)


def _contact(account: Account, id: int | None) -> Contact | None:
    return Contact.objects.filter(pk=id, customer=account).first() if id else None


def _place(account: Account, id: int | None) -> Address | None:
    return Address.objects.filter(pk=id, customer=account).first() if id else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _last_contact(customer: int) -> datetime | None:
    """When somebody spoke with the customer last: by the facts that stand, and by the past visits that are there."""
    facts = Fact.objects.filter(customer_id__in=ids_of(customer), kind__in=(*CONTACTED, "journal.annulled"))
    rows = list(facts.values_list("seq", "kind", "happened_at", "data"))
    gone = {data["fact"] for _, kind, _, data in rows if kind == "journal.annulled"}
    spoken = [
        at
        for seq, kind, at, data in rows
        if kind in CONTACTED and seq not in gone and (kind != "customer.noted" or data.get("channel"))
    ]
    spoken += Visit.objects.filter(customer=customer, state=BROUGHT).values_list("planned_at", flat=True)
    return max(spoken, default=None)
