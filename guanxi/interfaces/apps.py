from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class InterfacesConfig(AppConfig):
    name = "guanxi.interfaces"
    label = "interfaces"

    def ready(self) -> None:
        """Load each package's declarations, in this order; pages follow when the first URL is looked up."""
        ours = [c.name for c in apps.get_app_configs() if c.name.startswith("guanxi.")]
        for part in ("facts", "permissions", "actions", "jobs", "personal"):
            for package in ours:
                if find_spec(f"{package}.{part}") is not None:
                    import_module(f"{package}.{part}")
