"""Whole label sets from partly known ones: a class needs to be whole.

Shapes: N samples, K labels.
"""

from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

from multihot.estimators.base import Booleans, Problem
from multihot.estimators.binary import fit_label
from multihot.labels import Targets


def completed(estimator: Any, problem: Problem) -> Booleans:
    """(N, K) whole label sets.

    An unknown cell gets the decision of a clone of the base classifier that is fitted on the samples in which the
    label is known, which this sample is not one of.
    """
    states, unknown = problem.targets.present.toarray(), problem.targets.unknown.toarray()
    for label in np.flatnonzero(unknown.any(axis=0)):
        known, whole = ~unknown[:, label], states[:, label].astype(np.int64)
        fitted = fit_label(estimator, problem.inputs, whole, known, problem.weights, problem.names[label])
        states[~known, label] = fitted.predict(_safe_indexing(problem.inputs, np.flatnonzero(~known))) == 1
    return states


def completion_notes(targets: Targets) -> list[str]:
    """What is said where there is something to complete."""
    partly = int((np.diff(targets.unknown.indptr) > 0).sum())
    if not partly:
        return []
    which = f"{partly:,} of {len(targets):,} samples are partly unknown"
    return [f"{which}: unknown labels were predicted before sets were learned"]
