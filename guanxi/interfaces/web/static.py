"""How static files are collected: hashed names, compressed; source maps are not looked for."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Collected(CompressedManifestStaticFilesStorage):
    """Hashed names also inside ES modules' imports; vendors' source maps are not shipped."""

    support_js_module_import_aggregation = True
    patterns = tuple(
        (glob, tuple(p for p in patterns if "sourceMappingURL" not in (p if isinstance(p, str) else p[0])))
        for glob, patterns in CompressedManifestStaticFilesStorage.patterns
    )
