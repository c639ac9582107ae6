"""The steps of set-up. The first two before anybody is signed in, the others as the new administrator."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from guanxi.platform.calendar.reads import keep_up
from guanxi.platform.kernel import (
    Conflict,
    Forbidden,
    Invalid,
    Refused,
    Text,
    current_language,
    perform,
    system_clock,
)
from guanxi.platform.messages.trial import try_email
from guanxi.platform.messages.web.pages import AskAddress, mail_context
from guanxi.platform.people import reads
from guanxi.platform.people.actions.importing import COLUMNS, check_rows
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.settings_registry import value
from guanxi.platform.people.web.company import as_csv, rows_sent
from guanxi.platform.people.web.signin import BACKEND
from guanxi.platform.regulations import overview, packs
from guanxi.platform.regulations.starting import not_started
from guanxi.platform.ui.access import may
from guanxi.platform.ui.act import after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.web.pages import YEAR

from . import access, steps, zone
from .actions import MANAGERS, company_department, paths_below
from .asked import NEXT, AskAdministrator, AskCode, AskCompany, FirstForm
from .treetext import write_tree

View = Callable[[HttpRequest], HttpResponse]
ROLES_SHOWN = 100


def before_anybody(view: View) -> View:
    """While nobody is here: for this machine, or with the set-up code. Afterwards: for the administrator."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if access.nobody_yet():
            if not access.may_enter(request):
                return HttpResponseRedirect(reverse("setup.code"))
        elif not may(request.user, "people.manage"):
            return HttpResponseRedirect("/")
        elif steps.standing().over:
            return HttpResponseRedirect(steps.url_of("done"))
        return view(request)

    return guarded


def during(view: View) -> View:
    """For the administrator, until the regulations are submitted; then the last page."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if steps.standing().over:
            return HttpResponseRedirect(steps.url_of("done"))
        return view(request)

    return guarded


def page(
    request: HttpRequest,
    name: str,
    template: str,
    context: dict[str, Any],
    form: ActionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """One step in its frame."""
    shared = {
        "steps": steps.shown(request, name, steps.standing()),
        "heading": steps.STEPS[name],
        "back": steps.before_step(name),
        "onward": steps.after_step(name),
    }
    response = show(request, template, shared | context, form=form)
    if form is None:
        response.status_code = status
    return response


def code(request: HttpRequest) -> HttpResponse:
    """The set-up code, for who is not at this machine."""
    if not access.nobody_yet() or access.may_enter(request):
        return HttpResponseRedirect(reverse("setup.start"))
    form = ActionForm(AskCode(), request)
    if request.method == "POST" and form.is_valid():
        if access.try_code(request, str(form.raw()["code"])):
            return HttpResponseRedirect(reverse("setup.start"))
        form.take_message(Text("设置码不正确", "The set-up code is not right"), 422)
    else:
        access.setup_code()
    return show(request, "setup/code.html", {"heading": Text("设置关系", "Set Guanxi up")}, form=form)


@before_anybody
def start(request: HttpRequest) -> HttpResponse:
    """The company's name, zone and language."""
    somebody = may(request.user, "people.manage")
    held = {
        "company": value("company.name"),
        "zone": settings.TIME_ZONE,
        "language": value("company.language") if somebody else _language(),
    } | request.session.get(steps.DRAFT, {})
    only = ["company", "language"] if zone.is_fixed() else ["company", "zone", "language"]
    form = ActionForm(AskCompany(), request, initial=held, only=only)
    for field in form.fields.values():
        field.required = True  # each choice has one that is made already: nothing here is left out
    if request.method == "POST" and form.is_valid():
        given = {"zone": settings.TIME_ZONE} | form.raw()
        if somebody:
            wrong = _change_company(request, given)
            if wrong is not None:
                form.take_invalid(wrong)
                return page(request, "start", "setup/start.html", {"zone": settings.TIME_ZONE}, form)
        else:
            request.session[steps.DRAFT] = {k: given[k] for k in ("company", "zone", "language")}
        zone.use_zone(str(given["zone"]))
        response = HttpResponseRedirect(steps.after_step("start"))
        if not somebody:
            response.set_cookie(
                "language",
                str(given["language"]),
                max_age=YEAR,
                samesite="Lax",
                secure=request.is_secure(),
                httponly=True,
            )
        return response
    return page(request, "start", "setup/start.html", {"zone": settings.TIME_ZONE}, form)


