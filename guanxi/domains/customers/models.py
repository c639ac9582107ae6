"""Customers, their people, what they need and what we promised them; the registers of products, promotions and stock.

Rows hold the present state; how it came about stands in the journal.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from guanxi.platform.journal.quick import change
from guanxi.platform.people.models import Department, Person

from .words import KINDS, MOTIVES

KIND_BITS = {code: 1 << place for place, code in enumerate(KINDS)}


def kind_bits(kinds: list[str]) -> int:
    """Kinds as one number, a bit for each, so that one indexed column holds several."""
    return sum(KIND_BITS[kind] for kind in set(kinds))


def with_kind(*kinds: str) -> list[int]:
    """Every value of `kind_bits` that has at least one of these kinds: for an IN that the index answers."""
    wanted = kind_bits(list(kinds))
    return [bits for bits in range(1 << len(KIND_BITS)) if bits & wanted]


MOTIVE_BITS = {code: 1 << place for place, code in enumerate(MOTIVES)}


def with_motive(*motives: str) -> list[int]:
    """Every value of `motive_bits` that has at least one of these motives."""
    wanted = sum(MOTIVE_BITS[motive] for motive in set(motives))
    return [bits for bits in range(1 << len(MOTIVE_BITS)) if bits & wanted]


TRIED = ("id", "key", "active", "kind_bits", "grade", "last_contact_at")
"""What lists ask of customers most, behind the order of an index: so they try a row without fetching it."""


class Account(models.Model):
    """A customer: company, tenant, data-centre customer, prospect or supplier, or several of these."""

    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40, blank=True)
    name_key = models.CharField(max_length=120)
    credit_code = models.CharField(max_length=18, blank=True)
    kind_bits = models.PositiveSmallIntegerField()
    phone = models.CharField(max_length=60, blank=True)
    phone_key = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=120, blank=True)
    website = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=200, blank=True)
    area = models.CharField(max_length=40, blank=True)
    lon = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    coordinates = models.CharField(max_length=6, default="gcj02")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children", db_index=False
    )
    """The company that it belongs to; never in a circle."""
    service = models.CharField(max_length=8, blank=True)
    grade = models.CharField(max_length=1, blank=True)
    credit = models.CharField(max_length=1, blank=True)
    manager = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts", db_index=False
    )
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts", db_index=False
    )
    key = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    source = models.CharField(max_length=12, default="manual")
    note = models.TextField(blank=True)
    card_percent = models.PositiveSmallIntegerField(default=0)
    card_valid = models.BooleanField(default=True)
    """Whether everything on the card that can be checked (numbers, credit code, address) passes."""
    card_confirmed_at = models.DateTimeField(null=True, blank=True)
    card_confirmed_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    last_contact_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    own = models.JSONField(default=dict, db_default={})
    """Values of the company's own fields, by their keys."""
    version = models.PositiveIntegerField(default=1)
    brought_by = models.BigIntegerField(null=True, blank=True)
    """The import that entered it; None: by hand. While that import is `unseen`, nobody sees its customers."""

    class Meta:
        indexes = (
            models.Index(fields=["name", *TRIED], name="account_name"),
            models.Index(fields=["manager", "name", *TRIED], name="account_manager"),
            models.Index(fields=["manager", "-updated_at"], name="account_manager_updated"),
            models.Index(fields=["department", "name", *TRIED], name="account_department"),
            models.Index(fields=["grade", "name"], name="account_grade"),
            models.Index(fields=["credit", "name"], name="account_credit"),
            models.Index(fields=["area", "name"], name="account_area"),
            models.Index(fields=["service", "name"], name="account_service", condition=~Q(service="")),
            models.Index(fields=["parent"], name="account_parent", condition=Q(parent__isnull=False)),
            models.Index(
                fields=["kind_bits", "id", "key", "active", "grade", "last_contact_at"], name="account_kinds"
            ),
            models.Index(
                fields=["last_contact_at", "id", "key", "active", "kind_bits", "grade"],
                name="account_contacted",
            ),
            models.Index(fields=["updated_at", "id"], name="account_updated"),
            models.Index(fields=["created_at", "id"], name="account_created"),
            models.Index(fields=["card_confirmed_at", "id"], name="account_confirmed"),
            models.Index(fields=["card_percent", "id"], name="account_card"),
            models.Index(fields=["name"], name="account_closed", condition=Q(active=False)),
            models.Index(fields=["name_key"], name="account_name_key"),
            models.Index(fields=["phone_key"], name="account_phone_key", condition=~Q(phone_key="")),
            models.Index(fields=["credit_code"], name="account_credit_code", condition=~Q(credit_code="")),
            models.Index(fields=["name", "key"], name="account_key", condition=Q(key=True)),
            models.Index(
                fields=["brought_by"], name="account_brought_by", condition=Q(brought_by__isnull=False)
            ),
        )
        constraints = (
            models.CheckConstraint(condition=Q(kind_bits__gt=0), name="account_has_a_kind"),
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__isnull=False, lat__isnull=False),
                name="account_position_whole",
            ),
        )

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, bit in KIND_BITS.items() if self.kind_bits & bit]

    @property
    def prospect(self) -> bool:
        """Whether it has yet to become a customer: a prospect and nothing beside."""
        return self.kinds == ["prospect"]

    @property
    def called(self) -> str:
        """The name by which people speak of it."""
        return self.short_name or self.name

    def contacted(self, at: datetime) -> None:
        """Somebody spoke with them (a call, a visit): remembers the newest time. Saves that one column."""
        if self.last_contact_at is None or at > self.last_contact_at:
            self.last_contact_at = at
            change(self, "last_contact_at")


