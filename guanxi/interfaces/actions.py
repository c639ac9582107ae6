"""The actions that compose over several packages; importing it declares them."""

from .operations import actions as operations_actions
from .setup import actions as setup_actions

__all__ = ["operations_actions", "setup_actions"]
