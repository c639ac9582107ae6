"""Move the company to another database: guanxi move --to postgresql://owner:…@db/guanxi

Guanxi must be stopped. Without --to it moves to the embedded SQLite in the data folder (from PostgreSQL). Every table is
compared by count and content afterwards, the journal verified, the regulations replayed; the old database stays as it
is. Exit status: 0 moved, 1 not, and nothing has changed."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from guanxi.interfaces.cli.bar import Bar

NAME = "move"
HELP = "move the company from SQLite to PostgreSQL, or back"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to",
        metavar="URL",
        default="",
        help="postgresql://user:password@host:port/name (default: SQLite in the data folder)",
    )
    parser.add_argument(
        "--replace", action="store_true", help="although a company is there; it is put aside, not deleted"
    )
    parser.add_argument(
        "--anyway", action="store_true", help="although the journal does not verify or replay"
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    from django.conf import settings

    from guanxi.platform.backups import restoring
    from guanxi.platform.backups.taking import Failed
    from guanxi.settings.database import database_from

    try:
        to = database_from(options.to, Path(settings.HOME))
    except ValueError as error:
        print(str(error).replace("DATABASE_URL", "--to"), file=sys.stderr)
        return 2
    bar = Bar("copied")
    try:
        done = restoring.move(
            to,
            replace=options.replace,
            strict=not options.anyway,
            say=lambda what, count, of: bar.show(count, of, what),
        )
    except Failed as error:
        bar.end()
        print(f"Not moved, nothing was changed: {error}", file=sys.stderr)
        return 1
    bar.end()
    built = done.built
    if options.json:
        print(
            json.dumps(
                {
                    "rows": built.rows,
                    "facts": built.facts,
                    "head": built.head,
                    "place": done.place,
                    "before": done.before,
                }
            )
        )
        return 0
    print(
        f"Moved to {done.place}: {built.rows:,} rows, {built.facts:,} facts; each table compared, journal whole, replay clean."
    )
    if done.before:
        print(f"What was there before: {done.before}. Delete it when you are sure.")
    if to["ENGINE"].endswith("postgresql"):
        print(
            "From now on start with DATABASE_URL set to it. `guanxi journal grants ROLE` gives the application its role."
        )
    else:
        print("From now on start without DATABASE_URL.")
    return 0
