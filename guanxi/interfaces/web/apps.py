from importlib import import_module

from django.apps import AppConfig, apps


class WebConfig(AppConfig):
    name = "guanxi.interfaces.web"
    label = "web"

    def ready(self) -> None:
        """Load each package's declarations: facts, permissions, actions and pages, in that order."""
        ours = [c.name for c in apps.get_app_configs() if c.name.startswith("guanxi.")]
        for part in ("facts", "permissions", "actions", "jobs", "web.pages", "web.panels"):
            for package in ours:
                load_if_there(f"{package}.{part}")


def load_if_there(module: str) -> None:
    """Import a package's declarations where it has any; a mistake inside them is not hidden."""
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(error.name + ".")):
            raise
