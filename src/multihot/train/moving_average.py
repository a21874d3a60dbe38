"""The moving average of a model's weights, which is validated and kept."""

import torch
from torch import nn


class MovingAverage:
    """An average over steps, that forgets faster at the start.

    timm's average with warm-up, whose `update` looks up every weight by name at every step: half a percent to two of a
    step, for what stays where it is.

    Args:
        model: what is averaged; its parameters and buffers must stay the same tensors.
        decay: a step, at most; 0 follows the model.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        from timm.utils.model_ema import ModelEmaV3  # timm takes seconds to import

        self._average = ModelEmaV3(model, decay=decay, use_warmup=True)
        pairs = list(zip(self.module.state_dict().values(), model.state_dict().values(), strict=True))
        self._averages = [average for average, _ in pairs if average.is_floating_point()]
        self._values = [value for average, value in pairs if average.is_floating_point()]
        self._copied = [pair for pair in pairs if not pair[0].is_floating_point()]

    @property
    def module(self) -> nn.Module:
        """The model with averaged weights, in evaluation mode."""
        module: nn.Module = self._average.module
        return module

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the model's weights after so many steps."""
        torch._foreach_lerp_(self._averages, self._values, 1 - self._average.get_decay(step))
        for average, value in self._copied:
            average.copy_(value)
