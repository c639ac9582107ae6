"""Run Guanxi: database brought up to date, web, worker and scheduler in one process tree, on one address.

In an empty data folder the demo company is made first, unless DEMO=0 or --no-demo: then the first page leads through
set-up. Ctrl-C stops everything. For phones in the same network: --host 0.0.0.0 --tls (browsers allow position,
offline work and passkeys only over TLS).
"""

from __future__ import annotations

import argparse
import os
import sys

NAME = "run"
HELP = "run web, worker and scheduler"
DJANGO = False


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default=os.environ.get("GUANXI_HOST", "127.0.0.1"), help="address to listen on"
    )
    parser.add_argument(
        "--port", type=_port, default=os.environ.get("PORT") or "8000", help="port (also: PORT)"
    )
    parser.add_argument(
        "--tls", action="store_true", help="serve https, with a self-made certificate unless given one"
    )
    parser.add_argument("--certificate", help="PEM file of your own certificate")
    parser.add_argument("--key", help="PEM file of its key")
    parser.add_argument(
        "--no-demo", action="store_true", help="start empty and lead through set-up (also: DEMO=0)"
    )
    parser.add_argument("--no-worker", action="store_true", help="web only; run `guanxi worker` elsewhere")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is no port; a port lies between 1 and 65535")
    return int(text)


def run(options: argparse.Namespace) -> int:
    from guanxi.interfaces.cli import tree

    try:
        from guanxi.settings.environment import flag  # the settings are read with it

        demo = flag("DEMO", True)
    except (OSError, ValueError) as error:
        print(f"The settings do not fit: {error}", file=sys.stderr)
        return 1
    if bool(options.certificate) != bool(options.key):
        print("--certificate and --key belong together", file=sys.stderr)
        return 2
    return tree.run(
        host=options.host,
        port=options.port,
        tls=options.tls or bool(options.certificate),
        certificate=options.certificate,
        key=options.key,
        demo=not options.no_demo and demo,
        worker=not options.no_worker,
    )
