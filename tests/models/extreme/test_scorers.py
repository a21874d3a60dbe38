import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from multihot.data import Features, Samples
from multihot.errors import DataError, MissingExtraError
from multihot.labels import Targets
from multihot.metrics import TopK, precision_at_k
from multihot.models.extreme import (
    LabelTrees,
    LabelTreesSettings,
    OneVsRest,
    OneVsRestSettings,
    Ranked,
    fit_label_trees,
    fit_one_vs_rest,
)
from multihot.models.extreme import one_vs_rest as module
from multihot.models.extreme.rows import RowScaling

PLAIN = OneVsRestSettings(rare_weigh_more=False, prune=0)


def found(ranked: Ranked, samples: Samples) -> float:
    return float(precision_at_k(samples.targets, TopK(ranked.labels, ranked.scores), k=1))


def test_rows_have_unit_length_and_rare_features_weigh_more() -> None:
    features = Features(sparse.csr_array([[3.0, 4.0, 0.0], [1.0, np.nan, 0.0], [0.0, 0.0, 0.0]]))
    scaling = RowScaling.learn(features, rare_weigh_more=True)
    np.testing.assert_allclose(scaling.weights, 1 + np.log(4 / (1 + np.array([2, 2, 0]))), rtol=1e-6)
    rows = RowScaling.learn(features, rare_weigh_more=False).apply(features).toarray()
    np.testing.assert_allclose(rows, [[0.6, 0.8, 0], [1, 0, 0], [0, 0, 0]], rtol=1e-6)


def test_dense_features_are_standardised_first() -> None:
    random = np.random.default_rng(0)
    values = random.normal([0, 1000, 5], [1, 100, 0], (50, 3))
    values[0] = np.nan
    scaling = RowScaling.learn(Features(values), rare_weigh_more=True)
    rows = scaling.apply(Features(values)).toarray()
    standard = (values - np.nanmean(values, axis=0)) / [np.nanstd(values[:, 0]), np.nanstd(values[:, 1]), np.inf]
    np.testing.assert_allclose(rows[1:], standard[1:] / np.linalg.norm(standard[1:], axis=1)[:, None], atol=1e-4)
    np.testing.assert_array_equal(rows[0], 0)
    stored = scaling.apply(Features(sparse.csr_array(np.nan_to_num(values[1:]))))
    np.testing.assert_allclose(stored.toarray(), rows[1:], atol=1e-6)


def test_each_label_is_a_linear_support_vector_machine(learned: Samples, fresh: Samples) -> None:
    scorer = fit_one_vs_rest(learned.features, learned.targets, PLAIN, 1.0)
    rows = normalize(sparse.csr_matrix(learned.features.values))
    machine = LinearSVC(C=1.0, dual=False, tol=0.1).fit(rows, learned.targets.dense()[:, 3])
    np.testing.assert_allclose(scorer.weights[[3]].toarray(), machine.coef_, atol=1e-3)
    assert found(scorer.rank(fresh.features, 5), fresh) > 0.75


