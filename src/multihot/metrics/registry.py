"""The registry: every metric's function, what it takes, which way is better, its range and its paper."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Literal

from multihot.metrics import scored, sets


@dataclass(frozen=True)
class Metric:
    """One entry of the registry.

    Args:
        function: takes targets and then the inputs named, in that order.
        inputs: of "decided", "scores", "probabilities".
        better: whether a higher or a lower value is better.
        low, high: the range of values.
        paper: where it was defined or is explained.
    """

    function: Callable[..., Any]
    inputs: tuple[str, ...]
    better: Literal["higher", "lower"] = "higher"
    low: float = 0.0
    high: float = 1.0
    paper: str = ""


DECIDED = ("decided",)
SCORES = ("scores",)
PROBABILITIES = ("probabilities",)

REGISTRY: dict[str, Metric] = {
    "exact_match": Metric(sets.exact_match, DECIDED, paper="Ghamrawi and McCallum 2005"),
    "hamming_loss": Metric(sets.hamming_loss, DECIDED, "lower", paper="Schapire and Singer 2000"),
    "cardinality_error": Metric(sets.cardinality_error, DECIDED, "lower", high=inf, paper="Read et al. 2011"),
    "micro_precision": Metric(sets.micro_precision, DECIDED, paper="van Rijsbergen 1979"),
    "macro_precision": Metric(sets.macro_precision, DECIDED, paper="van Rijsbergen 1979"),
    "weighted_precision": Metric(sets.weighted_precision, DECIDED, paper="van Rijsbergen 1979"),
    "samples_precision": Metric(sets.samples_precision, DECIDED, paper="van Rijsbergen 1979"),
    "micro_recall": Metric(sets.micro_recall, DECIDED, paper="van Rijsbergen 1979"),
    "macro_recall": Metric(sets.macro_recall, DECIDED, paper="van Rijsbergen 1979"),
    "weighted_recall": Metric(sets.weighted_recall, DECIDED, paper="van Rijsbergen 1979"),
    "samples_recall": Metric(sets.samples_recall, DECIDED, paper="van Rijsbergen 1979"),
    "micro_f1": Metric(sets.micro_f1, DECIDED, paper="van Rijsbergen 1979"),
    "macro_f1": Metric(sets.macro_f1, DECIDED, paper="van Rijsbergen 1979"),
    "weighted_f1": Metric(sets.weighted_f1, DECIDED, paper="van Rijsbergen 1979"),
    "samples_f1": Metric(sets.samples_f1, DECIDED, paper="van Rijsbergen 1979"),
    "micro_f2": Metric(sets.micro_f2, DECIDED, paper="van Rijsbergen 1979"),
    "macro_f2": Metric(sets.macro_f2, DECIDED, paper="van Rijsbergen 1979"),
    "weighted_f2": Metric(sets.weighted_f2, DECIDED, paper="van Rijsbergen 1979"),
    "samples_f2": Metric(sets.samples_f2, DECIDED, paper="van Rijsbergen 1979"),
    "micro_jaccard": Metric(sets.micro_jaccard, DECIDED, paper="Jaccard 1912"),
    "macro_jaccard": Metric(sets.macro_jaccard, DECIDED, paper="Jaccard 1912"),
    "weighted_jaccard": Metric(sets.weighted_jaccard, DECIDED, paper="Jaccard 1912"),
    "samples_jaccard": Metric(sets.samples_jaccard, DECIDED, paper="Jaccard 1912"),
    "micro_specificity": Metric(sets.micro_specificity, DECIDED, paper="Yerushalmy 1947"),
    "macro_specificity": Metric(sets.macro_specificity, DECIDED, paper="Yerushalmy 1947"),
    "weighted_specificity": Metric(sets.weighted_specificity, DECIDED, paper="Yerushalmy 1947"),
    "samples_specificity": Metric(sets.samples_specificity, DECIDED, paper="Yerushalmy 1947"),
    "micro_balanced_accuracy": Metric(sets.micro_balanced_accuracy, DECIDED, paper="Brodersen et al. 2010"),
    "macro_balanced_accuracy": Metric(sets.macro_balanced_accuracy, DECIDED, paper="Brodersen et al. 2010"),
    "weighted_balanced_accuracy": Metric(sets.weighted_balanced_accuracy, DECIDED, paper="Brodersen et al. 2010"),
    "samples_balanced_accuracy": Metric(sets.samples_balanced_accuracy, DECIDED, paper="Brodersen et al. 2010"),
    "micro_matthews": Metric(sets.micro_matthews, DECIDED, low=-1.0, paper="Matthews 1975"),
    "macro_matthews": Metric(sets.macro_matthews, DECIDED, low=-1.0, paper="Matthews 1975"),
    "weighted_matthews": Metric(sets.weighted_matthews, DECIDED, low=-1.0, paper="Matthews 1975"),
    "samples_matthews": Metric(sets.samples_matthews, DECIDED, low=-1.0, paper="Matthews 1975"),
    "coco_cp": Metric(sets.coco_cp, DECIDED, paper="Wang et al. 2016, CNN-RNN"),
    "coco_cr": Metric(sets.coco_cr, DECIDED, paper="Wang et al. 2016, CNN-RNN"),
    "coco_cf1": Metric(sets.coco_cf1, DECIDED, paper="Wang et al. 2016, CNN-RNN"),
    "coco_op": Metric(sets.coco_op, DECIDED, paper="Wang et al. 2016, CNN-RNN"),
    "coco_or": Metric(sets.coco_or, DECIDED, paper="Wang et al. 2016, CNN-RNN"),
    "coco_of1": Metric(sets.coco_of1, DECIDED, paper="Wang et al. 2016, CNN-RNN"),
    "mean_average_precision": Metric(
        scored.mean_average_precision, SCORES, paper="Everingham et al. 2010, without interpolation"
    ),
    "micro_average_precision": Metric(scored.micro_average_precision, SCORES, paper="Buckley and Voorhees 2000"),
    "samples_average_precision": Metric(scored.samples_average_precision, SCORES, paper="Schapire and Singer 2000"),
    "label_ranking_average_precision": Metric(
        scored.label_ranking_average_precision, SCORES, paper="Tsoumakas et al. 2010"
    ),
    "macro_auroc": Metric(scored.macro_auroc, SCORES, paper="Hanley and McNeil 1982"),
    "micro_auroc": Metric(scored.micro_auroc, SCORES, paper="Hanley and McNeil 1982"),
    "coverage_error": Metric(scored.coverage_error, SCORES, "lower", high=inf, paper="Tsoumakas et al. 2010"),
    "ranking_loss": Metric(scored.ranking_loss, SCORES, "lower", paper="Tsoumakas et al. 2010"),
    "one_error": Metric(scored.one_error, SCORES, "lower", paper="Schapire and Singer 2000"),
    "precision_at_1": Metric(partial(scored.precision_at_k, k=1), SCORES, paper="Jain et al. 2016"),
    "precision_at_3": Metric(partial(scored.precision_at_k, k=3), SCORES, paper="Jain et al. 2016"),
    "precision_at_5": Metric(partial(scored.precision_at_k, k=5), SCORES, paper="Jain et al. 2016"),
    "recall_at_1": Metric(partial(scored.recall_at_k, k=1), SCORES, paper="Manning et al. 2008"),
    "recall_at_3": Metric(partial(scored.recall_at_k, k=3), SCORES, paper="Manning et al. 2008"),
    "recall_at_5": Metric(partial(scored.recall_at_k, k=5), SCORES, paper="Manning et al. 2008"),
    "ndcg_at_1": Metric(partial(scored.ndcg_at_k, k=1), SCORES, paper="Järvelin and Kekäläinen 2002"),
    "ndcg_at_3": Metric(partial(scored.ndcg_at_k, k=3), SCORES, paper="Järvelin and Kekäläinen 2002"),
    "ndcg_at_5": Metric(partial(scored.ndcg_at_k, k=5), SCORES, paper="Järvelin and Kekäläinen 2002"),
    "log_loss": Metric(scored.log_loss, PROBABILITIES, "lower", high=inf, paper="Good 1952"),
    "brier_score": Metric(scored.brier_score, PROBABILITIES, "lower", paper="Brier 1950"),
    "expected_calibration_error": Metric(
        scored.expected_calibration_error, PROBABILITIES, "lower", paper="Naeini et al. 2015; equal-mass bins"
    ),
    "macro_expected_calibration_error": Metric(
        scored.macro_expected_calibration_error, PROBABILITIES, "lower", paper="Kull et al. 2019, classwise"
    ),
}
