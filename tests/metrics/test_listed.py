import numpy as np
import pytest

from multihot.errors import ArgumentError
from multihot.labels import Targets
from multihot.metrics import TopK, propensities, report, report_of_lists

N, L, K = 80, 14, 6


def made(unknown: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, Targets]:
    """(N, L) scores and decided, lists of the best labels, and targets; only what is listed is decided.

    All labels are listed where some are unknown: the five best that are known may be any.
    """
    random = np.random.default_rng(0)
    scores = random.normal(size=(N, L))
    states = (random.random((N, L)) < 0.2).astype(float)
    states[random.random((N, L)) < unknown] = np.nan
    states[0], states[1] = np.nan if unknown else 0, 0
    labels = np.argsort(-scores, axis=1)[:, : L if unknown else K]
    decided = np.zeros((N, L), bool)
    np.put_along_axis(decided, labels[:, :3], random.random((N, 3)) < 0.7, axis=1)
    return scores, decided, labels, Targets.from_dense(states)


@pytest.mark.parametrize("unknown", [0.0, 0.2])
def test_figures_are_those_of_the_whole_matrices(unknown: float) -> None:
    scores, decided, labels, targets = made(unknown)
    weights = propensities(targets.positives(), N)
    top = TopK(labels, np.take_along_axis(scores, labels, 1))
    chosen = np.take_along_axis(decided, labels, 1)
    names = [f"label {label}" for label in range(L)]
    listed = report_of_lists(targets, top, chosen, names=names, propensities=weights, replicates=50, seed=3)
    dense = report(targets, scores, decided=decided, names=names, propensities=weights, replicates=50, seed=3)
    assert len(listed.figures) > 25
    for name, figure in listed.figures.items():
        assert figure.value == pytest.approx(dense.figures[name].value, abs=1e-6), name
        if not name.startswith("macro"):
            assert figure.low == pytest.approx(dense.figures[name].low, abs=1e-6), name
            assert figure.high == pytest.approx(dense.figures[name].high, abs=1e-6), name
    for column in ("support", "known", "decided", "precision", "recall", "f1"):
        np.testing.assert_allclose(listed.table[column].astype(float), dense.table[column].astype(float))


def test_decided_must_fit_the_lists() -> None:
    _, decided, labels, targets = made(0)
    with pytest.raises(ArgumentError, match="must have the shape of the lists"):
        report_of_lists(targets, TopK(labels), decided, names=[str(label) for label in range(L)])


def test_no_samples() -> None:
    empty = Targets.from_dense(np.zeros((0, L)))
    found = report_of_lists(empty, TopK(np.zeros((0, K), int)), np.zeros((0, K), bool), names=["a"] * L, replicates=5)
    assert np.isnan(found.figures["micro_f1"].value)
