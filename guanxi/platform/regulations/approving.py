"""What of the regulations needs an approval: versions, and waivers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from guanxi.cores.norms.diff import difference
from guanxi.platform.approvals.kinds import ApprovalKind, approval_kind
from guanxi.platform.kernel import Text
from guanxi.platform.ui.parts import Change
from guanxi.platform.ui.subjects import named

from . import packs, reads
from .models import Obligation, Version, WaiverRequest
from .wording import control_words, value_words


def _version(id: int) -> Version | None:
    return Version.objects.select_related("regulation", "based_on").filter(pk=id).first()


def changes(version: Version) -> Sequence[Change]:
    """What a version changes against the one it is based on, sentence by sentence."""
    new = packs.engine_version(version)
    if version.based_on is None:
        clauses, controls = len(new.pack.clauses), len(new.pack.controls)
        label = Text("首个版本", "First version")
        return [Change(label, "", _counted(clauses, controls))]
    said = difference(packs.engine_version(version.based_on), new, value_words)
    return [Change(Text("变更", "Change"), "", Text(words.zh, words.en)) for words in said]


def _counted(clauses: int, controls: int) -> Text:
    return Text(f"{clauses} 条条款 · {controls} 项控制", f"{clauses} clauses · {controls} controls")


def may_submit(person: Any, version: Version) -> bool:
    """Who drafts; and who sets the company up, for a text exactly as it ships."""
    untouched = version.based_on_id is None and version.source == packs.shipped().get(version.regulation_id)
    first = untouched and not version.values and person.may("regulations.submit_shipped")
    return bool(person.may("regulations.draft") or first)


approval_kind(
    ApprovalKind(
        "regulation_version",
        Text("制度版本", "Regulation version"),
        subject="version",
        load=_version,
        title=lambda v: Text(
            f"{v.regulation_id}《{v.regulation.title_zh}》第 {v.number} 版",
            f"{v.regulation_id} {v.regulation.title_en}, version {v.number}",
        ),
        content=lambda v: {
            "regulation": v.regulation_id,
            "number": v.number,
            "hash": packs.content_hash(v.source, v.values, v.transition),
            "from": v.in_force_from.isoformat() if v.in_force_from else "",
            "transition": v.transition,
        },
        steps=lambda v: [[packs.load(v.source).approval_by or "general_manager"]],
        may_request=may_submit,
        clause=lambda v: packs.load(v.source).approval_clause,
        on_approved="regulations.put_in_force",
        on_refused="regulations.send_back",
        on_returned="regulations.send_back",
        on_withdrawn="regulations.send_back",
        needs_identity=True,
        difference=changes,
        otherwise=Text("现行版本继续有效", "The version in force stays in force"),
        url=lambda v: reverse("regulations.version", kwargs={"version": v.pk}),
    )
)


def _waiver(id: int) -> WaiverRequest | None:
    return WaiverRequest.objects.filter(pk=id).first()


def _customer(waiver: Any) -> int | None:
    row = Obligation.objects.filter(pk=waiver.obligation_id).first() if waiver.obligation_id else None
    return int(row.customer) if row and row.customer else None


def waiver_title(waiver: Any) -> Text:
    """What somebody is to be released from, and about what: "豁免：拜访报告 · 恒远电子". Names as whoever asks sees them."""
    row = Obligation.objects.filter(pk=waiver.obligation_id).first() if waiver.obligation_id else None
    if row is not None:
        word, what = Text("豁免", "Waiver"), reads.words_of(row)
        keys = [(row.subject_kind, row.subject), *([("customer", row.customer)] if row.customer else [])]
    else:
        gate = reads.gate_in_force(waiver.control, waiver.asked_at)
        word, what = Text("例外", "Exception"), control_words(gate) if gate else Text.of(waiver.clause)
        keys = [(waiver.subject_kind, waiver.subject)]
    names = named(waiver.asked_by, keys)
    about = Text.of(next((names[key].name for key in keys if names[key].name), "") or names[keys[0]].label)
    return Text(f"{word.zh}：{what.zh} · {about.zh}", f"{word.en}: {what.en} · {about.en}")


approval_kind(
    ApprovalKind(
        "waiver",
        Text("豁免与例外", "Waivers and exceptions"),
        subject="waiver",
        load=_waiver,
        title=waiver_title,
        content=lambda w: {
            "clause": w.clause,
            "control": w.control,
            "obligation": w.obligation_id,
            "subject": f"{w.subject_kind} {w.subject}",
            "until": w.until.isoformat() if w.until else "",
            "reason": w.reason,
        },
        steps=lambda w: [["general_manager"]] if w.asked_by.has_role(w.role) else [[w.role]],
        may_request=lambda person, w: w.asked_by_id == person.pk,
        clause=lambda w: w.clause,
        on_approved="waivers.grant",
        otherwise=Text("条款照常执行", "The clause holds as it stands"),
        customer=_customer,
    )
)
