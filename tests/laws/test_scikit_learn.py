"""scikit-learn's own checks, of every estimator of label sets; what is expected to fail has its reason."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

from multihot.estimators import (
    BinaryRelevance,
    ClassifierChain,
    EnsembleOfClassifierChains,
    MLkNN,
    MultiLabelClassifier,
    PrunedLabelPowerset,
    RAkEL,
)

BASE = LogisticRegression()
QUICK = {"cross_fit": 2, "head_fit": {"l2": 0.01}}


def zero_one(y: Any) -> Any:
    """What scikit-learn's checks write for one label, as multi-label targets: the greater value is present."""
    values = np.asarray(y)
    if y is None or not values.size:
        return y
    return (values == np.sort(values, axis=None)[-1]).astype(float).reshape(len(values), -1)


class Weighted:
    """Reads the targets of scikit-learn's checks."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return super().fit(X, zero_one(y), sample_weight)  # type: ignore[misc]


class CheckedRelevance(Weighted, BinaryRelevance): ...


class CheckedChain(Weighted, ClassifierChain): ...


class CheckedEnsemble(Weighted, EnsembleOfClassifierChains): ...


class CheckedPowerset(Weighted, PrunedLabelPowerset): ...


class CheckedRAkEL(Weighted, RAkEL): ...


class CheckedClassifier(Weighted, MultiLabelClassifier): ...


class CheckedMLkNN(MLkNN):
    def fit(self, X: Any, y: Any) -> Any:
        return super().fit(X, zero_one(y))


SINGLE = "single precision: equal to six digits, and the check wants seven"
ONE_COLUMN = "of one label, one column of probabilities is expected here, and two by the check"
ONE_CLASS = "the check gives one class a sample and wants one back; a label set is a row"
EXPECTED = {
    "check_methods_subset_invariance": SINGLE,
    "check_methods_sample_order_invariance": SINGLE,
    "check_sample_weight_equivalence_on_dense_data": SINGLE,
    "check_sample_weight_equivalence_on_sparse_data": SINGLE,
    "check_estimator_sparse_array": ONE_COLUMN,
    "check_estimator_sparse_matrix": ONE_COLUMN,
    "check_decision_proba_consistency": ONE_COLUMN,
    "check_classifiers_one_label": ONE_CLASS,
    "check_classifiers_classes": ONE_CLASS,
    "check_classifiers_train": ONE_CLASS,
    "check_classifiers_regression_target": "the test reads numbers as 1 and 0; without it they are refused",
    "check_supervised_y_no_nan": "NaN is unknown here, and no error",
    "check_classifier_not_supporting_multiclass": "refused as no (samples, labels), in other words than the check's",
}


OTHER_VALUES = "the check writes one label as two other values than 0 and 1, which are refused, not guessed"
REFUSED = {
    "check_classifier_data_not_an_array": OTHER_VALUES,
    "check_estimators_dtypes": OTHER_VALUES,
    "check_fit2d_1feature": OTHER_VALUES,
    "check_sample_weights_not_an_array": OTHER_VALUES,
    "check_sample_weights_not_overwritten": OTHER_VALUES,
    "check_sample_weights_pandas_series": OTHER_VALUES,
    "check_sample_weights_shape": OTHER_VALUES,
}


@pytest.mark.parametrize(
    "made", [BinaryRelevance(BASE), MLkNN(), MultiLabelClassifier("identity", objective="fixed", recipe=QUICK)]
)
def test_scikit_learn_s_checks_as_they_are(made: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(made, expected_failed_checks=EXPECTED | REFUSED, on_skip=None)
    assert len([result for result in results if result["status"] == "passed"]) > 40


@pytest.mark.parametrize(
    "checked",
    [
        CheckedRelevance(BASE),
        CheckedChain(BASE),
        CheckedEnsemble(BASE, 2, bootstrap=False),
        CheckedPowerset(BASE, prune=0),
        CheckedRAkEL(BASE),
        CheckedMLkNN(),
        CheckedClassifier("identity", objective="fixed", recipe=QUICK),
    ],
    ids=lambda checked: type(checked).__name__,
)
def test_scikit_learn_s_checks_with_their_values_read_as_1_and_0(checked: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = dict(EXPECTED)
        if not isinstance(checked, MultiLabelClassifier):
            expected = {name: reason for name, reason in EXPECTED.items() if reason != SINGLE}
        results = check_estimator(checked, expected_failed_checks=expected, on_skip=None)
    passed = [result for result in results if result["status"] == "passed"]
    assert len(passed) > 40
