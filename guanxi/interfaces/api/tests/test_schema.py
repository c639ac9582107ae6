"""Given the API's own description, when programs send what it allows and what it does not, then every answer is one that
it describes: never a fault of ours, never a silent yes to what does not fit."""

from __future__ import annotations

import warnings
from contextlib import suppress
from datetime import timedelta
from functools import cache
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from guanxi.interfaces.api.api import api
from guanxi.platform.kernel import all_actions, fixed_clock
from guanxi.platform.people.tests.cast import Cast
from tests.company import START, bring_into_force, do

from .test_api import token_of

pytestmark = pytest.mark.django_db
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
OFFERED = {n: a for n, a in all_actions().items() if not a.internal and not n.startswith("test.")}
TAGS = sorted({name.partition(".")[0] for name in OFFERED})
EXAMPLES = 3


@pytest.fixture
def world(cast: Cast) -> dict[str, Any]:
    """R1 in force and a row of most kinds, so that what is sent meets something."""
    bring_into_force(cast, "R1")
    lin = cast.lin
    customer = do(lin, START, "customers.create", name="恒远电子", kinds=["company"]).value
    contact = do(lin, START, "contacts.add", customer=customer.pk, name="李工").value
    need = do(lin, START, "needs.add", customer=customer.pk, what="变频器", source="visit").value
    due = (START + timedelta(days=3)).date().isoformat()
    promise = do(lin, START, "promises.make", customer=customer.pk, what="寄样册", due_on=due).value
    at = (START + timedelta(hours=4)).isoformat()
    plan = {"customer": customer.pk, "planned_at": at, "purpose": "routine", "target": "试用"}
    visit = do(lin, START, "visits.plan", **plan).value
    return {
        "customer": customer.pk,
        "contact": contact.pk,
        "need": need.pk,
        "promise": promise.pk,
        "visit": visit.pk,
        "person": cast.zhao.pk,
        "department": cast.team.pk,
        "tokens": cycle(
            [
                token_of(p, fixed_clock(START))
                for p in (cast.lin, cast.wang, cast.wu, cast.chen, cast.sun, cast.zhou)
            ]
        ),
    }


@cache
def description() -> dict[str, Any]:
    """What `GET /api/openapi.json` says; signing in is ours to do."""
    found = dict(api.get_openapi_schema(path_prefix="api/"))
    found["components"]["securitySchemes"] = {}
    for methods in found["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return found


@cache
def application() -> Any:
    """The product as a web server holds it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # static files are not collected for tests
        return get_wsgi_application()


@cache
def loaded() -> Any:
    """The description as schemathesis reads it."""
    schema = schemathesis.openapi.from_dict(description())
    schema.app = application()
    return schema


def tried(path: str, method: str, world: dict[str, Any], *, examples: int = EXAMPLES) -> None:
    """Send what the description allows and what it does not; check every answer against it."""
    operation = loaded()[path][method]
    few = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    def send(case: Any, *, fitting: bool) -> None:
        if isinstance(case.body, dict) and fitting:
            case.body |= known(path, case.body, world)
        token = next(world["tokens"])
        more = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        case.headers = {**(case.headers or {}), **more}
        case.call_and_validate(checks=CHECKS)

    @few
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def what_fits(case: Any) -> None:
        send(case, fitting=True)

    @few
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def what_does_not(case: Any) -> None:
        send(case, fitting=False)

    what_fits()
    with suppress(Unsatisfiable):  # where nothing is taken, nothing can be sent wrongly
        what_does_not()


def known(path: str, body: dict[str, Any], world: dict[str, Any]) -> dict[str, Any]:
    """Ids of rows that are there, in the place of made-up ones."""
    action = OFFERED.get(path.removesuffix("/why").rpartition("/")[2])
    fields = action.Input.model_fields if action else {}
    kinds = {
        name: str(info.json_schema_extra.get("of"))
        for name, info in fields.items()
        if isinstance(info.json_schema_extra, dict)
    }
    return {
        name: world[kind]
        for name, kind in kinds.items()
        if kind in world and isinstance(body.get(name), int) and body[name] % 3
    }


@pytest.mark.parametrize("tag", TAGS)
def test_every_action_answers_as_described(world: dict[str, Any], tag: str) -> None:
    names = [name for name in OFFERED if name.partition(".")[0] == tag]
    for name in names:
        tried(f"/api/actions/{name}", "POST", world)
    tried(f"/api/actions/{names[0]}/why", "POST", world)


def test_every_list_answers_as_described(world: dict[str, Any]) -> None:
    paths = [path for path in description()["paths"] if "/lists" in path]
    assert len(paths) > 15
    for path in paths:
        tried(path, "GET", world, examples=5)
    tried("/api/actions", "GET", world, examples=2)
