"""Label sequences: labels are given one after another, until a stop symbol.

Shapes: B samples in a batch, D features, L labels, W width, T steps, M label sets in a beam.
"""

import torch
from torch import Tensor, nn

from multihot.models.heads.head import Head, Loss
from multihot.models.heads.label_sets import logits_of_sets
from multihot.models.heads.settings import LabelSequenceSettings


class LabelSequenceHead(Head):
    """Features (B, D) to label sets of their own size, given as logits (B, L).

    One step turns the features and the set of labels given so far into probabilities of the next label, or of stopping.
    As labels have no order, neither has training: each time they are given in another random order, and any label that
    is still missing is a right next one ("Order-free learning alleviating exposure bias in multi-label classification",
    Tsai and Lee 2020). A step needs to know only which labels were given, not when: the state is the sum of their
    embeddings. Prediction is a beam search over sets; the orders in which a set can be given are added up.

    Args:
        settings: of this head.
        features: D.
        labels: L.
    """

    longest: Tensor

    def __init__(self, settings: LabelSequenceSettings, features: int, labels: int) -> None:
        super().__init__(features)
        self.labels, self.beam, self.inference = labels, settings.beam, settings.inference
        self.look = nn.Linear(features, settings.width)
        self.given = nn.Linear(labels, settings.width, bias=False)
        self.dropout = nn.Dropout(settings.dropout)
        self.next = nn.Linear(settings.width, labels + 1)
        self.register_buffer("longest", torch.tensor(labels))

    def learn_labels(self, targets: Tensor) -> None:
        """Take the size of the largest label set from training targets (N, L, NaN unknown): none larger is given."""
        if len(targets):
            self.longest.copy_((targets == 1).sum(1).max())

    def training_loss(self, features: Tensor, targets: Tensor, loss: Loss) -> Tensor:
        """The loss of step logits (B, T, L + 1), the true labels given in a random order."""
        return loss(self.forced(features, targets).float(), targets)

    def forced(self, features: Tensor, targets: Tensor) -> Tensor:
        """Step logits (B, T, L + 1), the last column the stop symbol, of true labels in a random order.

        T is one more than the largest label set. Labels given before a step are -inf at it; so is all of a step after a
        sample's stop.
        """
        present = targets == 1
        keys = torch.rand(targets.shape, device=targets.device).masked_fill(~present, torch.inf)
        ranks = keys.argsort(1).argsort(1)
        counts = present.sum(1)
        steps = torch.arange(int(counts.max()) + 1 if len(counts) else 1, device=targets.device)
        given = present[:, None] & (ranks[:, None] < steps[:, None])
        logits = self._next(self.look(features)[:, None], given)
        return logits.masked_fill((steps > counts[:, None])[:, :, None], -torch.inf)

    def score(self, features: Tensor, targets: Tensor | None = None) -> Tensor:
        """(B, D) at scale to (B, L); where targets are given, by the first step alone, which is quick."""
        if targets is not None:
            nothing = torch.zeros(len(features), 1, self.labels, dtype=torch.bool, device=features.device)
            return _first(torch.log_softmax(self._next(self.look(features)[:, None], nothing), dim=2))
        members, log_probabilities, first = self._search(self.look(features))
        return logits_of_sets(members, log_probabilities, first, self.inference)

    def _next(self, looked: Tensor, given: Tensor) -> Tensor:
        """(B, 1, W) and (B, T, L) boolean to (B, T, L + 1); -inf where a label is given already."""
        hidden = self.dropout(torch.relu(looked + self.given(given.to(looked.dtype))))
        logits: Tensor = self.next(hidden)
        return logits.masked_fill(nn.functional.pad(given, (0, 1)), -torch.inf)

    def _search(self, looked: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Finished sets (B, S, L) with log probabilities (B, S), and the logits of the first step (B, L)."""
        members = torch.zeros(len(looked), 1, self.labels, dtype=torch.bool, device=looked.device)
        scores = looked.new_zeros(len(looked), 1)
        finished_members, finished_scores, first = [], [], looked.new_empty(0)
        for step in range(int(self.longest) + 1):
            following = torch.log_softmax(self._next(looked[:, None], members), dim=2)
            if step == 0:
                first = _first(following)
            finished_members.append(members)
            finished_scores.append(scores + following[:, :, -1])
            if step < int(self.longest):
                members, scores = _widen(members, scores[:, :, None] + following[:, :, :-1], self.beam)
        return torch.cat(finished_members, 1), torch.cat(finished_scores, 1), first


def _first(following: Tensor) -> Tensor:
    """(B, 1, L + 1) log probabilities of the first step to logits (B, L)."""
    logs = following[:, 0, :-1]
    return logs - torch.log1p(-logs.exp().clamp(max=1 - torch.finfo(logs.dtype).eps))


def _widen(members: Tensor, scores: Tensor, beam: int) -> tuple[Tensor, Tensor]:
    """The best sets with one label more.

    Args:
        members: (B, M, L) sets so far.
        scores: (B, M, L) log probability of each with one label added; -inf where the label is in it.
        beam: sets to keep.

    Returns:
        (B, M', L) sets, each once, and (B, M') log probabilities, added up over the ways to reach a set.
    """
    labels = members.shape[2]
    # Each set is reached from several of the sets before: more candidates than sets are kept until those are joined.
    best, chosen = scores.flatten(1).topk(min(4 * beam, scores.shape[1] * labels), dim=1)
    widened = members.gather(1, (chosen // labels)[:, :, None].expand(-1, -1, labels)).clone()
    widened.scatter_(2, (chosen % labels)[:, :, None], True)
    same = (widened[:, :, None] == widened[:, None]).all(3)
    earlier = torch.ones(same.shape[1:], dtype=torch.bool, device=same.device).tril(-1)
    repeated = (same & earlier).any(2)
    joined = torch.where(same, best[:, None], -torch.inf).logsumexp(2).masked_fill(repeated, -torch.inf)
    kept, rows = joined.topk(min(beam, joined.shape[1]), dim=1)
    return widened.gather(1, rows[:, :, None].expand(-1, -1, labels)), kept
