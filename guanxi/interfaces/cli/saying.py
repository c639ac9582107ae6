"""What several commands declare alike."""

from __future__ import annotations

import argparse
from typing import Any


def subcommand(among: Any, name: str, text: str) -> argparse.ArgumentParser:
    """A command below a command; `text` stands in the list of them and in its own help."""
    made: argparse.ArgumentParser = among.add_parser(name, help=text, description=text)
    return made


def offer_json(parser: argparse.ArgumentParser) -> None:
    """--json: for programs."""
    parser.add_argument("--json", action="store_true", help="answer as JSON")
