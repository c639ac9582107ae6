"""The writes of this package; importing it declares them all."""

from . import deciding, substitutes

__all__ = ["deciding", "substitutes"]