class TeamMember(models.Model):
    """A person who works on an account beside its manager."""

    customer = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="team")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="teams")
    since = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["customer", "person"], name="team_member"),)

    def __str__(self) -> str:
        return f"{self.person_id} on {self.customer_id}"


class Contact(models.Model):
    """A person at a customer."""

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=60)
    post = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    decision_role = models.CharField(max_length=12, blank=True)
    birthday = models.CharField(max_length=10, blank=True)
    """YYYY-MM-DD, or --MM-DD where the year is not known."""
    birthday_md = models.CharField(max_length=5, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    phone_key = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=120, blank=True)
    wechat = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=8, blank=True)
    matters = models.CharField(max_length=500, blank=True)
    motive_bits = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)
    primary = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    left_on = models.DateField(null=True, blank=True)
    own = models.JSONField(default=dict, db_default={})
    """Values of the company's own fields, by their keys."""
    erased_at = models.DateTimeField(null=True, blank=True)
    """When everything that tells who it is was erased; only the number stands since."""
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-active", "-primary", "id")
        indexes = (
            models.Index(fields=["phone_key"], name="contact_phone_key", condition=~Q(phone_key="")),
            models.Index(fields=["birthday_md"], name="contact_birthday", condition=~Q(birthday_md="")),
            models.Index(fields=["name"], name="contact_name"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["customer"], condition=Q(primary=True, active=True), name="one_main_contact"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def motives(self) -> list[str]:
        """What drives them, as codes."""
        return [motive for motive, bit in MOTIVE_BITS.items() if self.motive_bits & bit]

    @motives.setter
    def motives(self, codes: list[str]) -> None:
        self.motive_bits = sum(MOTIVE_BITS[code] for code in set(codes))


class Product(models.Model):
    """What we sell or do."""

    name = models.CharField(max_length=80, unique=True)
    code = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=10, default="product")
    text = models.CharField(max_length=1000, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-active", "name")

    def __str__(self) -> str:
        return self.name


class Promotion(models.Model):
    """A promotion of a month: everybody who visits reads it first."""

    title = models.CharField(max_length=80)
    month = models.CharField(max_length=7)
    """YYYY-MM."""
    starts_on = models.DateField()
    ends_on = models.DateField()
    text = models.TextField()
    audience = models.CharField(max_length=12, default="all")
    audience_reason = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-month", "-starts_on", "id")
        indexes = (models.Index(fields=["month", "active"], name="promotion_month"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="promotion_ends_after"
            ),
        )

    def __str__(self) -> str:
        return self.title


class StockItem(models.Model):
    """Something for the kit: brochures, gifts, tools. `quantity` follows the ledger."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, default="promotional")
    unit = models.CharField(max_length=10, default="件")
    value = models.DecimalField(max_digits=9, decimal_places=2, default=0)
    """Yuan apiece."""
    quantity = models.PositiveIntegerField(default=0)
    low = models.PositiveIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-active", "kind", "name")
        constraints = (models.CheckConstraint(condition=Q(quantity__gte=0), name="stock_never_below_zero"),)

    def __str__(self) -> str:
        return self.name


class StockMovement(models.Model):
    """A line of the stock ledger. `quantity` is negative for what went out; `balance` is what was left."""

    item = models.ForeignKey(StockItem, on_delete=models.PROTECT, related_name="movements", db_index=False)
    quantity = models.IntegerField()
    balance = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="materials"
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="materials"
    )
    visit_id = models.BigIntegerField(null=True, blank=True)
    gift = models.BooleanField(default=False)
    value = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    """Of what went out, in yuan, as the item was worth then."""
    back_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="back"
    )
    """The line that this one takes back: it went out by mistake, or came back."""
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["item", "-id"], name="movement_item"),
            models.Index(fields=["visit_id"], name="movement_visit", condition=Q(visit_id__isnull=False)),
            models.Index(fields=["-at", "id"], name="movement_gift", condition=Q(gift=True)),
        )

    def __str__(self) -> str:
        return f"{self.item_id}: {self.quantity}"


class Need(models.Model):
    """What a customer wants of us. The customer's view stands apart from our judgement."""

    OPEN, CONFIRMED, CLOSED = "open", "confirmed", "closed"

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="needs", db_index=False)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="needs"
    )
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="needs"
    )
    what = models.CharField(max_length=300)
    customer_view = models.CharField(max_length=1000, blank=True)
    our_view = models.CharField(max_length=1000, blank=True)
    source = models.CharField(max_length=12)
    visit_id = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default=OPEN)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["customer", "state", "-id"], name="need_customer"),)

    def __str__(self) -> str:
        return self.what


