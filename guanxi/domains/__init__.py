"""Vertical slices of the product. A domain knows customers and the platform, and no other domain."""
