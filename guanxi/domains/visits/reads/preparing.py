"""The preparation sheet: what to settle, what is open, what is still unknown, what to bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from guanxi.domains.customers import words as customer_words
from guanxi.domains.customers.models import Approach, Contact, Need, Promise, Promotion
from guanxi.domains.customers.models_objections import Objection
from guanxi.platform.kernel import Text
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.types import Own

from ..models import TOOK_PLACE, KitItem, PlaybookEntry, Visit, VisitLine
from ..words import PLANNING
from .promotions import concerns, month_of, of_month, unread
from .templates import kit_for, playbook_for

LATEST = 3
BIRTHDAY_AHEAD = 14  # days
OPEN_KINDS = ("conflict", "problem")


@dataclass(frozen=True, slots=True)
class PromotionShown:
    promotion: Promotion
    unread: bool
    ours: bool
    """Whether it is meant for this customer."""


@dataclass(frozen=True, slots=True)
class Packed:
    item: KitItem
    done: bool


@dataclass(slots=True)
class Preparation:
    """One visit's sheet. Lists are in the order in which they are shown."""

    visit: Visit
    contacts: Sequence[Contact] = ()
    matters: list[tuple[Text, Text | str]] = field(default_factory=list)
    """At most three facts that matter today."""
    receiver: list[tuple[Text, Text | str]] = field(default_factory=list)
    """Of whoever receives us: what drives them, what matters to them, how they do not want to be reached."""
    own: list[tuple[Own, Any]] = field(default_factory=list)
    """The company's own fields of the plan; '' where one that has to be filled in is not."""
    to_settle: list[VisitLine] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    earlier: list[Visit] = field(default_factory=list)
    promotions: list[PromotionShown] = field(default_factory=list)
    questions: list[Text] = field(default_factory=list)
    kit: list[Packed] = field(default_factory=list)
    skills: list[PlaybookEntry] = field(default_factory=list)
    appearance: list[PlaybookEntry] = field(default_factory=list)
    arrival: list[PlaybookEntry] = field(default_factory=list)

    @property
    def unread(self) -> list[Promotion]:
        return [p.promotion for p in self.promotions if p.unread]

    @property
    def missing(self) -> list[KitItem]:
        return [k.item for k in self.kit if not k.done]

    @property
    def last(self) -> Visit | None:
        return self.earlier[0] if self.earlier else None


def prepare(visit: Visit, now: datetime) -> Preparation:
    """Everything to know before (and during) a visit. About ten queries, whatever the customer's size."""
    account = visit.customer
    sheet = Preparation(visit, contacts=[c for c in account.contacts.all() if c.active])
    sheet.promises = list(
        Promise.objects.filter(customer=account, state=Promise.OPEN)
        .select_related("owner")
        .order_by("due", "id")[:20]
    )
    sheet.needs = list(
        Need.objects.filter(customer=account).exclude(state=Need.CLOSED).select_related("product")[:20]
    )
    sheet.earlier = list(
        Visit.objects.filter(customer=account, state__in=TOOK_PLACE, planned_at__lte=now)
        .exclude(pk=visit.pk)
        .select_related("owner", "past")
        .prefetch_related("reports")
        .order_by("-planned_at", "-id")[:LATEST]
    )
    sheet.objections = list(
        Objection.objects.filter(customer=account, state=Objection.OPEN).select_related("contact")[:10]
    )
    sheet.to_settle = list(
        VisitLine.objects.filter(visit__customer=account, kind__in=OPEN_KINDS, code="open")
        .exclude(visit=visit)
        .order_by("-captured_at")[:10]
    )
    promotions = of_month(month_of(visit.planned_at), account)
    new = {p.pk for p in unread(visit.made_by, promotions, visit)}
    sheet.promotions = [PromotionShown(p, p.pk in new, concerns(p, account)) for p in promotions]
    sheet.kit = [Packed(item, item.code in visit.kit_packed) for item in kit_for(visit.purpose)]
    for entry in playbook_for(visit.purpose):
        {"skill": sheet.skills, "appearance": sheet.appearance, "arrival": sheet.arrival}[
            entry.section
        ].append(entry)
    sheet.questions = questions(visit, sheet.contacts, sheet.needs)
    sheet.matters = matters(sheet, now)
    sheet.receiver = receiver(visit.contact) if visit.contact else []
    sheet.own = own.at_step("visit", PLANNING, visit.own)
    return sheet


