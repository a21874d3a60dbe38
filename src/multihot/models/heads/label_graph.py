"""A graph of labels that occur together, from which the weights of a linear head are made.

Shapes: B samples in a batch, N training samples, D features, L labels, W width.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from multihot.models.heads.affine import AffineHead
from multihot.models.heads.settings import LabelGraphSettings


class LabelGraphHead(AffineHead):
    """Features (B, D) to logits (B, L); labels that occur together share weights.

    Two graph convolutions turn label embeddings E into weight vectors, A ReLU(A E U) V with A the normalised graph
    (Chen, Wei, Wang and Guo 2019, "Multi-label image recognition with graph convolutional networks"). The paper takes
    word vectors of the labels' names for E; here E is learned, as names are often codes.

    Args:
        settings: of this head.
        features: D.
        labels: L.
    """

    graph: Tensor

    def __init__(self, settings: LabelGraphSettings, features: int, labels: int) -> None:
        super().__init__(features)
        self.threshold, self.neighbours = settings.threshold, settings.neighbours
        self.dropout = nn.Dropout(settings.dropout)
        self.embeddings = nn.Parameter(torch.randn(labels, settings.width))
        self.first = nn.Linear(settings.width, 2 * settings.width, bias=False)
        self.second = nn.Linear(2 * settings.width, features, bias=False)
        self.bias = nn.Parameter(torch.zeros(labels))
        self.register_buffer("graph", torch.eye(labels))

    def learn_labels(self, targets: Tensor) -> None:
        """Take graph and base rates from training targets (N, L, NaN unknown)."""
        self.start_at_base_rates(self.bias, targets)
        self.graph.copy_(label_graph(targets, self.threshold, self.neighbours))

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D) at scale to (B, L)."""
        return functional.linear(self.dropout(features), self._weights(), self.bias)

    def weights(self, labels: Tensor) -> Tensor:
        """Rows of what the graph makes."""
        return self._weights()[labels]

    def _weights(self) -> Tensor:
        """(L, D)."""
        hidden = functional.leaky_relu(self.graph @ self.first(self.embeddings), 0.2)
        made: Tensor = self.second(self.graph @ hidden)
        return made


def label_graph(targets: Tensor, threshold: float, neighbours: float) -> Tensor:
    """(L, L) row-stochastic weights: a label itself, and the labels that follow from it often enough.

    An edge stands from i to j where P(j present | i present, j known) reaches the threshold; the neighbours of a label
    share the weight `neighbours` equally and the label keeps the rest (Chen et al. 2019, equations 7 and 8; their
    symmetric normalisation is left out, as rows sum to 1 here).

    Args:
        targets: (N, L), NaN unknown.
        threshold: of the conditional probability.
        neighbours: weight of all neighbours together.

    >>> label_graph(torch.tensor([[1.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), threshold=0.4, neighbours=0.2)
    tensor([[0.8000, 0.2000],
            [0.0000, 1.0000]])
    """
    present = (targets == 1).float()
    known = (~targets.isnan()).float()
    together = present.T @ present
    conditional = together / (present.T @ known).clamp(min=1)
    edges = (conditional >= threshold) & (together > 0)
    edges.fill_diagonal_(False)
    count = edges.sum(1, keepdim=True)
    shares: Tensor = torch.where(edges, neighbours / count.clamp(min=1), 0.0)
    return shares + torch.diag(1 - shares.sum(1))
