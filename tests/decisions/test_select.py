"""Rules of cardinality: each is a cut on a score of its own."""

import numpy as np
import pytest
import torch

from multihot.decisions.select import selection_scores, weights_of

LOGITS = np.array([[3.0, -1.0], [1.0, -2.0], [-2.0, -1.0]])
"""(L, N): three labels of two samples."""


@pytest.mark.parametrize(
    ("select", "cut", "expected"),
    [
        ("threshold", 0.0, [[1, 0], [1, 0], [0, 0]]),
        ("score_cut", -2.5, [[1, 1], [1, 1], [0, 1]]),
        ("score_cut", -0.5, [[1, 1], [0, 0], [0, 1]]),
        ("top_k", 0.5 - 1, [[1, 1], [0, 0], [0, 0]]),
        ("top_k", 0.5 - 2, [[1, 1], [1, 0], [0, 1]]),
        # probabilities sum to 1.80 and to 0.66
        ("predicted_count", 0.5, [[1, 1], [1, 0], [0, 0]]),
        ("predicted_count", 0.7, [[1, 0], [1, 0], [0, 0]]),
    ],
)
def test_what_is_cut(select: str, cut: float, expected: list[list[int]]) -> None:
    decided = selection_scores(select, LOGITS) >= cut
    assert decided.astype(int).tolist() == expected
    np.testing.assert_array_equal((selection_scores(select, torch.from_numpy(LOGITS)) >= cut).numpy(), decided)


def test_weights_have_the_signs_of_the_set() -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(5, 200)).round(1)
    for count in range(6):
        decided = selection_scores("top_k", logits) >= 0.5 - count
        weights = weights_of(logits, decided, None)
        np.testing.assert_array_equal(weights > 0, decided)
        assert np.isfinite(weights).all()
        assert (weights != 0).all()
    cuts = np.zeros((5, 1))
    np.testing.assert_array_equal(weights_of(logits, logits >= cuts, cuts) > 0, logits >= cuts)
