"""All sections of a run's report, its files read once."""

from dataclasses import dataclass
from typing import Self

from multihot.report.accounting import Accounting
from multihot.report.candidates import Candidates
from multihot.report.cooccurrence import CoOccurrence
from multihot.report.examples import Examples
from multihot.report.headline import Headline
from multihot.report.labels import PerLabel
from multihot.report.precision_recall import PrecisionRecall
from multihot.report.reliability import Reliability
from multihot.report.thresholds import Thresholds
from multihot.report.training import TrainingCurves
from multihot.run import Run, ScoreEvaluation


@dataclass(frozen=True)
class Sections:
    """What a report says, section by section; each has its data (`table()`), most a plot (`plot()`).

    Args:
        part: the samples that the sections show: "test", or "validation" where there is no test part.
        headline: every figure with its interval.
        accounting: where every sample went.
        labels: figures by label.
        candidates: encoders that were tried.
        training: curves.
        cooccurrence: labels that stand together.
        reliability: probabilities against frequencies.
        thresholds: where they lie.
        precision_recall: curves by label.
        examples: the worst and the best samples.
    """

    part: str
    headline: Headline
    accounting: Accounting
    labels: PerLabel
    candidates: Candidates
    training: TrainingCurves
    cooccurrence: CoOccurrence
    reliability: Reliability
    thresholds: Thresholds
    precision_recall: PrecisionRecall
    examples: Examples

    @classmethod
    def of(cls, run: Run | ScoreEvaluation) -> Self:
        """Those of a run, from the files in its folder."""
        scores = run.scores()
        part = "test" if "test" in scores.parts else "validation"
        shown = scores.part(part)
        names, thresholds = run.space.names, run.decision.thresholds
        return cls(
            part=part,
            headline=Headline(run.metrics()),
            accounting=Accounting(run.split()),
            labels=PerLabel(names, thresholds, shown.targets, shown.logits, shown.decided),
            candidates=Candidates(run.history()),
            training=TrainingCurves(run.history()),
            cooccurrence=CoOccurrence(names, shown.targets, shown.decided),
            reliability=Reliability(shown.targets, shown.probabilities, shown.logits),
            thresholds=Thresholds(names, thresholds, shown.targets, shown.probabilities),
            precision_recall=PrecisionRecall(names, shown.targets, shown.logits),
            examples=Examples(names, shown.ids, shown.targets, shown.probabilities, shown.decided),
        )
