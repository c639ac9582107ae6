"""People: list, one person, and the short forms of what is done to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, NotFound, Text, all_kinds, get_action, may, system_clock
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.filters import ChoiceFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Crumb, Do, Event
from guanxi.platform.ui.registry import get_page

from .. import holds, identity, reads
from ..models import Department, Person, RoleGrant
from ..responsibilities import still_held
from ..rights import who_may
from ..roles import ROLES, role_choices
from ..ways import linked_of, named

LIST = Crumb(Text("人员", "People"), "/people/")


def _departments() -> list[tuple[str, Text]]:
    return [(str(d.pk), Text(d.name, d.name)) for d in reads.tree()]


def _roles_of(person: Person) -> str:
    day = reads.today()
    held = {g.role for g in person.grants.all() if g.holds_on(day)}
    words = [words for role, words in ROLES.items() if role in held]
    return str(Text("、".join(w.zh for w in words), ", ".join(w.en for w in words)))


class RoleFilter(ChoiceFilter):
    """People who hold one of the roles today."""

    def where(self, value: Any, now: datetime) -> Q:
        held = RoleGrant.objects.filter(reads.held_on(timezone.localdate(now)), role__in=value)
        return Q(pk__in=held.values("person"))


class People(List):
    name = "people"
    label = Text("人员", "People")
    columns = (
        Column("name", Text("姓名", "Name"), sort="name", lead=True),
        Column("username", Text("登录名", "Sign-in name"), sort="username"),
        Column(
            "department",
            Text("部门", "Department"),
            value=lambda p: p.department.name if p.department else "",
        ),
        Column("post", Text("职务", "Post"), sort="post"),
        Column("roles", Text("角色", "Roles"), value=_roles_of),
        Column("phone", Text("电话", "Telephone"), phone=False),
        Column("email", Text("邮箱", "E-mail"), shown=False),
        Column("last_login", Text("上次登录", "Last sign-in"), form="when", phone=False),
        Column(
            "state",
            Text("状态", "State"),
            value=lambda p: "active" if p.is_active else "inactive",
            form="state",
        ),
    )
    filters = (
        ChoiceFilter("department", Text("部门", "Department"), field="department_id", choices=_departments),
        RoleFilter("role", Text("角色", "Role"), choices=role_choices),
        ChoiceFilter(
            "active",
            Text("状态", "State"),
            field="is_active",
            choices=[("True", Text("有效", "Active")), ("False", Text("停用", "Inactive"))],
        ),
    )
    search = ("name", "username", "phone", "email")
    search_label = Text("姓名、登录名、电话", "Name, sign-in name, telephone")
    sort = "name"
    empty = Empty(Text("还没有人员", "Nobody here yet"), icon="users")

    def row_url(self, row: Any) -> str:
        return reverse("people.detail", kwargs={"person": row.pk})


def people_list(request: HttpRequest) -> Any:
    rows = (
        reads.people_within(request.user, "people.view")
        .select_related("department")
        .prefetch_related("grants")
    )
    do = []
    if may(request.user, "people.add"):
        do = [
            Do(
                Text("新增人员", "Add person"),
                reverse("people.add"),
                tone="primary",
                icon="user-plus",
                key="n",
            ),
            Do(Text("导入", "Import"), reverse("people.import"), icon="upload"),
        ]
    return People(request, rows).respond("people/list.html", {"do": do})


def detail(request: HttpRequest, person: int) -> HttpResponse:
    """Who it is, where and as what over time, and the state of their sign-in."""
    found = reads.person_within(request.user, "people.view", person)
    day = reads.today()
    grants = list(found.grants.select_related("granted_by").order_by("-since", "-pk"))
    context = {
        "heading": found.name,
        "crumbs": [LIST, Crumb(found.name)],
        "person": found,
        "grants": [(g, ROLES.get(g.role, Text.of(g.role)), g.holds_on(day), g.since > day) for g in grants],
        "memberships": found.memberships.select_related("department").order_by("-since", "-pk"),
        "superior": reads.superior(found),
        "absence": found.absences.filter(ended_at=None, until__gte=day).select_related("deputy").first(),
        "held": still_held(found),
        "asked": [
            (r, ROLES[r.role], r.asked_by.name)
            for r in found.role_requests.filter(ended_at=None).select_related("asked_by").order_by("pk")
        ],
        "stopped": holds.hold_words(found, request.user) if holds.held(found) else None,
        "factor": identity.has_second_factor(found),
        "linked": [named(issuer) for issuer in sorted(linked_of(found))],
        "locked": _locked(found),
        "history": _history(found),
        "do": [
            *(d for what, d in _what_to_do(found) if _may_do(request.user, found, what)),
            *_hand_over(request, found),
        ],
    }
    return render(request, "people/detail.html", context)


@dataclass(frozen=True, slots=True)
class Doing:
    """A short form about one person."""

    action: str
    done: Text
    fields: tuple[str, ...] = ()
    button: Text | None = None
    tone: str = ""
    icon: str = ""


DOING: dict[str, Doing] = {
    "update": Doing(
        "people.update",
        Text("已保存", "Saved"),
        ("name", "username", "post", "email", "phone"),
        button=Text("保存", "Save"),
        icon="pen-line",
    ),
    "move": Doing(
        "people.move", Text("已调动", "Moved"), ("department", "since", "post"), icon="arrow-right"
    ),
    "grant": Doing("people.grant_role", Text("已授予", "Granted"), ("role", "since", "until"), icon="shield"),
    "revoke": Doing("people.revoke_role", Text("已收回", "Revoked"), ("role", "until"), icon="minus"),
    "password": Doing("people.reset_password", Text("已重置", "Reset"), icon="key"),
    "factor": Doing("people.reset_second_factor", Text("已重置", "Reset"), icon="smartphone"),
    "sessions": Doing("people.end_sessions_of", Text("已结束", "Ended"), icon="log-out"),
    "unlink": Doing(
        "people.unlink_account_of", Text("已解除", "Unlinked"), ("issuer", "reason"), icon="link"
    ),
    "confirm": Doing("people.confirm_reset", Text("已确认", "Confirmed"), icon="user-check"),
    "unlock": Doing("people.unlock", Text("已解除", "Unlocked"), icon="lock"),
    "deactivate": Doing(
        "people.deactivate", Text("已停用", "Deactivated"), ("reason",), tone="refuse", icon="circle-slash"
    ),
    "reactivate": Doing("people.reactivate", Text("已启用", "Reactivated"), icon="user-check"),
}


def _may_do(actor: Any, person: Person, what: str) -> bool:
    return may(actor, DOING[what].action) and (what != "confirm" or holds.may_confirm(actor, person))


def doing(request: HttpRequest, person: int, what: str) -> HttpResponse:
    """The form of one thing done to a person."""
    known = DOING.get(what)
    if known is None:
        raise NotFound("page", what)
    found = reads.person_within(request.user, "people.view", person)
    if not may(request.user, known.action):
        raise Forbidden(get_action(known.action).permission, who=who_may(get_action(known.action).permission))
    initial = {
        f: getattr(found, f) for f in known.fields if f in ("name", "username", "post", "email", "phone")
    }
    initial |= {f: request.GET[f] for f in ("role",) if f in request.GET}
    form = ActionForm(
        known.action,
        request,
        fixed={"person": found.pk},
        initial=initial,
        only=known.fields,
        submit_label=known.button,
    )
    if what == "unlink":
        _offer_links(form, found)
    back = reverse("people.detail", kwargs={"person": found.pk})
    if request.method == "POST":
        result = submit(request, form)
        if result is not None:
            shown = getattr(result.value, "one_time_password", "")
            if shown:
                return _show_once(request, result.value, shown)
            asked = getattr(result.value, "role_asked", None)
            return after(request, back, ASKED if asked else known.done)
    context = {
        "heading": Text(f"{form.action.label.zh}：{found.name}", f"{form.action.label.en}: {found.name}"),
        "crumbs": [LIST, Crumb(found.name, back), Crumb(form.action.label)],
        "cancel_url": back,
        "lead": _lead(what),
    }
    return show(request, "ui/page_form.html", context, form=form)


def _offer_links(form: ActionForm, person: Person) -> None:
    """The accounts that are linked; where there is one only, it is not asked for."""
    issuers = sorted(linked_of(person))
    if len(issuers) < 2:
        del form.fields["issuer"]
        return
    choices = [("", Text("全部", "All of them")), *((issuer, named(issuer)) for issuer in issuers)]
    form.fields["issuer"].widget = forms.Select(choices=choices)


ASKED = Text("已提请总经理同意", "The general manager is asked to agree")


def add(request: HttpRequest) -> HttpResponse:
    """Somebody new."""
    form = ActionForm("people.add", request)
    if request.method == "POST":
        result = submit(request, form)
        if result is not None:
            back = reverse("people.detail", kwargs={"person": result.subject[1]})
            shown = getattr(result.value, "one_time_password", "")
            if shown:
                return _show_once(request, result.value, shown)
            return after(request, back, Text("已新增", "Added"))
    context = {"heading": Text("新增人员", "Add person"), "crumbs": [LIST], "cancel_url": LIST.url}
    return show(request, "ui/page_form.html", context, form=form)


def _show_once(request: HttpRequest, person: Person, password: str) -> HttpResponse:
    """The one-time password, in this answer only."""
    context = {
        "heading": Text(f"{person.name} 的一次性密码", f"One-time password of {person.name}"),
        "person": person,
        "password": password,
        "days": identity.ONE_TIME_DAYS,
        "stopped": holds.hold_words(person, request.user) if holds.held(person) else None,
        "back": reverse("people.detail", kwargs={"person": person.pk}),
    }
    return render(request, "people/one_time.html", context)


def _lead(what: str) -> Text:
    words = {
        "password": Text(
            "生成一次性密码，只显示这一次；此人的其他登录立即结束。",
            "Makes a one-time password, shown this once; their sessions end at once.",
        ),
        "deactivate": Text(
            "登录立即结束，历史记录保留。", "Their sessions end at once; what they did stays."
        ),
        "move": Text("此前的数字仍归原部门。", "Earlier figures stay with the earlier department."),
        "factor": Text("手机丢失时使用；登录立即结束。", "For a lost phone; their sessions end at once."),
        "sessions": Text(
            "设备丢失时使用；密码不变，此人可重新登录。",
            "For a lost device; the password stays, and they may sign in again.",
        ),
        "unlink": Text(
            "此后那个账号打不开本系统，此人的登录立即结束；仍可用密码或通行密钥登录，也可重新关联。",
            "That account opens nothing here any more, and their sessions end. Password and passkey stay, and they may "
            "link it again.",
        ),
        "grant": Text(
            "每次授予都会记入日志，审计员可见。持有制度权利的角色和审计员须经总经理同意，同意后才生效。",
            "Each grant is a fact that the auditor sees. A role to which a clause gives rights, and the auditor’s, "
            "holds only once the general manager agrees.",
        ),
        "confirm": Text(
            "请先当面或打电话向本人核实。确认后，此人可以审批。",
            "Ask them in person or by telephone first. Once confirmed, they decide approvals again.",
        ),
    }
    return words.get(what, Text("", ""))


def _what_to_do(person: Person) -> list[tuple[str, Do]]:
    wanted = ["update", "move", "grant", "password"]
    if holds.held(person):
        wanted.append("confirm")
    if _locked(person):
        wanted.append("unlock")
    if identity.has_second_factor(person):
        wanted.append("factor")
    if person.links.exists():
        wanted.append("unlink")
    if person.sessions.filter(seen_at__isnull=False).exists():
        wanted.append("sessions")
    wanted.append("deactivate" if person.is_active else "reactivate")
    if not person.is_active:
        wanted = ["update", "reactivate"]
    return [
        (
            what,
            Do(
                get_action(DOING[what].action).label,
                reverse("people.do", kwargs={"person": person.pk, "what": what}),
                tone=DOING[what].tone,
                icon=DOING[what].icon,
            ),
        )
        for what in wanted
    ]


def _hand_over(request: HttpRequest, person: Person) -> list[Do]:
    """The way to a hand-over, which belongs to a package above this one."""
    known = get_page("handover.arrange")
    if known is None or not known.may(request.user) or person.pk == request.user.pk:
        return []
    return [Do(Text("工作交接", "Hand over"), f"{known.url()}?giver={person.pk}", icon="handshake")]


def _locked(person: Person) -> bool:
    """Whether too many wrong passwords lock this sign-in now, from any address."""
    since = system_clock() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    return bool(
        AccessAttempt.objects.filter(
            username=person.username.lower(),
            attempt_time__gte=since,
            failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        ).exists()
    )


def _history(person: Person) -> list[Event]:
    """The newest facts about this person; each day's sign-ins would hide the others."""
    kinds = all_kinds()
    about = Fact.objects.filter(subject_kind="person", subject_id=person.pk).exclude(kind="session.began")
    facts = list(about.order_by("-seq")[:20])
    names = dict(Person.objects.filter(pk__in={f.actor_id for f in facts}).values_list("pk", "name"))
    return [
        Event(f.happened_at, _said(f, kinds), kinds[f.kind].icon, names.get(f.actor_id or 0, ""))
        for f in facts
        if f.kind in kinds
    ]


def _said(fact: Fact, kinds: Any) -> Text:
    label: Text = kinds[fact.kind].label
    role = fact.data.get("role") if isinstance(fact.data, dict) else None
    if role in ROLES:
        return Text(f"{label.zh}：{ROLES[role].zh}", f"{label.en}: {ROLES[role].en}")
    if fact.data.get("department"):
        name = (
            Department.objects.filter(pk=fact.data["department"]).values_list("name", flat=True).first() or ""
        )
        return Text(f"{label.zh}：{name}", f"{label.en}: {name}")
    return label
