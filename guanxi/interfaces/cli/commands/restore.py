"""Restore a backup into an empty installation: guanxi restore guanxi-20261125-020000.tar.gz

Guanxi must be stopped. Everything is built beside what is here and checked (each table against the backup, the journal
verified, the regulations replayed) before anything is replaced; interrupted at any time, either the old or the new is
there, whole. Exit status: 0 restored (or, with --check, the file is whole), 1 not, and nothing has changed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from guanxi.interfaces.cli.bar import Bar
from guanxi.interfaces.cli.passphrase import Unheard, add_passphrase, passphrase_of

NAME = "restore"
HELP = "restore a backup, or check one"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="the backup")
    parser.add_argument(
        "--check", action="store_true", help="only read it through and say whether it is whole"
    )
    parser.add_argument(
        "--replace", action="store_true", help="although a company is here; it is put aside, not deleted"
    )
    parser.add_argument(
        "--anyway", action="store_true", help="although its journal does not verify or replay"
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    add_passphrase(parser)


def run(options: argparse.Namespace) -> int:
    from guanxi.platform.backups import restoring
    from guanxi.platform.backups.sealing import is_sealed
    from guanxi.platform.backups.taking import Failed

    path, bar = Path(options.file), Bar("read")
    try:
        passphrase = passphrase_of(options, new=False) if is_sealed(path) else ""
    except OSError as error:
        print(f"{path} cannot be read: {error.strerror or error}", file=sys.stderr)
        return 1
    except Unheard as error:
        print(error, file=sys.stderr)
        return 2

    def say(what: str, done: int, of: int) -> None:
        bar.show(done, of, what)

    try:
        if options.check:
            found = restoring.check(path, passphrase, say)
            bar.end()
            print(
                json.dumps(found)
                if options.json
                else f"whole: {found['rows']:,} rows, {found['facts']:,} facts, of {found['made_at']}"
            )
            return 0
        done = restoring.restore(
            path, passphrase=passphrase, replace=options.replace, strict=not options.anyway, say=say
        )
    except Failed as error:
        bar.end()
        what = "Not whole" if options.check else "Not restored, nothing was changed"
        print(f"{what}: {error}", file=sys.stderr)
        return 1
    bar.end()
    _tell(done, as_json=options.json)
    return 0


def _tell(done: object, *, as_json: bool) -> None:
    from guanxi.platform.backups.restoring import Restored

    if not isinstance(done, Restored):
        return
    built = done.built
    if as_json:
        print(
            json.dumps(
                {
                    "rows": built.rows,
                    "facts": built.facts,
                    "head": built.head,
                    "place": done.place,
                    "before": done.before,
                    "erased_again": built.erased,
                    "not_erased_again": built.not_erased,
                    "not_looked_up": built.not_looked_up,
                }
            )
        )
        return
    print(
        f"Restored the backup of {built.made_at} into {done.place}: {built.rows:,} rows, {built.facts:,} facts; "
        "each table compared, journal whole, replay clean."
    )
    if done.before:
        print(f"What was here before: {done.before}. Delete it when you are sure.")
    if built.erased:
        print(
            f"Erased again: {built.erased} whose data had been erased since the backup (see Exports and erasures)."
        )
    if built.not_erased:
        print(
            "Erased since the backup, brought back by it, and not to be erased again by the command: contacts "
            f"{', '.join(built.not_erased)}. Erase them again."
        )
    if built.not_looked_up:
        print(_NOT_LOOKED_UP[built.not_looked_up])
    if not built.secret:
        print(
            "The backup was not encrypted and holds no secret key: everybody signs in anew, recovery codes are to be made anew."
        )
    print("E-mail that waited when it was taken is held back: see the outbox.")


_NOT_LOOKED_UP = {
    "unreadable": "What was here before cannot be read, so nobody knows whether somebody was erased since the backup: "
    "erase them again.",
    "elsewhere": "People were erased in what was here before, which did not go on from this backup. If they are in it too, "
    "erase them again.",
}
