"""Bring the data folder up to date: database migrated, static files collected. `guanxi run` does the same."""

from __future__ import annotations

import argparse

NAME = "setup"
HELP = "create or update database and static files"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing of what is done")


def run(options: argparse.Namespace) -> int:
    from guanxi.interfaces.cli.prepare import prepare

    prepare(quiet=options.quiet)
    return 0
