"""Losses that treat every label as a question of its own, and every answer alike.

Pure functions of logits and targets, unreduced: (B, L) in, (B, L) out, 0 with zero gradient where a target is
unknown (NaN). B samples in a batch, L labels.
"""

from torch import Tensor
from torch.nn import functional

from multihot.losses.masking import cells, join


def binary_cross_entropy(
    logits: Tensor, targets: Tensor, weight: Tensor | None = None, positive_weight: Tensor | None = None
) -> Tensor:
    """Cross entropy of each cell: -w (p t log σ(z) + (1 - t) log(1 - σ(z))).

    Leaving out what is unknown is itself a partial-label method: "ignore unknown".

    Args:
        logits: (B, L) z, unbounded.
        targets: (B, L) t: 1 present, 0 absent, NaN unknown.
        weight: (L,) w of each label; 1 by default.
        positive_weight: (L,) p of each label's present cells; 1 by default.

    Returns:
        (B, L) non-negative; 0 at unknown cells.

    >>> import torch
    >>> binary_cross_entropy(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]))
    tensor([[0.6931, 0.0000]])
    """
    of = cells(logits, targets)
    losses = functional.binary_cross_entropy_with_logits(
        of.logits,
        of.targets,
        weight=None if weight is None else weight.to(of.logits, non_blocking=True),
        pos_weight=None if positive_weight is None else positive_weight.to(of.logits, non_blocking=True),
        reduction="none",
    )
    return losses * of.known


def soft_margin(logits: Tensor, targets: Tensor, margin: float = 0.0) -> Tensor:
    """A smooth hinge: log(1 + exp(m - s z)), s = 1 where present, -1 where absent.

    With m = 0 its mean over labels is `torch.nn.MultiLabelSoftMarginLoss`, and each cell is binary cross entropy;
    a margin asks for logits beyond it.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        margin: m.

    Returns:
        (B, L), 0 at unknown cells.

    >>> import torch
    >>> soft_margin(torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 0.0]]), margin=1.0)
    tensor([[0.6931, 2.1269]])
    """
    of = cells(logits, targets)
    return join(of, functional.softplus(margin - of.logits), functional.softplus(margin + of.logits))


def smoothed(targets: Tensor, smoothing: float) -> Tensor:
    """Targets drawn towards one half: t (1 - ε) + ε / 2 (Szegedy et al. 2016); unknown cells stay unknown.

    >>> import torch
    >>> smoothed(torch.tensor([1.0, 0.0, torch.nan]), 0.1)
    tensor([0.9500, 0.0500,    nan])
    """
    return targets * (1 - smoothing) + smoothing / 2


def label_smoothing(logits: Tensor, targets: Tensor, smoothing: float = 0.1) -> Tensor:
    """Binary cross entropy against targets drawn towards one half (Szegedy et al. 2016, Rethinking Inception).

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        smoothing: ε; a present label counts as 1 - ε / 2, an absent one as ε / 2.

    Returns:
        (B, L), 0 at unknown cells.

    >>> import torch
    >>> label_smoothing(torch.tensor([[2.0]]), torch.tensor([[1.0]]), smoothing=0.2)
    tensor([[0.3269]])
    """
    return binary_cross_entropy(logits, smoothed(targets, smoothing))
