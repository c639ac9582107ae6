"""Writing accounts: create, update, close, reopen, assign, team, key, grade, confirm the card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import model_validator

from guanxi.platform.journal.quick import add
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Bad,
    Context,
    Forbidden,
    Invalid,
    Text,
    action,
    ask,
    ref,
)
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.inputs import OwnValues, own_values
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import at_work
from guanxi.platform.people.rights import who_may

from .. import reads, scopes, words
from ..inputs import Code, Email, Line, Lines, Website, telephone
from ..models import Account, Contact, Promise, kind_bits
from .changes import check_version, emit_updated, filled, put, save
from .finding import index
from .grouping import MOST_TAGS, set_parent, set_tags
from .work import visit_of

DETAILS = (
    "name",
    "short_name",
    "credit_code",
    "phone",
    "email",
    "website",
    "address",
    "area",
    "lon",
    "lat",
    "coordinates",
    "source",
    "note",
)
MOST_AT_ONCE = 500


def _kinds() -> words.Pairs:
    return words.pairs(words.KINDS)


def _tags() -> list[tuple[int, str]]:
    return reads.tag_choices()


class Position(ActionInput):
    """Where it is: both numbers or none."""

    lon: Decimal | None = ask("经度", "Longitude", None, ge=-180, le=180, max_digits=9, decimal_places=6)
    lat: Decimal | None = ask("纬度", "Latitude", None, ge=-90, le=90, max_digits=8, decimal_places=6)
    coordinates: words.CoordinatesCode | None = ask(
        "坐标系", "Coordinates", None, choices=words.pairs(words.COORDINATES), widget="select"
    )

    @model_validator(mode="after")
    def _whole(self) -> Any:
        if (self.lon is None) != (self.lat is None):
            raise Bad("经度和纬度要一起填", "Longitude and latitude go together")
        return self


@dataclass(frozen=True)
class CreateValues:
    kinds: list[str]
    key: bool
    has_phone: bool
    has_address: bool
    has_contact: bool
    source: str
    own: OwnValues


@action
class Create(Action):
    """Enter a new customer, if wanted with the first contact."""

    name = "customers.create"
    label = Text("新建客户", "New customer")
    permission = "customers.work"
    writes = ("customer.created", "contact.added", "customer.grouped", "customer.tagged")
    subject = "customer"
    gate_values = CreateValues

    class Input(Position):
        name: Line = ask("客户名称", "Name", min_length=1, max_length=120)
        short_name: Line = ask("简称", "Short name", "", max_length=40)
        kinds: list[words.KindCode] = ask(
            "类别", "Kinds", ["company"], choices=_kinds, widget="chips", min_length=1, max_length=5
        )
        contact_name: Line = ask("联系人", "Contact", "", max_length=60)
        contact_post: Line = ask("联系人职务", "Contact's post", "", max_length=60)
        contact_phone: Line = ask("联系人电话", "Contact's telephone", "", max_length=60, widget="phone")
        phone: Line = ask("单位电话", "Telephone", "", max_length=60, widget="phone")
        phone_as_written: bool = ask("电话按原样保存", "Keep telephone numbers as written", False)
        address: Line = ask("地址", "Address", "", max_length=200)
        area: Line = ask(
            "所在区域", "Area", "", max_length=40, hint=Text("例如：西湖区", "For example: West Lake")
        )
        credit_code: Code = ask("统一社会信用代码", "Credit code", "", max_length=40)
        email: Email = ask("电子邮箱", "E-mail", "", max_length=120)
        website: Website = ask("网址", "Website", "", max_length=200)
        source: words.SourceCode = ask(
            "来源",
            "Source",
            "manual",
            choices=words.pairs(words.SOURCES, words.ACCOUNT_SOURCES),
            widget="select",
        )
        manager: int | None = ask("负责人", "Looked after by", None, of="person", widget="person")
        key: bool = ask("重点客户", "Key customer", False)
        parent: int | None = ask("上级单位", "Parent company", None, of="customer", widget="customer")
        tags: list[int] = ask(
            "标签", "Tags", [], of="tag", choices=_tags, widget="chips", max_length=MOST_TAGS
        )
        note: Lines = ask("备注", "Note", "", max_length=2000, widget="textarea")
        own: OwnValues = own_values("customer", new=True, unless="visit")
        visit: int | None = ask("拜访", "Visit", None, of="visit", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Any:
        may_assign = ctx.actor.may("customers.assign")
        if data.key and not may_assign:
            raise Forbidden("customers.assign", who=who_may("customers.assign"))
        if data.manager not in (None, ctx.actor.pk) and not may_assign:
            raise Invalid.field(
                "manager",
                "只能把新客户放在自己名下；指派由客户服务部经理办理",
                "You can only take new customers yourself",
            )
        return None

    def gate(self, ctx: Context, data: Any, subject: Any) -> CreateValues:
        return CreateValues(
            list(data.kinds),
            data.key,
            bool(data.phone or data.contact_phone),
            bool(data.address),
            bool(data.contact_name),
            data.source,
            own.to_journal("customer", data.own),
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> Account:
        visit_of(ctx, None, data.visit)  # where it was heard of: a visit to another customer
        manager = looks_after(ctx, data.manager)
        account = enter(ctx, data, manager)
        if data.parent is not None:
            set_parent(ctx, account, data.parent)
        if data.tags:
            set_tags(ctx, account, data.tags)
        if manager is None or manager.pk != ctx.actor.pk:
            reads.still_sees(ctx.actor, account)
        return account


def looks_after(ctx: Context, asked: int | None) -> Person | None:
    """Who looks after a new customer: whom the input names, else whoever enters it and has none but their own."""
    if asked not in (None, ctx.actor.pk):
        return a_manager(asked)
    reach = ctx.actor.rights.reach("customers.work").scope
    found: Person | None = ctx.actor if asked or reach != "all" else None
    return found


def enter(ctx: Context, data: Any, manager: Person | None) -> Account:
    """The row, facts and index entry of a new customer for `manager` (None: the pool)."""
    from .contacts import add_contact

    account, first = new_account(data, manager, ctx.now)
    add(account)
    say_created(ctx, account, data.visit)
    if first is not None:
        add_contact(ctx, first)
    index(account, [first] if first else [])
    return account


def new_account(data: Any, manager: Person | None, now: datetime) -> tuple[Account, Contact | None]:
    """A customer and its first contact, not yet saved. Invalid where a telephone number cannot be read."""
    from .contacts import new_contact

    shown, number = telephone("phone", data.phone, as_written=data.phone_as_written)
    account = Account(
        name=data.name,
        short_name=data.short_name,
        name_key=reads.name_key(data.name),
        credit_code=data.credit_code,
        kind_bits=kind_bits(list(data.kinds)),
        phone=shown,
        phone_key=number,
        email=data.email,
        website=data.website,
        address=data.address,
        area=data.area,
        lon=data.lon,
        lat=data.lat,
        coordinates=data.coordinates or "gcj02",
        manager=manager,
        department_id=manager.department_id if manager else None,
        key=data.key,
        source=data.source,
        note=data.note,
        own=own.taken("customer", data.own, new=True, needed=data.visit is None),
        created_at=now,
        updated_at=now,
    )
    first = None
    if data.contact_name:
        first = new_contact(
            account,
            {
                "name": data.contact_name,
                "post": data.contact_post,
                "phone": data.contact_phone,
                "primary": True,
            },
            as_written=data.phone_as_written,
            now=now,
            phone_field="contact_phone",
        )
    people = [first] if first else []
    account.card_percent = reads.percent_of(reads.missing_fields(account, people))
    account.card_valid = reads.is_valid(account, people)
    return account, first


def say_created(ctx: Context, account: Account, visit: int | None) -> None:
    """That a customer was entered."""
    ctx.emit(
        "customer.created",
        subject=("customer", account.pk),
        customer=account.pk,
        data={
            "kinds": account.kinds,
            "grade": None,
            "credit": None,
            "manager": ref(account.manager_id),
            "department": ref(account.department_id),
            "area": account.area,
            "key": account.key,
            "active": True,
            "source": account.source,
            "card_percent": account.card_percent,
            "card_valid": account.card_valid,
            "visit": ref(visit),
            **(own.to_journal("customer", account.own, account.own) if account.own else {}),
        },
        texts={
            "name": account.name,
            "changes": filled(account, ["kinds", *DETAILS]) + own.first(account.own),
        },
    )


@action
class Update(Action):
    """Change a customer's particulars. What is not given stays; `clear` names the fields to be emptied."""

    name = "customers.update"
    label = Text("修改客户资料", "Edit customer")
    permission = "customers.work"
    writes = ("customer.updated", "customer.grouped", "customer.tagged")
    subject = "customer"

    class Input(Position):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        name: Line | None = ask("客户名称", "Name", None, min_length=1, max_length=120)
        short_name: Line | None = ask("简称", "Short name", None, max_length=40)
        kinds: list[words.KindCode] | None = ask(
            "类别", "Kinds", None, choices=_kinds, widget="chips", min_length=1, max_length=5
        )
        credit_code: Code | None = ask("统一社会信用代码", "Credit code", None, max_length=40)
        phone: Line | None = ask("单位电话", "Telephone", None, max_length=60, widget="phone")
        phone_as_written: bool = ask("电话按原样保存", "Keep the telephone number as written", False)
        email: Email | None = ask("电子邮箱", "E-mail", None, max_length=120)
        website: Website | None = ask("网址", "Website", None, max_length=200)
        address: Line | None = ask("地址", "Address", None, max_length=200)
        area: Line | None = ask("所在区域", "Area", None, max_length=40)
        source: words.SourceCode | None = ask(
            "来源", "Source", None, choices=words.pairs(words.SOURCES, words.ACCOUNT_SOURCES), widget="select"
        )
        parent: int | None = ask("上级单位", "Parent company", None, of="customer", widget="customer")
        tags: list[int] | None = ask(
            "标签", "Tags", None, of="tag", choices=_tags, widget="chips", max_length=MOST_TAGS
        )
        note: Lines | None = ask("备注", "Note", None, max_length=2000, widget="textarea")
        own: OwnValues = own_values("customer")
        clear: list[str] = ask("清空的字段", "Fields to be emptied", [], widget="hidden", max_length=16)
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def load(self, ctx: Context, data: Any) -> Account:
        account = reads.fetch(ctx.actor, data.customer, self.permission)
        check_version(account, data.version, "customer.updated")
        return account

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        left = [name for name in data.clear if name not in ("parent", "tags")]
        new = emptied(
            left, ("short_name", "credit_code", "phone", "email", "website", "address", "area", "note")
        )
        if {"lon", "lat"} & set(data.clear):
            new |= {"lon": None, "lat": None}
        new |= {field: value for field in DETAILS if (value := getattr(data, field)) is not None}
        if data.parent is not None or "parent" in data.clear:
            set_parent(ctx, subject, data.parent)
        if data.tags is not None or "tags" in data.clear:
            set_tags(ctx, subject, data.tags or ())
        if "phone" in new:
            new["phone"], number = telephone("phone", new["phone"], as_written=data.phone_as_written)
        changes = put(subject, new)
        if any(c["field"] == "phone" for c in changes):
            subject.phone_key = number
        if data.kinds is not None and kind_bits(list(data.kinds)) != subject.kind_bits:
            before = subject.kinds
            subject.kind_bits = kind_bits(list(data.kinds))
            changes.append({"field": "kinds", "before": before, "after": subject.kinds})
        changes += own.put(subject, own.taken("customer", data.own, new=False))
        if not changes:
            return subject
        subject.name_key = reads.name_key(subject.name)
        people = list(subject.contacts.all())
        subject.card_percent = reads.percent_of(reads.missing_fields(subject, people))
        subject.card_valid = reads.is_valid(subject, people)
        fields = [c["field"] for c in changes]
        save(subject, fields, ctx.now)
        emit_updated(ctx, subject, fields, changes)
        if {"name", "short_name", "credit_code", "phone"} & set(fields) or own.changed_keys(changes):
            index(subject)
        return subject


