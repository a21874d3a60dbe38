"""A value together with its bootstrap replicates."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor


class Estimate(NamedTuple):
    """A value and its replicates, which lead with a dimension R; None without weights."""

    value: Tensor
    replicates: Tensor | None = None

    def then(self, figure: Callable[[Tensor], Tensor]) -> "Estimate":
        """The figure of the value and of its replicates."""
        return Estimate(figure(self.value), None if self.replicates is None else figure(self.replicates))

    def plus(self, other: "Estimate") -> "Estimate":
        """The sums of both; replicates only where both have them."""
        if self.replicates is None or other.replicates is None:
            return Estimate(self.value + other.value)
        return Estimate(self.value + other.value, self.replicates + other.replicates)
