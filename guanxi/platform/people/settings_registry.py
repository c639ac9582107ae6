"""Company-wide settings: each is declared once with its type, words and who may change it.

    setting("company.name", str, "", Text("公司名称", "Company name"))

`value("company.name")` reads it; `people.change_setting` writes it, as a fact. Secrets are no settings: they come
from the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from guanxi.platform.journal.quick import WORDS, Prepared
from guanxi.platform.kernel import Text

if TYPE_CHECKING:
    from .models import Setting

TYPES = (str, int, bool)
SYSTEM_ONLY = "system"
LANGUAGES = [("zh-hans", Text("简体中文", "简体中文")), ("en", Text("English", "English"))]
"""Each under its own name: whoever looks for a language reads that one."""
GROUPS = {
    "company": Text("公司", "Company"),
    "security": Text("登录", "Sign-in"),
    "mail": Text("邮件与消息", "Mail and messages"),
    "papers": Text("单据与函件", "Papers and letters"),
    "backup": Text("备份", "Backups"),
    "files": Text("附件", "Files"),
    "maps": Text("地图", "Maps"),
    "privacy": Text("个人信息", "Personal data"),
}
"""What belongs together: shown on one page and saved at once."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A setting. by: the permission that may change it; 'system' for set-up and demo only. long: a text of several lines.
    group: one of GROUPS."""

    name: str
    type: type
    default: Any
    label: Text
    by: str = "people.manage"
    hint: Text = Text("", "")
    choices: Sequence[tuple[Any, Text]] = ()
    check: Callable[[Any], Text | None] | None = None
    long: bool = False
    group: str = "company"


_settings: dict[str, Declared] = {}


def setting(
    name: str,
    type: type,
    default: Any,
    label: Text,
    *,
    by: str = "people.manage",
    hint: Text = Text("", ""),
    choices: Sequence[tuple[Any, Text]] = (),
    check: Callable[[Any], Text | None] | None = None,
    long: bool = False,
    group: str = "",
) -> Declared:
    """Declare a setting. check(value) returns what is wrong with it, or None. group: where not as its name begins."""
    if type not in TYPES:
        raise ValueError(f"setting {name}: a {type.__name__} cannot be set")
    group = group or name.partition(".")[0]
    if group not in GROUPS:
        raise ValueError(f"setting {name}: there is no group {group}")
    made = Declared(name, type, default, label, by, hint, tuple(choices), check, long, group)
    if name in _settings and _settings[name].label != label:
        raise ValueError(f"setting {name} is declared twice")
    _settings[name] = made
    return made


def all_settings() -> dict[str, Declared]:
    """Every declared setting, in the order of declaration."""
    return dict(_settings)


def get_setting(name: str) -> Declared | None:
    return _settings.get(name)


def value(name: str) -> Any:
    """What the company chose, or the default."""
    row = _chosen.one(name)
    return _settings[name].default if row is None or row.value is None else row.value


def _rows() -> QuerySet[Setting]:
    from .models import Setting

    return Setting.objects.filter(key=WORDS[0])


_chosen: Prepared[Setting] = Prepared(_rows)


def values() -> dict[str, Any]:
    """All settings at once."""
    from .models import Setting

    chosen = dict(Setting.objects.values_list("key", "value"))
    return {name: chosen.get(name, declared.default) for name, declared in _settings.items()}


def fitting(declared: Declared, raw: str) -> Any:
    """The typed value of what was entered; ValueError with a Text where it does not fit."""
    given = raw.replace("\r\n", "\n").strip()
    if declared.type is bool:
        words = {"true": True, "on": True, "1": True, "yes": True, "是": True}
        no = {"false": False, "": False, "0": False, "no": False, "off": False, "否": False}
        found = (words | no).get(given.lower())
        if found is None:
            raise Unfit(Text("请选择是或否", "Please choose yes or no"))
        return found
    result: Any = given
    if declared.type is int:
        try:
            result = int(given)
        except ValueError:
            raise Unfit(Text("请填写整数", "Please enter a whole number")) from None
    if declared.choices and result not in [v for v, _ in declared.choices]:
        raise Unfit(Text("请从列出的选项中选择", "Please choose one of those listed"))
    wrong = declared.check(result) if declared.check else None
    if wrong:
        raise Unfit(wrong)
    return result


class Unfit(ValueError):
    """A value that does not fit its setting."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.en)


def between(least: int, most: int) -> Callable[[Any], Text | None]:
    """The check of a setting that is a whole number within bounds."""
    words = Text(f"请填写 {least} 到 {most} 的整数", f"Enter a whole number from {least} to {most}")
    return lambda given: None if least <= given <= most else words


def _name(given: str) -> Text | None:
    return None if 0 < len(given) <= 80 else Text("请填写 1 到 80 个字", "Enter 1 to 80 characters")


def _address(given: str) -> Text | None:
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    if not given:
        return None
    try:
        validate_email(given)
    except ValidationError:
        return Text("邮箱地址格式不对", "This is not an e-mail address")
    return None


setting("company.name", str, "", Text("公司名称", "Company name"), check=_name)
setting(
    "company.language",
    str,
    "zh-hans",
    Text("公司语言", "The company's language"),
    hint=Text("新增人员先用这种语言，每人可自行更改", "New people start with it; each may choose their own"),
    choices=LANGUAGES,
)
setting(
    "company.record_position",
    bool,
    False,
    Text("签到时记录位置", "Record the position at check-in"),
    hint=Text("须先告知员工；默认关闭", "Tell your staff first; off by default"),
)
setting(
    "security.idle_hours",
    int,
    12,
    Text("无操作多少小时后自动退出", "Hours without activity after which one is signed out"),
    hint=Text("1 到 72 小时", "1 to 72 hours"),
    check=between(1, 72),
)
setting(
    "security.session_days",
    int,
    7,
    Text("最多多少天须重新登录", "Days after which one signs in again in any case"),
    hint=Text("1 到 14 天", "1 to 14 days"),
    check=between(1, 14),
)
setting(
    "security.api_calls",
    int,
    600,
    Text("每个接口令牌每分钟最多调用次数", "Calls of the API that one token may make in a minute"),
    hint=Text("10 到 10000", "10 to 10000"),
    check=between(10, 10_000),
)
setting("mail.sender_name", str, "", Text("发件人名称", "Sender's name"))
setting("mail.sender", str, "", Text("发件邮箱", "Sender's address"), check=_address)
setting(
    "demo",
    bool,
    False,
    Text("演示公司", "Demo company"),
    by=SYSTEM_ONLY,
    group="company",
    hint=Text("演示数据可从本机一键登录", "With demo data, sign-in by one click from this machine"),
)
