"""Figures that are a ratio of two sums over samples: most of those computed sample by sample.

Keeping both sums apart makes a figure additive: blocks, processes and bootstrap weights need nothing more.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Share(NamedTuple):
    """Per sample (N,) what is added above and below the line; a sample left out adds 0 to both."""

    numerator: Tensor
    denominator: Tensor

    def figure(self) -> Tensor:
        """The ratio of the sums, NaN where the lower one is 0."""
        return self.numerator.sum() / self.denominator.sum()


def mean_of(values: Tensor, kept: Tensor) -> Share:
    """The share whose figure is the mean of the (N,) values over the samples kept; undefined values are left out."""
    kept = kept & ~values.isnan()
    return Share(torch.where(kept, values, 0.0).double(), kept.double())


def joined(parts: list[Share]) -> Share:
    """The shares of consecutive blocks of samples as one."""
    return Share(torch.cat([part.numerator for part in parts]), torch.cat([part.denominator for part in parts]))
