"""Plan visits: who goes where when, with what cannot be planned and why. Needs no database."""

from __future__ import annotations

import argparse

from guanxi.interfaces.cli.saying import offer_json, subcommand

NAME = "plan"
HELP = "plan visits and territories, check plans"
DJANGO = False


def configure(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(lang="en", json=False)  # where a command below does not offer them
    subs = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    solve = subcommand(subs, "solve", "plan the visits of a file; exit 1 where some stay unplanned")
    _file(solve)
    _search(solve, 60.0)
    solve.add_argument("--plan", metavar="OLD", help="begin with this plan, and count what moves against it")
    solve.add_argument("--until", type=int, metavar="DAY", help="days up to this one stay as OLD has them")
    solve.add_argument(
        "--missed",
        action="append",
        default=[],
        metavar="CUSTOMER@DAY",
        help="a visit of OLD up to --until that was not made (may be repeated)",
    )
    _pictures(solve)

    rest = subcommand(subs, "rest", "the rest of somebody's day, from where they are")
    rest.add_argument("file", metavar="FILE", help="the problem")
    rest.add_argument("plan", metavar="PLAN", help="the plan in force")
    rest.add_argument("--person", required=True, help="whose day")
    rest.add_argument("--day", required=True, type=int, help="which day, from 1")
    rest.add_argument("--at", required=True, metavar="TIME", help="now, such as 14:10")
    rest.add_argument("--place", help="where they are: a place of the problem (default: as planned)")
    rest.add_argument("--position", metavar="X,Y", help="where they are: a position")
    rest.add_argument(
        "--left", metavar="IDS", help="customers still to visit, comma between (default: as planned)"
    )
    rest.set_defaults(format="json")
    _search(rest, 0.5)
    _pictures(rest)

    check = subcommand(
        subs, "check", "check a plan against its problem; exit 1 where a rule or figure is wrong"
    )
    _file(check)
    check.add_argument("plan", metavar="PLAN", help="the plan to check")
    check.add_argument("--old", metavar="OLD", help="the plan before, to which changes were counted")
    _language(check)
    offer_json(check)

    divide = subcommand(
        subs, "territories", "divide customers into territories; exit 1 where a wish stays open"
    )
    divide.add_argument("file", metavar="FILE", help="what to divide, - for standard input")
    divide.add_argument(
        "--plan", metavar="DIVISION", help="the division in force, from which few customers change"
    )
    divide.add_argument(
        "--without", action="append", default=[], metavar="PERSON", help="what if this person left"
    )
    divide.add_argument(
        "--more", action="append", default=[], metavar="PERSON", help="what if this person came"
    )
    divide.add_argument("--progress", action="store_true", help="say how far it is")
    divide.add_argument("--seed", type=int, default=1, help="of the random numbers (1)")
    divide.add_argument("--svg", metavar="FILE", help="write a picture")
    divide.add_argument("--geojson", metavar="FILE", help="write the territories for a map")
    _language(divide)
    offer_json(divide)

    subcommand(subs, "schema", "print the JSON Schema of problems and plans")
    _language(subcommand(subs, "warm", "compile the search now, so that the first plan does not wait for it"))


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the problem, - for standard input")
    parser.add_argument(
        "--format",
        choices=("json", "cordeau"),
        default="json",
        help="the form of FILE: our JSON (guanxi plan schema), or Cordeau's periodic routing",
    )


def _search(parser: argparse.ArgumentParser, seconds: float) -> None:
    parser.add_argument("--seconds", type=float, help=f"how long to search ({seconds:g})")
    parser.add_argument(
        "--iterations", type=int, help="how many steps to search: the same number gives the same plan"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    parser.add_argument("--progress", action="store_true", help="say how far it is")
    parser.set_defaults(default_seconds=seconds)
    _language(parser)
    offer_json(parser)


def _language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lang", choices=("en", "zh"), default="en", help="language of the answer (en); JSON has both"
    )


def _pictures(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--geojson", metavar="FILE", help="write the plan for a map")
    parser.add_argument("--svg", metavar="FILE", help="write a picture of the plan")


def run(options: argparse.Namespace) -> int:
    from guanxi.interfaces.cli import planning

    return planning.run(options)
