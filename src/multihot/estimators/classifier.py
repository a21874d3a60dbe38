"""multihot's own classifier of feature vectors, the scikit-learn way.

Shapes: N samples, D features, L labels, K labels that vary.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logit
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from multihot.data import Features
from multihot.data.split.blocks import tie
from multihot.decisions.scale import logits_of
from multihot.estimators.base import Booleans, Floats, MultiLabelEstimator, Problem
from multihot.labels import LabelSpace
from multihot.models import score_samples
from multihot.recipe import Recipe
from multihot.train.vectors import fit_vectors, folds_for

_COPIES = 4
"""Training samples for each that is given, about, where weights are no whole multiples of the least one."""


class MultiLabelClassifier(MultiLabelEstimator):
    """A classifier of feature vectors with calibrated probabilities and label sets decided for a named objective.

    It is what `multihot train` fits. Probabilities and thresholds are fitted on training samples too, each scored by a
    classifier that has not seen it; the classifier is then fitted again on all of them. Missing values, NaN in X, are
    filled with medians and told by features of their own; dense features are standardised. Unknown cells, NaN in y,
    take no part in anything.

    Args:
        encoder: "identity" (a linear model), "kernel", "forest" or "dense", or a mapping of its name and settings;
            "auto" tries them by cross-validation, for two minutes or so (`{"name": "auto", "seconds": 30}`). None takes
            the kernel for dense features and the linear model for sparse ones: seconds.
        head: from the encoder's features to logits, by its name or settings.
        loss: what training makes small, by its name or settings.
        objective: what label sets are decided for, such as "micro_f1", "hamming_loss" or "exact_match".
        recipe: what else a `multihot.Recipe` says, as plain values: `{"decision": {"calibration": "isotonic"}}`.
        random_state: the same number gives the same classifier; None a new one each time.

    Attributes:
        encoder_: settings of the encoder that was chosen.
        decision_: from logits to label sets of the labels `learned_`, as fitted; its `notes` say how.
        history_: what was tried.

    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(float)
    >>> y[:5, 1] = np.nan
    >>> MultiLabelClassifier("identity", objective="exact_match").fit(X, y).predict([[3.0, -3.0]])
    array([[1, 0]])
    """

    def __init__(
        self,
        encoder: str | Mapping[str, Any] | None = None,
        *,
        head: str | Mapping[str, Any] = "linear",
        loss: str | Mapping[str, Any] = "binary_cross_entropy",
        objective: str = "micro_f1",
        recipe: Mapping[str, Any] | None = None,
        random_state: Any = 0,
    ) -> None:
        self.encoder = encoder
        self.head = head
        self.loss = loss
        self.objective = objective
        self.recipe = recipe
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from N samples.

        Args:
            X: (N, D), dense with NaN where a value is missing, or sparse.
            y: (N, L) array of 1 present, 0 absent, NaN unknown; the same sparse (stored NaN is unknown, what is not
                stored absent); `multihot.Targets`; or N collections of label names.
            sample_weight: (N,) a sample of weight 2 is as if there twice: exactly, where weights are whole multiples of
                the least one, else about.

        Raises:
            ArgumentError: y has another form, or lengths differ.
            RecipeError: a setting is unknown or out of range.
        """
        return self._read_and_learn(X, y, sample_weight)

    def _inputs(self, X: Any, *, fitting: bool) -> Any:
        finite: Any = True if sparse.issparse(X) else "allow-nan"
        types = [np.float64, np.float32]
        inputs = validate_data(self, X, reset=fitting, accept_sparse="csr", dtype=types, ensure_all_finite=finite)
        return inputs if isinstance(inputs, np.ndarray) else sparse.csr_array(inputs)

    def _fit(self, problem: Problem) -> list[str]:
        if problem.weights is not None:
            problem = problem.take(_repeated(problem.weights))
        features = Features(problem.inputs)
        recipe = self._recipe("kernel" if isinstance(features.values, np.ndarray) else "identity")
        if recipe.cross_fit is None:
            recipe = recipe.model_copy(update={"cross_fit": folds_for(recipe, features, declared=False)})
        fitted = fit_vectors(
            features,
            problem.targets,
            LabelSpace(problem.names),
            recipe,
            np.arange(len(features)),
            np.empty(0, np.intp),
            blocks=tie(None, features.hashes(), count=len(features)),
        )
        self._classifier = fitted.classifier
        self.encoder_, self.decision_, self.history_ = fitted.encoder, fitted.decision, fitted.history
        return []

    def _recipe(self, default_encoder: str) -> Recipe:
        values = dict(self.recipe or {})
        decision = {"objective": self.objective, **values.pop("decision", {})}
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        return Recipe.parse(
            {
                "encoder": default_encoder if self.encoder is None else self.encoder,
                "head": self.head,
                "loss": self.loss,
                "seed": seed,
                **values,
                "decision": decision,
            },
            type(self).__name__,
        )

    def decision_function(self, X: Any) -> Floats:
        """(N, L) how far each label is above its threshold, in logits of calibrated probabilities.

        At least 0 where `predict` says present, except for decisions that cut no probabilities (`select` other than
        "threshold"): these have the logits alone.
        """
        check_is_fitted(self)
        return self._with_constants(self._inputs(X, fitting=False), self._margins, logit(self._constants))

    def _margins(self, inputs: Any) -> Floats:
        cuts = np.nan_to_num(logits_of(self.decision_.thresholds))
        return logits_of(self._probabilities(inputs)) - cuts

    def _logits(self, inputs: Any) -> NDArray[np.float32]:
        return np.concatenate([scored.logits for scored in score_samples(self._classifier, Features(inputs))])

    def _probabilities(self, inputs: Any) -> Floats:
        return self.decision_.probabilities(self._logits(inputs)).astype(np.float64)

    def _decided(self, inputs: Any) -> Booleans:
        return self.decision_.decide(self.decision_.probabilities(self._logits(inputs)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags


def _repeated(weights: Floats) -> NDArray[np.intp]:
    """(N',) row numbers, each as often as its weight says.

    >>> _repeated(np.array([0.5, 1.0, 0.5])).tolist()
    [0, 1, 1, 2]
    """
    multiples = weights / weights.min()
    whole = np.allclose(multiples, np.rint(multiples), rtol=0, atol=1e-6)
    ends = np.cumsum(multiples if whole else weights * (_COPIES * len(weights) / weights.sum()))
    return np.repeat(np.arange(len(weights)), np.diff(np.rint(ends).astype(np.intp), prepend=0))
