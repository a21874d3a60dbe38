"""Small pictures inside the page."""

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image

from multihot.data import content_hash, decode_bytes
from multihot.errors import ImageError

LONGER_SIDE = 288
"""Pixels: sharp at half that many CSS pixels on a dense screen."""

_QUALITY = 78


def thumbnail(path: Path | None, content: str | None = None) -> str | None:
    """A picture file as a data URI of a small JPEG; None where `unchanged` has nothing, or it is damaged."""
    encoded = unchanged(path, content)
    return None if encoded is None else shrunk(encoded)


def unchanged(path: Path | None, content: str | None = None) -> bytes | None:
    """A picture file's bytes.

    Args:
        path: where the file was when it was used; None where the picture was in memory.
        content: its content hash then; another picture that has taken its place is not taken for it.

    Returns:
        None where the picture is not to be had any more.
    """
    if path is None:
        return None
    try:
        encoded = path.read_bytes()
    except OSError:
        return None
    return encoded if content is None or content_hash(encoded) == content else None


def shrunk(encoded: bytes, longer_side: int = LONGER_SIDE) -> str | None:
    """A picture's bytes, as `decode_bytes` takes them, as a data URI of a small JPEG; None where they are damaged."""
    try:
        picture = Image.fromarray(decode_bytes(encoded, side=longer_side))
    except ImageError:
        return None
    picture.thumbnail((longer_side, longer_side))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
