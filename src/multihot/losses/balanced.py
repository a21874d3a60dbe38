"""Binary losses that weigh by how frequent labels are in the training samples.

Pure functions of logits and targets, unreduced: (B, L) in, (B, L) out, 0 with zero gradient where a target is
unknown (NaN). B samples in a batch, L labels, n_k the training samples known to have label k.
"""

import torch
from torch import Tensor
from torch.nn import functional

from multihot.losses.masking import cells, join


def class_balanced(
    logits: Tensor, targets: Tensor, positives: Tensor, beta: float = 0.9999, gamma: float = 0.0
) -> Tensor:
    """Binary cross entropy, or focal loss, weighed by the effective number of samples of what a sample shows.

    A label's weight is (1 - β) / (1 - β^n), scaled to mean 1 over labels. Cui et al. 2019, Class-Balanced Loss Based on
    Effective Number of Samples, where a sample has one label, whose weight all its cells get; here the mean over the
    labels present, and 1 where none is.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        positives: (L,) n; a label never seen counts as seen once.
        beta: β in [0, 1): 0 weighs all alike, towards 1 by 1 / n.
        gamma: focusing, at least 0; 0 is none.

    Returns:
        (B, L), 0 at unknown cells.

    >>> targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> class_balanced(torch.zeros(2, 2), targets, torch.tensor([1.0, 3.0]), beta=0.5)
    tensor([[0.8822, 0.8822],
            [0.5041, 0.5041]])
    """
    of = cells(logits, targets)
    weights = effective_number_weights(positives, beta).to(of.logits, non_blocking=True)
    count = of.targets.sum(1, keepdim=True)
    of_sample = torch.where(count > 0, (of.targets * weights).sum(1, keepdim=True) / count.clamp(min=1), 1)
    log_p, log_q = functional.logsigmoid(of.logits), functional.logsigmoid(-of.logits)
    return of_sample * join(of, -(gamma * log_q).exp() * log_p, -(gamma * log_p).exp() * log_q)


def effective_number_weights(positives: Tensor, beta: float = 0.9999) -> Tensor:
    """(L,) weights (1 - β) / (1 - β^n), scaled to mean 1 (Cui et al. 2019).

    >>> effective_number_weights(torch.tensor([1.0, 3.0]), 0.5)
    tensor([1.2727, 0.7273])
    """
    weights = (1 - beta) / (1 - beta ** positives.clamp(min=1).double())
    return (weights / weights.mean()).float()


def distribution_balanced(
    logits: Tensor,
    targets: Tensor,
    positives: Tensor,
    total: int,
    floor: float = 0.1,
    steepness: float = 10.0,
    middle: float = 0.2,
    tolerance: float = 2.0,
    bias: float = 0.05,
    gamma: float = 0.0,
) -> Tensor:
    """Binary cross entropy rebalanced for labels that occur together, and tolerant of absent labels.

    r (t log(1 + exp(-y)) + (1 - t) / λ log(1 + exp(λ y))) with y = z - κ log(1 / f - 1), f the label's frequency, and
    r = α + σ(β (s - μ)) of the share s = (1 / n_k) / Σ_{present i} 1 / n_i. Wu et al. 2020, Distribution-Balanced Loss
    for Multi-Label Classification in Long-Tailed Datasets. The published code divides κ by λ besides.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        positives: (L,) n; a label never seen counts as seen once.
        total: the training samples that n is counted in.
        floor: α.
        steepness: β.
        middle: μ.
        tolerance: λ; the larger, the sooner an absent label is left alone. 1 treats both sides alike.
        bias: κ; what the frequency of a label moves its logits by.
        gamma: focusing, at least 0; 0 is none.

    Returns:
        (B, L), 0 at unknown cells.

    >>> positives = torch.tensor([1.0, 3.0])
    >>> distribution_balanced(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), positives, total=4)
    tensor([[0.7928, 0.3341]])
    """
    of = cells(logits, targets)
    counts = positives.to(of.logits, non_blocking=True).clamp(min=1)
    # A sample with no label present is as one whose labels are all frequent: its cells weigh most.
    share = counts.reciprocal() / (of.targets / counts).sum(1, keepdim=True).clamp(min=1 / max(total, 1))
    weight = floor + torch.sigmoid(steepness * (share - middle))
    frequency = (counts / max(total, 1)).clamp(max=1 - 1 / (max(total, 1) + 1))
    y = of.logits - bias * (frequency.reciprocal() - 1).log()
    log_p, log_q = functional.logsigmoid(y), functional.logsigmoid(-tolerance * y)
    present = -(gamma * functional.logsigmoid(-y)).exp() * log_p
    absent = -(gamma * functional.logsigmoid(tolerance * y)).exp() * log_q / tolerance
    return weight * join(of, present, absent)
