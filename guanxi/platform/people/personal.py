"""What is held of our own people, in tables of ours and of the packages that sign people in."""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

SIGN_IN = Text("登录和防止冒用", "To sign in, and against misuse")
ADMINISTRATOR = Text("系统管理员", "The administrator")
STAYS = Text("本公司人员，不随联系人抹除", "Our own people; not touched when a contact is erased")

holds(
    "people.Person",
    staff=("password", "username", "name", "email", "phone", "post", "language", "theme"),
    what=Text(
        "人员：姓名、登录名、邮箱、电话、职务、密码摘要",
        "Our people: name, sign-in name, e-mail, telephone, post, password hash",
    ),
    why=Text("登录、分工、联系", "To sign in, to share out work, to be reached"),
    seen_by=Text(
        "同事（姓名、职务）；系统管理员（其余）", "Colleagues (name, post); the administrator (the rest)"
    ),
    kept=Text(
        "停用后仍留姓名，作为所做之事的凭证", "The name stays after they left, as evidence of what they did"
    ),
    erased=STAYS,
)
holds(
    "people.Membership",
    staff=("post",),
    what=Text("曾在哪些部门、任何职", "Departments and posts somebody had"),
    why=Text("按当时的部门统计", "To count by the department of the day"),
    seen_by=ADMINISTRATOR,
    kept=Text("长期", "For good"),
    erased=STAYS,
)
holds(
    "people.Session",
    staff=("session_key", "session_data", "ref", "address", "agent"),
    what=Text("登录：网络地址、设备", "Sessions: network address, device"),
    why=SIGN_IN,
    seen_by=Text("本人；系统管理员可结束", "Themselves; the administrator may end them"),
    kept=Text("结束后次夜删除", "Deleted the night after they end"),
    erased=STAYS,
)
holds(
    "people.ApiToken",
    staff=("label",),
    plain=("hash",),
    what=Text("接口令牌的名称", "Names of API tokens"),
    why=SIGN_IN,
    seen_by=Text("本人", "Themselves"),
    kept=Text("结束后仍留名称", "The name stays after it ended"),
    erased=STAYS,
)
for _label in ("axes.AccessAttempt", "axes.AccessFailureLog", "axes.AccessLog"):
    _more = {
        "axes.AccessAttempt": ("get_data", "post_data"),
        "axes.AccessFailureLog": (),
        "axes.AccessLog": ("session_hash",),
    }[_label]
    holds(
        _label,
        staff=("user_agent", "ip_address", "username", "http_accept", "path_info", *_more),
        what=Text("登录尝试：登录名、网络地址、设备", "Tries to sign in: name, network address, device"),
        why=SIGN_IN,
        seen_by=ADMINISTRATOR,
        kept=Text("成功登录或解锁后清除", "Cleared by the next sign-in or by unlocking"),
        erased=STAYS,
    )
holds(
    "otp_totp.TOTPDevice",
    staff=("name", "key"),
    what=Text("验证器应用的密钥", "The seed of an authenticator app"),
    why=SIGN_IN,
    seen_by=Text("没有人", "Nobody"),
    kept=Text("取消两步验证时删除", "Deleted when the second factor is removed"),
    erased=STAYS,
)
holds(
    "people.Passkey",
    staff=("name", "handle"),
    plain=("credential", "public_key"),
    what=Text("通行密钥的名称和公钥", "Names and public keys of passkeys"),
    why=SIGN_IN,
    seen_by=Text("本人", "Themselves"),
    kept=Text("本人删除或管理员重置时删除", "Deleted when removed, or reset by an administrator"),
    erased=STAYS,
)
holds(
    "people.Link",
    staff=("subject",),
    plain=("issuer",),
    what=Text("单位账号的编号", "The number of somebody's account at the company's sign-in service"),
    why=SIGN_IN,
    seen_by=Text("没有人", "Nobody"),
    kept=Text("本人取消关联、管理员解除时删除", "Deleted when they or an administrator unlink it"),
    erased=STAYS,
)
holds_nothing("people.Department", "name", "code", "path")
holds_nothing("people.Absence")
holds_nothing("people.RoleGrant", "role")
holds_nothing("people.RoleRequest", "role")
holds_nothing("people.RolePermission", "role", "permission", "reach")
holds_nothing("people.Setting", "key", "value")
holds_nothing("people.RecoveryCode", "digest")
holds_nothing("auth.Permission", "name", "codename")
holds_nothing("auth.Group", "name")
holds_nothing("auth.Group_permissions")
holds_nothing("contenttypes.ContentType", "app_label", "model")
holds_nothing("sessions.Session", "session_key", "session_data")
holds_nothing("axes.AccessAttemptExpiration")
