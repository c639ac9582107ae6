"""The right to define fields: who runs the system, and who runs the work with customers."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

MANAGE = permission(
    "ownfields.manage",
    Text("维护自定义字段", "Keep the company's own fields"),
    all=("service_manager", "administrator"),
)
