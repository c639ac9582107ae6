"""guanxi import --undo: take an import back, or say what that would come to. See import_.py for the options."""

from __future__ import annotations

import argparse
import json
from typing import Any


def undo(options: argparse.Namespace, actor: Any) -> int:
    """Take back the import whose number was given; status 1 where rows stayed."""
    from guanxi.domains.customers.importing.actions import my_import
    from guanxi.domains.customers.importing.undo import preview
    from guanxi.domains.customers.importing.undo_actions import undone
    from guanxi.domains.customers.models_import import UNDOING, ImportRow
    from guanxi.platform.kernel import Invalid, NotFound, perform

    from .import_ import wait

    try:
        run = my_import(actor, options.undo)
    except NotFound:
        raise Invalid.field(
            "--undo",
            f"没有第 {options.undo} 号导入，或不是您做的",
            f"There is no import {options.undo}, or it is not yours",
        ) from None
    if options.dry_run:
        would = preview(run, actor)
        said = _said(run.pk, actor, would.removed, would.put_back, would.kept, _marked(would.shown))
    else:
        perform("customers.undo_import", {"run": run.pk}, actor=actor, source="cli")
        run.refresh_from_db()
        wait(run, f"undo-{run.pk}", UNDOING, "undone", "undo_done", "undo_rows")
        removed, put_back = undone(run)
        lines = ImportRow.objects.filter(run=run, kept=True).order_by("number")
        said = _said(run.pk, actor, removed, put_back, len(lines), list(lines))
    if options.json:
        print(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _tell(said, dry=options.dry_run)
    return 1 if said["kept"] else 0


def _marked(shown: list[Any]) -> list[Any]:
    """Rows with the reason for which they would stay, as rows that stayed hold it."""
    for line, why in shown:
        line.said = {**line.said, "kept": why.as_json()}
    return [line for line, _ in shown]


def _said(id: int, actor: Any, removed: int, put_back: int, kept: int, lines: list[Any]) -> dict[str, Any]:
    from guanxi.domains.customers.importing.kept import said_of

    reasons = said_of(actor, lines)
    rows = [
        {"row": line.number, "code": line.said["kept"]["code"], "reason": reasons[line.number]}
        for line in lines
    ]
    return {"import": id, "removed": removed, "put_back": put_back, "kept": kept, "rows": rows}


def _tell(said: dict[str, Any], *, dry: bool) -> None:
    print(
        f"{'Would be: ' if dry else ''}{said['removed']} customers removed, {said['put_back']} rows put back, "
        f"{said['kept']} kept"
    )
    for row in said["rows"]:
        print(f"  row {row['row']}: {row['reason']}")
    if said["kept"] > len(said["rows"]):
        print(f"  and {said['kept'] - len(said['rows'])} more")
