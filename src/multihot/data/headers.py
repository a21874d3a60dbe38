"""The headers of pictures: sizes and modes without decoding."""

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from multihot.data.decoding import Header, read_header
from multihot.data.images import ImageArrays, ImageFiles, Images
from multihot.errors import ImageError


def picture_headers(images: Images) -> Iterator[Header | ImageError]:
    """The header of each picture in turn, or why there is none; of a file only its first bytes are read."""
    if isinstance(images, ImageArrays):
        height, width, channels = images.pixels.shape[1:]
        held = Header(width, height, "L" if channels == 1 else "RGB", "array")
        yield from (held for _ in range(len(images)))
        return
    for row in range(len(images)):
        try:
            with _opened(images, row) as file:
                yield read_header(file)
        except ImageError as error:
            yield error
        except OSError as error:
            yield ImageError(f"cannot be read: {error.strerror or error}")


def _opened(images: Images, row: int) -> BinaryIO:
    return images.path(row).open("rb") if isinstance(images, ImageFiles) else BytesIO(images.read(row))
