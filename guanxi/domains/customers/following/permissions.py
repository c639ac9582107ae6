"""Who may speak up on a customer's page: whoever looks after customers or leads those who do. Auditors only read."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission
from guanxi.platform.people.roles import FIELD_STAFF

COMMENT = "customers.comment"

permission(
    COMMENT,
    Text("在客户页面留言", "Comment on customers"),
    own=FIELD_STAFF,
    department=("customer_service_manager",),
    all=("service_manager", "general_manager"),
)
