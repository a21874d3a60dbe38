"""What a rule of selection cuts: a score for each cell, such that the label set is `score >= cut`.

So a rule of cardinality is a threshold too, on another score, and is searched and averaged like any other. Shapes: N
samples, L labels; arrays are (L, N), numpy or torch alike.
"""

from typing import Literal

from multihot.decisions.constrain.arrays import Array, namespace, ranks

SMALLEST = 1e-12

Select = Literal["threshold", "score_cut", "top_k", "predicted_count", "expected_f1"]


def selection_scores(select: Select, logits: Array) -> Array:
    """(L, N) scores from (L, N) calibrated logits.

    - `threshold`: the logit itself;
    - `score_cut`: how far it lies below the sample's highest;
    - `top_k`: minus its place in the sample, 0 for the highest; a cut at 1/2 - k takes k labels;
    - `predicted_count`: the number of labels expected in the sample, the sum of probabilities, less its place.
    """
    if select == "score_cut":
        return logits - namespace(logits).amax(logits, 0)
    if select == "top_k":
        return -1.0 * ranks(logits)
    if select == "predicted_count":
        return (1 / (1 + namespace(logits).exp(-logits))).sum(0) - ranks(logits)
    return logits


def weights_of(logits: Array, decided: Array, cuts: Array | None) -> Array:
    """(L, N) weights that are positive exactly for the decided labels: logits less the cut they were decided by.

    Args:
        logits: (L, N) calibrated.
        decided: (L, N) the sets as selected.
        cuts: (L, 1) on logits; or None where each sample has its own, as close to a probability of one half as
            separates the labels decided from the others.
    """
    weights = logits - (_own_cut(logits, decided) if cuts is None else cuts)
    # where rounding or a tie left another sign, the set as selected stands
    return namespace(logits).where(decided, weights.clip(min=SMALLEST), weights.clip(max=-SMALLEST))


def _own_cut(logits: Array, decided: Array) -> Array:
    xp = namespace(logits)
    lowest_inside = xp.amin(xp.where(decided, logits, float("inf")), 0)
    highest_outside = xp.amax(xp.where(decided, float("-inf"), logits), 0)
    return xp.minimum(highest_outside.clip(min=0), lowest_inside)
