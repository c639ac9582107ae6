"""A company of two houses. In the one, lin's key customer and all that comes about around it; in the other, a stranger
for each role, who sees nothing of it and has rows of their own. Made by actions, as at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from guanxi.domains.customers.importing import drafts
from guanxi.domains.customers.models import Account, Contact, Product, Promotion, StockItem
from guanxi.domains.customers.models_grouping import Tag
from guanxi.domains.visits.models import KitItem, PlaybookEntry, Visit
from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.messages.models import InboxMessage
from guanxi.platform.people.models import Passkey, Person
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.tests.cast import Cast, make_cast, person
from tests.company import PASSWORD, bring_into_force

NOW = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
"""A Thursday, 12:00 in Shanghai."""
CLOCK = fixed_clock(NOW)


@dataclass(frozen=True)
class Houses:
    cast: Cast
    strangers: dict[str, Person]
    """Role -> who holds it in the other house."""


def make() -> Houses:
    cast = make_cast()
    bring_into_force(cast, "R1", "R5", at=NOW - timedelta(days=10))
    for one in cast.everybody():
        one.set_password(PASSWORD)
        one.save()
    strangers = {
        role: person(f"x_{role}", f"外{n}", cast.operations, role) for n, role in enumerate(sorted(ROLES))
    }
    _everybodys(cast)
    _hidden(cast)
    for stranger in strangers.values():
        _own(stranger, cast)
    return Houses(cast, {role: Person.objects.get(pk=one.pk) for role, one in strangers.items()})


def _do(actor: Person, action: str, /, **data: Any) -> Any:
    return perform(action, data, actor=actor, clock=CLOCK).value


def _customer(manager: Person, name: str, *, key: bool = False) -> Account:
    return Account.objects.create(
        name=name,
        name_key=name,
        kind_bits=1,
        manager=manager,
        department=manager.department,
        key=key,
        created_at=NOW - timedelta(days=30),
        updated_at=NOW - timedelta(days=30),
    )


def _work_on(who: Person, customer: Account) -> Visit:
    """A contact, a need, a promise, a credit event, a visit of each state that a step can be refused in."""
    contact = Contact.objects.create(customer=customer, name="李工", updated_at=NOW)
    _do(who, "contacts.add_employment", contact=contact.pk, employer="远达机械", post="技术员")
    _do(who, "needs.add", customer=customer.pk, what="扩产线")
    _do(who, "objections.add", customer=customer.pk, what="嫌价高")
    _do(who, "materials.issue", customer=customer.pk, item=StockItem.objects.get().pk)
    _do(who, "promises.make", customer=customer.pk, what="寄样册", due_on="2026-03-09")
    file = {"file_name": "合同.pdf", "size": 1, "sha256": "", "file_kind": "pdf"}
    _do(who, "attachments.add", customer=customer.pk, stored=f"{customer.pk:048x}", **file)
    _do(who, "competitors.observe", customer=customer.pk, new_name="华信", text="报价低一成")
    _do(who, "orders.add", customer=customer.pk, amount="1200", goods="密封圈")
    _do(who, "addresses.add", customer=customer.pk, kind="site", address="萧山区建设四路1号")
    _do(who, "credit.record", customer=customer.pk, kind="late", detail="晚付十天")
    soon = (NOW + timedelta(days=1)).isoformat()
    said = {"purpose": "routine", "target": "拿到扩租时间表", "contact": contact.pk}
    visit: Visit = _do(who, "visits.plan", customer=customer.pk, planned_at=soon, **said)
    _do(who, "visits.attach", visit=visit.pk, stored=f"{visit.pk:047x}f", **file)
    return visit


def _everybodys(cast: Cast) -> None:
    StockItem.objects.create(name="茶叶", kind="gift", quantity=100, value=60)
    Product.objects.create(name="厂房租赁")
    Tag.objects.create(name="扩产中")
    days = {"starts_on": "2026-03-01", "ends_on": "2026-03-31"}
    Promotion.objects.create(title="扩租免租", month="2026-03", text="详情", **days)
    KitItem.objects.create(code="pen", name_zh="笔", name_en="Pen")
    PlaybookEntry.objects.create(title_zh="开场", title_en="Opening", section="skill")
    enqueue("customers.run_import", {"id": 0}, clock=CLOCK)


def _hidden(cast: Cast) -> None:
    """All that a stranger may not see."""
    lin, wang, chen = cast.lin, cast.wang, cast.chen
    visit = _work_on(lin, _customer(lin, "恒远电子", key=True))
    _do(lin, "visits.acknowledge_promotions", visit=visit.pk)
    _do(lin, "visits.confirm", visit=visit.pk)
    people = [Contact.objects.create(customer=visit.customer, name="王工", updated_at=NOW) for _ in range(2)]
    _do(lin, "contacts.merge", contact=people[0].pk, other=people[1].pk)
    twins = [_customer(lin, name, key=True) for name in ("华信电子", "华信电子厂")]
    _do(wang, "customers.merge", customer=twins[0].pk, other=twins[1].pk)
    InboxMessage.objects.create(key="x", template="x", person=lin, title={}, body={}, created_at=NOW)
    days = {"since": "2026-03-10", "until": "2026-03-12"}
    _do(lin, "people.plan_absence", deputy=cast.zhao.pk, **days)
    _token(lin)
    _do(lin, "views.save", list="customers", query="grade=A", name="重点")
    _do(chen, "approvals.set_substitute", deputy=wang.pk, **days)
    _do(wang, "handover.arrange", giver=cast.zhao.pk, taker=lin.pk, leaves=True)
    _do(wang, "ownfields.define", of="customer", type="number", label_zh="面积", key="floor", unit="平方米")
    drafts.upload(wang, "客户名称,联系人\n明光医院,王五\n".encode(), "客户.csv", clock=CLOCK)


def _token(owner: Person) -> None:
    owner.set_password(PASSWORD)
    owner.save(update_fields=["password"])
    _do(owner, "people.make_token", label="表格", password=PASSWORD)
    Passkey.objects.create(
        person=owner,
        name="手机",
        credential=f"key-{owner.pk}",
        public_key=b"x",
        handle=f"h-{owner.pk}",
        made_at=NOW,
    )


def _own(stranger: Person, cast: Cast) -> None:
    """What a stranger has of their own, as far as their role lets them."""
    _token(stranger)
    _do(stranger, "views.save", list="customers", query="grade=B", name="其他")
    if stranger.may("customers.work") and stranger.may("visits.work"):
        _work_on(stranger, _customer(stranger, f"{stranger.name}的客户"))
