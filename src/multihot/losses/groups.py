"""Softmax where labels exclude each other, sigmoid elsewhere.

Shapes: B samples in a batch, L labels, G groups, K labels in the largest group.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from multihot.labels import LabelSpace
from multihot.losses.binary import binary_cross_entropy
from multihot.losses.masking import NEVER, cells


@dataclass(frozen=True)
class ExclusiveGroups:
    """Groups of labels of which at most one holds; no label is in two.

    Args:
        of_label: (L,) the group of each label, -1 where in none.
        columns: (G, K) the labels of each group, filled up with L.
        closed: (G,) booleans: exactly one label holds; otherwise none may.
    """

    of_label: Tensor
    columns: Tensor
    closed: Tensor

    @classmethod
    def of(cls, space: LabelSpace) -> Self:
        """What the relations of a label space declare: groups that hold exactly or at most one, then exclusions.

        A group that shares a label with an earlier one is left to the sigmoid.

        >>> from multihot.labels import Relations
        >>> values = {"groups": {"colour": {"labels": ["red", "blue"], "hold": "exactly 1"}}}
        >>> ExclusiveGroups.of(LabelSpace(("blue", "disc", "red"), Relations.from_dict(values))).of_label
        tensor([ 0, -1,  0])
        """
        relations = space.relations
        declared = [(group.labels, group.hold.least == 1) for group in relations.groups if group.hold.most == 1]
        declared += [(pair, False) for pair in relations.excludes]
        of_label = torch.full((len(space),), -1)
        kept: list[tuple[list[int], bool]] = []
        for labels, closed in declared:
            columns = [space.index(label) for label in labels]
            if (of_label[columns] < 0).all():
                of_label[columns] = len(kept)
                kept.append((columns, closed))
        widest = max((len(columns) for columns, _ in kept), default=0)
        padded = [columns + [len(space)] * (widest - len(columns)) for columns, _ in kept]
        closed_groups = torch.tensor([closed for _, closed in kept], dtype=torch.bool)
        return cls(of_label, torch.tensor(padded, dtype=torch.long).reshape(len(kept), widest), closed_groups)

    def to(self, device: torch.device) -> Self:
        """The same on a device."""
        return type(self)(*(part.to(device, non_blocking=True) for part in (self.of_label, self.columns, self.closed)))


def grouped_softmax(logits: Tensor, targets: Tensor, groups: ExclusiveGroups) -> Tensor:
    """-log of the probability of all outcomes of a group that are still possible; binary cross entropy elsewhere.

    The outcomes of a group are its labels, under one softmax, and where none may hold, "none" with logit 0. Possible
    are the present label, or where none is known to be present, the unknown ones (and "none"). So a sample known to be
    "not red" still teaches that it is one of the others. A group all of whose labels are absent although one must hold
    contradicts its relation and is skipped.

    With groups of two labels, one of which must hold, it is binary cross entropy of the difference of their logits.

    Args:
        logits: (B, L) z.
        targets: (B, L) 1, 0 or NaN.
        groups: which labels exclude each other.

    Returns:
        (B, L), 0 at unknown cells; the loss of a group is shared evenly by its known cells.

    >>> groups = ExclusiveGroups(torch.tensor([0, 0]), torch.tensor([[0, 1]]), torch.tensor([True]))
    >>> grouped_softmax(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), groups)
    tensor([[0.3466, 0.3466]])
    """
    losses = binary_cross_entropy(logits, targets)
    if not len(groups.columns):
        return losses
    of, groups = cells(logits, targets), groups.to(logits.device)
    outcomes = _gather(of.logits, groups.columns, NEVER)
    present = _gather(of.present, groups.columns, False)
    known = _gather(of.known, groups.columns, False)
    none = torch.where(groups.closed, NEVER, 0.0).to(outcomes).expand(len(outcomes), -1)[:, :, None]
    possible = torch.where(present.any(2, keepdim=True), present, ~known & (outcomes > NEVER))
    none_possible = (~groups.closed & ~present.any(2))[:, :, None]
    every = torch.cat([outcomes, none], 2)
    allowed = torch.cat([possible, none_possible], 2)
    counts = known.sum(2)
    taught = allowed.any(2) & (counts > 0)
    # Where nothing is taught both sums run over the same outcomes, and the difference is 0 with zero gradient.
    allowed = allowed | ~taught[:, :, None]
    of_group = every.logsumexp(2) - torch.where(allowed, every, NEVER).logsumexp(2)
    shared = torch.where(taught, of_group, 0) / counts.clamp(min=1)
    grouped = torch.where(of.known, shared[:, groups.of_label.clamp(min=0)], 0)
    return torch.where(groups.of_label >= 0, grouped, losses)


def _gather(values: Tensor, columns: Tensor, fill: float | bool) -> Tensor:
    """(B, G, K) columns of (B, L) values; the column L is the fill."""
    last = torch.full((len(values), 1), fill, dtype=values.dtype, device=values.device)
    return torch.cat([values, last], 1)[:, columns]
