"""Requests that cannot be read at all: too large, bent, broken off. Said as everything else is said, as page or as JSON."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from guanxi.platform.kernel import Text

MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
TOO_LARGE = Text(
    f"一次提交的内容不能超过 {MOST} MB，什么都没有保存；请分几次提交",
    f"No more than {MOST} MB can be sent at once, and nothing was kept; please send it in parts",
)
UNREADABLE = Text("请求无法读取，什么都没有保存", "The request cannot be read, and nothing was kept")


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: 413 for what is too large, 400 for anything else that cannot be read."""
    large = isinstance(exception, RequestDataTooBig)
    status, text = (413, TOO_LARGE) if large else (400, UNREADABLE)
    if request.path_info.startswith("/api/"):
        kind = "too_large" if large else "invalid"
        told = {"kind": kind, "text": str(text), "fields": {}, "failures": [], "warnings": []}
        return JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False})
    return render(request, f"{status}.html", {"error": {"text": text}}, status=status)
