"""Data: samples, where they come from and how they are written."""

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
