"""What a metric takes, checked once: targets with scores, probabilities or decisions of the same shape."""

import math
from typing import NoReturn

import torch
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.metrics.arrays import ArrayLike, as_tensor, device_of
from multihot.metrics.cells import Cells, TargetsLike, blocks, read_cells


def read_with_scores(targets: TargetsLike, scores: ArrayLike) -> tuple[Cells, Tensor]:
    """Targets and scores on the device of the scores."""
    cells = read_cells(targets, device_of(scores, targets))
    return cells, read_scores(scores, cells)


def read_with_probabilities(targets: TargetsLike, probabilities: ArrayLike) -> tuple[Cells, Tensor]:
    """Targets and probabilities on the device of the probabilities."""
    cells = read_cells(targets, device_of(probabilities, targets))
    return cells, read_probabilities(probabilities, cells)


def read_with_decided(targets: TargetsLike, decided: ArrayLike) -> tuple[Cells, Tensor]:
    """Targets and decisions on the device of the decisions."""
    cells = read_cells(targets, device_of(decided, targets))
    return cells, read_decided(decided, cells.shape, cells.device)


def read_scores(scores: ArrayLike, cells: Cells) -> Tensor:
    """(N, L) floating point, NaN only where unknown."""
    return _read_numbers(scores, "scores", cells, -math.inf, math.inf)


def read_probabilities(probabilities: ArrayLike, cells: Cells) -> Tensor:
    """(N, L) floating point in [0, 1]; logits are refused, not converted."""
    return _read_numbers(probabilities, "probabilities", cells, 0.0, 1.0)


def read_decided(decided: ArrayLike, shape: tuple[int, int], device: torch.device) -> Tensor:
    """(N, L) booleans; numbers, which nobody has decided yet, are refused."""
    tensor = as_tensor(decided, "decided").to(device)
    _require_shape(tensor, "decided", shape)
    if tensor.dtype != torch.bool:
        raise ArgumentError(f"decided must be boolean, got {tensor.dtype}: decide first, as in `probabilities >= 0.5`")
    return tensor


def _read_numbers(values: ArrayLike, name: str, cells: Cells, low: float, high: float) -> Tensor:
    tensor = as_tensor(values, name).to(cells.device)
    _require_shape(tensor, name, cells.shape)
    if tensor.dtype == torch.bool or tensor.is_complex():
        raise ArgumentError(f"{name} must be real numbers, got {tensor.dtype}")
    if tensor.dtype not in (torch.float32, torch.float64):
        tensor = tensor.to(torch.float32 if tensor.is_floating_point() else torch.float64)
    for part in blocks(*cells.shape):
        if tensor[part].numel():
            least, most = tensor[part].aminmax()  # NaN, if there is any
            if not (least >= low and most <= high):
                _require_legal(tensor[part], name, cells, part, low, high)
    return tensor


def _require_legal(values: Tensor, name: str, cells: Cells, part: slice, low: float, high: float) -> None:
    """Refuse illegal values, except where nothing is known."""
    known = cells.rows(part).known
    illegal = ~((values >= low) & (values <= high))
    if known is not None:
        illegal &= known
    if illegal.any():
        row, column = illegal.nonzero()[0].tolist()
        _refuse(name, float(values[row, column]), f"row {part.start + row}, label {column}")


def _refuse(name: str, value: float, where: str) -> NoReturn:
    if math.isnan(value):
        raise ArgumentError(f"{name} must be numbers, got NaN for a known label ({where})")
    raise ArgumentError(
        f"{name} must be in [0, 1], got {value:g} ({where}): pass the sigmoid of logits; "
        "numbers that only rank go in as scores"
    )


def _require_shape(tensor: Tensor, name: str, shape: tuple[int, int]) -> None:
    if tuple(tensor.shape) != shape:
        raise ArgumentError(f"{name} must have the shape of the targets, {shape}, got {tuple(tensor.shape)}")
