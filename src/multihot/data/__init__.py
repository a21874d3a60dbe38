"""Data: samples, where they come from and how they are written."""

from typing import TYPE_CHECKING

from multihot.lazy import names_from

if TYPE_CHECKING:
    from multihot.data.decoding import decode_bytes
    from multihot.data.features import Features, FeatureSpace
    from multihot.data.images import ImageArrays, ImageFiles, Images, content_hash
    from multihot.data.samples import Samples, SetAside
    from multihot.data.sources import FORMATS, WRITERS, read, write

__all__ = [
    "FORMATS",
    "WRITERS",
    "FeatureSpace",
    "Features",
    "ImageArrays",
    "ImageFiles",
    "Images",
    "Samples",
    "SetAside",
    "content_hash",
    "decode_bytes",
    "read",
    "write",
]

if not TYPE_CHECKING:
    _HOMES = {
        "multihot.data.decoding": "decode_bytes",
        "multihot.data.features": "Features FeatureSpace",
        "multihot.data.images": "ImageArrays ImageFiles Images content_hash",
        "multihot.data.samples": "Samples SetAside",
        "multihot.data.sources": "FORMATS WRITERS read write",
    }
    __getattr__ = names_from(__name__, _HOMES)
