"""Visits: their state, what was captured during them, their reports, and the lists they are prepared by.

Rows hold the present state; who did what and when stands in the journal.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from guanxi.domains.customers.models import Account, Contact, Need
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.models_attachments import Attachment
from guanxi.platform.kernel import Conflict, Text
from guanxi.platform.people.models import Department, Person

from .words import STATES

PLANNED, CONFIRMED, CHECKED_IN, COMPLETED = "planned", "confirmed", "checked_in", "completed"
REPORTED, NOT_MET, ANNULLED = "reported", "not_met", "annulled"
BROUGHT = "brought"
"""Made before the company used this, and brought in: no step leads here or on."""
AHEAD = (PLANNED, CONFIRMED)
DONE = (COMPLETED, REPORTED)
TOOK_PLACE = (*DONE, BROUGHT)

STEPS: dict[str, dict[str, str]] = {
    "edit": {PLANNED: PLANNED, CONFIRMED: CONFIRMED},
    "prepare": {PLANNED: PLANNED, CONFIRMED: CONFIRMED},
    "acknowledge": {PLANNED: PLANNED, CONFIRMED: CONFIRMED},
    "reassign": {PLANNED: PLANNED, CONFIRMED: CONFIRMED},
    "confirm": {PLANNED: CONFIRMED},
    "check_in": {CONFIRMED: CHECKED_IN},
    "capture": {CHECKED_IN: CHECKED_IN, COMPLETED: COMPLETED},
    "check_out": {CHECKED_IN: COMPLETED},
    "report": {COMPLETED: REPORTED},
    "amend": {REPORTED: REPORTED},
    "not_met": {PLANNED: NOT_MET, CONFIRMED: NOT_MET, CHECKED_IN: NOT_MET},
    "cancel": {PLANNED: ANNULLED, CONFIRMED: ANNULLED},
    "set_next": {s: s for s in (CHECKED_IN, COMPLETED, REPORTED, NOT_MET)},
}
"""Step -> from which state to which. Whatever is not here is refused, naming the state."""

STEP_WORDS: dict[str, Text] = {
    "edit": Text("修改计划", "change the plan"),
    "prepare": Text("核对工具", "check the kit"),
    "acknowledge": Text("确认促销政策", "acknowledge promotions"),
    "reassign": Text("改派", "reassign it"),
    "confirm": Text("确认", "confirm it"),
    "check_in": Text("签到", "check in"),
    "capture": Text("记录", "capture"),
    "check_out": Text("签出", "check out"),
    "report": Text("提交报告", "submit the report"),
    "amend": Text("补充报告", "amend the report"),
    "not_met": Text("记为未见到人", "record that nobody was met"),
    "cancel": Text("取消", "cancel it"),
    "set_next": Text("约下次拜访", "set the next date"),
}

FORGOTTEN_AFTER = timedelta(hours=12)
"""A check-in that is still open this long after is taken for a forgotten check-out."""


class Visit(models.Model):
    """One visit of one person (and perhaps colleagues) to one customer."""

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="visits", db_index=False)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="visits"
    )
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="visits", db_index=False
    )
    """Who makes it; nobody only of a past visit that somebody made who is not known here (`past.visitor`)."""
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="visits", db_index=False
    )
    """The owner's, on the day it was planned or handed over."""
    state = models.CharField(max_length=12, default=PLANNED)
    planned_at = models.DateTimeField()
    purpose = models.CharField(max_length=12, blank=True)
    target = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=10, default="plan")
    """plan, assigned, drop_in, next or import."""
    drop_in = models.BooleanField(default=False)
    first = models.BooleanField(default=False)
    planned_by = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    kit_checked_at = models.DateTimeField(null=True, blank=True)
    kit_packed = models.JSONField(default=list, blank=True)
    """Codes of the kit items that were packed."""
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    arrived_at = models.DateTimeField(null=True, blank=True)
    distance_m = models.PositiveIntegerField(null=True, blank=True)
    """Metres between the position at check-in and the address visited; the position itself is not kept."""
    place = models.ForeignKey(
        Address, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    """Which of the customer's further addresses is visited; none: the main one, or see `place_said`."""
    place_said = models.CharField(max_length=200, blank=True, default="", db_default="")
    """The address as it was when it was chosen, for the day on which it is the customer's no more; '' for the main one."""
    left_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    """When the check-out was entered; later than left_at where it had been forgotten."""
    training_minutes = models.PositiveIntegerField(default=0)
    late_entry = models.BooleanField(default=False)
    """Arrival or departure was entered on a later day than it happened."""
    reported_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it was cancelled or nobody was met."""
    end_reason = models.CharField(max_length=20, blank=True)
    end_note = models.CharField(max_length=300, blank=True)
    next_visit = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="previous"
    )
    no_next_reason = models.CharField(max_length=300, blank=True)
    next_set_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    own = models.JSONField(default=dict, db_default={})
    """The company's own fields by their keys: see `guanxi.platform.ownfields`."""

    class Meta:
        ordering = ("planned_at", "id")
        indexes = (
            models.Index(fields=["planned_at", "id"], name="visit_planned"),
            models.Index(fields=["owner", "planned_at"], name="visit_owner"),
            models.Index(fields=["customer", "planned_at"], name="visit_customer"),
            models.Index(fields=["department", "planned_at"], name="visit_department"),
            models.Index(fields=["state", "planned_at"], name="visit_state"),
            models.Index(
                fields=["owner", "state"],
                name="visit_unfinished",
                condition=Q(state__in=["checked_in", "completed"]),
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=models.F("arrived_at")),
                name="visit_leaves_after",
            ),
        )

    def __str__(self) -> str:
        return f"{self.customer_id} {timezone.localtime(self.planned_at):%Y-%m-%d %H:%M}"

    @property
    def who(self) -> str:
        """The visitor's name."""
        if self.owner is not None:
            return self.owner.name
        past = getattr(self, "past", None)
        return past.visitor if past is not None else ""

    @property
    def spot(self) -> Account | Address | None:
        """What holds the address and its position: a further address, else the customer; None where only words are left,
        since the address has been taken away."""
        if self.place is not None:
            return self.place
        return self.customer if self.place_said in ("", self.customer.address) else None

    @property
    def where(self) -> str:
        """The address that is visited."""
        return self.spot.address if self.spot is not None else self.place_said

    @property
    def made_by(self) -> int:
        """The owner's id, of a visit that was planned here: there always is one (0 for a past visit of somebody unknown)."""
        return int(self.owner_id or 0)

    @property
    def timed(self) -> bool:
        """Whether the time of day is known, and not only the day."""
        return self.state != BROUGHT or self.past.timed

    @property
    def began_at(self) -> datetime:
        """When it took place, or is to."""
        return self.arrived_at or self.planned_at

    @property
    def minutes(self) -> int | None:
        """How long it lasted, in whole minutes."""
        if self.arrived_at is None or self.left_at is None:
            return None
        return int((self.left_at - self.arrived_at).total_seconds() // 60)

    def may_step(self, step: str) -> bool:
        return self.state in STEPS[step]

    def step(self, step: str) -> None:
        """Take a step, or answer a Conflict that names the state it is in. Does not save."""
        to = STEPS[step].get(self.state)
        if to is None:
            raise Conflict(
                Text("这次拜访{state}，不能{step}", "This visit is {state}; you cannot {step} now").format(
                    state=STATES[self.state], step=STEP_WORDS[step]
                )
            )
        self.state = to

    @property
    def over(self) -> bool:
        """Whether the people have left, or nobody was there."""
        return self.state in (*TOOK_PLACE, NOT_MET)

    def left_open(self, now: datetime) -> bool:
        """Checked in and forgotten: on an earlier day, or too long ago to be still there."""
        if self.state != CHECKED_IN or self.arrived_at is None:
            return False
        return other_day(self.arrived_at, now) or now - self.arrived_at > FORGOTTEN_AFTER


def other_day(one: datetime, other: datetime) -> bool:
    """Whether two moments lie on different days of the company."""
    return timezone.localdate(one) != timezone.localdate(other)


class Companion(models.Model):
    """A colleague on somebody's visit."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="companions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["visit", "person"], name="visit_companion"),)

    def __str__(self) -> str:
        return f"{self.person_id} on visit {self.visit_id}"


class VisitLine(models.Model):
    """Something captured during a visit. What it means by kind stands in lines.py."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="lines", db_index=False)
    key = models.CharField(max_length=64)
    """Given by who sends it, so that a telephone may send it again."""
    kind = models.CharField(max_length=12)
    text = models.CharField(max_length=500, blank=True)
    more = models.CharField(max_length=500, blank=True)
    """The second text: the answer to an objection, the solution to a problem, the settlement of a conflict …"""
    code = models.CharField(max_length=20, blank=True)
    """State or short code of the line, by kind."""
    number = models.PositiveIntegerField(null=True, blank=True)
    """Minutes of training, pieces of a gift."""
    on = models.DateTimeField(null=True, blank=True)
    """Until when, of a promise."""
    need = models.ForeignKey(Need, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The need that was found, or the one that advice answers."""
    promise_id = models.BigIntegerField(null=True, blank=True)
    account_id = models.BigIntegerField(null=True, blank=True)
    """The prospect made from this line."""
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    captured_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("captured_at", "id")
        constraints = (models.UniqueConstraint(fields=["visit", "key"], name="visit_line_key"),)

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class VisitFile(models.Model):
    """A file taken at a visit: a photograph of the place, a signed paper. It is one of the customer's files too."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="files")
    attachment = models.OneToOneField(Attachment, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"file {self.attachment_id} of visit {self.visit_id}"


class VisitReport(models.Model):
    """A submitted report. An amendment is a further row; earlier ones stay as they were."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="reports", db_index=False)
    number = models.PositiveSmallIntegerField(default=1)
    summary = models.CharField(max_length=4000)
    reason = models.CharField(max_length=300, blank=True)
    """Why it was amended."""
    needs_standing = models.BooleanField(default=False)
    no_conflict = models.BooleanField(default=False)
    no_help = models.BooleanField(default=False)
    own_said = models.JSONField(default=dict, db_default={})
    """What the company's own fields said when it was submitted, in words of both languages (zh, en): they stay as they were,
    whatever becomes of the fields."""
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["visit", "number"], name="visit_report_number"),)

    def __str__(self) -> str:
        return f"report {self.number} of visit {self.visit_id}"

    @property
    def own_words(self) -> Text:
        return Text.of(self.own_said)


class PastVisit(models.Model):
    """What only a visit from before the company used this has, as its source wrote it."""

    visit = models.OneToOneField(Visit, primary_key=True, on_delete=models.CASCADE, related_name="past")
    brought_by = models.BigIntegerField()
    """The import that entered it."""
    visitor = models.CharField(max_length=60, blank=True)
    """Who made it, where that is nobody here."""
    met = models.CharField(max_length=60, blank=True)
    """Whom they met, where that is no contact of the customer."""
    timed = models.BooleanField(default=True)
    """False where only the day is known."""
    next_on = models.DateField(null=True, blank=True)
    """When the next visit was to be."""
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"visit {self.visit_id}, from import {self.brought_by}"


class PromotionRead(models.Model):
    """A person read a promotion as it then stood; `mark` tells whether its words have changed since."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    promotion_id = models.BigIntegerField()
    mark = models.CharField(max_length=16)
    visit = models.ForeignKey(Visit, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "promotion_id", "mark", "visit"], name="promotion_read_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} read {self.promotion_id}"


class KitItem(models.Model):
    """A line of the kit checklist. purpose: only for visits of this purpose, '' for all."""

    code = models.SlugField(max_length=30, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    purpose = models.CharField(max_length=12, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-active", "order", "id")

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        return Text(self.name_zh, self.name_en)


class PlaybookEntry(models.Model):
    """A piece of advice for visits: a skill, how to appear, what to do on arrival. purpose: '' for every visit."""

    section = models.CharField(max_length=12)
    purpose = models.CharField(max_length=12, blank=True)
    title_zh = models.CharField(max_length=80)
    title_en = models.CharField(max_length=80)
    body_zh = models.CharField(max_length=1000, blank=True)
    body_en = models.CharField(max_length=1000, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("section", "order", "id")
        indexes = (models.Index(fields=["active", "purpose"], name="playbook_purpose"),)

    def __str__(self) -> str:
        return self.title_zh

    @property
    def title(self) -> Text:
        return Text(self.title_zh, self.title_en)

    @property
    def body(self) -> Text:
        return Text(self.body_zh, self.body_en)
