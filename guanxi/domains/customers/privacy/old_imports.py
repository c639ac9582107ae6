"""Imported files are kept so that a row can be looked up as it stood. After the company's period they hold people for
nothing: the file and what its rows said go, by themselves; what was entered from them stays where it was entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from guanxi.platform.kernel import Clock, Text
from guanxi.platform.people.settings_registry import between, setting, value

from ..models_import import DONE, UNDONE, Import, ImportFile, ImportRow
from .retention import MONTH

MONTHS = "privacy.months_imports"
PORTION = 500

setting(
    MONTHS,
    int,
    0,
    Text("导入的原文件和各行原文：保存多少个月", "Imported files and their rows as they stood: months kept"),
    hint=Text(
        "0 为不限；到期后夜间自动清除，已导入的客户不受影响",
        "0 for no limit; then cleared by night. Customers that were imported are not touched",
    ),
    check=between(0, 240),
)


def clear_old(clock: Clock, beat: Callable[[dict[str, Any] | None], None]) -> int:
    """Clear imports that ended longer ago than they are kept; how many. In portions, so that others write in between. One
    that was stopped may still go on, and stays."""
    months = value(MONTHS)
    if not months:
        return 0
    ended = Import.objects.filter(state__in=(DONE, UNDONE), finished_at__lt=clock() - months * MONTH)
    old = list(ended.filter(file__isnull=False).order_by("pk"))
    for run in old:
        _clear(run, beat)
    return len(old)


def _clear(run: Import, beat: Callable[[dict[str, Any] | None], None]) -> None:
    """The file last: whoever takes over from a worker that died begins with the same import."""
    last = 0
    while part := list(ImportRow.objects.filter(run=run, pk__gt=last).order_by("pk")[:PORTION]):
        for row in part:
            # an undo takes the customer's number in the other system away again
            row.plan = {"key": row.plan.get("key", "")} if row.new_key else {}
            row.cells, row.said, row.digest = [], {}, ""
        ImportRow.objects.bulk_update(part, ["cells", "plan", "said", "digest"], batch_size=200)
        last = part[-1].pk
        beat(None)
    ImportFile.objects.filter(run=run).delete()
