"""Classifier chains: each label is predicted from the features and from the labels before it.

Shapes: B samples in a batch, D features, L labels, K chains, M label sets in a beam.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from multihot.models.heads.head import Head, Loss
from multihot.models.heads.label_sets import logits_of_sets
from multihot.models.heads.settings import ChainSettings


class ChainHead(Head):
    """Features (B, D) to logits (B, L) by K linear chains, each in an order of its own.

    In chain k the logit of label l is w_kl · x + Σ_j u_klj y_j + b_kl over the labels j that stand before l in its
    order, y_j = 1 present, -1 absent, 0 unknown. Training gives the true labels (teacher forcing): each chain is then a
    convex problem. Prediction follows the most probable label sets by beam search (Kumar, Vembu, Menon and Elkan 2013,
    "Beam search algorithms for multilabel learning"); ensembles of orders are those of Read, Pfahringer, Holmes and
    Frank 2011, "Classifier chains for multi-label classification".

    Args:
        settings: of this head.
        features: D.
        labels: L.
    """

    convex = True
    orders: Tensor

    def __init__(self, settings: ChainSettings, features: int, labels: int) -> None:
        super().__init__(features)
        self.beam, self.inference = settings.beam, settings.inference
        self.register_buffer("orders", torch.stack([torch.randperm(labels) for _ in range(settings.orders)]))
        self.weight = nn.Parameter(torch.zeros(settings.orders, labels, features))
        self.link = nn.Parameter(torch.zeros(settings.orders, labels, labels))
        self.bias = nn.Parameter(torch.zeros(settings.orders, labels))

    def training_loss(self, features: Tensor, targets: Tensor, loss: Loss) -> Tensor:
        """The mean over chains of the loss, each given the true labels before each label."""
        return torch.stack([loss(logits.float(), targets) for logits in self.forced(features, targets)]).mean()

    def forced(self, features: Tensor, targets: Tensor) -> Tensor:
        """(K, B, L) logits of features at scale (B, D), each label given the true ones before it."""
        signs = torch.nan_to_num(2 * targets - 1).to(features.dtype)
        return self._alone(features) + torch.einsum("bj,klj->kbl", signs, self._links())

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D) at scale to (B, L): the mean over chains, of teacher-forced logits where targets are given."""
        if targets is not None:
            return self.forced(features, targets).mean(0)
        chains = zip(self._alone(features), self._links(), self.orders.tolist(), strict=True)
        logits = torch.stack([self._search(alone, links, order) for alone, links, order in chains])
        if self.inference == "most_probable_set":
            return logits.mean(0)
        # The logit of the mean probability, finite where all of them round to 0 or 1.
        return functional.logsigmoid(logits).logsumexp(0) - functional.logsigmoid(-logits).logsumexp(0)

    def _search(self, alone: Tensor, links: Tensor, order: list[int]) -> Tensor:
        signs, log_probabilities = most_probable_sets(alone, links, order, self.beam)
        along_best = alone + signs[:, 0] @ links.T
        return logits_of_sets(signs > 0, log_probabilities, along_best, self.inference)

    def _alone(self, features: Tensor) -> Tensor:
        """(K, B, L): what the features say."""
        return torch.einsum("bd,kld->kbl", features, self.weight) + self.bias[:, None]

    def _links(self) -> Tensor:
        """(K, L, L): what each label hears from the labels before it in each order; 0 from the others."""
        places = self.orders.argsort(1)
        return self.link * (places[:, :, None] > places[:, None, :])


def most_probable_sets(alone: Tensor, links: Tensor, order: list[int], beam: int) -> tuple[Tensor, Tensor]:
    """Beam search down one chain.

    Args:
        alone: (B, L) logits of the features.
        links: (L, L) what is added to the logit of label l by label j, times 1 where j is present and -1 where absent.
        order: the labels, first to last.
        beam: label sets kept after each label.

    Returns:
        (B, M, L) signs and (B, M) log probabilities of the sets, best first; M is `beam`, or 2^L where that is less.
    """
    signs = alone.new_zeros(len(alone), 1, alone.shape[1])
    scores = alone.new_zeros(len(alone), 1)
    for label in order:
        logits = alone[:, label, None] + signs @ links[label]
        both = torch.cat([scores + functional.logsigmoid(logits), scores + functional.logsigmoid(-logits)], dim=1)
        scores, chosen = both.topk(min(beam, both.shape[1]), dim=1)
        before = chosen % signs.shape[1]
        value = torch.where(chosen < signs.shape[1], 1.0, -1.0).to(alone.dtype)
        signs = signs.gather(1, before[:, :, None].expand(-1, -1, alone.shape[1])).clone()
        signs[:, :, label] = value
    return signs, scores
