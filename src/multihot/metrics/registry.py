"""The registry: every metric's function, what it takes, which way is better, its range and its paper."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Literal

from multihot.metrics import calibration, coco, ranking, sets, top_k


@dataclass(frozen=True)
class Metric:
    """One entry of the registry.

    Args:
        function: takes what `inputs` names, in that order.
        inputs: of "targets", "decided", "scores", "probabilities", "propensities", "space".
        better: whether a higher or a lower value is better.
        low: the lowest value there is.
        high: the highest value there is.
        paper: where it was defined, or is explained best.
    """

    function: Callable[..., Any]
    inputs: tuple[str, ...]
    better: Literal["higher", "lower"] = "higher"
    low: float = 0.0
    high: float = 1.0
    paper: str = ""


DECIDED = ("targets", "decided")
SCORES = ("targets", "scores")
PROBABILITIES = ("targets", "probabilities")
PROPENSITIES = ("targets", "scores", "propensities")
DECIDED_AND_SCORES = ("targets", "decided", "scores")

VAN_RIJSBERGEN = "van Rijsbergen 1979, Information Retrieval"
TSOUMAKAS = "Tsoumakas, Katakis and Vlahavas 2010, Mining Multi-label Data"
SCHAPIRE = "Schapire and Singer 2000, BoosTexter"
COCO = "Wang et al. 2016, CNN-RNN"
JAIN = "Jain, Prabhu and Varma 2016, Extreme Multi-label Loss Functions"

REGISTRY: dict[str, Metric] = {
    "exact_match": Metric(sets.exact_match, DECIDED, paper="Ghamrawi and McCallum 2005"),
    "hamming_loss": Metric(sets.hamming_loss, DECIDED, "lower", paper=SCHAPIRE),
    "cardinality_error": Metric(sets.cardinality_error, DECIDED, "lower", high=inf, paper="Read et al. 2011"),
    "micro_precision": Metric(sets.micro_precision, DECIDED, paper=VAN_RIJSBERGEN),
    "macro_precision": Metric(sets.macro_precision, DECIDED, paper=VAN_RIJSBERGEN),
    "weighted_precision": Metric(sets.weighted_precision, DECIDED, paper=VAN_RIJSBERGEN),
    "samples_precision": Metric(sets.samples_precision, DECIDED, paper=VAN_RIJSBERGEN),
    "micro_recall": Metric(sets.micro_recall, DECIDED, paper=VAN_RIJSBERGEN),
    "macro_recall": Metric(sets.macro_recall, DECIDED, paper=VAN_RIJSBERGEN),
    "weighted_recall": Metric(sets.weighted_recall, DECIDED, paper=VAN_RIJSBERGEN),
    "samples_recall": Metric(sets.samples_recall, DECIDED, paper=VAN_RIJSBERGEN),
    "micro_f1": Metric(sets.micro_f1, DECIDED, paper=VAN_RIJSBERGEN),
    "macro_f1": Metric(sets.macro_f1, DECIDED, paper=VAN_RIJSBERGEN),
    "weighted_f1": Metric(sets.weighted_f1, DECIDED, paper=VAN_RIJSBERGEN),
    "samples_f1": Metric(sets.samples_f1, DECIDED, paper=VAN_RIJSBERGEN),
    "micro_f2": Metric(sets.micro_f2, DECIDED, paper=VAN_RIJSBERGEN),
    "macro_f2": Metric(sets.macro_f2, DECIDED, paper=VAN_RIJSBERGEN),
    "weighted_f2": Metric(sets.weighted_f2, DECIDED, paper=VAN_RIJSBERGEN),
    "samples_f2": Metric(sets.samples_f2, DECIDED, paper=VAN_RIJSBERGEN),
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
    "relation_violations": Metric(sets.relation_violations, ("decided", "space"), "lower"),
    "coco_cp": Metric(coco.coco_cp, DECIDED, paper=COCO),
    "coco_cr": Metric(coco.coco_cr, DECIDED, paper=COCO),
    "coco_cf1": Metric(coco.coco_cf1, DECIDED, paper=COCO),
    "coco_op": Metric(coco.coco_op, DECIDED, paper=COCO),
    "coco_or": Metric(coco.coco_or, DECIDED, paper=COCO),
    "coco_of1": Metric(coco.coco_of1, DECIDED, paper=COCO),
    "coco_cp_top3": Metric(coco.coco_cp_top3, DECIDED_AND_SCORES, paper=COCO),
    "coco_cr_top3": Metric(coco.coco_cr_top3, DECIDED_AND_SCORES, paper=COCO),
    "coco_cf1_top3": Metric(coco.coco_cf1_top3, DECIDED_AND_SCORES, paper=COCO),
    "coco_op_top3": Metric(coco.coco_op_top3, DECIDED_AND_SCORES, paper=COCO),
    "coco_or_top3": Metric(coco.coco_or_top3, DECIDED_AND_SCORES, paper=COCO),
    "coco_of1_top3": Metric(coco.coco_of1_top3, DECIDED_AND_SCORES, paper=COCO),
    "mean_average_precision": Metric(
        ranking.mean_average_precision, SCORES, paper="Everingham et al. 2010, without interpolation"
    ),
    "micro_average_precision": Metric(ranking.micro_average_precision, SCORES, paper="Buckley and Voorhees 2000"),
    "samples_average_precision": Metric(ranking.samples_average_precision, SCORES, paper=SCHAPIRE),
    "label_ranking_average_precision": Metric(ranking.label_ranking_average_precision, SCORES, paper=TSOUMAKAS),
    "macro_auroc": Metric(ranking.macro_auroc, SCORES, paper="Hanley and McNeil 1982"),
    "micro_auroc": Metric(ranking.micro_auroc, SCORES, paper="Hanley and McNeil 1982"),
    "coverage_error": Metric(ranking.coverage_error, SCORES, "lower", high=inf, paper=TSOUMAKAS),
    "ranking_loss": Metric(ranking.ranking_loss, SCORES, "lower", paper=TSOUMAKAS),
    "one_error": Metric(ranking.one_error, SCORES, "lower", paper=SCHAPIRE),
    "precision_at_1": Metric(partial(top_k.precision_at_k, k=1), SCORES, paper=JAIN),
    "precision_at_3": Metric(partial(top_k.precision_at_k, k=3), SCORES, paper=JAIN),
    "precision_at_5": Metric(partial(top_k.precision_at_k, k=5), SCORES, paper=JAIN),
    "recall_at_1": Metric(partial(top_k.recall_at_k, k=1), SCORES, paper="Manning, Raghavan and Schütze 2008"),
    "recall_at_3": Metric(partial(top_k.recall_at_k, k=3), SCORES, paper="Manning, Raghavan and Schütze 2008"),
    "recall_at_5": Metric(partial(top_k.recall_at_k, k=5), SCORES, paper="Manning, Raghavan and Schütze 2008"),
    "ndcg_at_1": Metric(partial(top_k.ndcg_at_k, k=1), SCORES, paper="Järvelin and Kekäläinen 2002"),
    "ndcg_at_3": Metric(partial(top_k.ndcg_at_k, k=3), SCORES, paper="Järvelin and Kekäläinen 2002"),
    "ndcg_at_5": Metric(partial(top_k.ndcg_at_k, k=5), SCORES, paper="Järvelin and Kekäläinen 2002"),
    "propensity_scored_precision_at_1": Metric(
        partial(top_k.propensity_scored_precision_at_k, k=1), PROPENSITIES, paper=JAIN
    ),
    "propensity_scored_precision_at_3": Metric(
        partial(top_k.propensity_scored_precision_at_k, k=3), PROPENSITIES, paper=JAIN
    ),
    "propensity_scored_precision_at_5": Metric(
        partial(top_k.propensity_scored_precision_at_k, k=5), PROPENSITIES, paper=JAIN
    ),
    "propensity_scored_ndcg_at_1": Metric(partial(top_k.propensity_scored_ndcg_at_k, k=1), PROPENSITIES, paper=JAIN),
    "propensity_scored_ndcg_at_3": Metric(partial(top_k.propensity_scored_ndcg_at_k, k=3), PROPENSITIES, paper=JAIN),
    "propensity_scored_ndcg_at_5": Metric(partial(top_k.propensity_scored_ndcg_at_k, k=5), PROPENSITIES, paper=JAIN),
    "log_loss": Metric(calibration.log_loss, PROBABILITIES, "lower", high=inf, paper="Good 1952"),
    "brier_score": Metric(calibration.brier_score, PROBABILITIES, "lower", paper="Brier 1950"),
    "expected_calibration_error": Metric(
        calibration.expected_calibration_error,
        PROBABILITIES,
        "lower",
        paper="Naeini, Cooper and Hauskrecht 2015; bins of equal size",
    ),
    "macro_expected_calibration_error": Metric(
        calibration.macro_expected_calibration_error, PROBABILITIES, "lower", paper="Kull et al. 2019, classwise"
    ),
}
