"""Make the demo company in an empty data folder: a year of real actions with the clock set back, ending now.

With --customers or --facts a large one for measuring: there rows and facts are written in bulk, through the journal's
own chain, so that `guanxi journal verify` holds. Refuses a data folder in which there is somebody already.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

NAME = "demo"
HELP = "make the demo company, or a large one for measuring"


def _count(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if number < 0:
        raise argparse.ArgumentTypeError("a whole number from 0 on")
    return number


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--customers", type=_count, help="how many customers (large, in bulk)")
    parser.add_argument("--facts", type=_count, help="how many facts in all (large, in bulk)")
    parser.add_argument("--seed", type=int, help="the same seed on the same day makes the same company")
    parser.add_argument("--json", action="store_true", help="print what was made as JSON")


def run(options: argparse.Namespace) -> int:
    from django.conf import settings

    from guanxi.interfaces.cli.lock import lock, taken

    home = Path(settings.HOME)
    held = lock(home)
    if held is None:
        print(taken(home), file=sys.stderr)
        return 1
    with held:
        return _make(options)


def _make(options: argparse.Namespace) -> int:
    from guanxi.demo.build import SEED, build
    from guanxi.demo.making import clear_unfinished, unfinished, whole
    from guanxi.interfaces.cli.prepare import prepare
    from guanxi.platform.people.models import Person

    def say(line: str) -> None:
        print(line, file=sys.stderr if options.json else sys.stdout, flush=True)

    prepare(quiet=True)
    if unfinished():
        say("The demo company here was not finished; what there is of it goes.")
        clear_unfinished()
    if Person.objects.exists():
        print(
            "There is a company in this data folder already. The demo needs an empty one: choose another with "
            "GUANXI_HOME=folder (or DATABASE_URL), or leave a demo company on the Administration page first.",
            file=sys.stderr,
        )
        return 1
    seed = SEED if options.seed is None else options.seed
    with whole():
        if options.customers is None and options.facts is None:
            built = build(say, seed=seed).as_json()
        else:
            from guanxi.demo.large import build_large

            built = build_large(say, customers=options.customers, facts=options.facts, seed=seed).as_json()
    if options.json:
        print(json.dumps(built, ensure_ascii=False))
    else:
        from guanxi.demo.signins import lines

        for line in lines():
            print(line)
    return 1 if built["mishaps"] else 0
