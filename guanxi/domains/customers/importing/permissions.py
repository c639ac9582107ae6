"""Who may import customers."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

IMPORT = "customers.import"

permission(
    IMPORT,
    Text("导入客户", "Import customers"),
    own=("account_manager",),
    all=("service_manager", "administrator"),
)
