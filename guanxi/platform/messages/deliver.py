"""The worker's part: sends what is due, once. What people's quiet hours hold waits; then it goes as one e-mail.

A message is claimed (so that two workers never hold the same one), the connection is opened, the row is marked as
being handed over, the mail server takes it, the row is settled. A worker that dies before the hand-over leaves a
claim that runs out, and the message is tried again. One that dies during it leaves a message of which nobody can know
whether it arrived: that one is not sent twice but shown as uncertain, and a person decides.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime, formataddr, parseaddr

from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from guanxi.platform.kernel import Clock, Text, perform, system_clock
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.settings_registry import value

from . import bundling
from .failures import Failure, failure_of
from .models import OPEN, Attachment, InboxMessage, OutgoingMessage, State
from .quiet import quiet_until

LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
)
"""How long to wait after the first, second, … failure; the last one from then on."""
SKEW = timedelta(minutes=5)
"""By how much the clocks of several machines may differ."""
KEPT_FOR = timedelta(days=90)
"""How long the words of a settled message are kept."""


def is_configured() -> bool:
    """Whether there is a mail server to hand messages to."""
    return bool(settings.EMAIL_HOST) or not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")


def deliver_due(*, clock: Clock = system_clock, limit: int = 100) -> Counter[str]:
    """Send what is due and say how many came to which state. Without a mail server everything waits."""
    tally: Counter[str] = Counter()
    _clock_went_back(clock())
    _take_back(clock, tally)
    if not is_configured():
        return tally
    post = _Post()
    try:
        bundling.drop_unseen(_due(clock()))
        bundling.bundle(_due(clock()), clock())
        due = _due(clock()).order_by("next_at", "id")
        for pk in list(due.values_list("pk", flat=True)[:limit]):
            if message := _claim(pk, clock()):
                tally[_send(message, post, clock)] += 1
    finally:
        post.close()
    return tally


def held(now: datetime) -> dict[int, datetime]:
    """Whose e-mail quiet hours hold now, of those for whom some waits -> until when."""
    waiting = OutgoingMessage.objects.filter(state=State.WAITING, next_at__lte=now, urgent=False)
    people = waiting.filter(person__isnull=False).order_by().values_list("person_id", flat=True).distinct()
    return quiet_until([id for id in people if id is not None], now)


def _due(now: datetime) -> QuerySet[OutgoingMessage]:
    due = OutgoingMessage.objects.filter(state=State.WAITING, next_at__lte=now)
    return due.exclude(urgent=False, person__in=held(now))


def clear_old(*, clock: Clock = system_clock) -> int:
    """Drop the words and files of messages settled long ago; that they were sent stays. How many. What was read in
    an inbox and is older than the company keeps it goes too."""
    months = value("messages.kept_months")
    InboxMessage.objects.filter(read_at__lt=clock() - timedelta(days=months * 30.4375)).delete()
    settled = (State.SENT, State.SKIPPED, State.REFUSED, State.FAILED, State.BUNDLED)
    old = OutgoingMessage.objects.filter(state__in=settled, created_at__lt=clock() - KEPT_FOR).exclude(
        text=""
    )
    Attachment.objects.filter(message__in=old).delete()
    return old.update(text="", html="")


def hold_back(*, clock: Clock = system_clock) -> int:
    """After a restore: what waited when the backup was taken may have been sent since. Somebody decides; how many."""
    words = Text(
        "已从备份还原，不确定备份之后是否发出过；请确认后再决定是否重发",
        "Restored from a backup; whether it was sent after that is not known. Ask before sending again",
    )
    waiting = list(OutgoingMessage.objects.filter(state__in=OPEN).values_list("pk", flat=True))
    for pk in waiting:
        _settle(pk, State.UNCERTAIN, clock, words)
    return len(waiting)


def forget_customer(customer: int) -> int:
    """Erase what messages hold of a customer's people. How many rows; their number, state and times stay."""
    InboxMessage.objects.filter(customer_id=customer).delete()
    return _forget(OutgoingMessage.objects.filter(customer_id=customer))


def forget_address(addresses: Sequence[str]) -> int:
    """Erase what was sent, or is to be sent, to these addresses outside. How many rows; what waits is not sent."""
    wanted = Q(pk=None)
    for address in addresses:
        wanted |= Q(address__iexact=address)
    ids = OutgoingMessage.objects.filter(wanted, person=None).values_list("pk", flat=True)
    return _forget(OutgoingMessage.objects.filter(pk__in=list(ids)))


def _forget(theirs: QuerySet[OutgoingMessage]) -> int:
    joint = OutgoingMessage.objects.filter(pk__in=theirs.exclude(bundle=None).values("bundle"))
    waiting = (State.WAITING, State.CLAIMED)
    for rows in (joint, theirs):
        rows.filter(state__in=waiting).update(state=State.SKIPPED)
    joint.update(subject="", text="", html="")
    Attachment.objects.filter(message__in=theirs).delete()
    return theirs.update(address="", address_name="", subject="", text="", html="", error={})


def next_try(attempts: int, now: datetime) -> datetime:
    """When to try again after so many failures."""
    return now + BACK_OFF[min(attempts, len(BACK_OFF)) - 1]


