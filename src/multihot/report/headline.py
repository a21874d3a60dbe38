"""The headline: what was trained on how much, how good it is, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from multihot import metrics

Figures = Mapping[str, Mapping[str, float | None]]
"""By the registry's names, each {"value", "low", "high"}: one part of `metrics.json`."""

MEANINGS = {
    "exact_match": ("Exact match", "samples whose whole label set is right"),
    "samples_jaccard": ("Samples Jaccard", "overlap of true and decided set, mean over samples"),
    "hamming_loss": ("Hamming loss", "single answers (sample × label) that are wrong"),
    "micro_f1": ("Micro F1", "all answers pooled: frequent labels weigh most"),
    "micro_precision": ("Micro precision", "labels given that are right"),
    "micro_recall": ("Micro recall", "labels present that are given"),
    "macro_f1": ("Macro F1", "mean over labels: rare ones weigh as much"),
    "macro_precision": ("Macro precision", "mean over labels"),
    "macro_recall": ("Macro recall", "mean over labels"),
    "samples_f1": ("Samples F1", "mean over samples"),
    "samples_precision": ("Samples precision", "mean over samples"),
    "samples_recall": ("Samples recall", "mean over samples"),
    "mean_average_precision": ("mAP", "mean average precision: no threshold involved"),
    "macro_auroc": ("Macro AUROC", "a sample with the label ranks above one without"),
    "ranking_loss": ("Ranking loss", "pairs of labels of a sample in the wrong order"),
    "log_loss": ("Log loss", "surprise at the truth, per answer, in nats"),
    "brier_score": ("Brier score", "squared error of the probabilities"),
    "expected_calibration_error": ("Calibration error", "probabilities against frequencies (ECE)"),
}
"""The figures that the page shows first: title, and what is measured."""


@dataclass(frozen=True)
class Headline:
    """The figures of a run.

    Args:
        figures: by part ("validation", "test"), as `Run.metrics()` gives them.
    """

    figures: Mapping[str, Figures]

    def table(self) -> pa.Table:
        """One row a figure, those of `MEANINGS` first, then in the registry's order.

        Columns: `figure`, `better` ("higher" or "lower"; null for a figure that this version does not know), then
        `value`, `low` and `high` of each part.
        """
        given = [name for part in self.figures.values() for name in part]
        names = sorted(dict.fromkeys(given), key=_place)
        return pa.table(
            {
                "figure": pa.array(names, pa.string()),
                "better": pa.array([_better(name) for name in names], pa.string()),
                **{
                    f"{part}_{bound}": pa.array(
                        [self.figures.get(part, {}).get(name, {}).get(bound) for name in names], pa.float64()
                    )
                    for part in ("validation", "test")
                    for bound in ("value", "low", "high")
                },
            }
        )

    def sentence(self, part: str) -> str:
        """What the figures of one part mean, in plain words; empty where there are none."""
        figures = self.figures.get(part, {})
        exact, precision, recall = (
            figures.get(name) or {} for name in ("exact_match", "micro_precision", "micro_recall")
        )
        if exact.get("value") is None:
            return ""
        said = f"Of 100 new samples like these, about {hundredths(exact['value'])} get exactly the right label set"
        if exact.get("low") is not None:
            said += f" ({hundredths(exact['low'])} to {hundredths(exact['high'])} with 95 % confidence)"
        if precision.get("value") is not None and recall.get("value") is not None:
            said += (
                f". Of 100 labels that it gives, {hundredths(precision['value'])} are right; "
                f"of 100 that are there, it finds {hundredths(recall['value'])}"
            )
        return said + "."


_ORDER = {name: place for place, name in enumerate(dict.fromkeys((*MEANINGS, *metrics.REGISTRY)))}


def _place(name: str) -> int:
    return _ORDER.get(name, len(_ORDER))


def _better(name: str) -> str | None:
    return metrics.REGISTRY[name].better if name in metrics.REGISTRY else None


def hundredths(share: float | None) -> str:
    """A share as a number of hundred, with a decimal where a whole number would say all or none.

    >>> hundredths(0.973), hundredths(0.9987), hundredths(1.0)
    ('97', '99.9', '100')
    """
    value = 100 * (share or 0.0)
    return f"{value:.0f}" if value in (0, 100) or 0.5 <= value < 99.5 else f"{value:.1f}"
