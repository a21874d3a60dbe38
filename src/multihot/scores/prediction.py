"""New scores to label sets, by a decision that was fitted for such scores."""

from collections.abc import Iterator

from multihot.errors import ArgumentError
from multihot.labels import LabelSet
from multihot.run import ScoreEvaluation
from multihot.scores.table import ScoreTable


def predict_from_scores(evaluation: ScoreEvaluation, scores: ScoreTable) -> Iterator[LabelSet]:
    """Label sets of the samples that have scores, in their order, then those without any, with the reason.

    Args:
        evaluation: whose decision is taken.
        scores: of the same labels, in any order, and of the kind that the decision was fitted for.

    Raises:
        ArgumentError: scores of another kind.
        LabelError: scores of other labels.
    """
    kind = evaluation.about["kind"]
    if scores.kind != kind:
        raise ArgumentError(f"{scores.source}: the decision was fitted for {kind}, got {scores.kind}")
    table, space = scores.with_space(evaluation.space), evaluation.space
    probabilities = evaluation.decision.probabilities(table.logits)
    decided = evaluation.decision.decide(probabilities)
    for row, name in enumerate(table.ids):
        labels = tuple(label for label, is_in in zip(space, decided[row], strict=True) if is_in)
        yield LabelSet(name, labels, dict(zip(space, probabilities[row].tolist(), strict=True)))
    for aside in table.set_aside:
        yield LabelSet(aside.id, error=aside.reason)
