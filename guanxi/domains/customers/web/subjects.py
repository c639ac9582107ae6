"""How customers and what belongs to them are named wherever facts and obligations speak of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guanxi.platform.kernel import Text
from guanxi.platform.ui.addresses import address
from guanxi.platform.ui.subjects import subject_kind

from .. import reads
from ..attachments import reach
from ..models import Contact, Need, Promise
from ..models_addresses import Address
from ..models_competitors import Competitor
from ..models_objections import Objection
from ..models_standing import CreditEvent

Names = Callable[[Any, list[int]], Mapping[int, str]]


def _of(model: Any, *fields: str) -> Names:
    """Names of rows of a customer, for customers that the person may see."""

    def names(person: Any, ids: list[int]) -> Mapping[int, str]:
        rows = model.objects.filter(reads.of_visible(person), pk__in=ids).values_list("pk", *fields)
        return {pk: " · ".join(str(part) for part in said if part) for pk, *said in rows}

    return names


subject_kind(
    "customer",
    Text("客户", "Customer"),
    names=reads.names_of,
    url=lambda id: address("customers.detail", customer=id),
)
subject_kind(
    "contact",
    Text("联系人", "Contact"),
    names=_of(Contact, "name", "customer__name"),
    url=lambda id: address("customers.contact", contact=id),
)
subject_kind(
    "promise",
    Text("承诺", "Promise"),
    names=_of(Promise, "what", "customer__name"),
    url=lambda id: address("customers.promise", promise=id),
)
subject_kind(
    "need",
    Text("需求", "Need"),
    names=_of(Need, "what", "customer__name"),
    url=lambda id: address("customers.need-confirm", need=id),
)
subject_kind(
    "address",
    Text("地址", "Address"),
    names=_of(Address, "address", "customer__name"),
    url=lambda id: address("customers.address", address=id),
)
subject_kind(
    "objection",
    Text("异议", "Objection"),
    names=_of(Objection, "what", "customer__name"),
    url=lambda id: address("customers.objection", objection=id),
)
subject_kind(
    "attachment",
    Text("附件", "File"),
    names=lambda person, ids: dict(reach.seen(person).filter(pk__in=ids).values_list("pk", "name")),
    url=lambda id: address("customers.attachment", attachment=id),
)
subject_kind(
    "competitor",
    Text("竞争对手", "Competitor"),
    names=lambda person, ids: (
        dict(Competitor.objects.filter(pk__in=ids).values_list("pk", "name"))
        if person.may("customers.view")
        else {}
    ),
    url=lambda id: address("registers.competitor", competitor=id),
)
subject_kind(
    "observation",
    Text("竞争观察", "Observation"),
    names=lambda person, ids: dict(
        reads.observations(person).filter(pk__in=ids).values_list("pk", "competitor__name")
    ),
    url=lambda id: address("customers.observations"),
)
subject_kind(
    "credit_event",
    Text("信用事件", "Credit event"),
    names=_of(CreditEvent, "detail", "customer__name"),
    url=lambda id: address("customers.credit-cause", credit_event=id),
)
