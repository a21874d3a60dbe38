"""Intervals by the bootstrap over samples: a replicate weighs samples by how often it drew them, and copies nothing.

Shapes: N samples, R replicates.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from multihot.errors import ArgumentError
from multihot.metrics.estimates import Estimate

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A figure with the bounds of its 95 % interval; both NaN where no replicates were asked for."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def to_dict(self) -> dict[str, float | None]:
        """JSON-safe: undefined is None.

        >>> Interval(0.5).to_dict()
        {'value': 0.5, 'low': None, 'high': None}
        """
        return {name: None if value != value else value for name, value in self._asdict().items()}


def sample_weights(samples: int, replicates: int, seed: int, device: torch.device) -> Tensor:
    """(N, R) how often each replicate draws each sample, N draws with replacement; the same on every device."""
    if replicates < 0:
        raise ArgumentError(f"replicates must not be negative, got {replicates}")
    generator = np.random.default_rng(seed)
    drawn = np.empty((replicates, samples), dtype=np.float32)
    for row in drawn:
        row[:] = np.bincount(generator.integers(0, samples, samples), minlength=samples)
    return torch.from_numpy(np.ascontiguousarray(drawn.T)).to(device)


def interval(estimate: Estimate) -> Interval:
    """The figure with the percentiles of its replicates, of those in which it is defined."""
    value, replicates = estimate
    if replicates is None:
        return Interval(float(value))
    tail = (1 - CONFIDENCE) / 2
    bounds = replicates.double().nanquantile(torch.tensor([tail, 1 - tail], dtype=torch.float64, device=value.device))
    return Interval(float(value), *bounds.tolist())