class Approach(models.Model):
    """How a large or hard customer is approached: by which way and event, through whom, with what result."""

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="approaches")
    way = models.CharField(max_length=12)
    event = models.CharField(max_length=120, blank=True)
    person = models.CharField(max_length=60, blank=True)
    result = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.way} {self.event}"


class Promise(models.Model):
    """What we told a customer we would do: owner, date, kept or not."""

    OPEN, KEPT, WITHDRAWN = "open", "kept", "withdrawn"

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="promises", db_index=False)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="promises"
    )
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="promises", db_index=False)
    what = models.CharField(max_length=300)
    due = models.DateTimeField()
    visit_id = models.BigIntegerField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default=OPEN)
    kept_at = models.DateTimeField(null=True, blank=True)
    told = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    shown_state = ""
    """How a page says its state at a moment; filled by the page, not kept."""

    class Meta:
        ordering = ("due", "id")
        indexes = (
            models.Index(fields=["owner", "state", "due"], name="promise_owner"),
            models.Index(fields=["customer", "state", "due"], name="promise_customer"),
            models.Index(fields=["state", "due"], name="promise_due"),
        )

    def __str__(self) -> str:
        return self.what


from . import (  # noqa: E402,F401 (Django finds their tables through this module)
    models_addresses,
    models_attachments,
    models_competitors,
    models_contacts,
    models_grouping,
    models_handover,
    models_import,
    models_merger,
    models_objections,
    models_standing,
)
