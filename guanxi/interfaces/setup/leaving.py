"""From demo to real: everything of the demo company goes, after it was said what that is, and set-up begins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from guanxi.platform.kernel import Action, ActionInput, NotFound, Secret, Text, ask
from guanxi.platform.people.identity import confirm_identity
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.act import show
from guanxi.platform.ui.forms import ActionForm

from . import access
from .zone import restart_worker

WORDS = Text("删除演示数据", "delete the demo")


class AskLeave(Action):
    """What is asked before the demo goes."""

    name = "setup.leave_demo"
    label = Text("删除演示公司，开始设置", "Delete the demo company and begin set-up")
    permission = "people.manage"

    class Input(ActionInput):
        confirm: str = ask("确认", "Confirmation", min_length=1, max_length=60)
        password: Secret = ask("您的密码", "Your password", widget="password")


def leave_demo(request: HttpRequest) -> HttpResponse:
    """What goes, in numbers; a typed confirmation and the password; then everything is gone."""
    if value("demo") is not True:
        raise NotFound("page", "leave-demo")
    from guanxi.demo.leave import leave, what_goes

    person: Any = request.user
    form = ActionForm(AskLeave(), request)
    passwordless = not person.has_usable_password()
    if passwordless:
        del form.fields["password"]
        form.fixed["password"] = "-"  # noqa: S105 (the demo's people have none)
    form.fields["confirm"].help_text = Text(f"请输入“{WORDS.zh}”", f"Type “{WORDS.en}”")  # type: ignore[assignment]
    if request.method == "POST" and form.is_valid():
        given = form.raw()
        if str(given["confirm"]).strip().lower() not in (WORDS.zh, WORDS.en):
            form.take_message(
                Text(f"请照原样输入“{WORDS.zh}”", f"Type “{WORDS.en}” exactly as it stands"), 422
            )
        elif not passwordless and not confirm_identity(person, password=str(given["password"])):
            form.take_message(Text("密码不正确", "The password is not right"), 422)
        else:
            leave(person)
            request.session.flush()
            access.let_in(request)
            restart_worker()
            return HttpResponseRedirect(reverse("setup.start"))
    context = {
        "heading": Text("从演示到正式使用", "From demo to real"),
        "goes": what_goes(),
        "home": settings.HOME,
        "cancel_url": reverse("operations.home"),
    }
    return show(request, "setup/leave_demo.html", context, form=form)
