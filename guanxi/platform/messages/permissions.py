"""Rights over what is sent."""

from guanxi.platform.kernel import Text
from guanxi.platform.people.rights import permission

MANAGE = permission("messages.manage", Text("管理发信", "Manage outgoing mail"), all=("administrator",))
