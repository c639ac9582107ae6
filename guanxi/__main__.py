"""`guanxi`: the command. See guanxi/interfaces/cli."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line; 0 clean, 1 found something, 2 usage."""
    os.umask(0o077)  # what we write is nobody else's on this machine; children inherit it
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.settings")
    from guanxi.interfaces.cli.main import run
    from guanxi.interfaces.collecting import settle

    return run(sys.argv[1:], settle)


if __name__ == "__main__":
    sys.exit(main())
