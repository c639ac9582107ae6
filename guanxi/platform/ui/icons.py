"""Lucide icons, inline, so that they take the text's colour. Read once from the vendor folder."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_FOLDER = Path(__file__).resolve().parents[2] / "static_vendor" / "icons"
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.S)
_NAME = re.compile(r"[a-z0-9-]+")


@functools.cache
def _body(folder: Path, name: str) -> SafeString | None:
    if not _NAME.fullmatch(name):
        return None
    try:
        found = _BODY.search((folder / f"{name}.svg").read_text("utf-8"))
    except OSError:
        return None
    return mark_safe(" ".join(found[1].split())) if found else None  # noqa: S308 (our own vendor file)


def icon(name: str, *, label: str = "", size: str = "") -> SafeString:
    """The icon as SVG; hidden from screen readers unless it has a label. A missing icon leaves an empty square."""
    return _drawn(Path(getattr(settings, "ICON_FOLDER", _FOLDER)), name, label, size)


@functools.lru_cache(maxsize=1000)
def _drawn(folder: Path, name: str, label: str, size: str) -> SafeString:
    body = _body(folder, name) or mark_safe("")
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" width="16" height="16" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        f" icon-{size}" if size else "",
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        body,
    )
