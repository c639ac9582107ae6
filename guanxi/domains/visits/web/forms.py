"""Forms of visits that need more than an action's own input: one captured line, and a plan from a customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from pydantic import ValidationError

from guanxi.domains.customers.models import Account, Contact, Need
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.words import ADDRESSES
from guanxi.platform.kernel import Action, Invalid, Text
from guanxi.platform.kernel.validation import messages
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import all_permissions
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.widgets import ManyChips

from ..lines import LINES
from ..models import Visit

Pairs = list[tuple[str, Any]]
NONE: tuple[str, Any] = ("", Text("（不填）", "(none)"))


class _OneLine(Action):
    """`visits.capture` with one line, its fields asked for one by one."""

    name = "visits.capture"
    permission = "visits.work"

    def __init__(self, kind: str) -> None:
        self.label = Text("记下", "Note it")  # type: ignore[misc]
        self.Input = LINES[kind].form  # type: ignore[misc]

    def parse(self, raw: Any) -> Any:
        try:
            return self.Input.model_validate(raw["lines"][0])
        except ValidationError as error:
            raise Invalid(messages(error)) from None


class LineForm(ActionForm):
    """A line of one kind for one visit; `raw` is the whole call of visits.capture."""

    def __init__(self, kind: str, visit: Visit, request: HttpRequest) -> None:
        self.kind, self.visit = kind, visit
        super().__init__(_OneLine(kind), request, fixed={"kind": kind})
        for name in ("key", "captured_at"):
            self.fields.pop(name, None)
        if "need" in self.fields:
            select(self, "need", needs_of(visit))

    def raw(self) -> dict[str, Any]:
        return {"visit": self.visit.pk, "lines": [super().raw()]}

    def take_invalid(self, invalid: Invalid) -> None:
        """The call's messages say which line and of what kind; here there is one."""
        super().take_invalid(
            Invalid({name.rpartition(".")[2] or name: said for name, said in invalid.errors.items()})
        )


class ReportForm(ActionForm):
    """A form with a field called summary. In a template `form.summary` is the summary of errors, so inside the form
    the field goes by another name; the browser sends it as `summary`."""

    FIELD, INSIDE = "summary", "words"

    def __init__(self, action: str, request: HttpRequest, **more: Any) -> None:
        super().__init__(action, request, **more)
        self.fields = {self.INSIDE if n == self.FIELD else n: f for n, f in self.fields.items()}
        if self.FIELD in self.initial:
            self.initial[self.INSIDE] = self.initial.pop(self.FIELD)

    def add_prefix(self, field_name: str) -> str:
        return super().add_prefix(self.FIELD if field_name == self.INSIDE else field_name)

    def raw(self) -> dict[str, Any]:
        values = super().raw()
        if self.INSIDE in values:
            values[self.FIELD] = values.pop(self.INSIDE)
        return values

    def take_invalid(self, invalid: Invalid) -> None:
        super().take_invalid(
            Invalid({self.INSIDE if n == self.FIELD else n: said for n, said in invalid.errors.items()})
        )


def needs_of(visit: Visit) -> Pairs:
    """The customer's open needs, to enter advice under."""
    rows = Need.objects.filter(customer=visit.customer_id).exclude(state=Need.CLOSED)[:50]
    return [NONE, *((str(need.pk), need.what) for need in rows)]


def contacts_of(customer_id: int) -> Pairs:
    """The people at a customer who are still there."""
    rows = Contact.objects.filter(customer=customer_id, active=True)
    return [NONE, *((str(c.pk), f"{c.name} {c.post}".strip()) for c in rows)]


def places_of(customer: Account, visit: Visit | None = None) -> Pairs:
    """The addresses of a customer to choose from, the main one first; none where there is but that one. visit: of whose address
    perhaps only words are left; it stays unless another is chosen."""
    rows = list(customer.addresses.all())
    gone = visit.place_said if visit is not None and visit.spot is None else ""
    if not rows and not gone:
        return []
    main = Text(f"主地址：{customer.address or '未填'}", f"Main address: {customer.address or 'not stated'}")
    kept = Text(f"{gone}（已不在客户资料中）", f"{gone} (no longer among the customer's)")
    return [*([("", kept)] if gone else []), ("0", main), *((str(row.pk), _called(row)) for row in rows)]


def _called(row: Address) -> Text:
    kind = ADDRESSES.get(row.kind, Text(row.kind, row.kind))
    return Text(f"{kind.zh}：{row.address}", f"{kind.en}: {row.address}")


def visitors(beside: int | None = None) -> Pairs:
    """Everybody at work whose role makes visits, for a choice of who goes along or instead."""
    roles = list(all_permissions()["visits.work"].roles)
    rows = (
        Person.objects.filter(is_active=True, grants__role__in=roles).select_related("department").distinct()
    )
    found = [p for p in rows.order_by("department__path", "name")[:200] if p.pk != beside]
    return [(str(p.pk), f"{p.name} {p.department or ''}".strip()) for p in found]


def select(form: ActionForm, name: str, pairs: Pairs) -> None:
    """Let a field be chosen from these instead of being typed."""
    if name in form.fields:
        form.fields[name].widget = forms.Select(choices=pairs)


def where(form: ActionForm, pairs: Pairs) -> None:
    """The address is chosen by its words; the number of the main one is only of use to callers of the API."""
    select(form, "place", pairs)
    if "place" in form.fields:
        form.fields["place"].help_text = ""


def several(form: ActionForm, name: str, pairs: Pairs) -> None:
    """Let several be chosen from these."""
    if name in form.fields:
        form.fields[name].widget = ManyChips(choices=pairs)


def given(request: HttpRequest, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Values that the address brings along, for a form's first showing."""
    return {name: request.GET[name] for name in names if request.GET.get(name)}
