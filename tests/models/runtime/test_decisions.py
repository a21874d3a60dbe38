"""A run by each runtime: the same label sets, from Python and from the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from multihot.data import read
from multihot.models.runtime.runtimes import RUNTIMES
from multihot.run import Run


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_label_sets_are_those_of_torch(name: str, shapes_run: Run, shapes: Path) -> None:
    if not RUNTIMES[name].installed:
        pytest.skip(f"{name} is not installed")
    images = read(shapes).images
    by_torch, other = (Run.load(shapes_run.folder, runtime) for runtime in ("torch", name))  # type: ignore[arg-type]
    expected, found = (np.concatenate([scored.logits for scored in run.score(images)]) for run in (by_torch, other))
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())
    decided = [by_torch.decision.decide(by_torch.decision.probabilities(each)) for each in (expected, found)]
    assert (decided[0] != decided[1]).mean() <= 0.001
    assert other.forward is not None
    assert other.forward.runtime == name


def test_commands_take_a_runtime(
    call: Callable[..., int], shapes_run: Run, shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = next(shapes.rglob("*.png"))
    written = {}
    for name in ("torch", "openvino" if RUNTIMES["openvino"].installed else "torch"):
        assert call("predict", shapes_run.folder, picture, "--runtime", name, "--out", tmp_path / f"{name}.jsonl") == 0
        written[name] = json.loads((tmp_path / f"{name}.jsonl").read_text())["labels"]
        assert call("evaluate", shapes_run.folder, shapes, "--runtime", name) == 0
    assert len({tuple(labels) for labels in written.values()}) == 1
    assert call("predict", shapes_run.folder, picture, "--runtime", "abacus") == 2
    assert "abacus" in capsys.readouterr().err
