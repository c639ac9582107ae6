"""Duplicates: how well the matcher does on customers of which is known which are the same."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from guanxi.interfaces.cli.saying import offer_json, subcommand

NAME = "duplicates"
HELP = "judge the search for duplicates on a labelled set"
DJANGO = False
LEAST_PRECISION, LEAST_RECALL = 0.98, 0.9


def configure(parser: argparse.ArgumentParser) -> None:
    subs = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    judge = subcommand(
        subs,
        "judge",
        "precision and recall; exit 1 below 0.98 and 0.9 (public files: folder in GUANXI_TRY_DATA)",
    )
    judge.add_argument("--part", choices=("judged", "train"), default="judged", help="which half of the set")
    judge.add_argument(
        "--certain", action="store_true", help="only pairs about which nobody needs to be asked"
    )
    judge.add_argument("--errors", action="store_true", help="print what was missed and what was mistaken")
    offer_json(judge)


def run(options: argparse.Namespace) -> int:
    from guanxi.platform.imports.labelled.judging import judge, told
    from guanxi.platform.imports.labelled.sets import labelled

    folder = os.environ.get("GUANXI_TRY_DATA", "")
    half = labelled(options.part, Path(folder) if folder else None)
    outcome = judge(half, certain=options.certain)
    if options.json:
        print(
            json.dumps(
                {
                    "part": outcome.part,
                    "customers": outcome.customers,
                    "precision": outcome.precision.share,
                    "recall": outcome.recall.share,
                    "by_kind": {kind: share.share for kind, share in outcome.by_kind.items()},
                }
            )
        )
    else:
        print("\n".join(told(outcome)))
        if not folder:
            print("  without the public files: GUANXI_TRY_DATA names no folder")
    if options.errors:
        for one, other in outcome.missed:
            _show("missed", half.customers[one], half.customers[other], "")
        for one, other, match in outcome.mistaken:
            _show(
                "mistaken",
                half.customers[one],
                half.customers[other],
                f"{match.score} {[r.code for r in match.reasons]}",
            )
    fine = outcome.precision.share >= LEAST_PRECISION and outcome.recall.share >= LEAST_RECALL
    return 0 if fine or options.certain else 1


def _show(what: str, one: Any, other: Any, why: str) -> None:
    print(f"{what} {other.how or one.how} {why}")
    for customer in (one, other):
        row = customer.row
        cells = (row.name, row.contact, f"{row.phone} {row.mobile}".strip(), row.address, row.city, row.code)
        print(f"    {customer.number:5} {' | '.join(cells)}")
