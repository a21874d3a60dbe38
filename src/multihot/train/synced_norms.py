"""Batch normalisation by mean and variance of the whole batch, whichever process its samples are in.

Shapes: b samples of one process, C channels, n = b x height x width values a channel.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from multihot import processes


@contextmanager
def synced_norms(model: nn.Module, *, counted: bool) -> Iterator[None]:
    """While it lasts, every batch normalisation of the model that trains takes the statistics of all processes.

    `nn.SyncBatchNorm` is for GPUs alone, and would take the place of normalisations that do more, such as timm's with
    activations.

    Args:
        model: any; all processes must run it the same way.
        counted: whether the samples of this process count.
    """
    modules = model.modules() if processes.count() > 1 else ()
    norms = [module for module in modules if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.forward = partial(_forward, norm, counted)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for norm in norms:
            del norm.forward


def _forward(norm: _BatchNorm, counted: bool, values: Tensor) -> Tensor:
    with _Synced(counted):
        output: Tensor = type(norm).forward(norm, values)
    return output


class _Synced(TorchFunctionMode):
    """Puts the synchronised function in the place of torch's, in whatever a layer does around it."""

    def __init__(self, counted: bool) -> None:
        super().__init__()
        self.counted = counted

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        chosen = partial(_batch_norm, self.counted) if function is functional.batch_norm else function
        return chosen(*args, **(kwargs or {}))


def _batch_norm(
    counted: bool,
    values: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`functional.batch_norm`, in training of all processes' values."""
    if not training:
        fixed: Tensor = functional.batch_norm(values, running_mean, running_var, weight, bias, False, momentum, eps)
        return fixed
    normal, mean, variance, count = _Normal.apply(values, eps, counted)
    if running_mean is not None and running_var is not None:
        running_mean.lerp_(mean.to(running_mean.dtype), momentum)
        running_var.lerp_((variance * count / (count - 1).clamp(min=1)).to(running_var.dtype), momentum)
    shape = (1, -1, *[1] * (values.ndim - 2))
    scaled = normal if weight is None else normal * weight.view(shape)
    shifted: Tensor = scaled if bias is None else scaled + bias.view(shape)
    return shifted.to(values.dtype)


class _Normal(torch.autograd.Function):
    """Values (b, C, ...) less their mean, over their standard deviation; with mean, variance and count of all."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, eps: float, counted: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        ctx.places = [place for place in range(values.ndim) if place != 1]
        ctx.shape, ctx.counted = (1, -1, *[1] * (values.ndim - 2)), counted
        wide = values.float()
        own_variance, own_mean = torch.var_mean(wide, ctx.places, correction=0)
        own_count = wide.new_full((1,), values.numel() // values.shape[1] if counted else 0)
        own = torch.cat([own_count, own_mean, own_variance])
        of_all = [torch.empty_like(own) for _ in range(distributed.get_world_size())]
        distributed.all_gather(of_all, own)
        counts, means, variances = torch.split(torch.stack(of_all), [1, len(own_mean), len(own_mean)], dim=1)
        count = counts.sum()
        mean = (counts * means).sum(0) / count
        # Chan, Golub and LeVeque 1983: no difference of large sums.
        variance = (counts * (variances + (means - mean).square())).sum(0) / count
        inverse = (variance + eps).rsqrt()
        normal = (wide - mean.view(ctx.shape)) * inverse.view(ctx.shape)
        ctx.save_for_backward(normal, inverse, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return normal, mean, variance, count

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        normal, inverse, count = ctx.saved_tensors
        slopes = upstream[0]
        sums = torch.stack([slopes.sum(ctx.places), (slopes * normal).sum(ctx.places)])
        distributed.all_reduce(sums)
        mean_slope, mean_product = (sums / count).view(2, *ctx.shape).unbind()
        through = mean_slope + normal * mean_product if ctx.counted else 0
        return (slopes - through) * inverse.view(ctx.shape), None, None