def matters(sheet: Preparation, now: datetime) -> list[tuple[Text, Text | str]]:
    """Three facts that matter today: the promise that presses most, the newest need, a birthday near."""
    found: list[tuple[Text, Text | str]] = []
    if sheet.promises:
        promise = sheet.promises[0]
        late = promise.due < now
        due = f"{timezone.localtime(promise.due):%m-%d}"
        found.append(
            (
                Text("逾期承诺", "Overdue promise") if late else Text("承诺", "Promise"),
                customer_words.with_more(promise.what, due),
            )
        )
    if sheet.needs:
        found.append((Text("需求", "Need"), sheet.needs[0].what))
    for contact in sheet.contacts:
        days = days_to(contact.birthday_md, timezone.localdate(now))
        if days is not None and days <= BIRTHDAY_AHEAD:
            found.append((Text("生日", "Birthday"), f"{contact.name} {contact.birthday_md}"))
            break
    return found[:3]


def receiver(contact: Contact) -> list[tuple[Text, Text | str]]:
    """What to know of the person one meets."""
    refused = [row.channel for row in contact.consents.all() if row.state == "withdrawn"]
    found: list[tuple[Text, Text | str]] = [
        (Text("动机", "What drives them"), customer_words.said("motives", contact.motives)),
        (Text("看重之事", "What matters"), contact.matters),
        (Text("不同意的联系方式", "Not to be reached by"), customer_words.said("channels", refused)),
    ]
    return [(label, said) for label, said in found if said]


def days_to(month_day: str, today: date) -> int | None:
    """Days until the next MM-DD; 29 February counts as the 28th in other years."""
    try:
        month, day = (int(part) for part in month_day.split("-"))
    except ValueError:
        return None
    for year in (today.year, today.year + 1):
        try:
            at = date(year, month, day)
        except ValueError:
            at = date(year, 2, 28)
        if at >= today:
            return (at - today).days
    return None


def questions(visit: Visit, contacts: Sequence[Contact], needs: Sequence[Need]) -> list[Text]:
    """What is not known of this customer, as questions to ask."""
    account = visit.customer
    contact = visit.contact
    found: list[Text] = []
    if contact is None:
        found.append(Text("由谁接待？姓名和职务", "Who receives us? Name and post"))
    else:
        name = contact.name
        if not contact.post:
            found.append(Text(f"{name}是什么职务？", f"What is {name}'s post?"))
        if contact.decision_role in ("", "unknown"):
            found.append(Text(f"今后的合作由{name}决定吗？", f"Does {name} decide on future projects?"))
        if not contact.matters:
            found.append(Text(f"{name}最看重什么？", f"What matters most to {name}?"))
        if not contact.channel:
            found.append(Text(f"平时怎样联系{name}最方便？", f"How does {name} like to be reached?"))
        if not contact.birthday_md:
            found.append(Text(f"{name}的生日是哪天？", f"When is {name}'s birthday?"))
    if contacts and not any(c.decision_role == "decides" for c in contacts):
        found.append(Text("谁对今后的合作拍板？", "Who decides on future projects?"))
    if not needs:
        found.append(
            Text("对我们的产品和服务有什么需求？", "Which of our products and services do they need?")
        )
    for need in needs:
        if not need.customer_view:
            found.append(
                Text(f"“{need.what}”，客户自己怎么看？", f"How does the customer see “{need.what}”?")
            )
    if not account.address:
        found.append(Text("地址在哪里？", "What is the address?"))
    if not account.phone and not any(c.phone for c in contacts):
        found.append(Text("联系电话是多少？", "What is the telephone number?"))
    if account.grade == "A" and not Approach.objects.filter(customer=account).exists():
        found.append(
            Text(
                "可以通过哪些协会、展会或领导接触？", "Which associations, fairs or leaders give us a way in?"
            )
        )
    return found[:12]


def about(contact: Contact) -> Text:
    """A contact as the sheet names them: name, post, decision role."""
    role = customer_words.DECISION_ROLES.get(contact.decision_role)
    known = [contact.post] if contact.post else []
    zh, en = [*known], [*known]
    if role is not None and contact.decision_role != "unknown":
        zh.append(role.zh)
        en.append(role.en)
    return Text(
        f"{contact.name}（{'，'.join(zh)}）" if zh else contact.name,
        f"{contact.name} ({', '.join(en)})" if en else contact.name,
    )
