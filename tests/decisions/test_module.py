"""The torch module: the same probabilities and sets as the decision, also when exported."""

import numpy as np
import pytest
import torch

from multihot import decisions
from multihot.decisions import DecisionModule, DecisionSettings
from multihot.errors import ArgumentError
from multihot.labels import LabelSpace, Relations

NAMES = ("black", "blue", "red", "shirt", "jeans", "trousers")
GROUPS = {
    "groups": [{"name": "colour", "labels": ["black", "blue", "red"], "hold": "exactly 1"}],
    "implies": {"jeans": "trousers"},
}
NESTED = {"groups": GROUPS["groups"], "total": "1..2"}
CIRCLE = {"implies": {"jeans": ["trousers", "shirt"], "trousers": "black", "shirt": "black"}}


def scored(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    targets = (generator.random((count, len(NAMES))) < 0.3).astype(float)
    return generator.normal(3 * targets - 1.5, 2).astype(np.float32), targets


def fitted(declared: dict, **settings: object) -> decisions.Decision:
    space = LabelSpace(NAMES, Relations.from_dict(declared))
    return decisions.fit(*scored(), DecisionSettings(**settings), space)


@pytest.mark.parametrize("relations", [{}, GROUPS, NESTED], ids=["free", "groups", "nested"])
@pytest.mark.parametrize("calibration", ["none", "temperature", "platt", "isotonic"])
@pytest.mark.parametrize("select", ["threshold", "score_cut", "top_k", "predicted_count"])
def test_same_as_the_decision(relations: dict, calibration: str, select: str) -> None:
    decision = fitted(relations, calibration=calibration, select=select)
    logits = np.random.default_rng(1).normal(size=(500, len(NAMES))).astype(np.float32) * 8
    expected = decision.probabilities(logits)
    module = DecisionModule(decision)
    probabilities, decided = module(torch.from_numpy(logits))
    assert probabilities.dtype == torch.float32
    np.testing.assert_allclose(probabilities.numpy(), expected, rtol=2e-7)
    np.testing.assert_array_equal(decided.numpy(), decision.decide(expected))
    assert decision.space.violations(decided.numpy()) == {}


def test_exported_program_gives_the_same_sets() -> None:
    wider = {"labels": ["black", "blue", "red", "shirt"], "hold": "1..2"}
    module = DecisionModule(fitted(GROUPS | {"groups": [*GROUPS["groups"], wider]}, calibration="isotonic"))
    logits = torch.from_numpy(scored()[0])
    shapes = {"logits": {0: torch.export.Dim("samples", min=2)}}
    program = torch.export.export(module, (logits[:7],), dynamic_shapes=shapes).module()
    for expected, found in zip(module(logits), program(logits), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_what_runs_in_numpy_only_is_refused() -> None:
    with pytest.raises(ArgumentError, match="'expected_f1' runs in numpy only"):
        DecisionModule(fitted({}, select="expected_f1"))
    with pytest.raises(ArgumentError, match="need an integer programme"):
        DecisionModule(fitted(CIRCLE))
    DecisionModule(fitted(CIRCLE, relations=False))
