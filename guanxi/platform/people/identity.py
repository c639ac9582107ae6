"""Is it really this person? Passwords, one-time passwords, the second factor, recovery codes, and their throttle.

Failures inside an action are kept where every refused attempt is kept, in the journal, and are counted there: so
the throttle holds over all processes, and a rolled-back transaction forgets none of them.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import check_password, get_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice

from guanxi.platform.journal.models import Fact, RefusalTally
from guanxi.platform.kernel import Forbidden, Invalid, Text

from . import passkeys
from .models import RecoveryCode

if TYPE_CHECKING:
    from .models import Person

TRIES = 5
WINDOW = timedelta(minutes=15)
ONE_TIME_DAYS = 7
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is mistaken for something else
NOT_CONFIRMED = "people.identity"
TOO_MANY = "people.identity_locked"


class IdentityNotConfirmed(Forbidden):
    """Password or code do not fit. Shown at the field; kept as a refused attempt. `field`: the input it concerns."""

    def __init__(
        self, field: str = "password", text: Text | None = None, permission: str = NOT_CONFIRMED
    ) -> None:
        self.field = field
        super().__init__(
            permission, text=text or Text("密码或验证码不正确", "The password or code is not right")
        )


class TooManyTries(IdentityNotConfirmed):
    """Refused unread, after too many failures."""

    def __init__(self, field: str = "password") -> None:
        super().__init__(
            field,
            Text("多次不正确，请 15 分钟后再试", "Not right too many times; try again in 15 minutes"),
            TOO_MANY,
        )


def failed_lately(person: Person, now: datetime) -> int:
    """How often this person failed to confirm their identity within the window."""
    facts = [
        f
        for f in Fact.objects.filter(
            kind="action.refused", actor_id=person.pk, recorded_at__gte=now - WINDOW
        ).order_by("-seq")[:200]
        if f.data["permission"] == NOT_CONFIRMED
    ]
    if not facts:
        return 0
    firsts = [f.seq for f in facts]
    running = sum(RefusalTally.objects.filter(first_seq__in=firsts).values_list("count", flat=True))
    summed = Fact.objects.filter(kind="action.refused_again", caused_by__in=firsts)
    return len(facts) + running + sum(f.data["count"] for f in summed)


def confirm_identity(
    person: Person, *, password: str = "", otp: str = "", now: datetime | None = None
) -> bool:
    """Whether the password or the code (of the app, a recovery code, or a passkey's answer) is this person's own.

    now: given inside an action, where the throttle counts refused attempts; raises TooManyTries beyond it.
    A code is used up by this.
    """
    if now is not None and failed_lately(person, now) >= TRIES:
        raise TooManyTries("otp" if otp and not password else "password")
    if otp and has_second_factor(person):
        return confirm_otp(person, otp, now)
    if not password or not person.has_usable_password():
        return False
    return check_password(password, person.password)


def require_identity(person: Person, *, password: str, otp: str, now: datetime) -> None:
    """Raise IdentityNotConfirmed unless `confirm_identity` holds. For use inside an action."""
    if not (password or otp):
        raise Invalid.field("password", "请输入密码或验证码", "Enter your password or a code")
    if not confirm_identity(person, password=password, otp=otp, now=now):
        raise IdentityNotConfirmed("otp" if otp and not password else "password")


def has_second_factor(person: Person) -> bool:
    """Whether this person has an authenticator app or a passkey."""
    return second_factor(person) is not None or person.passkeys.exists()


def comes_in_alone(person: Person) -> bool:
    """Whether this person can sign in without an account elsewhere: by a password of their own, or a passkey."""
    return (person.has_usable_password() and not person.must_change_password) or person.passkeys.exists()


def second_factor(person: Person) -> TOTPDevice | None:
    """The confirmed authenticator app of this person, or None."""
    return TOTPDevice.objects.filter(user_id=person.pk, confirmed=True).order_by("pk").first()


def unconfirmed_factor(person: Person) -> TOTPDevice | None:
    """The authenticator app that is being set up, or None."""
    return TOTPDevice.objects.filter(user_id=person.pk, confirmed=False).order_by("-pk").first()


def confirm_otp(person: Person, code: str, now: datetime | None = None) -> bool:
    """Whether `code` is the app's present one (never the same twice), an unused recovery code, or the answer of a
    passkey to a fresh challenge; uses it up.

    After a failure the device waits, longer each time: the wait is kept outside actions only.
    """
    if passkeys.looks_like(code):
        return passkeys.is_own(person, code, now or _now())
    given = code.replace(" ", "").replace("-", "").lower()
    with transaction.atomic():
        device = (
            TOTPDevice.objects.select_for_update()
            .filter(user_id=person.pk, confirmed=True)
            .order_by("pk")
            .first()
        )
        if device is not None:
            allowed, _ = device.verify_is_allowed()
            if not allowed:
                return False
            if given.isdecimal() and len(given) == device.digits:
                return bool(device.verify_token(given))
        used = RecoveryCode.objects.filter(
            person_id=person.pk, digest=_code_digest(person, given), used_at=None
        ).update(used_at=now or _now())
        if not used and device is not None:
            device.throttle_increment()
        return bool(used)


def wait_of(person: Person) -> int:
    """Seconds until the next code is looked at, 0 for now."""
    device = second_factor(person)
    if device is None:
        return 0
    allowed, why = device.verify_is_allowed()
    if allowed:
        return 0
    until = (why or {}).get("locked_until")
    return max(1, int((until - _now()).total_seconds()) + 1) if until else 1


def new_recovery_codes(person: Person) -> list[str]:
    """Ten fresh codes; older ones end. Only here they can be read."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(person=person).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(person=person, digest=_code_digest(person, code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def drop_app(person: Person) -> bool:
    """Take away the authenticator app; whether there was a confirmed one."""
    had = second_factor(person) is not None
    TOTPDevice.objects.filter(user_id=person.pk).delete()
    drop_idle_codes(person)
    return had


def drop_second_factor(person: Person) -> bool:
    """Take away app, passkeys and recovery codes; whether there was any."""
    had = has_second_factor(person)
    person.passkeys.all().delete()
    drop_app(person)
    return had


def drop_idle_codes(person: Person) -> None:
    """Recovery codes stand in for a second factor: without one they go."""
    if not has_second_factor(person):
        RecoveryCode.objects.filter(person=person).delete()


def give_one_time_password(person: Person, now: datetime) -> str:
    """A password for the next sign-in only; to be saved by the caller. Random enough for a quick hash."""
    made = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    hasher: Any = get_hasher()
    salt = hasher.salt()
    try:
        person.password = hasher.encode(made, salt, iterations=10_000)
    except TypeError:  # a hasher without iterations
        person.password = hasher.encode(made, salt)
    person.must_change_password = True
    person.one_time_until = now + timedelta(days=ONE_TIME_DAYS)
    person.sign_in_epoch += 1
    return made


def one_time_over(person: Person, now: datetime) -> bool:
    """Whether a one-time password waited too long."""
    return person.must_change_password and person.one_time_until is not None and now >= person.one_time_until


def check_new_password(person: Person, password: str, field: str = "new") -> None:
    """Raise Invalid where a password breaks the rules, with every rule it breaks."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid({field: [_RULES.get(e.code or "", _OTHER_RULE) for e in error.error_list]}) from None


def set_own_password(person: Person, password: str) -> None:
    """A password that the person chose: no longer to be changed. To be saved by the caller."""
    person.set_password(password)
    person.must_change_password = False
    person.one_time_until = None


PASSWORD_FIELDS = ("password", "must_change_password", "one_time_until", "sign_in_epoch")
_RULES = {
    "password_too_short": Text("密码至少 10 个字符", "A password has at least 10 characters"),
    "password_too_common": Text("这个密码太常见", "This password is too common"),
    "password_too_similar": Text(
        "密码与姓名、账号或邮箱太接近",
        "The password is too close to the name, the sign-in or the e-mail address",
    ),
    "password_entirely_numeric": Text("密码不能只有数字", "A password cannot be digits only"),
}
_OTHER_RULE = Text("密码不合规则", "The password breaks a rule")


def _code_digest(person: Person, code: str) -> str:
    key_salt = "guanxi.people.recovery"
    return salted_hmac(key_salt, f"{person.pk}:{code}", algorithm="sha256").hexdigest()


def _now() -> datetime:
    from guanxi.platform.kernel import system_clock

    return system_clock()
