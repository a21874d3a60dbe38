"""Losses: pure functions of logits (B, L) and targets (B, L: 1 present, 0 absent, NaN unknown), unreduced.

Each returns one value a cell, (B, L), or one a sample, (B,); `reduce` makes one number of them. Half precision is
computed in single precision. What a loss needs besides (frequencies, groups, estimates, the share of training done) is
an argument. `REGISTRY` lists them all with their papers; `build_loss` makes what a recipe names.
"""

from multihot.losses.balanced import class_balanced, distribution_balanced, effective_number_weights
from multihot.losses.binary import binary_cross_entropy, label_smoothing, smoothed, soft_margin
from multihot.losses.build import TrainingLoss, build_loss
from multihot.losses.focusing import asymmetric, asymmetric_polynomial, focal, focal_margin, hill, poly
from multihot.losses.groups import ExclusiveGroups, grouped_softmax
from multihot.losses.linear import (
    linear_binary_cross_entropy,
    linear_cells,
    linear_softmax_cross_entropy,
    linear_zlpr,
)
from multihot.losses.overlap import dice, sigmoid_f1, soft_f_beta, tversky
from multihot.losses.partial import (
    assume_negative,
    assumed_absent,
    entropy_maximisation,
    expected_positive,
    large_loss_rejection,
    role,
    self_paced_targets,
    splc,
    weak_assume_negative,
    without_large_losses,
)
from multihot.losses.ranking import lsep, pairwise_hinge, softmax_cross_entropy, two_way, warp, zlpr
from multihot.losses.reduction import Reduction, reduce
from multihot.losses.registry import REGISTRY, Loss
from multihot.losses.sequence import sequence_cross_entropy
from multihot.losses.settings import BinaryCrossEntropySettings, LossSettings, SequenceCrossEntropySettings
from multihot.losses.sparse_targets import CellList, SparseTargets

__all__ = [
    "REGISTRY",
    "BinaryCrossEntropySettings",
    "CellList",
    "ExclusiveGroups",
    "Loss",
    "LossSettings",
    "Reduction",
    "SequenceCrossEntropySettings",
    "SparseTargets",
    "TrainingLoss",
    "assume_negative",
    "assumed_absent",
    "asymmetric",
    "asymmetric_polynomial",
    "binary_cross_entropy",
    "build_loss",
    "class_balanced",
    "dice",
    "distribution_balanced",
    "effective_number_weights",
    "entropy_maximisation",
    "expected_positive",
    "focal",
    "focal_margin",
    "grouped_softmax",
    "hill",
    "label_smoothing",
    "large_loss_rejection",
    "linear_binary_cross_entropy",
    "linear_cells",
    "linear_softmax_cross_entropy",
    "linear_zlpr",
    "lsep",
    "pairwise_hinge",
    "poly",
    "reduce",
    "role",
    "self_paced_targets",
    "sequence_cross_entropy",
    "sigmoid_f1",
    "smoothed",
    "soft_f_beta",
    "soft_margin",
    "softmax_cross_entropy",
    "splc",
    "tversky",
    "two_way",
    "warp",
    "weak_assume_negative",
    "without_large_losses",
    "zlpr",
]
