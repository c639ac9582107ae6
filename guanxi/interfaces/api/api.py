"""GET /api/actions, POST /api/actions/{name}, POST /api/actions/{name}/why, GET /api/lists, GET /api/lists/{name},
POST /api/attachments, GET /api/attachments/{number}, GET /api/openapi.json.

Signed in by the web's session (then with its CSRF token), or with `Authorization: Bearer` and a token of one's own.
`Idempotency-Key`: the same call twice writes once. Answers are JSON in UTF-8, in the language that `Accept-Language`
puts first (zh or en), else the person's own. docs/reference/api.md shows how to call it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.renderers import BaseRenderer
from ninja.security import HttpBearer, django_auth

from guanxi.domains.customers.attachments.uploading import upload
from guanxi.domains.customers.web.attachments import give
from guanxi.interfaces.web.faults import OUT_OF_DATE, TOO_LARGE
from guanxi.interfaces.web.language import preferred
from guanxi.platform.kernel import (
    Action,
    ActionError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Reason,
    Refused,
    Result,
    Text,
    UnknownAction,
    all_actions,
    explain,
    get_action,
    perform,
    system_clock,
)
from guanxi.platform.kernel import may as may_act
from guanxi.platform.people.addresses import client_address
from guanxi.platform.people.settings_registry import value
from guanxi.platform.people.tokens import Pace, held_token
from guanxi.platform.ui.registry import listing_pages

from . import files, lists, openapi

log = logging.getLogger(__name__)
security = logging.getLogger("guanxi.security")
pace = Pace()


class TooManyCalls(Exception):
    """A token called more often than the company allows. wait: seconds until it may again."""

    def __init__(self, most: int, wait: int) -> None:
        self.most, self.wait = most, wait
        super().__init__(f"more than {most} calls in a minute")


class Utf8Renderer(BaseRenderer):
    """Chinese goes out as Chinese, not as escapes."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        return json.dumps(data, ensure_ascii=False, default=str)


class Token(HttpBearer):
    """A person's own token, made on their account page."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        held = held_token(token)
        if held is None:
            security.warning("unknown API token from %s", client_address(request))
            return None
        request.user = held.person
        translation.activate(language_of(request, held.person))
        most = value("security.api_calls")
        if wait := pace.wait(held, system_clock(), most):
            raise TooManyCalls(most, wait)
        return held.person


def signed_in(request: HttpRequest) -> Any:
    """The person of the web's session."""
    person = django_auth(request)
    if person is not None:
        translation.activate(language_of(request, person))
    return person


def language_of(request: HttpRequest, person: Any) -> str:
    """'en' or 'zh-hans': what the caller puts first, else the person's own (the middleware sets it back afterwards)."""
    wanted = preferred(request) or str(person.language)[:2]
    return "en" if wanted == "en" else "zh-hans"


class ActionOut(Schema):
    name: str
    label: str
    help: str
    permission: str
    writes: list[str]
    may: bool
    input: dict[str, Any]


class ReasonOut(Schema):
    clause: str
    control: str
    version: str
    text: str
    remedy: str
    remedy_action: str
    remedy_by: str
    waivable_by: str


class ListOut(Schema):
    name: str
    label: str
    of: list[str]


class Done(Schema):
    subject: str
    id: int | str | None
    facts: list[int]
    replayed: bool
    warnings: list[ReasonOut]


class Fault(Schema):
    """Why it did not happen. kind: invalid, refused, forbidden, not_found, conflict, unauthorised, too_large, too_many,
    fault."""

    kind: str
    text: str
    fields: dict[str, list[str]] = {}
    failures: list[ReasonOut] = []
    warnings: list[ReasonOut] = []


class Verdict(Schema):
    passed: bool
    failures: list[ReasonOut]
    warnings: list[ReasonOut]


class Described(NinjaAPI):
    """The API with every action and every list described by itself."""

    def get_openapi_schema(self, **named: Any) -> Any:
        return openapi.described(super().get_openapi_schema(**named))


api = Described(
    title="Guanxi",
    version="1",
    description="Every action and every list of Guanxi, with the same rights, gates and journal as on the web.",
    urls_namespace="api",
    docs_url=None,
    renderer=Utf8Renderer(),
    auth=[Token(), signed_in],
)
FAULTS = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429), Fault)


@api.get(
    "/actions", response={200: list[ActionOut], 401: Fault}, summary="Every action, with its input's schema"
)
def actions(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "name": action.name,
            "label": str(action.label),
            "help": (type(action).__doc__ or "").strip(),
            "permission": action.permission,
            "writes": list(action.writes),
            "may": may_act(request.user, action.name),
            "input": action.Input.model_json_schema(),
        }
        for action in all_actions().values()
        if not action.internal
    ]


@api.post("/actions/{name}", response={200: Done, **FAULTS}, include_in_schema=False)
def run(request: HttpRequest, name: str) -> dict[str, Any]:
    result = perform(
        _offered(name).name,
        _payload(request),
        actor=request.user,
        key=request.headers.get("Idempotency-Key"),
        source="api",
    )
    return _done(result)


def _done(result: Result) -> dict[str, Any]:
    kind, id = result.subject
    return {
        "subject": kind,
        "id": id,
        "facts": list(result.seqs),
        "replayed": result.replayed,
        "warnings": reasons(result.warnings),
    }


