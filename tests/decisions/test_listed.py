import numpy as np
import pytest

from multihot.decisions import DecisionSettings, ListDecision, fit_listed
from multihot.decisions.objectives import objective_of, value_of
from multihot.decisions.scale import probabilities_of
from multihot.decisions.settings import Promise
from multihot.errors import ArgumentError, LabelError, RunError
from multihot.labels import LabelSpace, Targets

N, L, K = 300, 12, 6
SPACE = LabelSpace(tuple(f"label {label}" for label in range(L)))
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, Targets]


def made(seed: int = 0) -> Arrays:
    """(N, L) scores, their lists of the K best, and targets that agree with half their logistic function."""
    random = np.random.default_rng(seed)
    dense = random.normal(-2, 2, (N, L))
    states = (random.random((N, L)) < probabilities_of(0.5 * dense - 0.5)).astype(np.float64)
    states[random.random((N, L)) < 0.1] = np.nan
    labels = np.argsort(-dense, axis=1)[:, :K].astype(np.int32)
    return dense, labels, np.take_along_axis(dense, labels, 1).astype(np.float32), Targets.from_dense(states)


def whole(labels: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """(N, L) booleans of what is decided among those listed."""
    cells = np.zeros((len(labels), L), bool)
    np.put_along_axis(cells, labels, decided, axis=1)
    return cells


def test_calibration_is_that_of_the_listed_labels() -> None:
    _, labels, scores, targets = made()
    decision = fit_listed(labels, scores, targets, DecisionSettings(), SPACE)
    assert decision.slope == pytest.approx(0.5, abs=0.1)
    assert decision.intercept == pytest.approx(-0.5, abs=0.2)
    raw = fit_listed(labels, scores, targets, DecisionSettings(calibration="none"), SPACE)
    assert (raw.slope, raw.intercept) == (1, 0)


@pytest.mark.parametrize("select", ["threshold", "top_k"])
@pytest.mark.parametrize(
    "objective", ["micro_f1", "macro_f1", "samples_f1", "hamming_loss", "exact_match", "precision"]
)
def test_no_other_cut_is_better(objective: str, select: str) -> None:
    _, labels, scores, targets = made()
    settings = DecisionSettings.model_validate({"objective": objective, "select": select})
    decision = fit_listed(labels, scores, targets, settings, SPACE)
    probabilities, states = decision.probabilities(scores), targets.dense().astype(np.float64)

    def value(decided: np.ndarray) -> float:
        return value_of(objective_of(settings), whole(labels, decided), states)

    best = value(decision.decide(probabilities))
    others = np.linspace(0, 1, 50) if select == "threshold" else range(K + 1)
    for cut in others:
        decided = probabilities >= cut if select == "threshold" else np.arange(K) < np.full((N, 1), cut)
        assert value(decided) <= best + 0.004


def test_fixed_and_counted() -> None:
    _, labels, scores, targets = made()
    fixed = fit_listed(labels, scores, targets, DecisionSettings(objective="fixed"), SPACE)
    assert fixed.cut == 0.5
    two = fit_listed(labels, scores, targets, DecisionSettings(select="top_k", count=2), SPACE)
    assert (two.decide(two.probabilities(scores)).sum(axis=1) == 2).all()


def test_nothing_to_fit_on() -> None:
    _, labels, scores, targets = made()
    decision = fit_listed(labels[:0], scores[:0], targets.take([]), DecisionSettings(), SPACE)
    assert (decision.slope, decision.cut, decision.fitted_on) == (1.0, 0.5, 0)
    assert "probabilities stay as they are" in decision.notes[0]


def test_it_is_what_its_json_says() -> None:
    _, labels, scores, targets = made()
    decision = fit_listed(labels, scores, targets, DecisionSettings(), SPACE)
    assert ListDecision.from_dict(decision.to_dict(), SPACE) == decision
    with pytest.raises(LabelError, match="another label order"):
        ListDecision.from_dict(decision.to_dict(), LabelSpace(SPACE.names[::-1]))
    with pytest.raises(RunError, match="not a decision of this version"):
        ListDecision.from_dict({"order_hash": SPACE.order_hash}, SPACE)


@pytest.mark.parametrize(
    "settings",
    [
        DecisionSettings(select="expected_f1"),
        DecisionSettings(calibration="isotonic"),
        DecisionSettings(guarantee=Promise()),
    ],
)
def test_what_lists_cannot_give_is_refused(settings: DecisionSettings) -> None:
    _, labels, scores, targets = made()
    with pytest.raises(ArgumentError, match="needs a score for every label"):
        fit_listed(labels, scores, targets, settings, SPACE)
