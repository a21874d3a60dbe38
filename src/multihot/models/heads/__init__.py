"""Heads: features to logits."""

from collections.abc import Callable, Mapping
from typing import Any

from multihot.models.heads.affine import AffineHead
from multihot.models.heads.chain import ChainHead
from multihot.models.heads.csra import CSRAHead
from multihot.models.heads.direct import DirectHead
from multihot.models.heads.head import Head, LocatingHead
from multihot.models.heads.label_graph import LabelGraphHead
from multihot.models.heads.label_queries import LabelQueriesHead
from multihot.models.heads.label_sequence import LabelSequenceHead
from multihot.models.heads.linear import LinearHead, LowRankHead
from multihot.models.heads.settings import (
    ChainSettings,
    CSRASettings,
    HeadSettings,
    LabelGraphSettings,
    LabelQueriesSettings,
    LabelSequenceSettings,
    LinearSettings,
    LowRankSettings,
)

__all__ = [
    "HEADS",
    "AffineHead",
    "CSRAHead",
    "CSRASettings",
    "ChainHead",
    "ChainSettings",
    "DirectHead",
    "Head",
    "HeadSettings",
    "LabelGraphHead",
    "LabelGraphSettings",
    "LabelQueriesHead",
    "LabelQueriesSettings",
    "LabelSequenceHead",
    "LabelSequenceSettings",
    "LinearHead",
    "LinearSettings",
    "LocatingHead",
    "LowRankHead",
    "LowRankSettings",
    "build_head",
]

HEADS: Mapping[str, type[Head]] = {
    "linear": LinearHead,
    "csra": CSRAHead,
    "label_queries": LabelQueriesHead,
    "chain": ChainHead,
    "label_sequence": LabelSequenceHead,
    "label_graph": LabelGraphHead,
    "low_rank": LowRankHead,
}


def build_head(settings: HeadSettings, features: int, labels: int) -> Head:
    """The head that the settings name, for `features` inputs and `labels` outputs."""
    make: Callable[[Any, int, int], Head] = HEADS[settings.name]
    return make(settings, features, labels)
