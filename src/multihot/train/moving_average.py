"""A moving average of weights, which generalises better than the weights of the last step.

timm's and torch's averages copy the whole model; where its weights are sharded, each process averages what it holds.
"""

import torch

from multihot.train.objective import Objective
from multihot.train.sharded_weights import own_part

WARMUP_POWER = 2 / 3


class MovingAverage:
    """Keeps the average of a model's weights and buffers in another model of the same kind.

    The n-th update has decay 1 - n^(-2/3), at most the one given: the first takes the weights as they are.

    Args:
        model: whose weights are stepped.
        module: where their average is kept.
        decay: the share of the average that stays at an update, once there were many.
    """

    def __init__(self, model: Objective, module: Objective, decay: float) -> None:
        self.model, self.module, self.decay = model, module, decay

    @torch.no_grad()
    def update(self, number: int) -> None:
        """Take in the weights as they are now.

        Args:
            number: of this update, from 1.
        """
        pairs = list(zip(*(each.state_dict().values() for each in (self.module, self.model)), strict=True))
        kept, stepped = ([own_part(pair[side]) for pair in pairs if pair[0].is_floating_point()] for side in (0, 1))
        torch._foreach_lerp_(kept, stepped, weight=1 - min(1 - number**-WARMUP_POWER, self.decay))
        for count, latest in pairs:
            if not count.is_floating_point():
                count.copy_(latest)
