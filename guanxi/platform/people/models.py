"""People, departments, posts and roles."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from .rights import Rights, rights_of


class Department(models.Model):
    """A department in the tree. `path` is '/1/4/' from the root to itself, so that a branch is one range."""

    name = models.CharField(max_length=80)
    code = models.CharField(max_length=40, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    head = models.ForeignKey(
        "people.Person",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="heads",
        db_constraint=False,
    )
    path = models.CharField(max_length=200, db_index=True, default="/")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return self.name

    @property
    def depth(self) -> int:
        return self.path.count("/") - 2


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username__iexact=username or "")


class Person(AbstractBaseUser):
    """Somebody who works here and may sign in."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    post = models.CharField(max_length=60, blank=True)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="people"
    )
    language = models.CharField(max_length=8, default="zh-hans")
    theme = models.CharField(max_length=8, default="auto")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    one_time_until = models.DateTimeField(null=True, blank=True)
    sign_in_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(null=True)
    successor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="predecessors"
    )
    """Who took everything over from somebody who left: what is still theirs is the successor's to do."""
    held_until = models.DateTimeField(null=True, blank=True)
    """Nothing is decided in this person's name before: see holds.py."""
    held_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints = (models.UniqueConstraint(Lower("username"), name="person_username_ci"),)
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with the password, and with every rise of the epoch (deactivated, reset)."""
        key_salt = "guanxi.platform.people.models.Person.session"
        return salted_hmac(
            key_salt, f"{self.password}|{self.sign_in_epoch}", secret=secret, algorithm="sha256"
        ).hexdigest()

    @cached_property
    def has_passkey(self) -> bool:
        """Whether a passkey can stand in where a code is asked for; forms ask."""
        return self.passkeys.exists()

    @cached_property
    def rights(self) -> Rights:
        """What this person may do today and how far it reaches; read once per object."""
        return rights_of(self)

    @cached_property
    def principals(self) -> tuple[int, ...]:
        """The ids of those whom this person stands in for today; read once per object."""
        from . import reads
        from .standing_in import principals_of

        return principals_of(self.pk, reads.today()) if self.pk and self.is_active else ()

    @property
    def acts_for(self) -> list[int]:
        """This person's id and those of whom they stand in for: whose customers and visits are theirs to work on."""
        return [self.pk, *self.principals]

    def has_role(self, *roles: str) -> bool:
        return any(role in self.rights.roles for role in roles)

    def may(self, permission: str) -> bool:
        return self.rights.may(permission)

    def forget_rights(self) -> None:
        """Read the rights anew at the next question: after a change of roles, department or permission sets."""
        self.__dict__.pop("rights", None)
        self.__dict__.pop("principals", None)
        getattr(self, "_prefetched_objects_cache", {}).pop("grants", None)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.forget_rights()
        super().refresh_from_db(*args, **kwargs)


class Membership(models.Model):
    """A person's department and post over time; figures stay with the department of that day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="memberships")
    post = models.CharField(max_length=60, blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.person} in {self.department}"


class Absence(models.Model):
    """Somebody is away from a day to a day, both included, and somebody else stands in for them."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="absences")
    deputy = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="deputises")
    since = models.DateField()
    until = models.DateField()
    set_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    begun_at = models.DateTimeField(null=True, blank=True)
    """When the journal was told that it began; `people.turn_absences` keeps it so."""
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["deputy", "until"], name="absence_deputy"),
            models.Index(fields=["person", "until"], name="absence_person"),
            models.Index(fields=["since"], name="absence_open", condition=models.Q(ended_at=None)),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(until__gte=models.F("since")), name="absence_ends_after"
            ),
        )

    def __str__(self) -> str:
        return f"{self.deputy} for {self.person}"

    def holds_on(self, day: date) -> bool:
        return self.ended_at is None and self.since <= day <= self.until


class RoleGrant(models.Model):
    """A role given to a person, from a day, perhaps to a day. Never deleted: `until` ends it."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=40)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    counted = models.BooleanField(default=True)
    """Whether the journal's newest list of this person's roles holds it; `people.turn_roles` keeps it so."""

    class Meta:
        indexes = (models.Index(fields=["role", "until"], name="grant_role"),)

    def __str__(self) -> str:
        return f"{self.person}: {self.role}"

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class RoleRequest(models.Model):
    """A role that an administrator asks for somebody and the general manager has to agree to. since: None for at once."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="role_requests")
    role = models.CharField(max_length=40)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    asked_by = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it was granted, refused or withdrawn."""

    def __str__(self) -> str:
        return f"{self.role} for {self.person}"


class RolePermission(models.Model):
    """The company's own change to a role's permission set: a reach, or 'none' to take it away."""

    role = models.CharField(max_length=40)
    permission = models.CharField(max_length=60)
    reach = models.CharField(max_length=12)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["role", "permission"], name="role_permission"),)

    def __str__(self) -> str:
        return f"{self.role}: {self.permission} {self.reach}"


class Setting(models.Model):
    """A company-wide choice, by the name it is declared under in settings_registry.py."""

    key = models.CharField(max_length=60, unique=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class RecoveryCode(models.Model):
    """A code that stands in once for a lost second factor; only its digest is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"recovery code of {self.person_id}"


class Passkey(models.Model):
    """A passkey of a person's device (passkeys.py). `public_key` opens nothing."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential = models.CharField(max_length=1400, unique=True)
    public_key = models.BinaryField()
    handle = models.CharField(max_length=90)
    """What the device calls this person by: random, and the same for all passkeys of one person."""
    sign_count = models.BigIntegerField(default=0)
    last_challenge = models.BigIntegerField(default=0)
    """When the newest challenge that it signed was made, in microseconds: no earlier one serves any more."""
    backed_up = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"{self.name} of {self.person_id}"


class Link(models.Model):
    """A person's account at the company's OpenID Connect provider."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="links")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    """What the provider calls the account: never the same for two people."""
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["issuer", "subject"], name="link_account"),
            models.UniqueConstraint(fields=["person", "issuer"], name="link_person"),
        )

    def __str__(self) -> str:
        return f"account of {self.person_id} at {self.issuer}"


class Session(AbstractBaseSession):
    """A browser's session, and whose it is: nobody's before the last step of signing in. Written by session_store.py."""

    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.CASCADE, related_name="sessions"
    )
    ref = models.CharField(max_length=32, blank=True)
    """What pages and actions call it by. The key opens it and is shown nowhere."""
    began_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    """The last request, to within five minutes."""
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)

    class Meta:
        pass

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .session_store import SessionStore

        return SessionStore

    def __str__(self) -> str:
        return f"session of {self.person_id}"


class ApiToken(models.Model):
    """A person's key to the API, for programs; only its hash is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=60)
    hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.label} of {self.person}"
