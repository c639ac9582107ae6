"""What contacts say about being reached: by telephone, SMS, WeChat, e-mail, letter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, Text, action, ask, ref

from .. import reads, words
from ..inputs import Line
from ..models import Contact
from ..models_contacts import Consent
from .contacts import still_named

KIND = "contact.consented"


@action
class RecordConsent(Action):
    """Record that a contact agrees to being reached in some ways, does not, or was not asked after all."""

    name = "contacts.consent"
    label = Text("记录联系许可", "Record consent")
    permission = "customers.work"
    writes = (KIND,)
    subject = "contact"

    class Input(ActionInput):
        contact: int = ask("联系人", "Contact", of="contact", widget="contact")
        channels: list[words.ConsentChannelCode] = ask(
            "联系方式",
            "Ways",
            choices=words.pairs(words.CHANNELS, words.CONSENT_CHANNELS),
            widget="chips",
            min_length=1,
            max_length=5,
        )
        consent: words.ConsentCode = ask(
            "本人意愿", "What they say", choices=words.pairs(words.CONSENTS), widget="chips"
        )
        said_on: date | None = ask(
            "表示日期", "Said on", None, widget="date", hint=Text("不填为今天", "Today where left empty")
        )
        how: words.ConsentHowCode = ask(
            "表示方式", "How", "spoken", choices=words.pairs(words.CONSENT_HOW), widget="chips"
        )
        evidence: Line = ask(
            "依据",
            "Evidence",
            "",
            max_length=300,
            hint=Text("原话、文件名或在哪里能查到", "Their words, a paper, or where it can be seen"),
        )

    def load(self, ctx: Context, data: Any) -> Contact:
        contact = reads.fetch_child(Contact, ctx.actor, data.contact, self.permission)
        still_named(contact)
        return contact

    def run(self, ctx: Context, data: Any, subject: Contact) -> Contact:
        record(
            ctx,
            subject,
            channels=data.channels,
            consent=data.consent,
            said_on=data.said_on,
            how=data.how,
            evidence=data.evidence,
        )
        return subject


def record(
    ctx: Context,
    contact: Contact,
    *,
    channels: Iterable[str],
    consent: str,
    said_on: date | None,
    how: str,
    evidence: str,
) -> None:
    """Keep what a contact said, and say so. said_on: today where None. Invalid where that day is still to come."""
    on = said_on or timezone.localdate(ctx.happened_at)
    if on > timezone.localdate(ctx.now):
        raise Invalid.field("said_on", "日期不能晚于今天", "This day is still to come")
    wanted = [code for code in words.CONSENT_CHANNELS if code in set(channels)]
    before = [_row(c) for c in contact.consents.filter(channel__in=wanted).order_by("pk")]
    for row in say(
        ctx, contact, before, channels=wanted, consent=consent, said_on=on, how=how, evidence=evidence
    ):
        names = ("said_on", "how", "evidence", "recorded_at", "recorded_by_id")
        keep(contact.pk, [row.channel], consent, **{name: getattr(row, name) for name in names})


def say(
    ctx: Context,
    contact: Contact,
    before: list[dict[str, Any]],
    *,
    channels: list[str],
    consent: str,
    said_on: date | None,
    how: str,
    evidence: str,
) -> list[Consent]:
    """Say what a contact said; the rows that hold it, not saved. before: what stood there."""
    on = said_on or timezone.localdate(ctx.happened_at)
    ctx.emit(
        KIND,
        subject=("contact", contact.pk),
        customer=contact.customer_id,
        data={
            "contact": ref(contact.pk),
            "channels": channels,
            "consent": consent,
            "consent_how": how,
            "said_on": on.isoformat(),
            "has_evidence": bool(evidence),
        },
        texts={"name": contact.name, "evidence": evidence, "before": before},
    )
    return [
        Consent(
            contact_id=contact.pk,
            channel=channel,
            state=consent,
            said_on=on,
            how=how,
            evidence=evidence,
            recorded_at=ctx.now,
            recorded_by_id=getattr(ctx.actor, "pk", None),
        )
        for channel in channels
    ]


def _row(said: Consent) -> dict[str, Any]:
    """What stood there before, for the undo: it may have come along from another employer, without a fact of its own."""
    return {
        "channel": said.channel,
        "state": said.state,
        "said_on": said.said_on.isoformat(),
        "how": said.how,
        "evidence": said.evidence,
        "recorded_at": said.recorded_at.isoformat(),
        "recorded_by_id": said.recorded_by_id,
    }


def rows_back(contact: int, channels: Iterable[str], before: Iterable[dict[str, Any]]) -> None:
    """The rows as they stood before."""
    keep(contact, channels, "unknown")
    for row in before:
        at = {
            "said_on": date.fromisoformat(row["said_on"]),
            "recorded_at": datetime.fromisoformat(row["recorded_at"]),
        }
        Consent.objects.create(contact_id=contact, **{**row, **at})


def keep(contact: int, channels: Iterable[str], state: str, **said: Any) -> None:
    """Let the rows say it: one for each way, none for what is not known."""
    for channel in channels:
        if state == "unknown":
            Consent.objects.filter(contact=contact, channel=channel).delete()
        else:
            Consent.objects.update_or_create(
                contact_id=contact, channel=channel, defaults={"state": state, **said}
            )


def put_back(contact: int, channel: str, fact: Fact | None) -> None:
    """The row as an earlier fact left it; none where nothing was said before."""
    if fact is None:
        keep(contact, [channel], "unknown")
        return
    at: datetime = fact.recorded_at
    keep(
        contact,
        [channel],
        fact.data["consent"],
        said_on=date.fromisoformat(fact.data["said_on"]),
        how=fact.data["consent_how"],
        evidence=str(fact.words.body.get("evidence") or "") if hasattr(fact, "words") else "",
        recorded_at=at,
        recorded_by_id=fact.actor_id,
    )