@api.post("/actions/{name}/why", response={200: Verdict, **FAULTS}, include_in_schema=False)
def why(request: HttpRequest, name: str) -> dict[str, Any]:
    verdict = explain(_offered(name).name, _payload(request), actor=request.user)
    return {
        "passed": verdict.passed,
        "failures": reasons(verdict.failures),
        "warnings": reasons(verdict.warnings),
    }


@api.get("/lists", response={200: list[ListOut], 401: Fault}, summary="Every list that one may read")
def listed(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"name": page.name, "label": str(page.label), "of": [cls.name for cls in page.lists]}
        for page in listing_pages().values()
        if page.may(request.user)
    ]


@api.get("/lists/{name}", response={200: None, **FAULTS}, include_in_schema=False)
def rows(request: HttpRequest, name: str) -> Any:
    return lists.answer(request, name)


@api.post(
    "/attachments",
    response={200: Done, **FAULTS},
    openapi_extra=files.BODY,
    summary="Attach a file to a customer or a visit",
)
def attach(request: HttpRequest) -> dict[str, Any]:
    form = request.content_type == "multipart/form-data"
    action, given, sent = files.read(request, None if form else _payload(request))
    key = request.headers.get("Idempotency-Key")
    return _done(upload(action, given, sent, actor=request.user, source="api", key=key))


@api.get("/attachments/{int:attachment}", include_in_schema=False)
def fetch(request: HttpRequest, attachment: int) -> Any:
    return give(request, attachment, source="api")


@api.get("/{path:rest}", include_in_schema=False)
@api.post("/{path:rest}", include_in_schema=False)
def nothing(request: HttpRequest, rest: str) -> Any:
    """Whatever else is asked for is not there, said as everything else is said."""
    raise NotFound("address", rest)


def _payload(request: HttpRequest) -> dict[str, Any]:
    """The body as one JSON object; none at all is an empty one."""
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise HttpError(400, "one JSON object")
    return found


def _offered(name: str) -> Action:
    action = get_action(name)
    if action.internal:
        raise UnknownAction(name)
    return action


def reasons(found: Sequence[Reason]) -> list[dict[str, str]]:
    return [
        {
            "clause": r.clause,
            "control": r.control,
            "version": r.version,
            "text": str(r.text),
            "remedy": str(r.remedy_text),
            "remedy_action": r.remedy_action,
            "remedy_by": str(r.remedy_by),
            "waivable_by": str(r.waivable_by),
        }
        for r in found
    ]


STATUS: tuple[tuple[type[ActionError], str, int], ...] = (
    (Invalid, "invalid", 422),
    (Refused, "refused", 409),
    (Conflict, "conflict", 409),
    (Forbidden, "forbidden", 403),
    (NotFound, "not_found", 404),
    (UnknownAction, "not_found", 404),
)


@api.exception_handler(ActionError)
def answer(request: HttpRequest, error: ActionError) -> Any:
    """The kernel's answers, with the same meaning as in every other interface."""
    kind, status = next(((k, s) for cls, k, s in STATUS if isinstance(error, cls)), ("invalid", 400))
    body: dict[str, Any] = {"kind": kind, "text": str(error), "fields": {}, "failures": [], "warnings": []}
    if isinstance(error, Invalid):
        body["fields"] = {name: [str(m) for m in messages] for name, messages in error.errors.items()}
    if isinstance(error, Refused):
        body["failures"], body["warnings"] = reasons(error.failures), reasons(error.warnings)
    return api.create_response(request, body, status=status)


def _fault(request: HttpRequest, kind: str, text: Text, status: int) -> Any:
    return api.create_response(
        request,
        {"kind": kind, "text": str(text), "fields": {}, "failures": [], "warnings": []},
        status=status,
    )


@api.exception_handler(AuthenticationError)
def nobody(request: HttpRequest, error: AuthenticationError) -> Any:
    return _fault(
        request, "unauthorised", Text("请先登录，或给出有效的令牌", "Sign in, or give a valid token"), 401
    )


@api.exception_handler(TooManyCalls)
def too_many(request: HttpRequest, error: TooManyCalls) -> Any:
    words = Text("一分钟内最多 {n} 次调用，请稍后再试", "At most {n} calls in a minute; please wait")
    answer = _fault(request, "too_many", words.format(n=error.most), 429)
    answer["Retry-After"] = str(error.wait)
    return answer


@api.exception_handler(Exception)
def fault(request: HttpRequest, error: Exception) -> Any:
    """A mistake of ours: logged, and said as everything else is said."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _fault(
        request,
        "fault",
        Text("服务器没能完成这一步，什么都没有改动", "The server could not do this, and nothing was changed"),
        500,
    )


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, error: Exception) -> Any:
    return _fault(request, "too_large", TOO_LARGE, 413)


@api.exception_handler(SuspiciousOperation)
@api.exception_handler(MultiPartParserError)
@api.exception_handler(UnreadablePostError)
@api.exception_handler(ValidationError)
@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: Exception) -> Any:
    if isinstance(error, HttpError) and error.status_code == 403:  # a session without the token of its pages
        return _fault(request, "forbidden", OUT_OF_DATE, 403)
    return _fault(
        request, "invalid", Text("请求体应为一个 JSON 对象", "The body must be one JSON object"), 400
    )
