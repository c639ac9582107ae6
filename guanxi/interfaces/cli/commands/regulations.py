"""The regulations: what of them is carried by working controls, how they stand, whether the journal agrees, their cases."""

from __future__ import annotations

import argparse
import json
import sys

from guanxi.interfaces.cli.saying import offer_json, subcommand

NAME = "regulations"
HELP = "coverage, status, replay and cases of the regulations"
STATES = ("open", "waiting", "fulfilled", "late", "missed", "waived", "void", "suspended")


def configure(parser: argparse.ArgumentParser) -> None:
    subs = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    coverage = subcommand(
        subs, "coverage", "per clause: its controls, and what is missing; exit 1 where anything is"
    )
    offer_json(coverage)
    coverage.add_argument(
        "--verify",
        action="store_true",
        help="try each control on the data too: a duty must have been opened, a measure yield a number, a page show its "
        "guides and the fields of its records",
    )
    status = subcommand(subs, "status", "per clause: how many obligations stand in which state")
    offer_json(status)
    replay = subcommand(
        subs, "replay", "rebuild everything from the journal and compare; exit 1 on a difference"
    )
    offer_json(replay)
    test = subcommand(subs, "test", "run the cases beside the packs; exit 1 where one does not hold")
    test.add_argument("regulation", nargs="*", help="only these, e.g. R1")


def run(options: argparse.Namespace) -> int:
    from guanxi.cores.norms.source import PackError
    from guanxi.platform.ui.registry import load

    load()  # guides stand on pages
    try:
        return {"coverage": _coverage, "status": _status, "replay": _replay, "test": _test}[options.what](
            options
        )
    except PackError as error:
        print(error, file=sys.stderr)
        return 1


def _coverage(options: argparse.Namespace) -> int:
    from guanxi.platform.regulations.working import coverage

    clauses = list(coverage(verify=options.verify))
    if options.json:
        print(json.dumps({"clauses": [c.plain() for c in clauses]}, ensure_ascii=False))
    else:
        for c in clauses:
            mark = "✗" if c.missing else "✓"
            print(f"{mark} {c.id:10} {', '.join(c.controls) or '-'}")
            if c.missing:
                print(f"             missing: {', '.join(c.missing)}")
            for fault in c.faults:
                print(f"             {fault}")
        whole = sum(1 for c in clauses if not c.missing)
        print(f"{whole} of {len(clauses)} clauses are carried")
    return 1 if any(c.missing for c in clauses) else 0


def _status(options: argparse.Namespace) -> int:
    from guanxi.platform.regulations import packs
    from guanxi.platform.regulations.overview import loaded
    from guanxi.platform.regulations.reads import counts

    found = counts()
    loads = [loaded(text)[0] for text in packs.shipped().values()]
    known = [clause for pack in loads if pack for clause in pack.clauses]
    ids = [*known, *sorted(set(found) - set(known))]
    rows = [{"id": id, **{state: found[id][state] if id in found else 0 for state in STATES}} for id in ids]
    if options.json:
        print(json.dumps({"clauses": rows}))
        return 0
    print(f"{'clause':12}" + "".join(f"{state:>11}" for state in STATES))
    for row in rows:
        if any(row[state] for state in STATES):
            print(f"{row['id']:12}" + "".join(f"{row[state]:>11}" for state in STATES))
    return 0


def _replay(options: argparse.Namespace) -> int:
    from guanxi.platform.regulations.replay import differences

    found = differences()
    if options.json:
        said = [
            {"what": d.what, "key": d.key, "stored": str(d.stored), "replayed": str(d.replayed)}
            for d in found
        ]
        print(json.dumps({"differences": said}, ensure_ascii=False))
    else:
        for difference in found[:100]:
            print(difference)
        print("clean" if not found else f"{len(found)} differences")
    return 1 if found else 0


def _test(options: argparse.Namespace) -> int:
    from guanxi.platform.regulations import packs
    from guanxi.platform.regulations.working import case_results

    wanted = [code.upper() for code in options.regulation] or list(packs.shipped())
    unknown = [code for code in wanted if code not in packs.shipped()]
    if unknown:
        print(f"no regulation {', '.join(unknown)}; known: {', '.join(packs.shipped())}", file=sys.stderr)
        return 2
    failed = total = 0
    for code in wanted:
        for case in case_results(code, packs.load(packs.shipped()[code])):
            total += 1
            failed += not case.passed
            print(f"{'✓' if case.passed else '✗'} {code} {case.name}")
            for fault in case.faults:
                print(f"    {case.file}:{case.line}: {fault}")
    print(f"{total - failed} of {total} cases hold")
    return 1 if failed else 0
