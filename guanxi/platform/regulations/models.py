"""Regulations and their versions, and what the engine folded from the journal.

Version, VersionText and Approval rows are business data, written by actions. Everything from `EngineState` on is the
engine's fold of the journal: written by `store.SqlStore` only, and rebuilt by `guanxi regulations replay`.
"""

from __future__ import annotations

from django.db import models

STATES = ("draft", "submitted", "approved", "in_force", "superseded", "withdrawn")


class Regulation(models.Model):
    """A regulation by its code, e.g. R1."""

    code = models.CharField(max_length=12, primary_key=True)
    title_zh = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order", "code")

    def __str__(self) -> str:
        return f"{self.code} {self.title_zh}"


class Version(models.Model):
    """One version of a regulation: the pack's text and the company's own values, and its way to being in force."""

    regulation = models.ForeignKey(Regulation, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, default="draft")
    source = models.JSONField()
    """File name -> text of the pack's files, as drafted."""
    values = models.JSONField(default=dict)
    """The company's own parameter values: name -> value."""
    content_hash = models.CharField(max_length=64)
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    transition = models.CharField(max_length=8, default="keep")
    """What becomes of obligations triggered before it and not closed on its date: keep, restate, void."""
    in_force_from = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)
    drafted_by = models.ForeignKey("people.Person", null=True, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True)
    approved_by = models.ForeignKey("people.Person", null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("regulation", "number")
        constraints = (
            models.UniqueConstraint(fields=["regulation", "number"], name="version_number"),
            models.UniqueConstraint(
                fields=["regulation"],
                condition=models.Q(state__in=["draft", "submitted"]),
                name="version_one_draft",
            ),
        )

    def __str__(self) -> str:
        return f"{self.regulation_id} v{self.number}"

    @property
    def name(self) -> str:
        """How refusals and obligations name it, e.g. 'R1@2'."""
        return f"{self.regulation_id}@{self.number}"


class EngineState(models.Model):
    """A small document of the engine's own: clock, versions, calendar, rollout."""

    name = models.CharField(max_length=60, primary_key=True)
    document = models.JSONField()

    def __str__(self) -> str:
        return self.name


class EngineEntity(models.Model):
    """An entity folded to its attributes' histories."""

    kind = models.CharField(max_length=40)
    entity = models.CharField(max_length=40)
    body = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "entity"], name="engine_entity"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.entity}"


class Obligation(models.Model):
    """One instance of a duty; see docs/reference/norms.md. `rest` holds what no page filters by."""

    id = models.CharField(max_length=24, primary_key=True)
    regulation = models.CharField(max_length=12)
    version = models.CharField(max_length=40)
    clause = models.CharField(max_length=24)
    control = models.CharField(max_length=60)
    element = models.CharField(max_length=80, blank=True)
    trigger = models.BigIntegerField()
    subject_kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    customer = models.CharField(max_length=40, null=True)  # noqa: DJ001 (None is 'no customer', as in the engine)
    owner = models.CharField(max_length=60)
    owed_by = models.CharField(max_length=60, blank=True)
    department = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=12)
    opened_at = models.DateTimeField()
    actionable_from = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    taken_back = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True)
    fulfilled_by = models.BigIntegerField(null=True)
    next_at = models.DateTimeField(null=True)
    rest = models.JSONField()

    class Meta:
        indexes = (
            # Four of these answer Today without reading a row: SQLite asks for closed_at in them, though their condition says it.
            models.Index(
                fields=["owner", "due_at", "id", "state", "actionable_from", "closed_at"],
                name="obl_owed",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["department", "owner", "due_at", "state", "owed_by", "closed_at"],
                name="obl_there",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["owed_by", "owner", "due_at", "state", "department", "closed_at"],
                name="obl_owed_by",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["due_at", "owner", "owed_by", "department", "state", "closed_at"],
                name="obl_overdue",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["next_at", "id"], name="obl_next", condition=models.Q(next_at__isnull=False)
            ),
            models.Index(fields=["customer", "due_at"], name="obl_customer"),
            models.Index(fields=["clause", "state"], name="obl_clause"),
            models.Index(fields=["subject_kind", "subject"], name="obl_subject"),
            models.Index(
                fields=["regulation", "id"], name="obl_live", condition=models.Q(closed_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.clause} {self.control} {self.state}"


class ObligationMatch(models.Model):
    """By which joins facts find an obligation."""

    control = models.CharField(max_length=80)
    match = models.CharField(max_length=160)
    obligation = models.ForeignKey(
        Obligation, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["control", "match"], name="obl_match"),)

    def __str__(self) -> str:
        return self.match


class ObligationWatch(models.Model):
    """Which entities' changes concern an obligation."""

    watch = models.CharField(max_length=80)
    obligation = models.ForeignKey(
        Obligation, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["watch"], name="obl_watch"),)

    def __str__(self) -> str:
        return self.watch


