"""Losses for samples of which only some labels are known, down to a single present one.

Pure functions of logits and targets: here unknown cells (NaN) cost something, in every sample of which anything is
known. A sample of which nothing is known was never looked at: it costs 0 with zero gradient. To leave unknown cells
out is `binary_cross_entropy`. What depends on the course of training is an argument. B samples in a batch, L labels.
"""

import torch
from torch import Tensor
from torch.nn import functional

from multihot.losses.binary import binary_cross_entropy, smoothed
from multihot.losses.focusing import focal_margin
from multihot.losses.masking import cells


def assumed_absent(targets: Tensor) -> Tensor:
    """(B, L) targets with unknown cells absent, except in samples of which nothing is known.

    >>> assumed_absent(torch.tensor([[1.0, torch.nan], [torch.nan, torch.nan]]))
    tensor([[1., 0.],
            [nan, nan]])
    """
    unknown = targets.isnan()
    return torch.where(unknown & ~unknown.all(1, keepdim=True), 0, targets)


def assume_negative(logits: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """Binary cross entropy with unknown cells taken for absent; the baseline that partial-label methods must beat.

    Cole et al. 2021, Multi-Label Learning from Single Positive Labels: AN, and with smoothing AN-LS. The paper draws
    targets towards one half by ε / 2; the published code moves them by ε.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        smoothing: ε; the paper's is 0.1.

    Returns:
        (B, L), 0 in samples of which nothing is known.

    >>> assume_negative(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]))
    tensor([[0.6931, 0.6931]])
    """
    return binary_cross_entropy(logits, smoothed(assumed_absent(targets), smoothing))


def weak_assume_negative(logits: Tensor, targets: Tensor, weight: float | None = None) -> Tensor:
    """Binary cross entropy with unknown cells taken for absent at a small weight.

    Cole et al. 2021, Multi-Label Learning from Single Positive Labels: WAN.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        weight: of unknown cells; 1 / (L - 1) by default, so that they weigh together as much as one present label.

    Returns:
        (B, L), 0 in samples of which nothing is known.

    >>> weak_assume_negative(torch.zeros(1, 3), torch.tensor([[1.0, torch.nan, torch.nan]]))
    tensor([[0.6931, 0.3466, 0.3466]])
    """
    share = 1 / max(targets.shape[1] - 1, 1) if weight is None else weight
    return torch.where(targets.isnan(), share, 1.0) * binary_cross_entropy(logits, assumed_absent(targets))


def entropy_maximisation(logits: Tensor, targets: Tensor, weight: float = 0.2) -> Tensor:
    """Binary cross entropy where known, and minus the entropy of the probability, times a weight, where not.

    Unknown cells are drawn to one half, the less the surer the model is. Zhou et al. 2022, Acknowledging the Unknown
    for Multi-label Learning with Single Positive Labels: the EM loss; their pseudo-labels (APL) are left out.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        weight: α; the paper takes 0.01 to 0.2 by data set.

    Returns:
        (B, L), at most 0 at unknown cells, 0 in samples of which nothing is known.

    >>> entropy_maximisation(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]))
    tensor([[ 0.6931, -0.1386]])
    """
    of = cells(logits, targets)
    unknown = ~of.known & of.known.any(1, keepdim=True)
    return torch.where(unknown, -weight * _entropy(of.logits), binary_cross_entropy(logits, targets))


def expected_positive(logits: Tensor, targets: Tensor, expected: float) -> Tensor:
    """Binary cross entropy where known, and a penalty on the batch for predicting more or fewer labels than expected.

    1 / L Σ_known BCE + ((k̂ - k) / L)², k̂ the mean over the batch of the sum of probabilities. Cole et al. 2021: EPR.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        expected: k, labels a sample has on average.

    Returns:
        (B,); every sample bears the batch's penalty, so that the mean is the paper's loss. 0 where nothing is known.

    >>> expected_positive(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]), expected=1.0)
    tensor([0.3466])
    """
    of = cells(logits, targets)
    seen = of.known.any(1)
    count = (torch.sigmoid(of.logits).sum(1) * seen).sum() / seen.sum().clamp(min=1)
    penalty = ((count - expected) / targets.shape[1]).square()
    return torch.where(seen, binary_cross_entropy(logits, targets).mean(1) + penalty, 0)


def role(logits: Tensor, targets: Tensor, estimates: Tensor, expected: float) -> Tensor:
    """Regularised online label estimation: a model and a table of estimated labels teach each other.

    1/2 (EPR(z) + EPR(e) + 1 / L Σ BCE(z | σ(e)) + 1 / L Σ BCE(e | σ(z))), the one after the bar without gradient.
    Cole et al. 2021, Multi-Label Learning from Single Positive Labels.

    The table is the caller's: a parameter (N, L) of logits, one row a training sample, stepped with the model; the
    paper starts it uniformly within σ(e) in [0.4, 0.6].

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        estimates: (B, L) e, the rows of the batch's samples.
        expected: k, labels a sample has on average.

    Returns:
        (B,), 0 where nothing is known.

    >>> role(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]), torch.zeros(1, 2), expected=1.0)
    tensor([1.0397])
    """
    of, guess = cells(logits, targets), cells(estimates, targets)
    forth = binary_cross_entropy(of.logits, torch.sigmoid(guess.logits.detach())).mean(1)
    back = binary_cross_entropy(guess.logits, torch.sigmoid(of.logits.detach())).mean(1)
    alone = expected_positive(of.logits, targets, expected) + expected_positive(guess.logits, targets, expected)
    return torch.where(of.known.any(1), (alone + forth + back) / 2, 0)


def self_paced_targets(logits: Tensor, targets: Tensor, threshold: float = 0.6) -> Tensor:
    """(B, L) targets with unknown cells present where their probability is above the threshold, else absent.

    >>> self_paced_targets(torch.tensor([[0.0, 2.0, 0.0]]), torch.tensor([[1.0, torch.nan, torch.nan]]))
    tensor([[1., 1., 0.]])
    """
    doubted = targets.isnan() & (torch.sigmoid(logits.detach()) > threshold)
    filled = assumed_absent(targets)
    return torch.where(doubted & ~filled.isnan(), 1, filled)


def splc(logits: Tensor, targets: Tensor, threshold: float = 0.6, margin: float = 1.0, gamma: float = 2.0) -> Tensor:
    """Self-paced loss correction: focal margin loss, unknown cells present where the model is sure, else absent.

    Zhang et al. 2021, Simple and Robust Loss Design for Multi-Label Learning with Missing Labels. A cell taken for
    present costs what a present one does, margin and all, as the paper says; the published code leaves the margin out.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        threshold: τ; 1 corrects nothing, as in the paper's first epoch.
        margin: subtracted from the logits of present labels.
        gamma: γ.

    Returns:
        (B, L), 0 in samples of which nothing is known.

    >>> splc(torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, torch.nan]]))
    tensor([[0.1733, 0.1733]])
    """
    return focal_margin(logits, self_paced_targets(logits, targets, threshold), margin, gamma)


def without_large_losses(logits: Tensor, targets: Tensor, rejected: float) -> Tensor:
    """(B, L) targets with unknown cells absent, except the share of them that costs most, which stay unknown.

    >>> without_large_losses(torch.tensor([[0.0, 2.0, 0.0]]), torch.tensor([[1.0, torch.nan, torch.nan]]), 0.5)
    tensor([[1., nan, 0.]])
    """
    filled = assumed_absent(targets)
    assumed = targets.isnan() & ~filled.isnan()
    # The loss of an absent label rises with its logit. Ranking all asks no GPU how many there are.
    costs = torch.where(assumed, logits.detach().float(), -torch.inf).flatten()
    ranks = costs.argsort(descending=True).argsort().view_as(filled)
    return filled.masked_fill(ranks < torch.floor(rejected * assumed.sum()), torch.nan)


def large_loss_rejection(logits: Tensor, targets: Tensor, rejected: float = 0.02) -> Tensor:
    """Binary cross entropy with unknown cells absent, except those that cost most: they are likely present.

    Kim et al. 2022, Large Loss Matters in Weakly Supervised Multi-Label Classification: LL-R. There the rejected share
    of a batch's unknown cells is 0 in the first epoch and grows by 0.2 % an epoch, for ten; the published code counts
    the share in all cells.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        rejected: share of unknown cells left out.

    Returns:
        (B, L), 0 where left out and in samples of which nothing is known.

    >>> large_loss_rejection(torch.tensor([[0.0, 2.0, 0.0]]), torch.tensor([[1.0, torch.nan, torch.nan]]), 0.5)
    tensor([[0.6931, 0.0000, 0.6931]])
    """
    return binary_cross_entropy(logits, without_large_losses(logits, targets, rejected))


def _entropy(logits: Tensor) -> Tensor:
    p, q = torch.sigmoid(logits), torch.sigmoid(-logits)
    return p * functional.softplus(-logits) + q * functional.softplus(logits)
