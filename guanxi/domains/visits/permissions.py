"""Who may do what with visits, and how far."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission
from guanxi.platform.people.roles import FIELD_STAFF

permission(
    "visits.view",
    Text("查看拜访", "See visits"),
    own=FIELD_STAFF,
    department=("customer_service_manager",),
    all=("service_manager", "general_manager", "auditor"),
)
permission(
    "visits.work",
    Text("处理本人的拜访", "Work on one's own visits"),
    own=(*FIELD_STAFF, "customer_service_manager", "service_manager", "general_manager"),
)
permission(
    "visits.assign",
    Text("改派拜访、为他人计划拜访", "Reassign visits and plan them for others"),
    department=("customer_service_manager",),
    all=("service_manager",),
)
permission(
    "visits.templates",
    Text("维护拜访工具清单和拜访手册", "Keep the kit list and the playbook"),
    all=("service_manager",),
)
