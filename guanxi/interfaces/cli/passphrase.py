"""The passphrase of a sealed backup: from a file, from the environment, or typed; never on the command line."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path


class Unheard(Exception):
    """There is none to be had, or it does not do; the sentence says why."""


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """The option of the commands that seal or open."""
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="file whose first line is the passphrase (else GUANXI_BACKUP_PASSPHRASE, else it is asked for)",
    )


def passphrase_of(options: argparse.Namespace, *, new: bool) -> str:
    """The passphrase. new: typed twice, and refused where it is short. Raises Unheard."""
    from guanxi.platform.backups.sealing import SHORTEST
    from guanxi.platform.backups.timetable import PASSPHRASE

    if options.passphrase_file:
        try:
            lines = Path(options.passphrase_file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Unheard(f"{options.passphrase_file} cannot be read: {error}") from None
        given = lines[0] if lines else ""
    elif os.environ.get(PASSPHRASE):
        given = os.environ[PASSPHRASE]
    elif sys.stdin.isatty():
        given = getpass.getpass("Passphrase of the backup: ")
        if new and getpass.getpass("The same again: ") != given:
            raise Unheard("the two are not the same")
    else:
        raise Unheard(f"no passphrase: give --passphrase-file, or set {PASSPHRASE}")
    if new and len(given) < SHORTEST:
        raise Unheard(f"a passphrase has at least {SHORTEST} characters")
    if not given:
        raise Unheard("the passphrase is empty")
    return given
