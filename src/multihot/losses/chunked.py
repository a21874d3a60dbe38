"""A linear head gone through in chunks of its labels: logits come and gradients are filled one chunk at a time.

Shapes: B samples in a batch, D features, L labels, C labels in a chunk.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.losses.sparse_targets import SparseTargets

CELLS_IN_CACHE = 2**18
CELLS_ON_GPU = 2**25


class Chunk(NamedTuple):
    """One chunk of labels: its logits (B, C), and its present and unknown cells, columns counted from its first."""

    labels: slice
    logits: Tensor
    present: tuple[Tensor, Tensor]
    unknown: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Head:
    """What the passes work on, without gradients."""

    features: Tensor
    weight: Tensor
    bias: Tensor
    targets: SparseTargets
    width: int

    def chunks(self) -> Iterator[Chunk]:
        """Logits chunk by chunk, in single precision or better; each overwrites the one before it."""
        labels = self.targets.shape[1]
        starts = torch.arange(0, labels + self.width, self.width, device=self.features.device)
        lists = (self.targets.present, self.targets.unknown)
        ends = [torch.searchsorted(cells.columns, starts).tolist() for cells in lists]
        buffer = self.features.new_empty(len(self.features), self.width)
        for number, start in enumerate(range(0, labels, self.width)):
            at = slice(start, min(start + self.width, labels))
            logits = buffer[:, : at.stop - start]
            torch.addmm(self.bias[at], self.features, self.weight[at].T, out=logits)
            present, unknown = (
                (cells.rows[low[number] : low[number + 1]], cells.columns[low[number] : low[number + 1]] - start)
                for cells, low in zip(lists, ends, strict=True)
            )
            wide = logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits
            yield Chunk(at, wide, present, unknown)


class Gradients:
    """The gradients of features, weight and bias, filled chunk by chunk from the slopes of logits."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.features = torch.zeros_like(head.features)
        self.weight = torch.empty_like(head.weight)
        self.bias = torch.empty_like(head.bias)

    def add(self, labels: slice, slopes: Tensor) -> None:
        """Slopes (B, C) of the loss in the logits of some labels."""
        narrow = slopes.to(self.features.dtype)
        torch.mm(narrow.T, self.head.features, out=self.weight[labels])
        self.bias[labels] = slopes.sum(0)
        self.features.addmm_(narrow, self.head.weight[labels])


class _Chunked(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, passes: Callable[[Head, float], Any], *rest: Any
    ) -> Tensor:
        targets, scale, width = rest
        value: Tensor
        value, gradients = passes(Head(features, weight, bias, targets, width), scale)
        ctx.gradients = (gradients.features, gradients.weight, gradients.bias)
        return value

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        # Let go of them, or each would be copied when it becomes a parameter's gradient.
        gradients, ctx.gradients = ctx.gradients, None
        if gradients is None:
            raise RuntimeError("the gradients of a chunked loss were formed once and are handed out already")
        if upstream[0].item() != 1:
            for gradient in gradients:
                gradient.mul_(upstream[0])
        return *gradients, None, None, None, None


def in_chunks(
    passes: Callable[[Head, float], tuple[Tensor, Gradients]],
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: SparseTargets,
    scale: float,
    chunk: int | None,
) -> Tensor:
    """A loss of the linear head's logits, whose `passes` over the chunks give its value and gradients at once.

    Args:
        passes: from a head and the scale of the sum to the scaled value and the gradients.
        features: (B, D).
        weight: (L, D).
        bias: (L,).
        targets: of the same B samples and L labels.
        scale: what the sum is multiplied by.
        chunk: C; by default what fits a processor's cache, or fills a GPU.

    Returns:
        A scalar.

    Raises:
        ArgumentError: targets are of other samples or labels.
    """
    if (len(features), len(weight)) != targets.shape:
        raise ArgumentError(
            f"targets are of {targets.shape[0]} samples and {targets.shape[1]} labels, "
            f"features and weight of {len(features)} and {len(weight)}"
        )
    cells = CELLS_ON_GPU if features.is_cuda else CELLS_IN_CACHE
    width = chunk or max(cells // max(len(features), 1), 64)
    value: Tensor = _Chunked.apply(features, weight, bias, passes, targets, scale, width)
    return value
