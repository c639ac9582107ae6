"""`guanxi COMMAND …`. Exit status: 0 clean, 1 found something, 2 usage."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
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


def run(arguments: Sequence[str], loaded: Callable[[], None] = lambda: None) -> int:
    """Parse and run; the kernel's answers become one line on standard error and status 1. `loaded` is called when
    everything is loaded."""
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

    if not _ended_restore(arguments):
        return 1
    loaded()
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


def _ended_restore(arguments: Sequence[str]) -> bool:
    """A restore that was killed is ended before anything else looks at the data; False where it is still at work."""
    from django.conf import settings

    if not (settings.HOME / "restoring").exists():
        return True
    from guanxi.platform.backups.restoring import go_on

    return said_of_restore(go_on(), arguments)


def said_of_restore(what: str, arguments: Sequence[str]) -> bool:
    """Say what became of it; what is in place now is read from a new start."""
    if what == "busy":
        print(
            "A restore is at work in this data folder, or Guanxi runs in it. Try again later.",
            file=sys.stderr,
        )
        return False
    if what == "cleared":
        print(
            "A restore was interrupted before it changed anything; what it left was deleted.", file=sys.stderr
        )
    if what == "done":
        print("A restore was interrupted and is now complete.", file=sys.stderr)
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, "-m", "guanxi", *arguments])  # noqa: S606 (ourselves)
    return True
