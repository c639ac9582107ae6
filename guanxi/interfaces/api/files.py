"""Files over the API: sent as a form or inside JSON, fetched as bytes. Rights, checks and scanner are those of the web."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.http import HttpRequest

from guanxi.domains.customers.attachments.uploading import Sent
from guanxi.platform.kernel import Invalid, Text

PLACES = {"customer": "attachments.add", "visit": "visits.attach"}
"""What a file can be attached to, and the action that does it."""
FIELDS = ("contact", "note")
_SAID = {
    "customer": {"type": "integer", "description": "The customer's number; this or visit"},
    "visit": {"type": "integer", "description": "The visit's number; this or customer"},
    "contact": {"type": "integer", "description": "About which contact of the customer"},
    "note": {"type": "string", "maxLength": 200},
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {**_SAID, "file": {"type": "string", "format": "binary"}},
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["name", "content"],
                    "properties": {
                        **_SAID,
                        "name": {"type": "string", "description": "The file's own name, with its ending"},
                        "content": {"type": "string", "description": "The bytes in Base64"},
                    },
                }
            },
        },
    }
}


def read(request: HttpRequest, json: Mapping[str, Any] | None) -> tuple[str, dict[str, Any], Sent]:
    """(action, its input, the file) of what was sent: as a form, or as this JSON object. Invalid by field."""
    if json is None:
        given: dict[str, Any] = {name: value for name, value in request.POST.items() if value != ""}
        sent = _of_form(request)
    else:
        given = dict(json)
        sent = _of_json(given)
    places = [name for name in PLACES if given.get(name) is not None]
    if len(places) != 1:
        words = Text("请写明客户或拜访，二者择一", "Name a customer or a visit, one of the two")
        raise Invalid({place: [words] for place in PLACES})
    strange = given.keys() - {*PLACES, *FIELDS}
    if strange:
        raise Invalid({name: [Text("没有这个字段", "There is no such field")] for name in sorted(strange)})
    place = places[0]
    kept = {name: given[name] for name in (place, *FIELDS) if given.get(name) is not None}
    return PLACES[place], kept, sent


def _of_form(request: HttpRequest) -> Sent:
    files = request.FILES.getlist("file")
    if len(files) != 1 or len(request.FILES) != 1 or not files[0].name:
        raise Invalid.field("file", "请上传一个文件", "Send one file")
    return Sent(files[0].name, files[0], files[0].size or 0)


def _of_json(given: dict[str, Any]) -> Sent:
    name, content = given.pop("name", None), given.pop("content", None)
    faults: dict[str, list[Text]] = {}
    if not (isinstance(name, str) and name.strip()):
        faults["name"] = [Text("请填写文件名", "Please give the file's name")]
    decoded = b""
    try:
        decoded = base64.b64decode(content, validate=True) if isinstance(content, str) else b""
    except (binascii.Error, ValueError):
        faults["content"] = [Text("不是有效的 Base64", "This is not Base64")]
    if not isinstance(content, str):
        faults["content"] = [Text("请以 Base64 给出文件内容", "Give the file's bytes in Base64")]
    if faults:
        raise Invalid(faults)
    return Sent(str(name), BytesIO(decoded), len(decoded))