def emptied(names: list[str], may: tuple[str, ...]) -> dict[str, Any]:
    """The fields that are to be emptied; Invalid where one must not be."""
    wrong = [name for name in names if name not in (*may, "lon", "lat", "coordinates")]
    if wrong:
        raise Invalid.field(wrong[0], "这一项不能为空", "This cannot be empty")
    return {name: "" for name in names if name in may}


@dataclass(frozen=True)
class CloseValues:
    reason_code: str
    has_reason: bool
    open_promises: int
    key: bool


@action
class Close(Action):
    """Close a customer, with a reason. Nothing is lost; it can be reopened."""

    name = "customers.close"
    label = Text("停用客户", "Close customer")
    permission = "customers.close"
    writes = ("customer.closed",)
    subject = "customer"
    gate_values = CloseValues

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        reason_code: words.CloseCode = ask(
            "原因", "Reason", choices=words.pairs(words.CLOSE_REASONS), widget="radio"
        )
        reason: Lines = ask("说明", "Explanation", "", max_length=500, widget="textarea")

        @model_validator(mode="after")
        def _said(self) -> Any:
            if self.reason_code == "other" and not self.reason:
                raise Bad("选“其他”时请写明原因", "Please explain the other reason")
            return self

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def gate(self, ctx: Context, data: Any, subject: Account) -> CloseValues:
        return CloseValues(data.reason_code, bool(data.reason), _open_promises(subject), subject.key)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        if not subject.active:
            raise Invalid.field("", "这位客户已经停用", "This customer is closed already")
        subject.active = False
        subject.closed_at = ctx.happened_at
        save(subject, ["active"], ctx.now)
        ctx.emit(
            "customer.closed",
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={"reason_code": data.reason_code, "active": False, "open_promises": _open_promises(subject)},
            texts={"reason": data.reason},
        )
        return subject


