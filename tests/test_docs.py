"""Guides say what is so: their Python runs, and the table of metrics is the registry."""

import re
from pathlib import Path

from multihot.metrics import REGISTRY

METRICS = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_the_python_of_the_guide_to_metrics_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", METRICS, flags=re.DOTALL)
    assert len(blocks) == 4
    exec("\n".join(blocks), {})  # noqa: S102


def test_the_table_of_metrics_is_the_registry() -> None:
    found = re.findall(r"^\| (`\w+` \| targets.*|`\w+` \| decided.*) \|$", METRICS, flags=re.MULTILINE)
    expected = [
        f"`{name}` | {', '.join(metric.inputs)} | {metric.better} | {metric.low:g} to {metric.high:g} | {metric.paper}"
        for name, metric in REGISTRY.items()
    ]
    assert [row.rstrip() for row in found] == [row.rstrip() for row in expected]
