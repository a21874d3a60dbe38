"""Small sets of sparse vectors whose labels have features of their own."""

import numpy as np
import pytest
from scipy import sparse

from multihot.data import Features, Samples
from multihot.labels import LabelSpace, Targets

LABELS, WIDTH = 30, 120


def make(samples: int, seed: int = 0) -> Samples:
    """Each label has 4 features of its own, of which a sample that has the label has 3; and 5 others."""
    random = np.random.default_rng(seed)
    present = random.random((samples, LABELS)) < 0.08
    values = np.zeros((samples, WIDTH))
    for row, label in np.argwhere(present):
        values[row, 4 * label + random.permutation(4)[:3]] = 1
    for row in range(samples):
        values[row, random.integers(0, WIDTH, 5)] = 1
    return Samples(
        tuple(f"s{row}" for row in range(samples)),
        Features(sparse.csr_array(values)),
        LabelSpace(tuple(f"label {label}" for label in range(LABELS))),
        Targets.from_dense(present),
        source="made",
    )


@pytest.fixture(scope="session")
def learned() -> Samples:
    return make(500)


@pytest.fixture(scope="session")
def fresh() -> Samples:
    return make(200, seed=1)
