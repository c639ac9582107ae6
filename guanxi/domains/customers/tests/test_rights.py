"""Every action by every role: who may, who may not, and that other people's customers do not exist."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from guanxi.domains.customers.models import Promotion
from guanxi.platform.kernel import Forbidden, NotFound, all_actions

from .helpers import account, contact, do, item, last, product, promise

pytestmark = pytest.mark.django_db

WORK = {"lin", "zhao", "wang"}
ASSIGN = {"wang", "chen"}
GRADE = {"zhao", "wang", "chen"}
KEEP = {"wang"}
MAY: dict[str, set[str]] = {
    "customers.create": WORK | {"sun"},
    "customers.update": WORK,
    "customers.confirm_card": WORK,
    "customers.assign": ASSIGN,
    "customers.assign_back": ASSIGN,
    "customers.set_team": ASSIGN,
    "customers.mark_key": ASSIGN,
    "attachments.add": WORK,
    "attachments.remove": WORK,
    "attachments.give": WORK | {"chen", "zhou"},
    "attachments.judge": set(),
    "competitors.save": KEEP,
    "competitors.observe": WORK,
    "competitors.withdraw": WORK,
    "addresses.add": WORK,
    "addresses.change": WORK,
    "addresses.remove": WORK,
    "addresses.make_main": WORK,
    "customers.grade": GRADE,
    "customers.set_service": GRADE,
    "customers.tag": WORK,
    "customers.tag_back": WORK,
    "customers.close": GRADE,
    "customers.merge": GRADE,
    "customers.unmerge": GRADE,
    "customers.find_twins": ASSIGN,
    "customers.keep_apart": GRADE,
    "customers.compare_again": GRADE,
    "customers.reopen": GRADE,
    "customers.look": WORK | {"chen", "zhou"},
    "customers.review": WORK,
    "credit.record": WORK,
    "credit.find_cause": WORK,
    "customers.undo": WORK,
    "customers.comment": WORK | {"chen"},
    "customers.take_back_comment": WORK | {"chen"},
    "customers.follow": WORK | {"chen", "zhou"},
    "customers.have_looked": WORK | {"chen", "zhou"},
    "contacts.add": WORK,
    "contacts.update": WORK,
    "contacts.leave": WORK,
    "contacts.consent": WORK,
    "contacts.merge": WORK,
    "contacts.unmerge": WORK,
    "contacts.move": WORK,
    "contacts.add_employment": WORK,
    "contacts.drop_employment": WORK,
    "needs.add": WORK,
    "objections.add": WORK,
    "objections.answer": WORK,
    "needs.confirm": WORK,
    "needs.close": WORK,
    "approaches.add": WORK,
    "timeline.note": WORK,
    "promises.make": WORK,
    "promises.keep": WORK,
    "promises.move": WORK,
    "promises.withdraw": WORK,
    "materials.issue": WORK,
    "materials.give_back": WORK,
    "products.save": KEEP,
    "promotions.save": KEEP,
    "stock.save": KEEP,
    "tags.save": KEEP,
    "stock.receive": KEEP,
}
"""Who of the cast may do it with customers of zhao on whose team lin is. sun may where no customer is concerned."""
EVERYBODY = ("lin", "zhao", "wang", "chen", "zhou", "wu", "sun")


class World:
    """A customer of zhao's with lin on its team, and one of everything."""

    def __init__(self, cast: Any) -> None:
        self.cast = cast
        self.account = account(cast.wang, manager=cast.zhao.pk)
        do(cast.wang, "customers.set_team", customer=self.account.pk, members=[cast.lin.pk])
        self.contact = contact(cast.wang, self.account)
        self.need = do(cast.wang, "needs.add", customer=self.account.pk, what="密封圈")
        self.objection = do(cast.wang, "objections.add", customer=self.account.pk, what="价高")
        self.promise = promise(cast.wang, self.account)
        self.credit = do(cast.wang, "credit.record", customer=self.account.pk, kind="late", detail="晚付")
        self.address = do(
            cast.wang, "addresses.add", customer=self.account.pk, kind="delivery", address="萧山区建设四路1号"
        )
        self.file = {"stored": "0" * 48, "size": 1, "sha256": "", "file_kind": "pdf"}
        self.attachment = do(
            cast.wang, "attachments.add", customer=self.account.pk, file_name="合同.pdf", **self.file
        )
        self.tag = do(cast.wang, "tags.save", name="重点项目")
        self.item = item(cast.wang, quantity=1000)

    def input(self, action: str, person: Any) -> dict[str, Any]:
        customer = {"customer": self.account.pk}
        if action == "customers.reopen":
            type(self.account).objects.filter(pk=self.account.pk).update(active=False)
        if action == "customers.merge":
            twin = account(self.cast.wang, "恒远电子", manager=self.cast.zhao.pk)
            return {**customer, "other": twin.pk}
        if action in ("customers.keep_apart", "customers.compare_again"):
            twin = account(self.cast.wang, "恒远电子", manager=self.cast.zhao.pk)
            both = {**customer, "other": twin.pk}
            if action == "customers.compare_again":
                do(self.cast.wang, "customers.keep_apart", **both)
            return both
        if action == "customers.unmerge":
            do(self.cast.wang, "customers.merge", **self.input("customers.merge", self.cast.wang))
            return {"merger": self.account.mergers.get().pk}
        if action == "customers.undo":
            do(person, "timeline.note", **customer, text="x")
            return {"fact": last("customer.noted").pk}
        if action == "materials.give_back":
            issued = {**customer, "item": self.item.pk}
            return {"movement": do(self.cast.wang, "materials.issue", **issued).pk, "note": "x"}
        if action == "contacts.merge":
            other = contact(self.cast.wang, self.account, "王建国")
            return {"contact": self.contact.pk, "other": other.pk}
        if action == "contacts.unmerge":
            do(self.cast.wang, "contacts.merge", **self.input("contacts.merge", self.cast.wang))
            return {"merger": self.contact.mergers.get().pk}
        if action == "contacts.drop_employment":
            do(self.cast.wang, "contacts.add_employment", contact=self.contact.pk, employer="远达机械")
            return {"employment": self.contact.employments.latest("pk").pk}
        if action == "customers.assign_back":
            do(person, "customers.assign", customers=[self.account.pk], manager=self.cast.lin.pk)
            seq = last("customer.assigned").pk
            return {"first": seq, "last": seq}
        if action == "competitors.withdraw":
            own = person if person.pk in (self.cast.lin.pk, self.cast.zhao.pk) else self.cast.wang
            row = do(own, "competitors.observe", **customer, new_name="华信", text="x")
            return {"observation": row.pk, "reason": "x"}
        if action == "customers.tag_back":
            do(person, "customers.tag", **self.input("customers.tag", person))
            seq = last("customer.tagged").pk
            return {"first": seq, "last": seq}
        if action == "customers.take_back_comment":
            by = (
                person
                if person.pk in (self.cast.chen.pk, self.cast.wang.pk, self.cast.zhao.pk)
                else self.cast.lin
            )
            do(by, "customers.comment", **customer, text="x")
            return {"fact": last("customer.commented").pk}
        inputs: dict[str, dict[str, Any]] = {
            "customers.comment": {**customer, "text": "x"},
            "customers.follow": customer,
            "customers.have_looked": {**customer, "seq": 10_000},
            "customers.create": {"name": f"新{person.pk}"},
            "customers.update": {**customer, "area": f"区{person.pk}"},
            "customers.confirm_card": customer,
            "customers.assign": {"customers": [self.account.pk], "manager": self.cast.zhao.pk},
            "customers.set_team": {**customer, "members": [self.cast.lin.pk]},
            "customers.mark_key": {**customer, "key": False},
            "customers.grade": {**customer, "grade": "A", "reason": "x"},
            "customers.close": {**customer, "reason_code": "moved"},
            "customers.reopen": {**customer, "reason": "x"},
            "customers.find_twins": {},
            "customers.look": {**customer, "where": "test"},
            "customers.review": {**customer, "because": ["other"], "decision": "keep", "text": "x"},
            "credit.record": {**customer, "kind": "late", "detail": "x"},
            "credit.find_cause": {"credit_event": self.credit.pk, "cause_code": "cash", "cause": "x"},
            "contacts.add": {**customer, "name": "李娟"},
            "contacts.update": {"contact": self.contact.pk, "post": f"职{person.pk}"},
            "contacts.leave": {"contact": self.contact.pk},
            "contacts.move": {"contact": self.contact.pk, "employer": "远达机械"},
            "contacts.add_employment": {"contact": self.contact.pk, "employer": "远达机械"},
            "contacts.consent": {"contact": self.contact.pk, "channels": ["phone"], "consent": "given"},
            "needs.add": {**customer, "what": "x"},
            "objections.add": {**customer, "what": "x"},
            "objections.answer": {"objection": self.objection.pk, "answer": "x"},
            "needs.confirm": {"need": self.need.pk},
            "needs.close": {"need": self.need.pk, "outcome": "met"},
            "approaches.add": {**customer, "way": "fair"},
            "timeline.note": {**customer, "text": "x"},
            "promises.make": {**customer, "what": "x", "due_on": date(2026, 3, 9)},
            "promises.keep": {"promise": self.promise.pk},
            "promises.move": {"promise": self.promise.pk, "due_on": date(2026, 3, 30), "reason": "x"},
            "promises.withdraw": {"promise": self.promise.pk, "reason": "x"},
            "materials.issue": {**customer, "item": self.item.pk},
            "products.save": {"name": "p"},
            "promotions.save": {
                "title": "t",
                "month": "2026-03",
                "starts_on": date(2026, 3, 1),
                "ends_on": date(2026, 3, 2),
                "text": "x",
            },
            "stock.save": {"name": "s"},
            "attachments.add": {**customer, "file_name": "报价.pdf", **self.file, "stored": "1" * 48},
            "attachments.remove": {"attachment": self.attachment.pk},
            "attachments.give": {"attachment": self.attachment.pk},
            "attachments.judge": {"attachment": self.attachment.pk, "outcome": "clean"},
            "competitors.save": {"name": "x"},
            "competitors.observe": {**customer, "new_name": "y", "text": "x"},
            "addresses.add": {**customer, "kind": "site", "address": "x"},
            "addresses.change": {"address_id": self.address.pk, "note": f"n{person.pk}"},
            "addresses.remove": {"address_id": self.address.pk},
            "addresses.make_main": {"address_id": self.address.pk},
            "tags.save": {"name": "t"},
            "customers.set_service": {**customer, "service": "served"},
            "customers.tag": {"customers": [self.account.pk], "add": [self.tag.pk]},
            "stock.receive": {"item": self.item.pk, "quantity": 1},
        }
        return inputs[action]


