"""A batch that several processes share: each computes its own samples' logits, and the loss is that of all.

A loss may join cells of different samples (overlap over labels, the largest losses of a batch), and means are over what
is known: no average of the processes' own losses would be right. So each takes the loss of the whole batch, and sends
back what falls on its own samples.

Shapes: B samples in a batch, b samples of one process, L labels.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed
from torch.nn import functional

from multihot import processes
from multihot.train.judge import Loss


def shares(rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The rows of a batch as dealt to the processes: as even as can be, in their order."""
    count = processes.count()
    return np.array_split(rows, count) if count > 1 else [rows]


def own_share(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """This process's rows; the batch's first where there is none for it, to be computed and not counted."""
    own = shares(rows)[processes.rank()]
    return own if len(own) else rows[:1]


@dataclass(frozen=True)
class Place:
    """Which samples of a batch this process computes.

    Args:
        first: where the first stands in the batch.
        counts: whether they are its own; else it computes along, and another's first sample.
        batch: B.
    """

    first: int
    counts: bool
    batch: int

    @classmethod
    def of(cls, rows: NDArray[np.intp]) -> Self:
        """This process's place in a batch."""
        lengths = [len(share) for share in shares(rows)]
        own = lengths[processes.rank()]
        return cls(sum(lengths[: processes.rank()]) if own else 0, bool(own), len(rows))


def loss_of_all(loss: Loss, targets: Tensor, place: Place) -> Loss:
    """A loss that takes this process's logits, and gives the value of the whole batch.

    Args:
        loss: a scalar of logits and targets of B samples.
        targets: (B, L), NaN unknown.
        place: of this process.
    """
    if processes.count() == 1:
        return loss
    return lambda logits, _: loss(_Gathered.apply(_as_long_as_any(logits), place), targets)


class _Gathered(torch.autograd.Function):
    """Logits (b, ...) to those of all processes (B, ...).

    Gradients are multiplied by the number of processes, as DistributedDataParallel and FSDP take the mean where the
    sum is right.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, place: Place) -> Tensor:
        ctx.place, ctx.shape = place, own.shape
        lengths = [len(share) for share in shares(np.arange(place.batch))]
        padded = functional.pad(own.flatten(1), (0, 0, 0, max(lengths) - len(own)))
        parts = [torch.empty_like(padded) for _ in lengths]
        distributed.all_gather(parts, padded)
        whole = torch.cat([part[:length] for part, length in zip(parts, lengths, strict=True)])
        return whole.view(place.batch, *own.shape[1:])

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        if not ctx.place.counts:
            return upstream[0].new_zeros(ctx.shape), None
        first = ctx.place.first
        return upstream[0][first : first + ctx.shape[0]] * processes.count(), None


def _as_long_as_any(logits: Tensor) -> Tensor:
    """Step logits (b, T, L + 1) as long as those of the longest sequences anywhere; others as they are."""
    if logits.ndim < 3:
        return logits
    steps = torch.tensor(logits.shape[1])
    distributed.all_reduce(steps, distributed.ReduceOp.MAX)
    return functional.pad(logits, (0, 0, 0, int(steps) - logits.shape[1]), value=-torch.inf)