def _open_promises(account: Account) -> int:
    return Promise.objects.filter(customer=account, state=Promise.OPEN).count()


@action
class Reopen(Action):
    """Make a closed customer active again, with a reason."""

    name = "customers.reopen"
    label = Text("恢复启用", "Reopen customer")
    permission = "customers.close"
    writes = ("customer.reopened",)
    subject = "customer"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        reason: Lines = ask("原因", "Reason", min_length=1, max_length=500, widget="textarea")

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        if subject.active:
            raise Invalid.field("", "这位客户正在使用中", "This customer is active")
        subject.active = True
        subject.closed_at = None
        save(subject, ["active"], ctx.now)
        ctx.emit(
            "customer.reopened",
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={"active": True},
            texts={"reason": data.reason},
        )
        return subject


def a_manager(id: int, field: str = "manager") -> Person:
    """Somebody who can look after customers; Invalid at `field` otherwise."""
    person = at_work(id)
    if person is None or not person.may("customers.work"):
        raise Invalid.field(field, "此人不能负责客户", "This person cannot look after customers")
    return person


@dataclass(frozen=True)
class AssignValues:
    count: int
    to_pool: bool
    any_key: bool


@action
class Assign(Action):
    """Give one or several customers to a person, or put them back into the pool."""

    name = "customers.assign"
    label = Text("指派客户", "Assign customers")
    permission = "customers.assign"
    writes = ("customer.assigned",)
    subject = "customer"
    gate_values = AssignValues

    class Input(ActionInput):
        customers: list[int] = ask(
            "客户", "Customers", of="customer", widget="hidden", min_length=1, max_length=MOST_AT_ONCE
        )
        manager: int | None = ask(
            "负责人",
            "Looked after by",
            None,
            of="person",
            widget="person",
            hint=Text("留空则放回客户池", "Empty puts them back into the pool"),
        )
        reason: Line = ask("说明", "Note", "", max_length=200)

    def load(self, ctx: Context, data: Any) -> list[Account]:
        return reads.fetch_many(ctx.actor, list(data.customers), self.permission)

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        one = subject[0].pk if subject and len(subject) == 1 else None
        return ("customer", one, one)

    def gate(self, ctx: Context, data: Any, subject: list[Account]) -> AssignValues:
        return AssignValues(len(subject), data.manager is None, any(a.key for a in subject))

    def run(self, ctx: Context, data: Any, subject: list[Account]) -> list[Account]:
        manager = a_manager(data.manager) if data.manager is not None else None
        if manager is None and all(account.manager_id is None for account in subject):
            raise Invalid.field(
                "manager",
                "请选择由谁负责；现在已经没有负责人",
                "Choose who looks after them; nobody does now",
            )
        department = manager.department_id if manager else None
        moved = []
        for account in subject:
            before = account.manager_id
            if before == (manager.pk if manager else None) and account.department_id == department:
                continue
            account.manager = manager
            account.department_id = department
            account.version += 1
            account.updated_at = ctx.now
            moved.append(account)
            ctx.emit(
                "customer.assigned",
                subject=("customer", account.pk),
                customer=account.pk,
                data={
                    "manager": ref(manager.pk if manager else None),
                    "department": ref(department),
                    "before": ref(before),
                },
                texts={"reason": data.reason},
            )
        Account.objects.bulk_update(moved, ["manager", "department", "version", "updated_at"], batch_size=200)
        scopes.put([account.pk for account in moved])
        return subject
