"""No process outlives its parent: the kernel itself tells a child that its parent died, also after kill -9.

On Linux by `prctl(PR_SET_PDEATHSIG)`: nothing to watch, no thread, no pause. Elsewhere there is no such call and only
an orderly stop takes the children along. The signal is not kept over a fork, so every process asks for itself: the
children of `guanxi run` before they start their program, and granian's own workers when they load the application.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
IN_TREE = "GUANXI_IN_TREE"
"""Set for every process below `guanxi run`."""

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(parent: int, sign: int = signal.SIGTERM) -> None:
    """Ask for `sign` when the parent dies; end at once where it has died already. `parent`: its process id.

    Called between fork and exec too, so it allocates nothing that could wait for a lock.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def in_web_process() -> None:
    """For the application inside granian's worker below `guanxi run`: it dies with granian, at once."""
    if os.environ.get(IN_TREE):
        end_with_parent(os.getppid(), signal.SIGKILL)
