"""`python -m benchmarks`, which `make bench` runs: fill, measure, print, write bench.json.

Sizes and strictness come from the environment, so that `make bench CUSTOMERS=… STRICT=1` reads well. Every suite runs
on every database in a process of its own: none finds caches that another has warmed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import machine
from .companies import ROOT, Company
from .results import Result, table
from .suites import Bench, Suite, suites


def main(arguments: list[str] | None = None) -> int:
    """0; 1 where a target is missed under STRICT=1, or where something could not be measured; 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    known = suites()
    if options.list:
        for one in known.values():
            print(f"{one.name:10} {one.says}")
        return 0
    unknown = [name for name in options.suites if name not in known]
    if unknown:
        print(f"There is no suite {unknown[0]}; there are {', '.join(known)}.", file=sys.stderr)
        return 2
    if options.child:
        return _child(known[options.suites[0]], options)
    chosen = [known[name] for name in known if not options.suites or name in options.suites]
    return _parent(chosen, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", help="which suites (default: all)")
    parser.add_argument("--list", action="store_true", help="name the suites")
    parser.add_argument("--customers", type=_number, default=_environment("CUSTOMERS", 100_000))
    parser.add_argument("--facts", type=_number, default=_environment("FACTS", 1_000_000))
    parser.add_argument("--seed", type=_number, default=_environment("SEED", 1))
    parser.add_argument(
        "--requests", type=_number, default=_environment("REQUESTS", 200), help="of each page"
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "bench", help="where filled companies are kept"
    )
    parser.add_argument(
        "--json", type=Path, default=ROOT / "bench.json", help="where the results are written"
    )
    parser.add_argument("--anew", action="store_true", help="fill anew")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return parser


def _number(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if number < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return number


def _environment(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    try:
        return _number(text) if text else default
    except (ValueError, argparse.ArgumentTypeError):
        raise SystemExit(f"{name}={text} is no whole number from 1 on") from None


def _companies(options: argparse.Namespace) -> list[Company]:
    """SQLite, and PostgreSQL where an address is given."""
    server = os.environ.get("GUANXI_BENCH_POSTGRES") or os.environ.get("GUANXI_TEST_POSTGRES") or ""
    wanted = [""] if options.database != "postgresql" else []
    if options.database == "postgresql" and not server:
        raise SystemExit(
            "GUANXI_BENCH_POSTGRES names no server, for example postgresql://postgres@127.0.0.1:5432"
        )
    if server and options.database != "sqlite":
        wanted.append(server)
    return [
        Company(options.customers, options.facts, options.seed, options.folder.resolve(), url)
        for url in wanted
    ]


def _parent(chosen: list[Suite], options: argparse.Namespace) -> int:
    began, before = datetime.now(UTC), machine.described()
    results: list[Result] = []
    failed: list[str] = []
    companies = _companies(options)
    for company in companies if any(one.on == "company" for one in chosen) else []:
        company.fill(_say, anew=options.anew)
    for one in chosen:
        places: list[Company | None] = [*companies] if one.on == "company" else [None]
        for place in places:
            name = f"{one.name}{f' on {place.database}' if place else ''}"
            _say(f"{name} …")
            found = _apart(one, place, options)
            if found is None:
                failed.append(name)
            results += found or []
    print(table(results))
    _write(options, results, failed, began, before)
    missed = [f"{r.what} ({r.database})" for r in results if r.met is False]
    for line in (
        f"not measured: {', '.join(failed)}" if failed else "",
        f"missed: {', '.join(missed)}" if missed else "",
    ):
        if line:
            print(line)
    return 1 if failed or (missed and os.environ.get("STRICT") == "1") else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _apart(one: Suite, company: Company | None, options: argparse.Namespace) -> list[Result] | None:
    """A suite in a process of its own, in the environment of its company; None where it failed (it said why)."""
    environment = company.environment if company else dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results"
        command = [
            sys.executable,
            "-m",
            "benchmarks",
            one.name,
            "--child",
            str(file),
            "--folder",
            str(options.folder),
        ]
        for name in ("customers", "facts", "seed", "requests"):
            command += [f"--{name}", str(getattr(options, name))]
        if company:
            command += ["--database", company.database.lower()]
            if company.server:
                environment["GUANXI_BENCH_POSTGRES"] = company.server
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if ended.returncode != 0 or not file.exists():
            return None
        return [Result.read(json.loads(line)) for line in file.read_text().splitlines()]


def _child(one: Suite, options: argparse.Namespace) -> int:
    company = _companies(options)[0] if one.on == "company" else None
    rows: dict[str, int] = {}
    if company:
        made = company.filled() or {}
        rows = {name: made[name] for name in ("customers", "facts") if name in made}
    results = list(one.run(Bench(company, options.requests, options.seed, rows)))
    options.child.write_text("".join(json.dumps(r.as_json(), ensure_ascii=False) + "\n" for r in results))
    return 0


def _write(
    options: argparse.Namespace,
    results: list[Result],
    failed: list[str],
    began: datetime,
    before: dict[str, Any],
) -> None:
    body = {
        "machine": before,
        "load_after": machine.described()["load"],
        "began_at": began.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - began).total_seconds()),
        "commit": _commit(),
        "asked": {"customers": options.customers, "facts": options.facts, "seed": options.seed, "requests": options.requests},
        "results": [r.as_json() for r in results],
        "not_measured": failed,
        "met": not failed and all(r.met is not False for r in results),
    }  # fmt: skip
    options.json.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n")
    print(f"\n{machine_line(before)}\nwritten to {options.json}")


def machine_line(found: dict[str, Any]) -> str:
    """The machine in a line, with its load when the run began."""
    return (
        f"{found['processor']}, {found['cores']} cores, {found['memory_gb']} GB, Python {found['python']}; load "
        f"{found['load'][0]}, 500,000 rounds of plain Python in {found['loop_ms']} ms"
    )


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
