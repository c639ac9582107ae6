"""Who may arrange a hand-over."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

ARRANGE = "handover.arrange"
READ = "handover.read"

permission(ARRANGE, Text("安排工作交接", "Arrange hand-overs"), all=("service_manager", "general_manager"))
permission(
    READ,
    Text("查看全部工作交接", "See all hand-overs"),
    all=("service_manager", "general_manager", "auditor"),
)
