"""Losses that treat every label as a question of its own.

Pure functions of logits and targets, unreduced: (B, L) in, (B, L) out, 0 with zero gradient where a target is
unknown (NaN). B samples in a batch, L labels.
"""

import torch
from torch import Tensor
from torch.nn import functional


def binary_cross_entropy(
    logits: Tensor, targets: Tensor, weight: Tensor | None = None, positive_weight: Tensor | None = None
) -> Tensor:
    """Cross entropy of each cell: -w (p t log σ(z) + (1 - t) log(1 - σ(z))).

    Args:
        logits: (B, L) z, unbounded.
        targets: (B, L) t: 1 present, 0 absent, NaN unknown.
        weight: (L,) w of each label; 1 by default.
        positive_weight: (L,) p of each label's present cells; 1 by default.

    Returns:
        (B, L) non-negative; 0 at unknown cells.

    >>> binary_cross_entropy(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]))
    tensor([[0.6931, 0.0000]])
    """
    known = ~targets.isnan()
    # The targets are filled before the loss: a NaN masked afterwards would still give a NaN gradient.
    filled = torch.where(known, targets, torch.zeros_like(targets))
    losses = functional.binary_cross_entropy_with_logits(
        logits, filled, weight=weight, pos_weight=positive_weight, reduction="none"
    )
    return torch.where(known, losses, torch.zeros_like(losses))
