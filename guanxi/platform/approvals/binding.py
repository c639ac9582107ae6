"""What was approved is bound to its content: an edit makes the approval void, and says so."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import Context

from .kinds import all_approval_kinds, content_hash
from .models import APPROVED, LATER, OPEN, SKIPPED, VOID, WAITING, Approval, Step


def common(approval: Approval) -> dict[str, Any]:
    """What every fact of an approval holds."""
    return {
        "kind": approval.kind,
        "clause": approval.clause,
        "state": approval.state,
        "about_kind": approval.subject_kind,
        "about": str(approval.subject_id),
    }


def say(
    ctx: Context, fact: str, approval: Approval, texts: dict[str, Any] | None = None, **data: Any
) -> None:
    """A fact about an approval."""
    ctx.emit(
        fact,
        subject=("approval", approval.pk),
        customer=approval.customer_id,
        data={**common(approval), **data},
        texts={"title": approval.words.zh, **(texts or {})},
    )


def present_hash(approval: Approval) -> str | None:
    """The hash of what the approval is about as it stands now; None where it is gone."""
    kind = all_approval_kinds().get(approval.kind)
    subject = kind.load(approval.subject_id) if kind else None
    return None if kind is None or subject is None else content_hash(kind.content(subject))


def unchanged(approval: Approval) -> bool:
    """Whether the content is still the one that the approval was asked for."""
    return present_hash(approval) == approval.content_hash


def void(ctx: Context, approval: Approval, now: str | None) -> None:
    """End an approval because its content is another one now."""
    was, approval.state = approval.state, VOID
    approval.decided_at = ctx.now
    approval.save(update_fields=["state", "decided_at"])
    Step.objects.filter(approval=approval, state__in=(OPEN, LATER)).update(state=SKIPPED)
    say(ctx, "approval.voided", approval, was=was, hash=approval.content_hash, now=now)


def void_if_changed(
    ctx: Context, subject_kind: str, subject_id: int, *, approved_too: bool = True
) -> list[Approval]:
    """For an action that edits a row: void its approvals whose content is another one now. Returns those voided.

    approved_too: also what was approved already and must be asked for again.
    """
    states = (WAITING, APPROVED) if approved_too else (WAITING,)
    found = []
    for approval in Approval.objects.filter(
        subject_kind=subject_kind, subject_id=subject_id, state__in=states
    ).order_by("pk"):
        now = present_hash(approval)
        if now != approval.content_hash:
            void(ctx, approval, now)
            found.append(approval)
    return found


def standing_approval(kind: str, subject_id: int) -> Approval | None:
    """The newest approval of this kind that was given for the row as it stands now, or None."""
    newest = Approval.objects.filter(kind=kind, subject_id=subject_id, state=APPROVED).order_by("-pk").first()
    return newest if newest is not None and unchanged(newest) else None