def _change_company(request: HttpRequest, given: dict[str, Any]) -> Invalid | None:
    """The company under another name or with another language, after its administrator is there."""
    top = company_department()
    try:
        for key, said in (("company.name", "company"), ("company.language", "language")):
            perform(
                "people.change_setting", {"key": key, "value": given[said]}, actor=request.user, source="web"
            )
        if top is not None and top.name != given["company"]:
            values = {"department": top.pk, "name": given["company"], "head": top.head_id, "code": top.code}
            perform("people.change_department", values, actor=request.user, source="web")
    except Invalid as invalid:
        return Invalid({"company": [m for messages in invalid.errors.values() for m in messages]})
    return None


@before_anybody
def administrator(request: HttpRequest) -> HttpResponse:
    """Who looks after the installation; from here on they are signed in."""
    if may(request.user, "people.manage"):
        return page(request, "administrator", "setup/administrator_done.html", {"person": request.user})
    draft = request.session.get(steps.DRAFT)
    if not draft:
        return HttpResponseRedirect(steps.url_of("start"))
    form = FirstForm(AskAdministrator(), request, only=["name", "username", "password", "again"])
    if request.method == "POST" and form.is_valid():
        given = form.raw()
        wanted = {k: given[k] for k in ("name", "username", "password")}
        try:
            perform(
                "people.first_administrator",
                wanted | {"company": draft["company"], "manager_later": True},
                actor=SYSTEM,
                source="web",
            )
        except Invalid as invalid:
            if not access.nobody_yet():
                return HttpResponseRedirect("/")  # somebody else was first
            form.take_invalid(invalid)
        else:
            return _signed_in(request, str(given["username"]), draft)
    return page(request, "administrator", "setup/form.html", {}, form)


def _signed_in(request: HttpRequest, username: str, draft: dict[str, str]) -> HttpResponse:
    access.end_code()
    person = Person.objects.get(username__iexact=username)
    perform(
        "people.change_setting",
        {"key": "company.language", "value": draft["language"]},
        actor=person,
        source="web",
    )
    perform(
        "people.set_preferences",
        {"language": draft["language"], "theme": person.theme},
        actor=person,
        source="web",
    )
    login(request, Person.objects.get(pk=person.pk), backend=BACKEND)
    for held in (steps.DRAFT, access.HELD):
        request.session.pop(held, None)
    return HttpResponseRedirect(steps.after_step("administrator"))


@during
def departments(request: HttpRequest) -> HttpResponse:
    """The tree as indented lines."""
    top = company_department()
    tree = write_tree(list(paths_below(top))) if top else ""
    form = ActionForm("setup.arrange_departments", request, initial={"tree": tree}, submit_label=NEXT)
    form.fields["tree"].widget.attrs |= {"rows": 12, "spellcheck": "false"}
    if request.method == "POST" and submit(request, form) is not None:
        steps.saw(request, "departments")
        return HttpResponseRedirect(steps.after_step("departments"))
    return page(request, "departments", "setup/departments.html", {"company": value("company.name")}, form)


@during
def people(request: HttpRequest) -> HttpResponse:
    """People from a spreadsheet: looked at first, then added."""
    context: dict[str, Any] = {"columns": list(COLUMNS.values())}
    status = 200
    if request.method == "POST":
        try:
            rows = rows_sent(request)
            if "confirm" in request.POST:
                result = perform(
                    "people.import",
                    {"rows": [row.model_dump() for row in rows]},
                    actor=request.user,
                    key=request.POST.get("_key") or None,
                    source="web",
                ).value
                if result is None:  # sent twice: it is done
                    return HttpResponseRedirect(steps.url_of("people"))
                context |= {"verdicts": result.verdicts, "added": result.added, "done": True}
            else:
                verdicts = check_rows(rows)
                context |= {
                    "verdicts": verdicts,
                    "fits": sum(v.fits for v in verdicts),
                    "table": as_csv(rows),
                }
        except Invalid as invalid:
            context["errors"] = [m for messages in invalid.errors.values() for m in messages]
            status = 422
    context["people"] = (
        reads.colleagues().select_related("department").prefetch_related("grants")[:ROLES_SHOWN]
    )
    context["count"] = reads.colleagues().count()
    return page(request, "people", "setup/people.html", context, status=status)


