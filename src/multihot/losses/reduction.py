"""From the loss of every cell to one number."""

from typing import Literal

import torch
from torch import Tensor

Reduction = Literal["mean", "sum/batch"]


def reduce(losses: Tensor, targets: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Mean over known cells, or sum over cells divided by the samples of the batch.

    Args:
        losses: (B, L), 0 at unknown cells.
        targets: (B, L), NaN where unknown.
        reduction: "mean" does not depend on the number of labels; "sum/batch" grows with it.

    Returns:
        A scalar; 0 for an empty batch, and where nothing is known.

    >>> reduce(torch.tensor([[2.0, 0.0]]), torch.tensor([[1.0, torch.nan]])).item()
    2.0
    """
    count = (~targets.isnan()).sum() if reduction == "mean" else torch.tensor(len(targets), device=losses.device)
    return losses.sum() / count.clamp(min=1)
