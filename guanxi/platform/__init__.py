"""What every domain stands on. The order of the packages is in the layer contract (pyproject.toml)."""
