"""Requests that cannot be read at all: too large, bent, broken off. Said as everything else is said, as page or as JSON."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from guanxi.platform.kernel import Text

MEGABYTE = 1024 * 1024
MOST_WITH_FILES = 25 * MEGABYTE
"""Bytes of one request with its files: the largest file that is read is one of 20 MB."""
MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MEGABYTE
TOO_LARGE = Text(
    f"一次提交的内容不能超过 {MOST} MB，什么都没有保存；请分几次提交",
    f"No more than {MOST} MB can be sent at once, and nothing was kept; please send it in parts",
)
TOO_LARGE_A_FILE = Text(
    f"文件不能超过 {MOST_WITH_FILES // MEGABYTE} MB，什么都没有保存；请分成几个文件",
    f"No file of more than {MOST_WITH_FILES // MEGABYTE} MB can be sent, and nothing was kept; please split it",
)
OUT_OF_DATE = Text(
    "页面已过期，什么都没有保存；请重新打开页面再提交",
    "This page is out of date, and nothing was kept; please open it again and send it once more",
)
UNREADABLE = Text("请求无法读取，什么都没有保存", "The request cannot be read, and nothing was kept")


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form of another site, or of a page that stood open since another sign-in."""
    return render(request, "403.html", {"error": {"text": OUT_OF_DATE}}, status=403)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: 413 for what is too large, 400 for anything else that cannot be read."""
    large = isinstance(exception, RequestDataTooBig)
    too_large = TOO_LARGE_A_FILE if request.content_type == "multipart/form-data" else TOO_LARGE
    status, text = (413, too_large) if large else (400, UNREADABLE)
    if request.path_info.startswith("/api/"):
        kind = "too_large" if large else "invalid"
        told = {"kind": kind, "text": str(text), "fields": {}, "failures": [], "warnings": []}
        return JsonResponse(told, status=status, json_dumps_params={"ensure_ascii": False})
    return render(request, f"{status}.html", {"error": {"text": text}}, status=status)
