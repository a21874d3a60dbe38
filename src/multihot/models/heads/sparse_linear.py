"""A linear layer on sparse features whose gradient takes as long as its value.

Shapes: N samples, D features, L outputs.
"""

from typing import Any

import torch
from torch import Tensor


class SparseLinear(torch.autograd.Function):
    """X Wᵀ of sparse X. PyTorch's own gradient, Gᵀ X, goes through X by columns, and takes five times as long."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, turned: Tensor, weight: Tensor) -> Tensor:
        """(N, L) of features (N, D) and their transpose (D, N), both sparse in rows, and weights (L, D)."""
        ctx.save_for_backward(turned)
        return features @ weight.T

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, None, Tensor]:
        """The gradient of the weights (L, D)."""
        (turned,) = ctx.saved_tensors
        return None, None, (turned @ slope).T


def turn(features: Tensor) -> Tensor:
    """The transpose (D, N) of features (N, D), sparse in rows as they are."""
    columns = features.to_sparse_csc()
    return torch.sparse_csr_tensor(
        columns.ccol_indices(), columns.row_indices(), columns.values(), columns.shape[::-1], check_invariants=False
    )
