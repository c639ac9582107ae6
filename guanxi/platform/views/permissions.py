"""The right to show a view to others. Reach: one's own department, or everybody."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

SHARE = permission(
    "views.share",
    Text("共享视图", "Share views"),
    department=("account_manager", "relationship_specialist", "leader"),
    all=("service_manager", "general_manager", "gm_office", "administrator"),
)
