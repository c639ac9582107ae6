"""Word to whoever's account was touched: read from the journal, each told once."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.people.models import Person

from .definitions import MessageTemplate, message_template
from .queue import queue
from .telling import told_once

NEWS_FOR = timedelta(days=7)
"""What is older is no news: nobody is told of all that ever happened when this begins."""
TOUCHED = message_template(
    MessageTemplate(
        "people.account_touched",
        Text("账号安全", "Account security"),
        Text("您的账号：{what}", "Your account: {what}"),
        paragraphs=(
            Text("{when}，{who}{did}。", "{when}: {who} {did}."),
            Text(
                "如果您不知情，请立即修改密码并告诉管理员。",
                "If you know nothing of it, change your password now and tell an administrator.",
            ),
        ),
        button=Text("查看我的账号", "Look at my account"),
        optional=False,
        urgent=Text("关系到您的账号安全", "your account's security depends on it"),
    )
)
WHAT: dict[str, tuple[Text, Text]] = {
    "password.reset": (
        Text("密码已重置", "password reset"),
        Text("重置了您的登录密码", "reset your password"),
    ),
    "password.changed": (
        Text("密码已修改", "password changed"),
        Text("修改了您的登录密码", "changed your password"),
    ),
    "sign_in.locked": (
        Text("登录已锁定", "sign-in locked"),
        Text("因多次输错密码锁定了您的登录", "locked your sign-in after several wrong passwords"),
    ),
    "second_factor.enrolled": (
        Text("第二验证已启用", "second factor on"),
        Text("启用了您的第二验证", "switched your second factor on"),
    ),
    "second_factor.removed": (
        Text("第二验证已关闭", "second factor off"),
        Text("关闭了您的第二验证", "switched your second factor off"),
    ),
    "passkey.added": (
        Text("新增了通行密钥", "new passkey"),
        Text("为您的账号新增了通行密钥", "added a passkey to your account"),
    ),
    "passkey.removed": (
        Text("删除了通行密钥", "passkey removed"),
        Text("删除了您的一个通行密钥", "removed a passkey of yours"),
    ),
    "account.linked": (
        Text("关联了单位账号", "company account linked"),
        Text("把一个单位账号关联到您的账号，可用它登录", "linked a company account to yours; it can sign in"),
    ),
    "account.unlinked": (
        Text("取消了单位账号关联", "company account unlinked"),
        Text(
            "取消了单位账号与您账号的关联，不能再用它登录",
            "unlinked a company account from yours; it opens nothing now",
        ),
    ),
    "token.made": (
        Text("新建了接口令牌", "new API token"),
        Text("为您的账号新建了接口令牌", "made an API token for your account"),
    ),
}
SYSTEM, YOU = Text("系统", "the system"), Text("您本人", "you")


def tell_of_accounts(clock: Clock = system_clock) -> int:
    """Put into inbox and outbox what people must know of their accounts; returns how many facts were read."""
    return told_once("account-security", WHAT, lambda fact: _tell(fact, clock))


def _tell(fact: Fact, clock: Clock) -> None:
    id = str(fact.data.get("person", "")) if fact.kind == "token.made" else str(fact.subject_id)
    person = Person.objects.filter(pk=int(id), is_active=True).first() if id.isdecimal() else None
    if person is None or clock() - fact.recorded_at > NEWS_FOR:
        return
    what, did = WHAT[fact.kind]
    actor = Person.objects.filter(pk=fact.actor_id).first() if fact.actor_id else None
    who = SYSTEM if actor is None else YOU if actor.pk == person.pk else Text(actor.name, actor.name)
    queue(
        TOUCHED.name,
        key=f"account:{fact.seq}",
        to=person,
        values={
            "what": what,
            "who": who,
            "did": did,
            "when": f"{timezone.localtime(fact.recorded_at):%Y-%m-%d %H:%M}",
        },
        now=clock(),
        path="/me/",
        forward=False,
    )
