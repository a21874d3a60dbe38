"""Guides say what is so: their Python runs, and the table of metrics is the registry."""

import re
from pathlib import Path

import pytest

from multihot.metrics import REGISTRY

DOCS = Path(__file__).parents[1] / "docs"
METRICS = (DOCS / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("guide", ["metrics.md", "vectors.md", "estimators.md"])
def test_the_python_of_a_guide_runs(guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    exec("\n".join(blocks), {})  # noqa: S102


def test_the_table_of_metrics_is_the_registry() -> None:
    found = re.findall(r"^\| (`\w+` \| targets.*|`\w+` \| decided.*) \|$", METRICS, flags=re.MULTILINE)
    expected = [
        f"`{name}` | {', '.join(metric.inputs)} | {metric.better} | {metric.low:g} to {metric.high:g} | {metric.paper}"
        for name, metric in REGISTRY.items()
    ]
    assert [row.rstrip() for row in found] == [row.rstrip() for row in expected]
