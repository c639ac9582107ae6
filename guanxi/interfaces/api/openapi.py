"""The description of the API: every action with its typed input, every list with its parameters and columns."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import Action, all_actions
from guanxi.platform.kernel.actions import Choices, nested
from guanxi.platform.ui import data
from guanxi.platform.ui.registry import Page, listing_pages

from . import lists

HEADERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The caller's key: the same call twice writes once, other input under it is a conflict.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[ -~]+$"},
    }
]
SAID = {
    "401": "No valid sign-in",
    "403": "No right to it",
    "404": "No such record, or not yours to see",
    "409": "A clause refuses it, or the record has moved on",
    "413": "More than can be sent at once",
    "422": "Input that does not fit, by field",
}


def described(found: dict[str, Any]) -> dict[str, Any]:
    """Ninja's own description with a path for each action and each list."""
    schemas = found["components"]["schemas"]
    root = next(path for path in found["paths"] if path.endswith("/actions")).removesuffix("/actions")
    security: list[dict[str, Any]] = [{name: []} for name in found["components"].get("securitySchemes", {})]
    for name, action in all_actions().items():
        if action.internal or name.startswith("test."):
            continue
        body = {"content": {"application/json": {"schema": _input(action, schemas)}}, "required": True}
        found["paths"][f"{root}/actions/{name}"] = {
            "post": _operation(action, f"do_{name}", "Done", body, security, HEADERS)
        }
        found["paths"][f"{root}/actions/{name}/why"] = {
            "post": _operation(action, f"why_{name}", "Verdict", body, security, [])
            | {"summary": f"{action.label.en}: would it pass? Writes nothing"}
        }
    found["paths"][f"{root}/attachments"]["post"]["parameters"] = HEADERS
    found["paths"][f"{root}/attachments/{{attachment}}"] = {"get": _file(security)}
    for name, page in listing_pages().items():
        found["paths"][f"{root}/lists/{name}"] = {"get": _list(page, security)}
    return found


def _operation(
    action: Action, id: str, answer: str, body: Any, security: Any, headers: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "operationId": id.replace(".", "_"),
        "summary": f"{action.label.en} {action.label.zh}",
        "description": (type(action).__doc__ or "").strip(),
        "tags": [action.name.partition(".")[0]],
        "parameters": headers,
        "requestBody": body,
        "responses": _responses({"$ref": f"#/components/schemas/{answer}"}),
        "security": security,
    }


def _file(security: list[dict[str, Any]]) -> dict[str, Any]:
    """Fetching a file."""
    answers = _responses({"type": "string", "format": "binary"})
    answers["200"] = {
        "description": "The file's bytes; its name stands in Content-Disposition",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
    return {
        "operationId": "fetch_attachment",
        "summary": "Fetch a file of a customer or a visit",
        "tags": ["attachments"],
        "parameters": [
            {
                "name": "attachment",
                "in": "path",
                "required": True,
                "schema": {"type": "integer", "minimum": 1},
            }
        ],
        "responses": answers,
        "security": security,
    }


def _list(page: Page, security: Any) -> dict[str, Any]:
    parameters: dict[str, dict[str, Any]] = {}
    for name, converter in lists.arguments_of(page).items():
        of = {"type": "integer", "minimum": 0} if converter.regex == "[0-9]+" else {"type": "string"}
        parameters[name] = {"name": name, "in": "query", "required": True, "schema": of}
    for cls in page.lists:
        for one in data.parameters(cls):
            parameters.setdefault(one["name"], one)
    shapes = [data.schema(cls) for cls in page.lists]
    return {
        "operationId": f"list_{page.name}".replace(".", "_").replace("-", "_"),
        "summary": f"{page.label.en} {page.label.zh}",
        "tags": ["lists"],
        "parameters": list(parameters.values()),
        "responses": _responses(shapes[0] if len(shapes) == 1 else {"anyOf": shapes}),
        "security": security,
    }


def _responses(shape: dict[str, Any]) -> dict[str, Any]:
    fault = {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}
    return {
        "200": {"description": "Done", "content": {"application/json": {"schema": shape}}},
        "400": {"description": "Not a JSON object", "content": fault},
        **{status: {"description": words, "content": fault} for status, words in SAID.items()},
    }


def _input(action: Action, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of an action's input; nested shapes are put among the components under the action's name."""
    made = action.Input.model_json_schema(ref_template=f"#/components/schemas/{action.name}.{{model}}")
    for name, inner in made.pop("$defs", {}).items():
        schemas[f"{action.name}.{name}"] = _plain(inner)
    _offer(action, made)
    whole = _plain(made)
    schemas[action.name] = whole | {"title": action.name}
    return {"$ref": f"#/components/schemas/{action.name}"}


def _offer(action: Action, made: dict[str, Any]) -> None:
    """What a field may be chosen from, where that is the same for every company; what this company has of its own."""
    for name, part in nested(action.Input):
        made["properties"][name] |= part.schema()
    for name, info in action.Input.model_fields.items():
        offered = next((m for m in info.metadata if isinstance(m, Choices)), None)
        if offered is None or callable(offered.source):
            continue
        words = "; ".join(f"{value}: {text.en}" for value, text in offered.pairs() if text.en)
        made["properties"][name]["description"] = words


OURS = ("zh", "en", "widget", "of", "hint")
"""What a field's schema holds for our own forms only."""


def _plain(node: Any) -> Any:
    """A schema without what only our forms read; a field's words in both languages as its title."""
    if isinstance(node, list):
        return [_plain(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key not in OURS}
    if isinstance(node.get("zh"), str):
        kept["title"] = f"{node['zh']} / {node['en']}"
        hint = node.get("hint")
        if isinstance(hint, dict):
            kept["description"] = " ".join(filter(None, [kept.get("description"), hint["en"]]))
    return {key: _part(key, value) for key, value in kept.items()}


def _part(key: str, value: Any) -> Any:
    if key in ("default", "enum", "const", "required"):
        return value
    if key == "properties":
        return {name: _plain(field) for name, field in value.items()}
    return _plain(value)
