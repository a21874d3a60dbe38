"""Data: samples and where they come from."""

from multihot.data.decoding import decode_bytes
from multihot.data.images import ImageArrays, ImageFiles, Images, content_hash
from multihot.data.samples import Samples, SetAside
from multihot.data.sources import FORMATS, read

__all__ = [
    "FORMATS",
    "ImageArrays",
    "ImageFiles",
    "Images",
    "Samples",
    "SetAside",
    "content_hash",
    "decode_bytes",
    "read",
]
