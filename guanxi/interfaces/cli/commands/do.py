"""Run one action by name: guanxi do visits.confirm visit=3 --as lin. Without a name: list the actions."""

from __future__ import annotations

import argparse
import json
import sys

from guanxi.interfaces.cli.actor import actor_of, add_as

NAME = "do"
HELP = "run an action, or list them"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", help="name of the action, e.g. visits.confirm")
    parser.add_argument("fields", nargs="*", metavar="FIELD=VALUE", help="its input; VALUE may be JSON")
    parser.add_argument("--key", help="call key: the same call twice writes once")
    parser.add_argument("--why", action="store_true", help="only say whether it would pass, and why not")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    add_as(parser)


def run(options: argparse.Namespace) -> int:
    from guanxi.platform.kernel import all_actions, explain, perform

    if not options.action:
        for name, action in all_actions().items():
            if not action.internal:
                print(f"{name:32} {action.label.zh}  {action.label.en}")
        return 0
    data = {}
    for field in options.fields:
        name, found, value = field.partition("=")
        if not found:
            print(f"{field}: write FIELD=VALUE", file=sys.stderr)
            return 2
        data[name] = _value(value)
    actor = actor_of(options)
    if options.why:
        verdict = explain(options.action, data, actor=actor)
        for reason in verdict.failures:
            print(f"✗ {reason.clause} {reason.text}")
        for reason in verdict.warnings:
            print(f"△ {reason.clause} {reason.text}")
        return 0 if verdict.passed else 1
    result = perform(options.action, data, actor=actor, key=options.key, source="cli")
    kind, id = result.subject
    if options.json:
        print(
            json.dumps({"subject": kind, "id": id, "facts": list(result.seqs), "replayed": result.replayed})
        )
    else:
        print(f"{kind} {id}" + (" (done before)" if result.replayed else ""))
    return 0


def _value(text: str) -> object:
    if text[:1] in '[{"' or text in ("true", "false", "null"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
