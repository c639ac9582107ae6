"""What others may build on: the forms whose fields a pack's record may require, and what is in a person's hands."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.people.responsibilities import responsibility
from guanxi.platform.regulations.surface import record_form

from .models import Account, Promise
from .reads.cards import CARD_FIELDS, CARD_FORM

record_form(CARD_FORM, tuple(CARD_FIELDS))
record_form("card-history", ("changed_on", "changed_by", "before", "after"))
record_form(
    "contact", ("name", "post", "decision_role", "birthday", "phone", "wechat", "email", "channel", "matters")
)
record_form("hand-over", ("customers", "contacts", "promises", "duties", "visits", "signatures"))
record_form("need", ("what", "product", "source", "noted_on", "customer_view", "our_view"))
record_form("customer-view", ("customer_view", "our_view"))
record_form("approach", ("way", "event", "person", "result"))
record_form("credit-event", ("kind", "happened_on", "detail", "cause", "before", "after", "recorded_by"))
record_form(
    "key-customer-card", ("manager", "team", "decides", "last_contact", "open_promises", "last_review")
)
record_form("needs-register", ("what", "customer", "product", "customer_view", "source", "noted_on", "state"))
record_form("contact-log", ("happened_on", "customer", "way", "person", "what"))
record_form(
    "archive",
    ("company", "people", "team", "needs", "approaches", "promises", "credit_events", "reviews", "changes"),
)


def _looked_after(person: Any) -> int:
    return Account.objects.filter(manager=person.pk, active=True).count()


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
