"""The journal: verify its chain, export an excerpt for an auditor, print the rights its database role needs."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime

from guanxi.interfaces.cli.saying import offer_json, subcommand

NAME = "journal"
HELP = "verify or export the journal"


def configure(parser: argparse.ArgumentParser) -> None:
    subs = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    verify = subcommand(subs, "verify", "recompute every link; exit 1 where one does not hold")
    offer_json(verify)
    export = subcommand(subs, "export", "JSON Lines for an auditor; check them with verify_export.py")
    export.add_argument(
        "--clause", help="clause whose facts come with their payload, e.g. R1.16.1 (default: all)"
    )
    export.add_argument("--since", type=_day, help="first day, e.g. 2026-01-01")
    export.add_argument("--until", type=_day, help="last day")
    export.add_argument("--output", help="file to write (default: standard output)")
    grants = subcommand(subs, "grants", "SQL for a PostgreSQL role that may add to the journal and no more")
    grants.add_argument("role", help="name of the role")


def run(options: argparse.Namespace) -> int:
    return {"verify": _verify, "export": _export, "grants": _grants}[options.what](options)


def _verify(options: argparse.Namespace) -> int:
    from guanxi.platform.journal.verify import verify

    report = verify()
    if options.json:
        found = [{"seq": f.seq, "what": f.what} for f in report.findings]
        erased = [{"seq": seq, "by": by} for seq, by in report.erased.items()]
        print(json.dumps({"facts": report.facts, "head": report.head, "erased": erased, "findings": found}))
    else:
        for finding in report.findings[:100]:
            print(finding)
        for seq, by in list(report.erased.items())[:100]:
            print(f"fact {seq}: its text was erased by fact {by}")
        state = "whole" if report.whole else f"NOT whole, {len(report.findings)} findings"
        print(f"{report.facts} facts, {state}, head {report.head[:16]}…, {len(report.erased)} texts erased")
    return 0 if report.whole else 1


def _export(options: argparse.Namespace) -> int:
    from guanxi.platform.regulations.export import excerpt

    out = open(options.output, "w", encoding="utf-8") if options.output else sys.stdout
    try:
        for line in excerpt(clause=options.clause, since=options.since, until=options.until):
            out.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
    finally:
        if options.output:
            out.close()
    return 0


def _grants(options: argparse.Namespace) -> int:
    from guanxi.platform.journal.guards import grants

    print(";\n".join(grants(options.role)) + ";")
    return 0


def _day(text: str) -> datetime:
    from zoneinfo import ZoneInfo

    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day such as 2026-01-01") from None
