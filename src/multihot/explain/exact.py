"""What each place of a picture adds to the logits of a head that weighs features.

Shapes: B pictures, D' channels, h w height and width of maps, D features, K labels.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from multihot.models.encoders import Encoder
from multihot.models.heads import AffineHead


def exact_maps(encoder: Encoder, head: AffineHead, maps: Sequence[Tensor], labels: Tensor) -> Tensor:
    """(B, K, h, w), the mean over places of which, plus the label's bias, is the logit.

    Args:
        encoder: how maps are pooled.
        head: weighs what comes of that.
        maps: (B, D', h, w) as `encoder.maps` gives them, those of the mirror images second.
        labels: (K,) indices.
    """
    own = [_of_one(encoder, head, each, labels) for each in maps]
    return own[0] if len(own) == 1 else (own[0] + own[1].flip(-1)) / 2


def _of_one(encoder: Encoder, head: AffineHead, maps: Tensor, labels: Tensor) -> Tensor:
    if encoder.pooling == "flatten":
        return _of_flattened(head, maps, labels)
    return head.label_maps(spread(encoder, head, maps), labels)


def spread(encoder: Encoder, head: AffineHead, maps: Tensor) -> Tensor:
    """(B, D, h, w): pooled features at scale, given back to the places that they came from; their mean is the feature.

    An average is owed to all places, each by its own value. A maximum above its mean in training is owed to the place
    where it is; one below, to all places alike, as all of them are below.
    """
    if encoder.pooling == "max":
        return _maxima(maps, head.mean, head.std)
    if encoder.pooling == "average+max":
        (mean, most), (std, of_most) = head.mean.chunk(2), head.std.chunk(2)
        return torch.cat([_averages(maps, mean, std), _maxima(maps, most, of_most)], dim=1)
    return _averages(maps, head.mean, head.std)


def _averages(maps: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return (maps - mean[:, None, None]) / std[:, None, None]


def _maxima(maps: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    largest = maps.amax((2, 3), keepdim=True)
    at_scale = _averages(largest, mean, std)
    there = (maps == largest).to(maps.dtype)
    share = there / there.mean((2, 3), keepdim=True)
    return at_scale.clamp(min=0) * share + at_scale.clamp(max=0)


def _of_flattened(head: AffineHead, maps: Tensor, labels: Tensor) -> Tensor:
    """Each place has weights of its own: its sum over channels, times the number of places."""
    at_scale = head.at_scale(maps.flatten(1)).view(maps.shape)
    weights = head.weights(labels).view(len(labels), *maps.shape[1:])
    return torch.einsum("kdhw,bdhw->bkhw", weights, at_scale) * (maps.shape[2] * maps.shape[3])