def test_ranking_in_blocks_is_ranking_all(learned: Samples, fresh: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = fit_one_vs_rest(learned.features, learned.targets, PLAIN, 1.0)
    whole = scorer.rank(fresh.features, 7)
    monkeypatch.setattr(module, "CELLS", 100)
    blocks = scorer.rank(fresh.features, 7)
    np.testing.assert_array_equal(whole.labels, blocks.labels)
    scores = scorer.scaling.apply(fresh.features) @ scorer.weights.toarray().T + scorer.bias
    np.testing.assert_allclose(whole.scores, -np.sort(-scores, axis=1)[:, :7], rtol=1e-5)
    assert scorer.rank(fresh.features.take([]), 7).labels.shape == (0, 7)
    assert scorer.rank(fresh.features, 99).labels.shape == (200, 30)


def test_unknown_cells_take_no_part(learned: Samples) -> None:
    """Hiding cells of a label is leaving its samples out, and nothing to other labels."""
    hidden = learned.targets.dense()
    hidden[:200, 3] = np.nan
    scorer = fit_one_vs_rest(learned.features, Targets.from_dense(hidden), PLAIN, 1.0)
    rest = learned.take(list(range(200, 500)))
    without = fit_one_vs_rest(rest.features, rest.targets, PLAIN, 1.0)
    full = fit_one_vs_rest(learned.features, learned.targets, PLAIN, 1.0)
    np.testing.assert_allclose(scorer.weights[[3]].toarray(), without.weights[[3]].toarray())
    np.testing.assert_allclose(scorer.weights[[4]].toarray(), full.weights[[4]].toarray())
    assert np.abs((scorer.weights[[3]] - full.weights[[3]]).toarray()).max() > 0.01


def test_labels_without_two_sides(learned: Samples) -> None:
    dense = learned.targets.dense()
    dense[:, 0], dense[:, 1], dense[:, 2] = 0, 1, np.nan
    scorer = fit_one_vs_rest(learned.features, Targets.from_dense(dense), PLAIN, 1.0)
    ranked = scorer.rank(learned.features, 30)
    assert (ranked.labels[:, :3] == 1).any(axis=1).mean() > 0.9
    assert np.isin(ranked.labels[:, -2:], [0, 2]).all()
    assert scorer.weights[[0, 1, 2]].nnz == 0


def test_small_weights_are_left_out(learned: Samples, fresh: Samples) -> None:
    whole = fit_one_vs_rest(learned.features, learned.targets, PLAIN, 1.0)
    pruned = fit_one_vs_rest(learned.features, learned.targets, PLAIN.model_copy(update={"prune": 0.1}), 1.0)
    assert pruned.weights.nnz < 0.8 * whole.weights.nnz
    assert np.abs(pruned.weights.data).min() >= 0.1
    assert found(pruned.rank(fresh.features, 5), fresh) == pytest.approx(
        found(whole.rank(fresh.features, 5), fresh), abs=0.05
    )


def test_one_vs_rest_is_what_its_tensors_say(learned: Samples, fresh: Samples, tmp_path: Path) -> None:
    scorer = fit_one_vs_rest(learned.features, learned.targets, OneVsRestSettings(), 0.3)
    again = OneVsRest.from_tensors(scorer.tensors(), tmp_path, 30)
    np.testing.assert_array_equal(again.rank(fresh.features, 5).scores, scorer.rank(fresh.features, 5).scores)
    with pytest.raises(ValueError, match="index"):
        OneVsRest.from_tensors(scorer.tensors(), tmp_path, 29)


@pytest.fixture(scope="module")
def trees(learned: Samples, tmp_path_factory: pytest.TempPathFactory) -> tuple[LabelTrees, Path]:
    pytest.importorskip("omikuji", reason="omikuji is not installed (extra `extreme`)")
    folder = tmp_path_factory.mktemp("trees")
    return fit_label_trees(learned.features, learned.targets, LabelTreesSettings(), folder), folder


def test_trees_find_the_labels(trees: tuple[LabelTrees, Path], fresh: Samples) -> None:
    ranked = trees[0].rank(fresh.features, 5)
    assert found(ranked, fresh) > 0.75
    assert (np.diff(ranked.scores, axis=1) <= 0).all()
    assert all(len(set(row)) == 5 for row in ranked.labels.tolist())


def test_trees_are_read_from_their_folder(trees: tuple[LabelTrees, Path], fresh: Samples) -> None:
    scorer, folder = trees
    again = LabelTrees.from_tensors(scorer.tensors(), folder, 30)
    expected, ranked = scorer.rank(fresh.features, 20), again.rank(fresh.features, 20)
    np.testing.assert_array_equal(ranked.labels, expected.labels)
    assert sorted(path.suffix for path in (folder / "trees").iterdir()) == [".cbor"] * 3 + [".json"]
    with pytest.raises(ValueError, match="label 29 of 10"):
        LabelTrees.from_tensors(scorer.tensors(), folder, 10)


def test_short_lists_are_filled_by_frequent_labels(trees: tuple[LabelTrees, Path]) -> None:
    labels, scores = trees[0]._filled([(int(trees[0].frequent[1]), 0.9)], 3)
    assert labels.tolist() == [trees[0].frequent[1], trees[0].frequent[0], trees[0].frequent[2]]
    assert (np.diff(scores) < 0).all()


def test_trees_say_nothing_on_standard_output(
    trees: tuple[LabelTrees, Path], fresh: Samples, capfd: pytest.CaptureFixture[str]
) -> None:
    scorer, folder = trees
    LabelTrees.from_tensors(scorer.tensors(), folder, 30).rank(fresh.features.take([0]), 5)
    assert capfd.readouterr().out == ""


def test_trees_do_not_read_unknown_as_absent(learned: Samples, tmp_path: Path) -> None:
    pytest.importorskip("omikuji", reason="omikuji is not installed (extra `extreme`)")
    dense = learned.targets.dense()
    dense[0, 0] = np.nan
    with pytest.raises(DataError, match="1 targets are unknown, and label trees would read them as absent"):
        fit_label_trees(learned.features, Targets.from_dense(dense), LabelTreesSettings(), tmp_path)


def test_without_omikuji_the_extra_is_named(learned: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "omikuji", None)
    with pytest.raises(MissingExtraError, match=r"multihot\[extreme\]"):
        fit_label_trees(learned.features, learned.targets, LabelTreesSettings(), tmp_path)
