"""What others may build on: the forms whose fields a pack's record may require, and what is in a person's hands."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ownfields.sql import Kept, kept_in
from guanxi.platform.people.responsibilities import responsibility
from guanxi.platform.regulations.reads import unseen_customers
from guanxi.platform.regulations.surface import record_form, shows

from .importing import own_fields
from .models import Account, Contact, Promise
from .reads.cards import CARD_FIELDS, CARD_FORM


def _find_customers(rows: Sequence[Account]) -> None:
    from .actions.finding import index

    for account in rows:
        index(account)


def _find_people(rows: Sequence[Contact]) -> None:
    _find_customers(list(Account.objects.filter(pk__in={contact.customer_id for contact in rows})))


def _page(customer: int) -> str:
    return reverse("customers.detail", kwargs={"customer": customer})


def _seen_customers(person: Any) -> QuerySet[Account]:
    from . import reads

    return reads.visible(person)


def _seen_people(person: Any) -> QuerySet[Contact]:
    from . import reads

    return Contact.objects.filter(reads.of_visible(person), erased_at=None).select_related("customer")


kept_in(
    "customer",
    Kept(
        Text("客户", "Customers"),
        Account,
        "name",
        customer=lambda row: row.pk,
        visible=_seen_customers,
        said=lambda row: row.name,
        url=lambda row: _page(row.pk),
        find=_find_customers,
    ),
)
kept_in(
    "contact",
    Kept(
        Text("联系人", "Contacts"),
        Contact,
        "name",
        customer=lambda row: row.customer_id,
        visible=_seen_people,
        said=lambda row: f"{row.name} {row.customer.called}",
        url=lambda row: _page(row.customer_id),
        find=_find_people,
    ),
    people=True,
)


def _unseen(person: Any) -> QuerySet[Any] | None:
    """The customers of imports that are not whole: nobody is told of their duties either."""
    from . import reads

    hidden = reads.hidden_imports(person)
    if not hidden:
        return None
    rows = Account.objects.filter(brought_by__in=hidden)
    return rows.annotate(text=Cast("pk", CharField())).values("text")


unseen_customers.append(_unseen)


own_fields.declare()


def _with_credit_event(person: Any) -> Mapping[str, Any] | None:
    """A customer with something in its credit history, which this person may see."""
    from . import reads

    found = reads.visible(person).filter(credit_events__isnull=False).first()
    return {"customer": found.pk} if found else None


def _with_key_customer(person: Any) -> Mapping[str, Any] | None:
    """The book of key customers has lines for this person."""
    from . import reads

    return {} if reads.visible(person).filter(key=True).exists() else None


record_form(
    CARD_FORM,
    CARD_FIELDS,
    shows("customers.card"),
    shows("customers.contact-new"),
    shows("customers.edit", {"employer": "name", "contact": "phone", "position": "coordinates"}),
    shows("customers.grade"),
    shows("customers.new"),
)
record_form(
    "card-history",
    ("changed_on", "changed_by", "before", "after"),
    shows(
        "customers.history", {"changed_on": "at", "changed_by": "who", "before": "quote", "after": "quote"}
    ),
)
record_form(
    "contact",
    (
        "name",
        "post",
        "decision_role",
        "birthday",
        "phone",
        "wechat",
        "email",
        "channel",
        "motives",
        "matters",
    ),
    shows("customers.contact-new"),
)
record_form(
    "hand-over",
    ("customers", "contacts", "promises", "duties", "visits", "signatures"),
    shows("handover.detail"),
)
record_form(
    "need",
    ("what", "product", "source", "noted_on", "customer_view", "our_view"),
    shows("customers.need-new"),
    shows("customers.needs", {"noted_on": "at"}),
)
record_form(
    "objection-register",
    ("what", "customer", "contact", "product", "answer", "help", "state", "raised_on"),
    shows("customers.objections", {"raised_on": "raised_at"}),
)
record_form(
    "gift-ledger",
    ("given_on", "customer", "contact", "gift", "quantity", "value", "given_by", "left"),
    shows("registers.gifts", {"given_on": "at", "gift": "item", "given_by": "by"}),
)
record_form("customer-view", ("customer_view", "our_view"), shows("customers.need-new"))
record_form(
    "competitor-observation",
    ("competitor", "offer", "text", "leaning", "source", "observed_on"),
    shows("customers.observe-at"),
)
record_form("approach", ("way", "event", "person", "result"), shows("customers.approach-new"))
record_form(
    "credit-event",
    ("kind", "happened_on", "detail", "cause", "before", "after", "recorded_by"),
    shows("customers.credit-new"),
    shows("customers.archive", sample=_with_credit_event),
)
record_form(
    "key-customer-card",
    ("manager", "team", "decides", "last_contact", "open_promises", "last_review"),
    shows(
        "customers.key-book",
        {"last_contact": "contacted", "open_promises": "promises", "last_review": "reviewed"},
        sample=_with_key_customer,
    ),
)
record_form(
    "needs-register",
    ("what", "customer", "product", "customer_view", "source", "noted_on", "state"),
    shows("customers.needs", {"customer_view": "view", "noted_on": "at"}),
)
record_form(
    "contact-log",
    ("happened_on", "customer", "way", "person", "what"),
    shows("customers.contact-log", {"happened_on": "at", "person": "who", "what": "text"}),
)
record_form(
    "archive",
    ("company", "people", "team", "needs", "approaches", "promises", "credit_events", "reviews", "changes"),
    shows("customers.archive"),
)


def _looked_after(person: Any) -> int:
    from . import reads

    rows = Account.objects.filter(manager=person.pk, active=True)
    unseen = reads.hidden_imports(person)
    return (rows.exclude(brought_by__in=unseen) if unseen else rows).count()


def _promised(person: Any) -> int:
    return Promise.objects.filter(owner=person.pk, state=Promise.OPEN).count()


responsibility(
    "customers",
    Text("负责的客户", "Customers looked after"),
    _looked_after,
    url=lambda person: f"{reverse('customers.list')}?{urlencode({'who': person.name})}",
)
responsibility(
    "promises",
    Text("未兑现的承诺", "Open promises"),
    _promised,
    url=lambda person: f"{reverse('promises.list')}?of=all",
)
