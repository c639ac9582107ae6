"""Imports of customers, and of what belongs to them: the file as it came, the plan for every row, and what became of it.

Working state, not history: what an import wrote stands in the journal like everything else. The file and its rows are
kept, so that a row can be looked up as it stood, a file that comes again is recognised, and a worker that dies in the
middle is followed by one that goes on at the next row.
"""

from __future__ import annotations

import zlib

from django.db import models
from django.db.models import Q

from guanxi.platform.people.models import Person

DRAFT, PLANNING, PLANNED, RUNNING, STOPPED, DONE, UNDOING = (
    "draft",
    "planning",
    "planned",
    "running",
    "stopped",
    "done",
    "undoing",
)
UNDONE = "undone"
"""State of an import that was taken back, and outcome of each of its rows that were."""
CREATE, UPDATE, DUPLICATE, REJECTED = "create", "update", "duplicate", "rejected"
CREATED, UPDATED = "created", "updated"
SKIP, CONTACT = "skip", "contact"
ME, POOL, COLUMN, NAMED = "me", "pool", "column", "named"


class Import(models.Model):
    """One file brought in by one person."""

    what = models.CharField(max_length=10, default="customers")
    """What its rows are: customers, or a sort that another domain declares (importing/sorts.py)."""
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="imports", db_index=False)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=8, default=DRAFT)
    format = models.CharField(max_length=8, blank=True)
    sheet = models.CharField(max_length=120, blank=True)
    encoding = models.CharField(max_length=40, blank=True)
    delimiter = models.CharField(max_length=2, blank=True)
    mapping = models.JSONField(default=dict)
    header = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    """What there is to know about the file: [code, zh, en] each."""
    manager_by = models.CharField(max_length=8, blank=True)
    manager = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    newest = models.BigIntegerField(default=0)
    """The newest customer when the rows were judged; later ones are looked at again before a row is entered."""
    rows = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)
    """How many rows have been judged, while planning."""
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    why_stopped = models.JSONField(default=list)
    unseen = models.BooleanField(default=False)
    """Nobody sees its new customers yet: they show all at once when the import is whole."""
    undo_tries = models.PositiveSmallIntegerField(default=0)
    undo_rows = models.PositiveIntegerField(default=0)
    """How many rows the undo has to look at."""
    undo_done = models.PositiveIntegerField(default=0)
    undo_turn = models.PositiveIntegerField(default=0, db_default=0)
    undo_at = models.PositiveIntegerField(default=0)
    """Rows of this turn from this number on were looked at, and all of later turns: it goes from the last row to the first;
    0 where none is left."""
    kept = models.PositiveIntegerField(default=0)
    """How many rows the undo left, because somebody built on them."""
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["by", "-id"], name="import_by"),
            models.Index(fields=["id"], name="import_unseen", condition=Q(unseen=True)),
        )

    def __str__(self) -> str:
        return self.file_name

    @property
    def open(self) -> bool:
        """True while nothing of it has been written."""
        return self.state in (DRAFT, PLANNING, PLANNED)


class ImportFile(models.Model):
    """The bytes of the file, packed; in the database, so that every worker machine has them."""

    run = models.OneToOneField(Import, primary_key=True, on_delete=models.CASCADE, related_name="file")
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"file of {self.run_id}"

    @property
    def data(self) -> bytes:
        return zlib.decompress(bytes(self.packed))


class ImportRow(models.Model):
    """A row of the file: what is planned for it, what a person decided, what became of it.

    kind: create, update, duplicate or rejected (the plan). decision: '' or create, skip, update, contact (for
    duplicates). outcome: '' while it waits, then created, updated, duplicate or rejected; undone once it was taken back.
    certain: a duplicate nobody needs to be asked about. of: the row above that it doubles. account: the customer it led
    to, or doubles. new_key: it gave the customer a number that it did not have. kept: the undo left it (said["kept"]
    says why).
    """

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    turn = models.PositiveIntegerField(default=0, db_default=0)
    """Rows are entered turn by turn: one whose parent company stands further down waits for the turn after its parent's."""
    kind = models.CharField(max_length=9)
    certain = models.BooleanField(default=False)
    doubtful = models.BooleanField(default=False)
    decision = models.CharField(max_length=8, blank=True)
    outcome = models.CharField(max_length=9, blank=True)
    of = models.PositiveIntegerField(null=True)
    account = models.ForeignKey(
        "customers.Account", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    contact_id = models.BigIntegerField(null=True)
    made_id = models.BigIntegerField(null=True)
    """The order or visit that it led to, of another sort than customers."""
    new_key = models.BooleanField(default=False)
    kept = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    cells = models.JSONField()
    plan = models.JSONField(default=dict)
    """What to enter: {create, contact, beside, grade, key, owner, manager}; see importing/compose.py and beside.py."""
    said = models.JSONField(default=dict)
    """{matches, faults, doubts, told, before, after}: what there is to say about the row."""

    class Meta:
        ordering = ("number",)
        indexes = (
            models.Index(fields=["run", "outcome", "turn", "number"], name="import_row_waits"),
            models.Index(fields=["run", "kind", "number"], name="import_row_kind"),
            models.Index(
                fields=["digest"], name="import_row_digest", condition=Q(outcome__in=[CREATED, UPDATED])
            ),
            models.Index(fields=["run", "number"], name="import_row_kept", condition=Q(kept=True)),
            models.Index(fields=["account"], name="import_row_account", condition=Q(account__isnull=False)),
            models.Index(fields=["made_id"], name="import_row_made", condition=Q(made_id__isnull=False)),
        )
        constraints = (models.UniqueConstraint(fields=["run", "number"], name="import_row_once"),)

    def __str__(self) -> str:
        return f"row {self.number}"

    @property
    def to_do(self) -> str:
        """create, update, contact, duplicate (leave out) or rejected: the plan, or what a person decided."""
        if self.kind != DUPLICATE or not self.decision:
            return self.kind
        return DUPLICATE if self.decision == SKIP else self.decision


class ImportHeader(models.Model):
    """How the columns of a header were mapped the last time."""

    digest = models.CharField(max_length=64, primary_key=True)
    mapping = models.JSONField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:8]


class ExternalKey(models.Model):
    """The number under which another system knows a customer: a later file finds it again."""

    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="external_keys")
    key = models.CharField(max_length=100, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "key"], name="external_key_once"),)

    def __str__(self) -> str:
        return self.key
