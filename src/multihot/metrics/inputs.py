"""What a metric takes, checked once: targets with scores, probabilities or decisions of the same shape."""

from dataclasses import dataclass
from typing import NoReturn

import torch
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.metrics.arrays import ArrayLike, as_tensor, device_of
from multihot.metrics.cells import Cells, TargetsLike, blocks, read_cells


@dataclass(frozen=True)
class Inputs:
    """Targets of N samples and L labels, with the predictions that were given, on one device.

    Args:
        cells: the targets.
        scores: (N, L) what ranks; the probabilities where no scores were given.
        probabilities: (N, L) in [0, 1].
        decided: (N, L) booleans.
    """

    cells: Cells
    scores: Tensor | None
    probabilities: Tensor | None
    decided: Tensor | None


def read_inputs(
    targets: TargetsLike,
    *,
    scores: ArrayLike | None = None,
    probabilities: ArrayLike | None = None,
    decided: ArrayLike | None = None,
) -> Inputs:
    """Check everything given; work happens on the predictions' device. Raises `ArgumentError`."""
    cells = read_cells(targets, device_of(scores, probabilities, decided, targets))
    certain = None if probabilities is None else read_probabilities(probabilities, cells)
    ranking = certain if scores is None or scores is probabilities else read_scores(scores, cells)
    return Inputs(cells, ranking, certain, None if decided is None else read_decided(decided, cells))


def read_scores(scores: ArrayLike, cells: Cells, name: str = "scores") -> Tensor:
    """(N, L) floating point, NaN only where unknown."""
    tensor = _like_targets(scores, name, cells)
    if tensor.dtype == torch.bool or tensor.is_complex():
        raise ArgumentError(f"{name} must be real numbers, got {tensor.dtype}")
    if tensor.dtype not in (torch.float32, torch.float64):
        tensor = tensor.to(torch.float32 if tensor.is_floating_point() else torch.float64)
    for part in blocks(*cells.shape):
        if tensor[part].isnan().any() and (tensor[part].isnan() & _known(cells, part)).any():
            raise ArgumentError(
                f"{name} must be numbers, got NaN for a known label in rows {part.start} to {part.stop}"
            )
    return tensor


def read_probabilities(probabilities: ArrayLike, cells: Cells) -> Tensor:
    """(N, L) scores in [0, 1]: logits are refused, not converted."""
    tensor = read_scores(probabilities, cells, "probabilities")
    for part in blocks(*cells.shape):
        if not tensor[part].numel():
            continue
        low, high = tensor[part].aminmax()
        if not (low >= 0 and high <= 1):
            known = tensor[part][_known(cells, part)]
            outside = known[(known < 0) | (known > 1)]
            if len(outside):
                _refuse_logits(float(outside[0]))
    return tensor


def read_decided(decided: ArrayLike, cells: Cells) -> Tensor:
    """(N, L) booleans; numbers, which nobody has decided yet, are refused."""
    tensor = _like_targets(decided, "decided", cells)
    if tensor.dtype != torch.bool:
        raise ArgumentError(f"decided must be boolean, got {tensor.dtype}: decide first, as in `probabilities >= 0.5`")
    return tensor


def _refuse_logits(value: float) -> NoReturn:
    raise ArgumentError(
        f"probabilities must be in [0, 1], got {value:g}: for logits pass their sigmoid, and to rank by them only, "
        "pass them as scores"
    )


def _like_targets(values: ArrayLike, name: str, cells: Cells) -> Tensor:
    tensor = as_tensor(values, name).to(cells.device)
    if tuple(tensor.shape) != cells.shape:
        raise ArgumentError(f"{name} has the shape {tuple(tensor.shape)}, targets have {cells.shape}")
    return tensor


def _known(cells: Cells, part: slice) -> Tensor:
    block = cells.rows(part)
    return torch.ones_like(block.present) if block.known is None else block.known
