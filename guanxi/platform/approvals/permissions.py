"""Everybody signed in may ask and decide; the kind and the step say whether this one."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

DECIDE = permission("approvals.decide", Text("办理审批", "Ask for and decide approvals"), everybody=True)
AUDIT = permission(
    "approvals.audit", Text("查看全部审批", "See all approvals"), all=("auditor", "general_manager")
)