@pytest.fixture
def world(cast) -> World:
    return World(cast)


def test_every_action_beside_those_of_importing_stands_in_the_table() -> None:
    ours = {
        n
        for n, a in all_actions().items()
        if a.__module__.startswith(
            (
                "guanxi.domains.customers.actions.",
                "guanxi.domains.customers.attachments.",
                "guanxi.domains.customers.following.",
            )
        )
    }
    assert ours == set(MAY)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("action", sorted(MAY))
def test_action_by_person(world: World, action: str, who: str) -> None:
    person = getattr(world.cast, who)
    if who in MAY[action]:
        do(person, action, **world.input(action, person))
        return
    giver = world.cast.wang
    values = world.input(action, giver)
    with pytest.raises((Forbidden, NotFound)) as refused:
        do(person, action, **values)
    if not person.may(all_actions()[action].permission):
        assert isinstance(refused.value, Forbidden)
    else:
        assert isinstance(refused.value, NotFound)  # not his customer: it does not exist for him


def test_nobody_signed_in_may_nothing(world: World) -> None:
    for action in MAY:
        with pytest.raises(Forbidden):
            do(None, action, **world.input(action, world.cast.wang))
    assert not Promotion.objects.exists()


def test_products_are_entered_by_the_service_manager(cast) -> None:
    assert product(cast.wang).active
