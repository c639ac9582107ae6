"""Who may do what with customers, and how far. See README.md for the reasons."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission
from guanxi.platform.people.roles import FIELD_STAFF

from .looks import permissions as _looks  # noqa: F401 (declares who sees who looked)
from .privacy import permissions as _privacy  # noqa: F401 (declares who exports and erases)

permission(
    "customers.view",
    Text("查看客户", "See customers"),
    own=FIELD_STAFF,
    department=("customer_service_manager",),
    all=("service_manager", "general_manager", "auditor"),
)
permission(
    "customers.work",
    Text("维护客户资料、需求和承诺", "Work on customers, needs and promises"),
    own=FIELD_STAFF,
    department=("customer_service_manager",),
    all=("service_manager",),
)
permission(
    "customers.assign",
    Text("指派客户、设为重点客户", "Assign customers and mark key customers"),
    all=("service_manager", "general_manager"),
)
permission(
    "customers.grade",
    Text("评定客户等级和信用等级", "Grade customers and their credit"),
    own=("account_manager",),
    all=("service_manager", "general_manager"),
)
permission(
    "customers.close",
    Text("停用和恢复客户", "Close and reopen customers"),
    own=("account_manager",),
    all=("service_manager", "general_manager"),
)
permission(
    "customers.merge",
    Text("合并重复的客户", "Merge customers that are one"),
    own=("account_manager",),
    department=("customer_service_manager",),
    all=("service_manager", "general_manager"),
)
permission(
    "customers.export",
    Text("导出客户", "Export customers"),
    own=("account_manager",),
    all=("service_manager", "general_manager"),
)
permission(
    "registers.manage",
    Text("维护产品、促销和物资", "Keep products, promotions and stock"),
    all=("service_manager",),
)
permission(
    "materials.issue",
    Text("领用宣传品和礼品", "Issue promotional items and gifts"),
    own=FIELD_STAFF,
    department=("customer_service_manager",),
    all=("service_manager",),
)
