"""From the losses of cells or samples to one number."""

from typing import Literal

from torch import Tensor

Reduction = Literal["mean", "sum/batch"]


def reduce(losses: Tensor, targets: Tensor, reduction: Reduction = "mean") -> Tensor:
    """Mean over what is known, or sum divided by the samples of the batch.

    Args:
        losses: (B, L), 0 at unknown cells; or (B,), 0 for samples of which nothing is known.
        targets: (B, L), NaN where unknown.
        reduction: "mean" is over known cells, or over samples with a known cell; it does not depend on the number of
            labels. "sum/batch" of (B, L) grows with it.

    Returns:
        A scalar; 0 for an empty batch, and where nothing is known.

    >>> import torch
    >>> reduce(torch.tensor([[2.0, 0.0]]), torch.tensor([[1.0, torch.nan]])).item()
    2.0
    >>> reduce(torch.tensor([3.0, 0.0]), torch.tensor([[1.0], [torch.nan]])).item()
    3.0
    """
    if reduction == "sum/batch":
        return losses.sum() / max(len(targets), 1)
    known = ~targets.isnan()
    count = (known if losses.ndim == 2 else known.any(1)).sum()
    return losses.sum() / count.clamp(min=1)