@during
def managers(request: HttpRequest) -> HttpResponse:
    """Who is general manager and who is service manager."""
    now = steps.standing()
    initial = {role: person.pk for role, person in now.managers.items() if person is not None}
    form = ActionForm("setup.name_managers", request, initial=initial, submit_label=NEXT)
    if request.method == "POST" and submit(request, form) is not None:
        return HttpResponseRedirect(steps.after_step("managers"))
    several = [role for role in MANAGERS if reads.holders(role).count() > 1]
    return page(request, "managers", "setup/managers.html", {"people": now.people, "several": several}, form)


@during
def email(request: HttpRequest) -> HttpResponse:
    """Which mail server is set, and whether it sends. May be skipped."""
    person: Any = request.user
    form = ActionForm(AskAddress(), request, initial={"address": person.email})
    trial = None
    steps.saw(request, "email")
    if request.method == "POST" and form.is_valid():
        trial = try_email(str(form.raw()["address"]), language=person.language)
    return page(request, "email", "setup/email.html", mail_context() | {"trial": trial}, form)


@during
def regulations(request: HttpRequest) -> HttpResponse:
    """Load the working calendar, and submit every regulation that ships on behalf of the service manager."""
    now = steps.standing()
    codes = not_started()
    manager, general = now.managers["service_manager"], now.managers["general_manager"]
    himself = general is not None and general.pk == request.user.pk
    wrong: Text | None = None
    if request.method == "POST" and now.named:
        keep_up(clock=system_clock)
        if himself:  # who asks cannot approve: the service manager submits at her first sign-in
            return HttpResponseRedirect(steps.url_of("done"))
        try:
            perform(
                "regulations.submit_all",
                {},
                actor=request.user,
                on_behalf_of=manager,
                key=request.POST.get("_key") or None,
                source="web",
            )
        except (Invalid, Refused, Conflict, Forbidden) as refused:
            wrong = refused.text
        else:
            return after(request, steps.url_of("done"), Text("制度已提交", "The regulations are submitted"))
    context = {
        "rows": [(code, overview.title_of(packs.shipped()[code]), _size(code)) for code in codes],
        "named": now.named,
        "general": general,
        "manager": manager,
        "himself": himself,
        "wrong": wrong,
    }
    return page(request, "regulations", "setup/regulations.html", context, status=409 if wrong else 200)


def _size(code: str) -> tuple[int, int]:
    pack, _ = overview.loaded(packs.shipped()[code])
    return (len(pack.clauses), len(pack.controls)) if pack else (0, 0)


def finished(request: HttpRequest) -> HttpResponse:
    """What happens next."""
    now = steps.standing()
    if not now.named or (not now.over and now.managers["general_manager"] != request.user):
        return HttpResponseRedirect(steps.next_step(request))
    context = {
        "heading": Text("设置完成", "All set up"),
        "steps": steps.shown(request, "", now),
        "general": now.managers["general_manager"],
        "manager": now.managers["service_manager"],
        "over": now.over,
        "waiting": unsigned_in().exclude(pk=request.user.pk).count(),
    }
    return show(request, "setup/done.html", context)


def onward(request: HttpRequest) -> HttpResponse:
    """Back into set-up, at the first step that is not done."""
    return HttpResponseRedirect(steps.next_step(request))


def unsigned_in() -> Any:
    """Who has never signed in and needs a first password."""
    return (
        reads.colleagues()
        .filter(last_login=None)
        .select_related("department")
        .order_by("department__path", "name")
    )


def passwords(request: HttpRequest) -> HttpResponse:
    """First passwords for everybody who has never signed in, on one sheet to be cut; shown this once."""
    person: Any = request.user
    people = list(unsigned_in().exclude(pk=person.pk)[:500])
    if request.method != "POST":
        context = {
            "heading": Text("首次登录密码", "First passwords"),
            "people": people,
            "cancel_url": "/people/",
        }
        return show(request, "setup/passwords.html", context)
    if not people:
        toast(request, Text("没有需要首次密码的人", "Nobody needs a first password"))
        return HttpResponseRedirect(reverse("setup.passwords"))
    made = []
    for one in people:
        value_ = perform("people.reset_password", {"person": one.pk}, actor=person, source="web").value
        made.append((one, value_.one_time_password))
    context = {
        "heading": Text("首次登录密码", "First passwords"),
        "made": made,
        "address": settings.GUANXI_ADDRESS or f"{request.scheme}://{request.get_host()}/",
        "company": value("company.name"),
        "back_url": reverse("setup.passwords"),
    }
    return show(request, "setup/sheet.html", context)


def _language() -> str:
    """The language in which set-up is being read, as a setting holds it."""
    return "en" if current_language() == "en" else "zh-hans"
