"""The kind by which the general manager agrees to a role that no administrator grants alone."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import Text
from guanxi.platform.people import reads as people
from guanxi.platform.people.actions.granting import APPROVAL_KIND
from guanxi.platform.people.models import RoleRequest
from guanxi.platform.people.rights import rights_by_clause
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui.parts import Change

from .kinds import ApprovalKind, approval_kind


def _request(id: int) -> RoleRequest | None:
    return RoleRequest.objects.select_related("person").filter(pk=id).first()


def _words(roles: list[str]) -> Text:
    held = [ROLES[role] for role in roles]
    return Text("、".join(w.zh for w in held), ", ".join(w.en for w in held))


def _difference(asked: Any) -> list[Change]:
    """The roles they hold now, and with the one asked for."""
    now = people.roles_on(asked.person)
    return [Change(Text("角色", "Roles"), _words(now), _words([*now, asked.role]))]


approval_kind(
    ApprovalKind(
        APPROVAL_KIND,
        Text("授予角色", "Grant of a role"),
        subject="role_request",
        load=_request,
        title=lambda r: Text(
            f"授予{r.person.name}“{ROLES[r.role].zh}”", f"Make {r.person.name} {ROLES[r.role].en}"
        ),
        content=lambda r: {
            "person": r.person_id,
            "role": r.role,
            "since": r.since.isoformat() if r.since else "",
            "until": r.until.isoformat() if r.until else "",
        },
        steps=lambda r: [["general_manager"]],
        may_request=lambda person, r: r.asked_by_id == person.pk,
        clause=lambda r: ", ".join(sorted({p.by_clause for p in rights_by_clause(r.role)})),
        on_approved="people.grant_asked_role",
        on_refused="people.drop_role_request",
        on_returned="people.drop_role_request",
        on_withdrawn="people.drop_role_request",
        follow_input=lambda approval: {"request": approval.subject_id},
        needs_identity=True,
        difference=_difference,
        otherwise=Text("不授予，现有角色不变", "It is not granted; the roles stay as they are"),
        url=lambda r: f"/people/{r.person_id}/",
    )
)
