"""Ensembles of classifier chains, each in an order of its own."""

from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from multihot.errors import ArgumentError
from multihot.estimators.base import Floats, Problem
from multihot.estimators.binary import MetaEstimator, one_thread_each, require_weights_taken
from multihot.estimators.chains.chain import ClassifierChain, Inference, require_settings


class EnsembleOfClassifierChains(MetaEstimator):
    """Chains in random orders, each on its own resample of the samples; their probabilities are averaged.

    Read, Pfahringer, Holmes and Frank, "Classifier chains for multi-label classification", Machine Learning 2011,
    where the chains vote with their decisions: so do those of a base classifier that gives no probabilities.

    Args:
        estimator: any scikit-learn classifier of two classes.
        n_chains: how many chains.
        bootstrap: whether each chain is fitted on as many samples, drawn with replacement; else all see all samples.
        inference: of each chain, as in `ClassifierChain`.
        width: of each chain's beam.
        draws: of Monte Carlo, for each sample and chain.
        n_jobs: chains that are fitted or asked at a time, in threads that share the inputs.
        random_state: of orders, resamples and draws, and of the base classifiers where they name none.

    Attributes:
        chains_: the fitted `ClassifierChain`s.
    """

    def __init__(
        self,
        estimator: Any,
        n_chains: int = 10,
        *,
        bootstrap: bool = True,
        inference: Inference = "greedy",
        width: int = 10,
        draws: int = 100,
        n_jobs: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.n_chains = n_chains
        self.bootstrap = bootstrap
        self.inference = inference
        self.width = width
        self.draws = draws
        self.n_jobs = n_jobs
        self.random_state = random_state

    @property
    def _gives_probabilities(self) -> bool:
        return True

    def _inputs(self, X: Any, *, fitting: bool) -> Any:
        """(N, D) numbers: labels become further columns of them."""
        return validate_data(self, X, reset=fitting, accept_sparse="csr", ensure_all_finite=False)

    def _fit(self, problem: Problem) -> list[str]:
        if self.n_chains < 1:
            raise ArgumentError(f"n_chains must be at least 1, got {self.n_chains}")
        require_settings(self)
        require_weights_taken(self.estimator, problem.weights)
        seeds = check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=self.n_chains)
        with one_thread_each():
            self.chains_ = Parallel(n_jobs=self.n_jobs, prefer="threads")(
                delayed(self._fit_one)(problem, int(seed)) for seed in seeds
            )
        return []

    def _fit_one(self, problem: Problem, seed: int) -> ClassifierChain:
        chain = ClassifierChain(
            self.estimator,
            order="random",
            inference=self.inference,
            width=self.width,
            draws=self.draws,
            random_state=seed,
        )
        if self.bootstrap:
            count = len(problem.targets)
            problem = problem.take(np.random.default_rng(seed).integers(count, size=count))
        return chain._learned(problem.inputs, problem.targets, problem.weights, np.array(problem.names))

    def _probabilities(self, inputs: Any) -> Floats:
        ask = _probabilities if hasattr(self.estimator, "predict_proba") else _votes
        with one_thread_each():
            each = Parallel(n_jobs=self.n_jobs, prefer="threads")(delayed(ask)(chain, inputs) for chain in self.chains_)
        return np.asarray(np.mean(each, axis=0), np.float64)


def _probabilities(chain: ClassifierChain, inputs: Any) -> Floats:
    return np.asarray(chain.predict_proba(inputs))


def _votes(chain: ClassifierChain, inputs: Any) -> Floats:
    return np.asarray(chain.predict(inputs), np.float64)
