"""Kernels of two sets of samples, and how much each feature matters to a fit with one.

Shapes: B and N samples, D features, M landmarks, L labels, P sums of labels.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Shape = Literal["gaussian", "laplace"]

# Samples on which the fit for the features' relevance is made, and of these those where it is differentiated.
_FITTED, _DIFFERENTIATED = 4000, 500
_SUMS = 16
_RIDGE = 0.01


@dataclass(frozen=True)
class Kernel:
    """exp(-gamma |x - y|^p / m^p) of samples and landmarks, p being 2 (Gaussian) or 1 (Laplace).

    Args:
        shape: which p.
        gamma: how fast it falls.
        landmarks: (M, D).
        median: m, a distance.
    """

    shape: Shape
    gamma: float
    landmarks: Tensor
    median: Tensor

    def __call__(self, values: Tensor) -> Tensor:
        """(B, M) of samples (B, D)."""
        powers = self._distances(values)
        return (powers if self.shape == "laplace" else powers.square_()).mul_(-self.gamma).exp_()

    def slopes(self, values: Tensor) -> Tensor:
        """(B, M) what the difference to a landmark is multiplied by to give the kernel's gradient at a sample."""
        distances = self._distances(values)
        if self.shape == "gaussian":
            return self(values).mul_(-2 * self.gamma / self.median.square())
        # The Laplace kernel has a corner at the landmark itself.
        inverse = torch.where(distances > 1e-3, 1 / distances.clamp(min=1e-3), 0)
        return self(values).mul_(inverse).mul_(-self.gamma / self.median.square())

    def _distances(self, values: Tensor) -> Tensor:
        """(B, M) in units of the median."""
        squares = values.square().sum(1, keepdim=True) + self.landmarks.square().sum(1)
        products = torch.addmm(squares, values, self.landmarks.T, alpha=-2)
        return products.clamp_(min=0).sqrt_().div_(self.median)


def relevance(kernel: Kernel, values: Tensor, targets: Tensor, generator: torch.Generator) -> Tensor:
    """(D,) how steeply the labels rise or fall along each feature, as a root mean square, 1 on average over features.

    The labels are fitted by ridge regression with the kernel, and the fit's gradients are averaged over samples: the
    diagonal of the average gradient outer product of recursive feature machines (Radhakrishnan, Beaglehole, Pandit and
    Belkin 2024, "Mechanism for feature learning in neural networks and backpropagation-free machine learning models").

    Args:
        kernel: of landmarks among the samples.
        values: (N, D) prepared vectors.
        targets: (N, L), NaN unknown; unknown cells count as the label's mean.
        generator: draws samples, and signs where there are many labels: gradients of random sums of labels tell as
            much as those of each label.
    """
    few = torch.randperm(len(values), generator=generator)[:_FITTED]
    coefficients = _ridge(kernel, values[few], _sums(targets[few], generator))
    samples = values[few[:_DIFFERENTIATED]]
    slopes = kernel.slopes(samples)
    squares = torch.zeros(values.shape[1])
    for column in coefficients.T:
        weighed = slopes * column
        gradients = samples * weighed.sum(1, keepdim=True) - weighed @ kernel.landmarks
        squares += gradients.square().sum(0)
    mean = squares.mean()
    return (squares / mean).sqrt() if mean > 0 else torch.ones_like(squares)


def _sums(targets: Tensor, generator: torch.Generator) -> Tensor:
    """(N, P) labels less their means; of more than `_SUMS` labels, sums with random signs."""
    residuals = (targets - targets.nanmean(0)).nan_to_num()
    if residuals.shape[1] <= _SUMS:
        return residuals
    signs = torch.randint(0, 2, (residuals.shape[1], _SUMS), generator=generator) * 2.0 - 1
    return residuals @ signs


def _ridge(kernel: Kernel, values: Tensor, outputs: Tensor) -> Tensor:
    """(M, P) coefficients of the landmarks."""
    between, among = kernel(values).double(), kernel(kernel.landmarks).double()
    penalty = _RIDGE * len(values) * among.mean() * among
    system = between.T @ between + penalty + 1e-4 * torch.eye(len(among), dtype=torch.float64)
    solution: Tensor = torch.linalg.solve(system, between.T @ outputs.double())
    return solution.float()
