"""A linear head of which each process holds some labels: for label sets whose weights are too many for one device.

Shapes: B samples in a batch, b of them of one process, D features, L labels, l of them of one process, K kept.
"""

from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, distributed, nn
from torch.nn import functional

from multihot import processes
from multihot.labels import Targets
from multihot.losses import Reduction, SparseTargets, linear_binary_cross_entropy, linear_cells
from multihot.losses.linear import CellLoss

LABELS_AT_A_TIME = 2**14


class ShardedLinearHead(nn.Module):
    """Features (b, D) of each process to a loss and to the best labels over all L, with l = L / processes held here.

    Features of all processes come together in each; logits are made and left again in chunks, where their weights are.
    What crosses between processes is B x D numbers and their gradients, and K labels a sample in prediction: nothing
    that grows with L. Weights start at zero, from where a convex loss needs no other start. Every process calls every
    method. Losses that join the cells of a sample (`zlpr`, softmax) are not for it.

    Args:
        features: D.
        labels: L, of all processes together.

    >>> head = ShardedLinearHead(features=4, labels=3)
    >>> targets = head.own_targets(Targets.from_dense([[1, 0, torch.nan]]))
    >>> head.loss(torch.ones(1, 4), targets)
    tensor(0.6931, grad_fn=<...>)
    """

    def __init__(self, features: int, labels: int) -> None:
        super().__init__()
        self.labels = labels
        ends = np.cumsum([0, *map(len, np.array_split(np.empty(labels), processes.count()))])
        self.own = slice(int(ends[processes.rank()]), int(ends[processes.rank() + 1]))
        """Which labels are held here."""
        held = self.own.stop - self.own.start
        self.weight = nn.Parameter(torch.zeros(held, features))
        self.bias = nn.Parameter(torch.zeros(held))

    def own_targets(self, targets: Targets) -> SparseTargets:
        """What `loss` takes, of the targets of all B samples and all L labels."""
        present, unknown = (sparse.csc_array(cells)[:, self.own] for cells in (targets.present, targets.unknown))
        held = Targets(sparse.csr_array(present), sparse.csr_array(unknown))
        return SparseTargets.of(held, self.weight.device)

    def loss(
        self, features: Tensor, targets: SparseTargets, of_cell: CellLoss | None = None, reduction: Reduction = "mean"
    ) -> Tensor:
        """The loss over all samples and all labels.

        Gradients are those of this value, of own weights and of own features. An encoder below it that
        `DistributedDataParallel` wraps gets their mean over processes where the sum is right: multiply the loss by the
        number of processes for that encoder.

        Args:
            features: (b, D), at the same scale everywhere; the batch is that of the first process, then the next.
            targets: of all B samples and own labels.
            of_cell: a loss of cells, of logits and targets (B, C) to (B, C); binary cross entropy by default.
            reduction: mean over all known cells, or sum over cells divided by B.

        Returns:
            A scalar, the same in each process.
        """
        whole = _together(features)
        counted = int(_summed(torch.tensor(targets.known))) if reduction == "mean" else len(whole)
        inputs, divisor = (whole, self.weight, self.bias, targets), max(counted, 1)
        if of_cell is None:
            own = linear_binary_cross_entropy(*inputs, divisor=divisor)
        else:
            own = linear_cells(*inputs, of_cell, divisor=divisor)
        return own + (_summed(own.detach()) - own.detach())

    @torch.no_grad()
    def top_k(self, features: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """The K labels with the highest logits of each sample of all processes, best first.

        Args:
            features: (b, D).
            k: K, at most L.

        Returns:
            Logits (B, K), and labels (B, K) by their columns among all L; the same in each process.
        """
        whole = _together(features)
        best = whole.new_full((len(whole), k), -torch.inf)
        labels = torch.full_like(best, -1, dtype=torch.long)
        for start in range(0, len(self.weight), LABELS_AT_A_TIME):
            at = slice(start, start + LABELS_AT_A_TIME)
            logits = functional.linear(whole, self.weight[at], self.bias[at])
            columns = torch.arange(start, start + logits.shape[1], device=labels.device).expand(len(whole), -1)
            best, labels = _best(torch.cat([best, logits], 1), torch.cat([labels, columns + self.own.start], 1), k)
        return _best(_side_by_side(best), _side_by_side(labels), k)


def _best(logits: Tensor, labels: Tensor, k: int) -> tuple[Tensor, Tensor]:
    kept, places = logits.topk(k, dim=1)
    return kept, labels.gather(1, places)


def _together(features: Tensor) -> Tensor:
    if processes.count() == 1:
        return features
    together: Tensor = _Together.apply(features)
    return together


class _Together(torch.autograd.Function):
    """Features (b, D) of each process to those of all, (B, D); gradients are the sum of what all processes send."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        lengths = processes.from_all(len(own))
        ctx.first, ctx.samples = sum(lengths[: processes.rank()]), len(own)
        padded = functional.pad(own, (0, 0, 0, max(lengths) - len(own)))
        parts = [torch.empty_like(padded) for _ in lengths]
        distributed.all_gather(parts, padded)
        return torch.cat([part[:length] for part, length in zip(parts, lengths, strict=True)])

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        slopes = upstream[0].contiguous().clone()
        distributed.all_reduce(slopes)
        return slopes[ctx.first : ctx.first + ctx.samples]


def _summed(value: Tensor) -> Tensor:
    total = value.clone()
    if processes.count() > 1:
        distributed.all_reduce(total)
    return total


def _side_by_side(columns: Tensor) -> Tensor:
    """(B, K) of each process as (B, processes x K)."""
    if processes.count() == 1:
        return columns
    parts = [torch.empty_like(columns) for _ in range(processes.count())]
    distributed.all_gather(parts, columns.contiguous())
    return torch.cat(parts, dim=1)