class Evidence(models.Model):
    """A fact that a control may use, found by its kind and join."""

    kind = models.CharField(max_length=60)
    match = models.CharField(max_length=160)
    seq = models.BigIntegerField(db_index=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["kind", "match", "recorded_at"], name="evidence_key"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.match}"


class Amendment(models.Model):
    """A fact as corrected (body), or annulled (null)."""

    seq = models.BigIntegerField(primary_key=True)
    body = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.seq} amended"


class MeasureEntry(models.Model):
    """One line of a measure's population."""

    control = models.CharField(max_length=80)
    key = models.CharField(max_length=160)
    regulation = models.CharField(max_length=12)
    period = models.CharField(max_length=12)
    at = models.DateTimeField()
    person = models.CharField(max_length=40, blank=True)
    department = models.CharField(max_length=40, blank=True)
    area = models.CharField(max_length=40, blank=True)
    customer = models.CharField(max_length=40, blank=True)
    counted = models.BooleanField()
    hit = models.BooleanField()
    value = models.BigIntegerField(null=True)
    taken_back = models.BooleanField()
    seq = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["control", "key"], name="measure_line"),)

    def __str__(self) -> str:
        return f"{self.control} {self.key}"


class MeasureTally(models.Model):
    """Sums over the lines of a measure, kept up with each line, so that a page never reads the lines."""

    control = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    person = models.CharField(max_length=40, blank=True)
    department = models.CharField(max_length=40, blank=True)
    area = models.CharField(max_length=40, blank=True)
    lines = models.BigIntegerField(default=0)
    counted = models.BigIntegerField(default=0)
    hits = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    taken_back = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["control", "period", "person", "department", "area"], name="measure_tally"
            ),
        )

    def __str__(self) -> str:
        return f"{self.control} {self.period}"


class FrozenFigure(models.Model):
    """Sums of a control in a closed period: of all (no person, no department), of a department (no person), and of a
    person in a department. `figures` maps the names of the sums to what they were."""

    control = models.CharField(max_length=80)
    period = models.CharField(max_length=12)
    person = models.CharField(max_length=60, null=True)  # noqa: DJ001 (None is 'all'; '' is nobody)
    department = models.CharField(max_length=40, null=True)  # noqa: DJ001
    figures = models.JSONField()
    up_to = models.BigIntegerField()
    """The seq up to which facts were counted."""
    seq = models.BigIntegerField()
    """The fact that says so."""

    class Meta:
        indexes = (models.Index(fields=["control", "period"], name="frozen_figure"),)

    def __str__(self) -> str:
        return f"{self.control} {self.period}"


class StateTally(models.Model):
    """How many obligations of a control stand in which state, by month of deadline, person and department."""

    regulation = models.CharField(max_length=12)
    clause = models.CharField(max_length=24)
    control = models.CharField(max_length=60)
    month = models.CharField(max_length=7)
    person = models.CharField(max_length=60, blank=True)
    department = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=12)
    missed = models.BooleanField()
    """Whether its deadline was missed and not taken back, whatever became of it afterwards."""
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["control", "clause", "month", "person", "department", "state", "missed"],
                name="state_tally",
            ),
        )
        indexes = (models.Index(fields=["regulation", "month"], name="state_tally_month"),)

    def __str__(self) -> str:
        return f"{self.clause} {self.month} {self.state} {self.count}"


class AttemptTally(models.Model):
    """How often somebody tried an action in a month, and what the gates said; kept up with each attempt, so that a page
    never reads the journal. Equal refusals that were summed within a minute count each."""

    TRIED, REFUSED, WAIVED, FORBIDDEN = "tried", "refused", "waived", "forbidden"

    month = models.CharField(max_length=7)
    action = models.CharField(max_length=80)
    person = models.CharField(max_length=60, blank=True)
    answer = models.CharField(max_length=9)
    """tried: the gates were asked; refused, waived: by this control; forbidden: tried without the right."""
    control = models.CharField(max_length=80, blank=True)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["month", "action", "person", "answer", "control"], name="attempt_tally"
            ),
        )

    def __str__(self) -> str:
        return f"{self.month} {self.action} {self.answer} {self.count}"


class RefusedAttempt(models.Model):
    """Which attempt (a fact `norms.asked`) a control refused, so that the evidence of a clause is looked up and not searched
    for in the journal."""

    control = models.CharField(max_length=80)
    seq = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["control", "seq"], name="refused_attempt"),)

    def __str__(self) -> str:
        return f"{self.control} {self.seq}"


class WaiverRequest(models.Model):
    """Somebody asks to be released from an obligation, or that a gate be lifted once for one record."""

    obligation_id = models.CharField(max_length=24, blank=True)
    clause = models.CharField(max_length=24)
    control = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=40, blank=True)
    role = models.CharField(max_length=40)
    until = models.DateTimeField(null=True)
    reason = models.TextField()
    asked_by = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    approval_id = models.BigIntegerField(null=True)
    granted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.clause} {self.control}"
