"""Small charts made on the server as SVG without inline styles (the page's CSP allows none)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, PAD = 96, 24, 3


def line(values: Sequence[float | None], *, label: str = "", target: float | None = None) -> SafeString:
    """Values as a line with its last point marked; None leaves a gap. A target is a dashed line."""
    known = [float(v) for v in values if v is not None]
    if not known:
        return mark_safe("")
    every = [*known, float(target)] if target is not None else known
    low, high = min(every), max(every)
    step = (WIDTH - 2 * PAD) / max(len(values) - 1, 1)

    def y(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return HEIGHT - PAD - share * (HEIGHT - 2 * PAD)

    parts, pen_down, last = [], False, (0.0, 0.0)
    for place, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        last = (PAD + place * step, y(float(value)))
        parts.append(f"{'L' if pen_down else 'M'}{last[0]:.1f} {last[1]:.1f}")
        pen_down = True
    rule = (
        format_html('<path class="spark-target" d="M0 {0}H{1}"/>', f"{y(float(target)):.1f}", WIDTH)
        if target is not None
        else ""
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" {}>{}<path class="spark-line" d="{}"/>'
        '<circle class="spark-end" cx="{}" cy="{}" r="2.5"/></svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        rule,
        "".join(parts),
        f"{last[0]:.1f}",
        f"{last[1]:.1f}",
    )
