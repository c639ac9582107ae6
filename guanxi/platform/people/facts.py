"""What the journal remembers of people. Names and contact data stand only as texts, beside the fact."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

DEPARTMENT_ADDED = fact_kind(
    FactKind(
        "department.added",
        "department",
        Text("新增部门", "Department added"),
        fields={"parent": "ref:department?", "head": "ref:person?", "active": "bool"},
        texts=("name",),
        sets={"parent": "parent", "head": "head", "active": "active"},
        sentence=Text("新增部门{name}", "Added the department {name}"),
        icon="building-2",
    )
)
DEPARTMENT_CHANGED = fact_kind(
    FactKind(
        "department.changed",
        "department",
        Text("调整部门", "Department changed"),
        fields={"parent": "ref:department?", "head": "ref:person?", "active": "bool"},
        texts=("name",),
        sets={"parent": "parent", "head": "head", "active": "active"},
        sentence=Text("调整部门{name}", "Changed the department {name}"),
        icon="building-2",
    )
)
PERSON_ADDED = fact_kind(
    FactKind(
        "person.added",
        "person",
        Text("新增人员", "Person added"),
        fields={"department": "ref:department?", "active": "bool", "roles": "list[str]"},
        texts=("name", "username", "email", "phone", "post"),
        sets={"department": "department", "active": "active", "roles": "roles"},
        sentence=Text("新增人员{name}", "Added {name}"),
        icon="user-plus",
    )
)
PERSON_UPDATED = fact_kind(
    FactKind(
        "person.updated",
        "person",
        Text("更新人员资料", "Person updated"),
        fields={"changed": "list[str]"},
        texts=("name", "username", "email", "phone", "post"),
        sentence=Text("更新了人员资料", "Updated a person's details"),
        icon="user",
    )
)
PERSON_MOVED = fact_kind(
    FactKind(
        "person.moved",
        "person",
        Text("调动部门", "Moved to another department"),
        fields={"department": "ref:department", "before": "ref:department?", "since": "date"},
        sets={"department": "department"},
        sentence=Text("自 {since} 起调动部门", "Moved to another department from {since}"),
        icon="arrow-right",
    )
)
_ROLE = {
    "role": "str",
    "since": "date",
    "until": "date?",
    "roles": "list[str]",
    "clause_rights": "list[str]",  # rights that a clause gives to this role
    "to_self": "bool",
}
ROLE_GRANTED = fact_kind(
    FactKind(
        "role.granted",
        "person",
        Text("授予角色", "Role granted"),
        fields=_ROLE,
        sets={"roles": "roles"},
        sentence=Text("授予角色 {role}，自 {since} 起", "Granted the role {role} from {since}"),
        icon="shield",
    )
)
ROLE_ASKED = fact_kind(
    FactKind(
        "role.asked",
        "person",
        Text("提请总经理同意授予角色", "Role asked of the general manager"),
        fields={"role": "str", "since": "date?", "until": "date?"},
        sentence=Text("提请总经理同意授予角色 {role}", "Asked the general manager for the role {role}"),
        icon="hourglass",
    )
)
ROLE_REVOKED = fact_kind(
    FactKind(
        "role.revoked",
        "person",
        Text("收回角色", "Role revoked"),
        fields={"role": "str", "until": "date", "roles": "list[str]"},
        sets={"roles": "roles"},
        sentence=Text("收回角色 {role}", "Revoked the role {role}"),
        icon="shield",
    )
)
ROLES_TURNED = fact_kind(
    FactKind(
        "role.turned",
        "person",
        Text("角色到期或生效", "Roles began or ended"),
        fields={"began": "list[str]", "ended": "list[str]", "roles": "list[str]"},
        sets={"roles": "roles"},
        icon="shield",
        on_timeline=False,
    )
)
PERMISSION_CHANGED = fact_kind(
    FactKind(
        "permission.changed",
        "role_permission",
        Text("调整权限", "Permission set changed"),
        fields={"role": "str", "permission": "str", "reach": "str", "before": "str"},
        sentence=Text("角色 {role} 的 {permission} 改为 {reach}", "{permission} of {role} is now {reach}"),
        icon="shield",
    )
)
PERSON_DEACTIVATED = fact_kind(
    FactKind(
        "person.deactivated",
        "person",
        Text("停用人员", "Person deactivated"),
        texts=("reason",),
        sentence=Text("停用了登录账号", "Deactivated the sign-in"),
        icon="circle-slash",
        fields={"active": "bool"},
        sets={"active": "active"},
    )
)
PERSON_REACTIVATED = fact_kind(
    FactKind(
        "person.reactivated",
        "person",
        Text("重新启用人员", "Person reactivated"),
        sentence=Text("重新启用了登录账号", "Reactivated the sign-in"),
        icon="user-check",
        fields={"active": "bool"},
        sets={"active": "active"},
    )
)
_ABSENCE = {"person": "ref:person", "deputy": "ref:person", "since": "date", "until": "date"}
for _name, _label, _more in (
    ("absence.planned", Text("登记外出", "Absence planned"), {}),
    ("absence.changed", Text("修改外出", "Absence changed"), {"before": "ref:person"}),
    ("absence.ended", Text("结束外出", "Absence ended"), {"begun": "bool"}),
):
    fact_kind(
        FactKind(
            _name,
            "absence",
            _label,
            fields={**_ABSENCE, **_more},
            sentence=Text(f"{_label.zh}：{{since}} 至 {{until}}", f"{_label.en}: {{since}} to {{until}}"),
            icon="calendar-days",
        )
    )
PERSON_AWAY = fact_kind(
    FactKind(
        "person.away",
        "person",
        Text("外出，由代理人代办", "Away, stood in for"),
        fields={"absence": "ref:absence", "deputy": "ref:person", "until": "date"},
        sets={"deputy": "deputy"},
        sentence=Text("外出至 {until}，由代理人代办", "Away until {until}, a deputy stands in"),
        icon="calendar-days",
    )
)
PERSON_BACK = fact_kind(
    FactKind(
        "person.back",
        "person",
        Text("外出结束", "Back again"),
        fields={"absence": "ref:absence", "deputy": "ref:person?"},
        sets={"deputy": "deputy"},
        sentence=Text("外出结束", "Back again"),
        icon="calendar-check",
    )
)
PERSON_SUCCEEDED = fact_kind(
    FactKind(
        "person.succeeded",
        "person",
        Text("由他人接任", "Succeeded"),
        fields={"deputy": "ref:person?"},  # None: nobody succeeds any more
        sets={"deputy": "deputy"},
        icon="handshake",
    )
)
_plain = {
    "password.reset": Text("重置密码", "Password reset"),
    "password.changed": Text("修改密码", "Password changed"),
    "sign_in.locked": Text("登录被锁定", "Sign-in locked"),
    "sign_in.unlocked": Text("解除登录锁定", "Sign-in unlocked"),
    "second_factor.enrolled": Text("启用第二验证", "Second factor enrolled"),
    "second_factor.removed": Text("关闭第二验证", "Second factor removed"),
    "reset.confirmed": Text("确认重置", "Reset confirmed"),
    "second_factor.codes_made": Text("生成恢复码", "Recovery codes made"),
}
for _name, _label in _plain.items():
    fact_kind(FactKind(_name, "person", _label, sentence=_label, icon="key", on_timeline=False))
for _name, _label, _words in (
    (
        "passkey.added",
        Text("新增通行密钥", "Passkey added"),
        Text("新增通行密钥 {name}", "Added the passkey {name}"),
    ),
    (
        "passkey.removed",
        Text("删除通行密钥", "Passkey removed"),
        Text("删除通行密钥 {name}", "Removed the passkey {name}"),
    ),
):
    fact_kind(
        FactKind(_name, "person", _label, texts=("name",), sentence=_words, icon="key", on_timeline=False)
    )
fact_kind(
    FactKind(
        "account.linked",
        "person",
        Text("关联单位账号", "Company account linked"),
        texts=("account",),
        sentence=Text("关联了单位账号", "Linked the company account"),
        icon="key",
        on_timeline=False,
    )
)
fact_kind(
    FactKind(
        "account.unlinked",
        "person",
        Text("取消关联单位账号", "Company account unlinked"),
        texts=("account", "issuer", "reason"),
        sentence=Text("取消关联单位账号 {reason}", "Unlinked the company account {reason}"),
        icon="key",
        on_timeline=False,
    )
)
PERSON_HELD = fact_kind(
    FactKind(
        "person.held",
        "person",
        Text("重置待确认，暂不能审批", "Reset to be confirmed, no decisions meanwhile"),
        fields={"until": "timestamp", "what": "str"},  # what: password | second_factor
        sentence=Text("重置待确认，{until} 前不能审批", "Reset to be confirmed, no decisions before {until}"),
        icon="lock",
        on_timeline=False,
    )
)
SESSION_BEGAN = fact_kind(
    FactKind(
        "session.began",
        "person",
        Text("登录", "Signed in"),
        fields={"factor": "bool", "how": "str?"},  # how: password | passkey | demo | oidc | wecom | dingtalk
        texts=("address", "device"),
        sentence=Text("在 {device} 登录", "Signed in on {device}"),
        icon="log-in",
        on_timeline=False,
    )
)
SESSION_ENDED = fact_kind(
    FactKind(
        "session.ended",
        "person",
        Text("结束登录", "Sessions ended"),
        fields={"count": "int"},
        sentence=Text("结束了 {count} 个登录", "Ended {count} sessions"),
        icon="log-out",
        on_timeline=False,
    )
)
PREFERENCES_CHANGED = fact_kind(
    FactKind(
        "preferences.changed",
        "person",
        Text("修改偏好", "Preferences changed"),
        fields={"language": "str", "theme": "str"},
        icon="settings",
        on_timeline=False,
    )
)
SETTING_CHANGED = fact_kind(
    FactKind(
        "setting.changed",
        "setting",
        Text("修改设置", "Setting changed"),
        fields={"key": "str", "value": "str", "before": "str"},  # both as JSON text
        sentence=Text(
            "设置 {key} 由 {before} 改为 {value}", "Setting {key} changed from {before} to {value}"
        ),
        icon="settings",
    )
)
fact_kind(
    FactKind(
        "token.made",
        "token",
        Text("新建接口令牌", "API token made"),
        fields={"person": "ref"},
        on_timeline=False,
    )
)
fact_kind(
    FactKind(
        "token.ended",
        "token",
        Text("停用接口令牌", "API token ended"),
        fields={"person": "ref"},
        on_timeline=False,
    )
)
