"""Take a backup while Guanxi runs: guanxi backup --to /srv/backups --encrypt

It holds the database as it stands at one moment, and the files people uploaded. Without --encrypt anybody who has the
file can read everything in it; the installation's own key is then left out. Exit status: 0 made, 1 not made."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from pathlib import Path

from guanxi.interfaces.cli.actor import actor_of, add_as
from guanxi.interfaces.cli.bar import Bar
from guanxi.interfaces.cli.passphrase import Unheard, add_passphrase, passphrase_of

NAME = "backup"
HELP = "take a backup of database and files, while Guanxi runs"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to", metavar="FOLDER", help="folder for it (default: the one of scheduled backups)"
    )
    parser.add_argument("--encrypt", action="store_true", help="seal it with a passphrase")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    add_passphrase(parser)
    add_as(parser)


def run(options: argparse.Namespace) -> int:
    from guanxi.platform.backups import taking, timetable
    from guanxi.platform.backups.jobs import described
    from guanxi.platform.backups.permissions import BACKUPS
    from guanxi.platform.kernel import Forbidden, perform
    from guanxi.platform.people.models import Person
    from guanxi.platform.people.rights import SYSTEM, who_may

    person = actor_of(options) if options.actor or Person.objects.exists() else None
    if person is not None and not person.may(BACKUPS.name):
        raise Forbidden(BACKUPS.name, who=who_may(BACKUPS.name))
    try:
        passphrase = passphrase_of(options, new=True) if options.encrypt or options.passphrase_file else ""
    except Unheard as error:
        print(error, file=sys.stderr)
        return 2
    bar = Bar("backed up")
    try:
        taken = taking.take(
            Path(options.to).resolve() if options.to else timetable.folder(),
            passphrase=passphrase,
            tell=bar.show,
        )
    except taking.Failed as error:
        bar.end()
        print(error, file=sys.stderr)
        return 1
    bar.end()
    perform(
        "backups.note_taken",
        {**described(taken), "machine": socket.gethostname(), "scheduled": False},
        actor=person or SYSTEM,
        source="cli",
    )
    if options.json:
        print(json.dumps({**described(taken), "path": str(taken.path)}, ensure_ascii=False))
    else:
        print(
            f"{taken.path}: {taken.size / 1e6:,.1f} MB, {taken.rows:,} rows, {taken.files:,} files, "
            f"{taken.facts:,} facts, {'encrypted' if taken.sealed else 'NOT encrypted, without the secret key'}"
        )
    return 0
