"""A kernel as features.

Shapes: B samples in a batch, N samples, D features in, M landmarks, D' features out.
"""

from typing import ClassVar

import torch
from torch import Tensor

from multihot.models.encoders.kernels import Kernel, relevance
from multihot.models.encoders.settings import KernelSettings
from multihot.models.encoders.vectors import VectorEncoder

# Of the kernel of a sample with itself: directions in which samples hardly differ are rounding.
SMALLEST_EIGENVALUE = 1e-6
# Samples among which the median distance is taken.
_FOR_MEDIAN = 1000


class KernelEncoder(VectorEncoder):
    """Prepared vectors (B, D) to features (B, D') whose inner products are a kernel's in the main, centred.

    Nyström's method: the kernel with M training samples, the landmarks, brought to the principal axes of these
    (Williams and Seeger 2001, "Using the Nyström method to speed up kernel machines"). It is exact where all training
    samples are landmarks. A linear head on the features is a kernel machine. All features keep one common scale, of
    mean square 1 over training samples and features: how large each is, is what the kernel says of it.

    Features that matter little to the labels would blur the distances, so that each feature is first multiplied by its
    `relevance`.

    Args:
        settings: of this encoder.
        features: D.
        labels: L.
    """

    learned: ClassVar[tuple[str, ...]] = ("landmarks", "axes", "centre")

    weights: Tensor
    landmarks: Tensor
    median: Tensor
    axes: Tensor
    centre: Tensor

    def __init__(self, settings: KernelSettings, features: int, labels: int) -> None:
        super().__init__(features, labels)
        self.settings = settings
        self.register_buffer("weights", torch.ones(features))
        self.register_buffer("landmarks", torch.zeros(0, features))
        self.register_buffer("median", torch.ones(()))
        self.register_buffer("axes", torch.zeros(0, 1))
        self.register_buffer("centre", torch.zeros(1))

    @property
    def dimension(self) -> int:
        """D', at most M."""
        return self.axes.shape[1]

    def learn(self, values: Tensor, targets: Tensor, seed: int = 0) -> None:
        """Take relevance, landmarks and axes from prepared vectors (N, D) and targets (N, L, NaN unknown)."""
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(values), generator=generator)
        self._place(values, order, torch.ones(values.shape[1]))
        for _ in range(self.settings.relevance_rounds if len(values) else 0):
            slopes = relevance(self.kernel, values * self.weights, targets, generator)
            self._place(values, order, _of_mean_square_one(self.weights * slopes))
        self.axes, self.centre = _principal_axes(self.kernel(self.landmarks).double()), torch.zeros(1)
        features = self(values)
        if features.numel():
            scale = features.var(0, correction=0).mean().sqrt().clamp(min=torch.finfo().tiny)
            self.axes, self.centre = self.axes / scale, features.mean(0) / scale

    def _place(self, values: Tensor, order: Tensor, weights: Tensor) -> None:
        """Take features at these weights, and landmarks and the unit of distances from the samples first in order."""
        self.weights = weights
        self.landmarks = values[order[: self.settings.landmarks]] * weights
        distances = torch.pdist(values[order[:_FOR_MEDIAN]] * weights)
        distances = distances[distances > 0]
        self.median = distances.median() if len(distances) else torch.ones(())

    def forward(self, values: Tensor) -> Tensor:
        """(B, D) to (B, D')."""
        return self.kernel(values * self.weights) @ self.axes - self.centre

    @property
    def kernel(self) -> Kernel:
        """With the landmarks, of samples at the features' weights."""
        return Kernel(self.settings.shape, self.settings.gamma, self.landmarks, self.median)


def _of_mean_square_one(weights: Tensor) -> Tensor:
    return weights / weights.square().mean().sqrt()


def _principal_axes(kernel: Tensor) -> Tensor:
    """(M, D') what takes rows of a kernel (M, M) to coordinates on its axes once centred; to one 0 if it has none."""
    centred = kernel - kernel.mean(0, keepdim=True) - kernel.mean(1, keepdim=True) + kernel.mean()
    lengths, axes = torch.linalg.eigh(centred)
    kept = lengths > SMALLEST_EIGENVALUE * len(kernel)
    if not kept.any():
        return torch.zeros(len(kernel), 1)
    scaled: Tensor = axes[:, kept] / lengths[kept].sqrt()
    return scaled.float()
