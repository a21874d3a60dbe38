"""From a fitted chain to label sets and probabilities: which paths through the tree of label sets are walked.

After j labels of the chain each sample has some distinct *beginnings*, each the states of these j labels. All
beginnings of all samples are scored by the next classifier at once, so that none is scored twice.
Shapes: N samples, K labels in the order of the chain, M beginnings of all samples together.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from multihot.estimators.base import Floats
from multihot.estimators.binary import probability_of_presence

BLOCK_CELLS = 2**24
"""Inputs of one call of a classifier, at most: what bounds the memory, however many beginnings there are."""


class Found(NamedTuple):
    """What inference says of N samples, in the order of the chain.

    Args:
        sets: (N, K) the label set that is decided.
        probabilities: (N, K) of each label.
    """

    sets: NDArray[np.bool_]
    probabilities: Floats


class Beginnings(NamedTuple):
    """M beginnings of label sets, those of one sample next to each other.

    Args:
        sample: (M,) ascending.
        states: (M, j) the first j labels.
        log_joint: (M,) log of the probability of these states.
        draws: (M,) how many of the sample's random draws begin so; all zero where nothing is drawn.
    """

    sample: NDArray[np.intp]
    states: Floats
    log_joint: Floats
    draws: NDArray[np.int64]


Weigh: TypeAlias = Callable[[Beginnings], Floats]
"""(M,) how much each beginning counts for the probabilities of its sample."""

Choose: TypeAlias = Callable[[Beginnings, Floats], Beginnings]
"""The beginnings that are kept, of all that one more label makes: from those before and (M,) its probabilities."""


def greedy(chain: Sequence[Any], inputs: Any) -> Found:
    """Read et al. 2011: each classifier's own decision is the input of all later ones."""
    states = np.zeros((inputs.shape[0], 0))
    probabilities = np.zeros((inputs.shape[0], len(chain)))
    for place, classifier in enumerate(chain):
        joined = beside(inputs, states)
        decided = (classifier.predict(joined) == 1).astype(np.float64)
        probable = hasattr(classifier, "predict_proba")
        probabilities[:, place] = probability_of_presence(classifier, joined) if probable else decided
        states = np.column_stack([states, decided])
    return Found(states == 1, probabilities)


def beam(chain: Sequence[Any], inputs: Any, width: int) -> Found:
    """Kumar et al. 2013: keep the `width` most probable beginnings of each sample.

    With a width of 2^K nothing is lost: the exact inference of Dembczynski et al. 2010. The set is the most probable
    one that was kept; a label's probability is its mean over the beginnings kept before it, each by its own.
    """

    def weigh(before: Beginnings) -> Floats:
        return np.exp(before.log_joint - _highest(before))

    return _walk(chain, inputs, _start(inputs.shape[0], draws=0), weigh, partial(_most_probable, width=width))


def monte_carlo(chain: Sequence[Any], inputs: Any, draws: int, generator: np.random.Generator) -> Found:
    """Dembczynski et al. 2012, Read et al. 2014: draw label sets from the chain.

    Draws with the same beginning go on together: how many of them get the next label is binomial. The set is the most
    probable one that was drawn; a label's probability is its mean over the draws, before it was drawn itself.
    """

    def weigh(before: Beginnings) -> Floats:
        return before.draws.astype(np.float64)

    def draw(before: Beginnings, probabilities: Floats) -> Beginnings:
        present = generator.binomial(before.draws, probabilities)
        grown = _grown(before, probabilities, np.column_stack([before.draws - present, present]).ravel())
        return _kept(grown, np.flatnonzero(grown.draws))

    return _walk(chain, inputs, _start(inputs.shape[0], draws), weigh, draw)


def beside(inputs: Any, states: Floats) -> Any:
    """(N, D + j) the inputs with the states of labels as further columns."""
    if not states.shape[1]:
        return inputs
    if sparse.issparse(inputs):
        blocks: list[Any] = [inputs, states]
        return sparse.hstack(blocks, format="csr")
    return np.hstack([inputs, states])


def _walk(chain: Sequence[Any], inputs: Any, beginnings: Beginnings, weigh: Weigh, choose: Choose) -> Found:
    means = []
    for classifier in chain:
        probabilities, weights = _score(classifier, inputs, beginnings), weigh(beginnings)
        starts = _starts(beginnings)
        means.append(np.add.reduceat(weights * probabilities, starts) / np.add.reduceat(weights, starts))
        beginnings = choose(beginnings, probabilities)
    return Found(_most_probable_set(beginnings), np.stack(means, axis=1))


def _score(classifier: Any, inputs: Any, beginnings: Beginnings) -> Floats:
    """(M,) the probability that the next label is present."""
    step = max(1, BLOCK_CELLS // max(1, inputs.shape[1]))
    blocks = [slice(start, start + step) for start in range(0, len(beginnings.sample), step)]
    return np.concatenate(
        [
            probability_of_presence(classifier, beside(inputs[beginnings.sample[block]], beginnings.states[block]))
            for block in blocks
        ]
    )


def _start(count: int, draws: int) -> Beginnings:
    return Beginnings(np.arange(count), np.zeros((count, 0)), np.zeros(count), np.full(count, draws))


def _grown(before: Beginnings, probabilities: Floats, draws: NDArray[np.int64] | None = None) -> Beginnings:
    """Every beginning twice, with the next label absent and present."""
    with np.errstate(divide="ignore"):
        steps = np.log(np.column_stack([1 - probabilities, probabilities]))
    states = np.repeat(before.states, 2, axis=0)
    added = np.tile([0.0, 1.0], len(probabilities))
    return Beginnings(
        np.repeat(before.sample, 2),
        np.column_stack([states, added]),
        (before.log_joint[:, None] + steps).ravel(),
        np.repeat(before.draws, 2) if draws is None else draws,
    )


def _kept(beginnings: Beginnings, chosen: NDArray[np.intp]) -> Beginnings:
    sample, states, log_joint, draws = beginnings
    return Beginnings(sample[chosen], states[chosen], log_joint[chosen], draws[chosen])


def _most_probable(before: Beginnings, probabilities: Floats, width: int) -> Beginnings:
    grown = _grown(before, probabilities)
    order = np.lexsort((-grown.log_joint, grown.sample))  # stable: of equal ones the first, which has fewer labels
    rank = np.arange(len(order)) - np.searchsorted(grown.sample, grown.sample)
    return _kept(grown, order[rank < width])


def _most_probable_set(last: Beginnings) -> NDArray[np.bool_]:
    """(N, K) the set of the highest joint probability of each sample."""
    order = np.lexsort((-last.log_joint, last.sample))
    return np.asarray(last.states[order[_starts(last)]] == 1)


def _highest(beginnings: Beginnings) -> Floats:
    """(M,) the highest log joint probability of each one's sample."""
    starts = _starts(beginnings)
    highest = np.maximum.reduceat(beginnings.log_joint, starts)
    return np.asarray(np.repeat(highest, np.diff(starts, append=len(beginnings.sample))))


def _starts(beginnings: Beginnings) -> NDArray[np.intp]:
    """(N,) where each sample's beginnings start."""
    return np.flatnonzero(np.diff(beginnings.sample, prepend=-1))
