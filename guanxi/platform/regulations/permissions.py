"""Who may do what with regulations."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission
from guanxi.platform.people.roles import ROLES

permission("regulations.view", Text("查阅制度", "Read the regulations"), all=tuple(ROLES))
permission(
    "regulations.draft",
    Text("起草和修订制度", "Draft regulations"),
    all=("service_manager",),
    by_clause="R1.17",
)
permission(
    "regulations.submit_shipped",
    Text("首次提交随软件提供的制度", "Submit the regulations that ship for the first time"),
    all=("service_manager", "administrator"),
)
permission(
    "regulations.approve",
    Text("批准制度", "Approve regulations"),
    all=("general_manager",),
    by_clause="R1.17",
)
permission(
    "regulations.evidence",
    Text("查看执行证据", "See the evidence"),
    department=("service_manager",),
    all=("general_manager", "auditor"),
)
permission("obligations.suspend", Text("暂停义务", "Suspend obligations"), department=("service_manager",))
permission("obligations.waive", Text("申请豁免", "Ask for a waiver"), own=tuple(ROLES))
permission("norms.tick", Text("推进时间", "Let time pass"))
