"""`guanxi COMMAND …`. Exit status: 0 clean, 1 found something, 2 usage."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType

from . import commands


def modules() -> list[ModuleType]:
    """The command modules, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(commands.__path__))
    found = [importlib.import_module(f"{commands.__name__}.{name}") for name in names]
    return [m for m in found if hasattr(m, "NAME")]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="guanxi", description="Guanxi 关系: the CRM in which regulations execute."
    )
    subs = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in modules():
        sub = subs.add_parser(module.NAME, help=module.HELP, description=module.__doc__ or module.HELP)
        module.configure(sub)
        sub.set_defaults(run=module.run, django=getattr(module, "DJANGO", True))
    return top


def run(arguments: Sequence[str]) -> int:
    """Parse and run; the kernel's answers become one line on standard error and status 1."""
    options = parser().parse_args(arguments)
    if not options.django:
        return int(options.run(options))
    import django

    try:
        django.setup()
    except (OSError, ValueError) as error:
        print(f"The settings do not fit: {error}", file=sys.stderr)
        return 1
    from django.db.utils import OperationalError, ProgrammingError

    from guanxi.platform.kernel import ActionError, Invalid

    try:
        return int(options.run(options))
    except Invalid as error:
        for name, messages in error.errors.items():
            for message in messages:
                print(f"{name}: {message}" if name else str(message), file=sys.stderr)
        return 2
    except ActionError as error:
        print(error, file=sys.stderr)
        return 1
    except (OperationalError, ProgrammingError) as error:
        print(
            f"The database does not answer as it should: {error}\nHas `make setup` been run?", file=sys.stderr
        )
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