def as_email(message: OutgoingMessage, now: datetime) -> mail.EmailMultiAlternatives:
    """The message as it goes out. Its Message-ID follows from its key, so that a mail system knows a copy."""
    from_email = sender()
    host = parseaddr(from_email)[1].rpartition("@")[2] or "localhost"
    digest = hashlib.sha256(message.key.encode()).hexdigest()[:32]
    email = mail.EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=from_email,
        to=[formataddr((message.address_name, message.address))],
        headers={
            "Message-ID": f"<{digest}@{host}>",
            "Date": format_datetime(now),
            "Auto-Submitted": "auto-generated",
            "Content-Language": "en" if message.language == "en" else "zh-Hans",
        },
    )
    email.attach_alternative(message.html, "text/html")
    for one in message.attachments.all() if message.pk else ():
        email.attach(one.name, bytes(one.content), one.content_type)
    return email


def sender() -> str:
    """Whom messages come from: what the company has chosen, else GUANXI_MAIL_FROM."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return formataddr((value("mail.sender_name") or name, value("mail.sender") or address))


def connected() -> BaseEmailBackend:
    """A connection to the mail server, signed in. Raises what smtplib and the network raise, and leaves nothing open."""
    connection = mail.get_connection(fail_silently=False)
    try:
        connection.open()
    except Exception:  # whatever it is, the caller gets it; only the connection must not stay open
        _hang_up(connection)
        raise
    return connection


def _hang_up(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except OSError:
        return  # the server has gone already


class _Post:
    """One connection to the mail server for a whole run; what stops it once is not tried again in the same run."""

    def __init__(self) -> None:
        self.connection: BaseEmailBackend | None = None
        self.broken: Failure | None = None

    def open(self) -> Failure | None:
        if self.broken is None and self.connection is None:
            try:
                self.connection = connected()
            except Exception as error:
                self.broken = failure_of(error)
        return self.broken

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            _hang_up(connection)


def _clock_went_back(now: datetime) -> None:
    """The clock stood further ahead before: what was queued, put off or claimed then must not wait for that time.

    What was put off on purpose (`not_before`) keeps its time.
    """
    waiting = OutgoingMessage.objects.filter(state=State.WAITING, next_at__gt=now + SKEW)
    waiting.filter(created_at__gt=now + SKEW, next_at=F("created_at")).update(next_at=now)
    waiting.filter(attempts__gt=0, next_at__gt=now + BACK_OFF[-1] + SKEW).update(next_at=now)
    first = OutgoingMessage.objects.filter(state=State.WAITING, first_tried_at__gt=now + SKEW)
    first.update(first_tried_at=now)
    leased = OutgoingMessage.objects.filter(state__in=(State.CLAIMED, State.HANDING))
    leased.filter(lease_until__gt=now + LEASE + SKEW).update(lease_until=now + LEASE)


def _take_back(clock: Clock, tally: Counter[str]) -> None:
    """What a dead worker left behind."""
    now = clock()
    left = OutgoingMessage.objects.filter(lease_until__lt=now)
    left.filter(state=State.CLAIMED).update(state=State.WAITING, lease_until=None)
    for pk in left.filter(state=State.HANDING).values_list("pk", flat=True):
        words = Text(
            "发送途中程序中断，不确定对方是否收到；请确认后再决定是否重发",
            "The program stopped while sending; whether it arrived is not known. Ask before sending again",
        )
        _settle(pk, State.UNCERTAIN, clock, words)
        tally[State.UNCERTAIN] += 1


def _claim(pk: int, now: datetime) -> OutgoingMessage | None:
    taken = OutgoingMessage.objects.filter(pk=pk, state=State.WAITING).update(
        state=State.CLAIMED,
        lease_until=now + LEASE,
        attempts=F("attempts") + 1,
        first_tried_at=Coalesce("first_tried_at", now),
    )
    return OutgoingMessage.objects.prefetch_related("attachments").get(pk=pk) if taken else None


def _send(message: OutgoingMessage, post: _Post, clock: Clock) -> str:
    failure = post.open()
    if failure is None and post.connection is not None:
        handed = OutgoingMessage.objects.filter(pk=message.pk, state=State.CLAIMED)
        if not handed.update(state=State.HANDING, lease_until=clock() + LEASE):
            return str(State.SKIPPED)  # taken out of the outbox meanwhile
        try:
            post.connection.send_messages([as_email(message, clock())])
        except Exception as error:
            failure = failure_of(error)
            post.close()
    if failure is None:
        return _settle(message.pk, State.SENT, clock)
    if failure.permanent:
        return _settle(message.pk, State.REFUSED, clock, failure.text)
    now = clock()
    if now - (message.first_tried_at or now) >= GIVE_UP_AFTER:
        return _settle(message.pk, State.FAILED, clock, failure.text)
    OutgoingMessage.objects.filter(pk=message.pk).update(
        state=State.WAITING,
        lease_until=None,
        next_at=next_try(message.attempts, now),
        error={"zh": failure.text.zh, "en": failure.text.en},
    )
    return "retry"


def _settle(pk: int, state: State, clock: Clock, words: Text | None = None) -> str:
    said = {"zh": words.zh, "en": words.en} if words else {}
    perform(
        "messages.settle", {"message": pk, "state": state.value, "error": said}, actor=SYSTEM, clock=clock
    )
    return state.value
