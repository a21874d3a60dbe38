"""How well logits fit, while training: loss and mean average precision.

Shapes: N samples, D features, h w height and width of feature maps, L labels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import torch
from torch import Tensor

from multihot import processes
from multihot.metrics import mean_average_precision
from multihot.models import Head

# Samples whose maps are brought to scale at a time.
CHUNK = 256


@dataclass(frozen=True)
class Fold:
    """Features (N, D) or (N, D, h, w) and targets (N, L, NaN unknown) of one part of the split."""

    features: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def anything_known(self) -> bool:
        """Whether any target is known."""
        return bool((~self.targets.isnan()).any())


class Judgement(TypedDict):
    """Loss and mean average precision of some samples; None where no label has a positive."""

    loss: float
    mean_average_precision: float | None


Loss = Callable[[Tensor, Tensor], Tensor]


class Tally:
    """Loss and predictions gathered batch by batch; nothing waits for the device before the end."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._logits: list[Tensor] = []
        self._targets: list[Tensor] = []

    def add(self, loss: Tensor, logits: Tensor, targets: Tensor) -> None:
        """One batch: its loss, a scalar, logits (B, L) and targets (B, L, NaN unknown)."""
        self._losses.append(loss.detach() * len(targets))
        self._logits.append(logits.detach())
        self._targets.append(targets)

    def extend(self, other: "Tally") -> None:
        """Take over another's batches."""
        self._losses += other._losses
        self._logits += other._logits
        self._targets += other._targets

    @property
    def logits(self) -> Tensor:
        """(N, L) of all samples so far."""
        return torch.cat(self._logits).float()

    def judgement(self) -> Judgement:
        """The mean of the batches' losses by their size, and the precision over all."""
        logits, targets = self.logits, torch.cat(self._targets)
        precision = float(mean_average_precision(targets.cpu().numpy(), logits.cpu().numpy()))
        return {
            "loss": float(torch.stack(self._losses).sum()) / max(len(targets), 1),
            "mean_average_precision": None if math.isnan(precision) else precision,
        }

    def judgement_of_all(self) -> Judgement:
        """The judgement over the batches of all processes, in each of them."""
        tallies = processes.at_first(self._off_the_device()) if processes.count() > 1 else [self]

        def together() -> Judgement:
            whole = Tally()
            for tally in tallies:
                whole.extend(tally)
            return whole.judgement()

        return processes.decided_by_first(together)

    def _off_the_device(self) -> "Tally":
        tally = Tally()
        columns = ((self._losses, tally._losses), (self._logits, tally._logits), (self._targets, tally._targets))
        for here, there in columns:
            there += [tensor.cpu() for tensor in here]
        return tally


def judge_head(head: Head, part: Fold, loss: Loss) -> Judgement:
    """Judge a head by the loss it is trained for, and by its predictions."""
    return tally_head(head, part, loss).judgement()


def tally_head(head: Head, part: Fold, loss: Loss) -> Tally:
    """What a head says of some samples, in their order."""
    head.eval()
    tally = Tally()
    with torch.inference_mode():
        if part.features.layout is torch.sparse_csr:
            logits = head.score(part.features)
            tally.add(loss(logits, part.targets), logits, part.targets)
            return tally
        # Vectors of all samples fit into memory; maps at scale need not.
        at_a_time = CHUNK if part.features.ndim == 4 else max(len(part), 1)
        for rows in torch.split(torch.arange(len(part)), at_a_time):
            scaled, targets = head.at_scale(part.features[rows].float()), part.targets[rows]
            logits = torch.cat([head.score(chunk) for chunk in torch.split(scaled, CHUNK)])
            tally.add(head.training_loss(scaled, targets, loss), logits, targets)
    return tally
