"""Rights over the running of the installation."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

OPERATIONS = permission(
    "operations.manage", Text("查看和管理系统运行", "Look after the running system"), all=("administrator",)
)
JOURNAL = permission(
    "operations.journal", Text("核验日志", "Verify the journal"), all=("administrator", "auditor")
)
