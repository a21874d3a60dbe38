"""A fit as a row of solutions, of which samples that it has not seen keep the best."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass(frozen=True)
class Solutions:
    """One solution after another: each time the iterator gives a record, the next one stands in the model.

    Args:
        records: what each is, for `history.jsonl`: its strength of regularisation or its epoch, and perhaps `train`,
            a judgement on the training part.
        most: how many there are at most.
        patience: how many without a lower loss on validation end the search.
    """

    records: Iterator[dict[str, Any]]
    most: int
    patience: int


@dataclass
class Search:
    """Which of the solutions so far is best, and whether to look further.

    Args:
        patience: how many solutions without a lower loss end the search.
    """

    patience: int
    losses: list[float] = field(default_factory=list)
    best: int = 0

    def is_best(self, loss: float) -> bool:
        """Take the next solution's loss; whether it is the lowest. Of equals the later."""
        self.losses.append(loss)
        if loss <= min(self.losses):
            self.best = len(self.losses) - 1
            return True
        return False

    def is_over(self) -> bool:
        """Whether the last solutions brought nothing."""
        return len(self.losses) - 1 - self.best >= self.patience

    def mark(self, history: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The records, `kept` marking the best one's."""
        return [{**record, "kept": number == self.best} for number, record in enumerate(history)]


def copy_of(model: nn.Module) -> dict[str, Tensor]:
    """The weights as they are now."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}
