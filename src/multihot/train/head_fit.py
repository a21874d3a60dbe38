"""Fit a head on features of a frozen encoder.

Shapes: N samples, D features, h w height and width of feature maps, L labels.
"""

from typing import Any

import torch

from multihot.losses import TrainingLoss
from multihot.models import Head
from multihot.progress import track
from multihot.recipe import HeadFitSettings
from multihot.train.convex_fit import L2_PATH, L2_WITHOUT_VALIDATION, convex_solutions
from multihot.train.judge import Fold, judge_head
from multihot.train.solutions import Search, Solutions, copy_of
from multihot.train.stochastic_fit import stochastic_solutions


def fit_head(
    head: Head, train: Fold, validation: Fold, loss: TrainingLoss, settings: HeadFitSettings, seed: int = 0
) -> list[dict[str, Any]]:
    """Fit a head, and leave in it the weights that do best on validation.

    Convex heads are fitted in full batch with a path of l2 penalties, the others in small batches with early stopping.

    Args:
        head: what is fitted, in place; its scale and what it knows of labels come from `train`.
        train: what the weights are fitted on.
        validation: what chooses among solutions, by the same loss; may be empty.
        loss: a scalar of what the head's `training_loss` gives it and targets.
        settings: how.
        seed: decides the order of batches and all else that is random.

    Returns:
        One record a solution tried, for `history.jsonl`; `kept` marks the one whose weights are.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head.learn_scale(train.features)
        head.learn_labels(train.targets)
        has_validation = validation.anything_known()
        solutions = head_solutions(head, train, loss, settings, choose=has_validation)
        search, history, weights = Search(solutions.patience), [], copy_of(head)
        for record in track(solutions.records, "fitting the head", solutions.most):
            on_train = record.get("train") or judge_head(head, train, loss)
            on_validation = judge_head(head, validation, loss) if has_validation else None
            history.append({**record, "train": on_train, "validation": on_validation})
            # Without validation nothing speaks for an early epoch.
            if search.is_best(on_validation["loss"] if on_validation else -len(history)):
                weights = copy_of(head)
            if search.is_over():
                break
    head.load_state_dict(weights)
    head.eval()
    return search.mark(history)


def head_solutions(
    head: Head, train: Fold, loss: TrainingLoss, settings: HeadFitSettings, *, choose: bool
) -> Solutions:
    """The solutions that a head goes through: strengths of regularisation, or epochs.

    Args:
        head: what is fitted, in place; it knows its scale and the labels.
        train: what the weights are fitted on.
        loss: as `fit_head` takes it.
        settings: how.
        choose: whether samples left out will choose among strengths; else there is one.
    """
    if not list(head.parameters()):
        return Solutions(iter([{"stage": "encoder"}]), 1, 1)
    if head.convex:
        path = [settings.l2] if settings.l2 else L2_PATH if choose else [L2_WITHOUT_VALIDATION]
        return convex_solutions(head, train, loss, path)
    return stochastic_solutions(head, train, loss, settings)
